"""Writes an import as scenario text, with everything that is missing in its head."""

from dataclasses import dataclass, field

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.first_actions import Init
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.actors.starts import write_actor, write_ego
from scenarios.openscenario.source.node import ImportRemark, Report, Unsupported
from scenarios.openscenario.source.yaml_text import as_yaml, quantity_text
from scenarios.openscenario.story.stopping import Length
from scenarios.openscenario.story.storyboard import ImportedEvent, StoryboardState

LONGEST_LINE = 160


@dataclass(frozen=True)
class Drafted:
    """Everything that was read; parts that the compiler refuses are removed later."""

    name: str
    version: str
    source: str
    described: str
    length: Length
    stage: ImportContext
    board: StoryboardState
    ego: Entity
    init: Init
    dropped_events: list[ImportedEvent] = field(default_factory=list)
    dropped_actors: list[str] = field(default_factory=list)

    def written(self) -> list[ImportedEvent]:
        """The events of `story:`, in order."""
        whole = self.whole()
        return [told for told in self._kept() if told.actor.name not in whole and told not in self.dropped_events]

    def whole(self) -> dict[str, list[list[str]]]:
        """Actors with one trajectory from start to end, and its points."""
        by_actor: dict[str, list[ImportedEvent]] = {}
        for told in self._kept():
            by_actor.setdefault(told.actor.name, []).append(told)
        found = {name: events[0].whole for name, events in by_actor.items() if len(events) == 1 and events[0].whole}
        return {name: points for name, points in found.items() if self._lasts(points)}

    def _kept(self) -> list[ImportedEvent]:
        return [told for told in self.board.told if told.actor.id not in self.dropped_actors]

    def _lasts(self, points: list[list[str]]) -> bool:
        first, last = (float(points[i][0].split()[0]) for i in (0, -1))
        return abs(first) < 1e-6 and last >= self.seconds() - 1e-9

    def seconds(self) -> float:
        """The clip's duration."""
        timed = [told.trigger.after_s for told in self.board.told if told.trigger.after_s is not None]
        return self.length.at_least(max(timed, default=0.0))


def draft_text(drafted: Drafted, report: Report) -> str:
    """The file's text. What cannot be written is added to the import's report."""
    stage, whole = drafted.stage, drafted.whole()
    data: dict[str, object] = {
        "name": drafted.name or "imported",
        "intent": _prose(drafted.described) or f"Imported from {_prose(drafted.source) or 'OpenSCENARIO'}.",
        "source": {
            "suite": "openscenario",
            "file": _prose(drafted.source) or "none",
            "version": drafted.version or "1",
        },
        "duration": quantity_text(drafted.seconds(), "s"),
        "road": stage.course.written | drafted.init.surroundings.road,
    }
    if drafted.init.surroundings.environment:
        data["environment"] = drafted.init.surroundings.environment
    data["ego"] = write_ego(
        stage, drafted.ego, whole.get(drafted.ego.name), drafted.ego.controlled or drafted.ego.name in stage.driven
    )
    actors = {}
    for entity in stage.entities.values():
        if entity.id == "ego" or entity.name not in stage.starts or entity.id in drafted.dropped_actors:
            continue
        try:
            actors[entity.id] = write_actor(stage, entity, whole.get(entity.name))
        except Unsupported as reason:
            drafted.dropped_actors.append(entity.id)
            stage.report.refused.append(reason.remark)
    if actors:
        data["actors"] = actors
    story = _story(drafted)
    if story:
        data["story"] = story
    return as_yaml(data, _head(drafted, report))


def _story(drafted: Drafted) -> list[dict[str, object]]:
    lines = []
    for told in drafted.written():
        try:
            lines.append(told.written(drafted.board.when(told)))
        except Unsupported as reason:
            drafted.dropped_events.append(told)
            drafted.stage.report.refused.append(reason.remark)
    return lines


def _prose(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _head(drafted: Drafted, report: Report) -> list[str]:
    lines = [f"Imported from {_prose(drafted.source)} (OpenSCENARIO {drafted.version})."]
    for title, found in (
        ("Not in this file, since the language cannot express it:", report.refused),
        ("Approximated:", report.approximated),
        ("Left out, since it has no effect here:", report.left_out),
    ):
        if found:
            lines += [title, *(f"  {_prose(line)[:LONGEST_LINE]}" for line in told_once(found))]
    return lines


def told_once(remarks: list[ImportRemark]) -> list[str]:
    """One line for equal remarks, with the number of further ones."""
    groups: dict[tuple[str, str], list[ImportRemark]] = {}
    for remark in remarks:
        groups.setdefault((remark.name, remark.said), []).append(remark)
    return [f"{found[0]}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else "") for found in groups.values()]
