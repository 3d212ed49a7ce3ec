"""Writes an import as scenario text, with everything that is missing in its head."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.first_actions import Init
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.actors.starts import write_actor, write_ego
from scenarios.openscenario.motion import written_track
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
    tracks: dict[str, Float[np.ndarray, "time 4"]] = field(default_factory=dict)
    dropped_events: list[ImportedEvent] = field(default_factory=list)
    dropped_actors: list[str] = field(default_factory=list)

    def written(self) -> list[ImportedEvent]:
        """The events of `story:`, in order; those of an actor whose motion is written are left out."""
        events = [told for told in self.board.told if told.actor.id not in self.dropped_actors]
        kept = [told for told in events if told.actor.name not in self.board.motions]
        return [told for told in kept if told not in self.dropped_events and self._within(told)]

    def _within(self, told: ImportedEvent) -> bool:
        if told.begins_s is None:
            return told.actor.name not in self.board.by_time
        return told.begins_s < self.length.seconds

    def whole(self) -> dict[str, list[list[str]]]:
        """The actors whose motion is written as a trajectory, with its points."""
        return {
            name: written_track(self.stage, self.stage.entities[name], self.tracks[name], self.length.seconds)
            for name in self.board.motions if name in self.tracks
        }  # fmt: skip

    def driven(self) -> bool:
        """Whether a driver model drives the ego, in place of a controller that the file activates."""
        return self.ego.name in self.stage.driven and self.ego.name not in self.board.motions


def draft_text(drafted: Drafted, report: Report, driver: bool = True) -> str:
    """The file's text. What cannot be written is added to the import's report.

    Without `driver` an ego that a driver model drives keeps lane and speed, as the player's does.
    """
    stage, whole = drafted.stage, drafted.whole()
    data: dict[str, object] = {
        "name": drafted.name or "imported",
        "intent": _prose(drafted.described) or f"Imported from {_prose(drafted.source) or 'OpenSCENARIO'}.",
        "source": {
            "suite": "openscenario",
            "file": _prose(drafted.source) or "none",
            "version": drafted.version or "1",
        },
        "duration": quantity_text(drafted.length.seconds, "s"),
        "road": stage.course.written | drafted.init.surroundings.road,
    }
    if drafted.init.surroundings.environment:
        data["environment"] = drafted.init.surroundings.environment
    data["ego"] = write_ego(stage, drafted.ego, whole.get(drafted.ego.name), driver and drafted.driven())
    actors = {}
    for entity in stage.entities.values():
        if entity.id == "ego" or entity.name not in stage.starts or entity.id in drafted.dropped_actors:
            continue
        try:
            actors[entity.id] = write_actor(stage, entity, whole.get(entity.name))
        except Unsupported as reason:
            if entity.name in drafted.tracks and entity.name not in drafted.board.motions:
                drafted.board.motions[entity.name] = reason
                return draft_text(drafted, report, driver)
            drafted.dropped_actors.append(entity.id)
            stage.report.refuse(reason)
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
            if told.begins_s is None:
                told.node.differs("it never happens: its conditions do not hold when the file is played")
            else:
                drafted.stage.report.refuse(reason)
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
