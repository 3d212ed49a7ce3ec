"""Stories, acts, manoeuvres and events as events of the scenario language, in the order of the file."""

import re
from dataclasses import dataclass, field, replace

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.yaml_text import quantity_text
from scenarios.openscenario.story.actions import read_action, target_speed
from scenarios.openscenario.story.conditions import AT_ONCE, NEVER, Trigger, both, read_trigger, stays
from scenarios.openscenario.story.trajectories import WRITTEN
from scenarios.source.errors import quoted


@dataclass
class ImportedEvent:
    """One event of the scenario file: `node` is its event in the OpenSCENARIO file."""

    id: str
    actor: Entity
    trigger: Trigger
    do: dict[str, object]
    node: Node
    chained: str = ""  # the imported event after whose end it begins

    @property
    def whole(self) -> list[list[str]] | None:
        """The points of a trajectory that begins with the clip."""
        return self.do.get(WRITTEN)  # type: ignore[return-value]

    def written(self, when: dict[str, object]) -> dict[str, object]:
        do = {key: value for key, value in self.do.items() if key != WRITTEN}
        return {"id": self.id, "actor": self.actor.id, "when": when, "do": do}


@dataclass
class StoryboardElement:
    """A storyboard element that conditions can refer to: its start, and its imported events."""

    kind: str
    path: tuple[str, ...]
    begins: Trigger
    last: list[list[str]] = field(default_factory=list)  # per actor, imported events in sequence

    def named(self, said: str) -> bool:
        names = tuple(re.split(r"::|(?<!:):(?!:)", said))
        return self.path[-len(names) :] == names


@dataclass
class StoryboardState:
    """Everything read so far."""

    stage: ImportContext
    told: list[ImportedEvent] = field(default_factory=list)
    parts: list[StoryboardElement] = field(default_factory=list)

    def read(self, storyboard: Node) -> None:
        for story in storyboard.children("Story"):
            story = declared(story, {})
            inner = [self._part("story", (story.word("name"),), AT_ONCE)]
            for act in story.children("Act"):
                self._guarded(act, lambda act=act, inner=inner: self._act(act, inner))

    def at_start(self, action: Node, of: Entity) -> None:
        """An action of Init that continues after the start."""
        self._perform(action, of, AT_ONCE, action, "init", [])

    # -- elements ----------------------------------------------------------------------------------------------

    def _part(self, kind: str, path: tuple[str, ...], begins: Trigger) -> StoryboardElement:
        self.parts.append(StoryboardElement(kind, path, begins))
        return self.parts[-1]

    def _guarded(self, node: Node, read) -> None:
        """Read one thing; if it cannot be expressed, report it and nothing else of it."""
        try:
            read()
        except Unsupported as reason:
            self.stage.report.refused.append(reason.remark)
            node.element.seen, node.element.left_out = True, "told"

    def _act(self, act: Node, around: list[StoryboardElement]) -> None:
        name = act.word("name")
        begins = self._known(read_trigger(act.child("StartTrigger"), self.stage))
        inner = [*around, self._part("act", (*around[-1].path, name), begins)]
        self._stop(act.child("StopTrigger"))
        for group in act.children("ManeuverGroup"):
            self._guarded(group, lambda group=group: self._group(group, inner))

    def _stop(self, stop: Node | None) -> None:
        """The stop of an act only matters while events run; imported events continue."""
        if stop is not None and stop.element.children:
            stop.leave_out("an act's end stops no event here; events end by themselves or when the next one takes over")

    def _group(self, group: Node, around: list[StoryboardElement]) -> None:
        inner = [*around, self._part("maneuverGroup", (*around[-1].path, group.word("name")), around[-1].begins)]
        actors = group.need("Actors")
        if actors.flag("selectTriggeringEntities"):
            raise actors.unsupported("actors that are the triggering entities")
        whom = [self.stage.entity(one) for one in actors.children("EntityRef")]
        if group.number("maximumExecutionCount", 1.0) > 1:
            group.differs("what may happen several times happens once here")
        for maneuver in group.children("Maneuver", "CatalogReference"):
            self._guarded(maneuver, lambda m=maneuver: self._maneuver(m, whom, inner))

    def _maneuver(self, maneuver: Node, whom: list[Entity], around: list[StoryboardElement]) -> None:
        if maneuver.tag == "CatalogReference":
            maneuver = self.stage.catalogs.entry(maneuver)
        else:
            maneuver = declared(maneuver, {})
        inner = [*around, self._part("maneuver", (*around[-1].path, maneuver.word("name")), around[-1].begins)]
        events = list(maneuver.children("Event"))
        for event in events:
            if event.word("priority") == "skip" and len(events) > 1:
                event.differs("an event that is skipped while others run; here it takes over")
            self._guarded(event, lambda event=event: self._event(event, whom, inner))

    def _event(self, event: Node, whom: list[Entity], around: list[StoryboardElement]) -> None:
        name = event.word("name")
        act = next(part for part in around if part.kind == "act")
        own = self._known(read_trigger(event.child("StartTrigger"), self.stage))
        trigger = _after(act.begins, own, event)
        inner = [*around, self._part("event", (*around[-1].path, name), trigger)]
        if trigger == NEVER:
            event.leave_out("it never happens: its conditions cannot hold")
            return
        if event.number("maximumExecutionCount", 1.0) > 1 and trigger.after_s is None:
            event.differs("what may happen several times happens once here")
        for action in event.children("Action"):
            self._guarded(action, lambda action=action: self._action(action, whom, trigger, event, inner))

    def _action(
        self, action: Node, whom: list[Entity], trigger: Trigger, event: Node, around: list[StoryboardElement]
    ) -> None:
        inner = [*around, self._part("action", (*around[-1].path, action.word("name")), trigger)]
        said = action.only()
        if said.tag != "PrivateAction":
            said = said.only() if said.tag == "GlobalAction" else said
            raise said.unsupported("while the scenario runs, actions of that sort")
        if not whom:
            raise event.unsupported("an action without an actor")
        for of in whom:
            self._perform(said, of, trigger, event, event.word("name"), inner)

    # -- actions -----------------------------------------------------------------------------------------------

    def _perform(
        self, said: Node, of: Entity, trigger: Trigger, event: Node, name: str, around: list[StoryboardElement]
    ) -> None:
        if trigger.at_once and self._starts_so(said, of):
            return
        row: list[str] = []
        for do in read_action(said, of, self.stage, trigger.after_s):
            told = ImportedEvent(self._name(name), of, trigger, do, event, row[-1] if row else "")
            self.told.append(told)
            row.append(told.id)
        for part in around:
            part.last += [row] if row else []

    def _starts_so(self, said: Node, of: Entity) -> bool:
        """A speed step at the very start is the initial speed."""
        action = said.inner("LongitudinalAction", "SpeedAction")
        dynamics = action.child("SpeedActionDynamics") if action is not None else None
        if action is None or dynamics is None:
            return False
        if dynamics.word("dynamicsShape") != "step" and dynamics.number("value") != 0:
            return False
        for name in ("dynamicsShape", "dynamicsDimension", "value", "followingMode"):
            dynamics.word(name, "")
        mps = target_speed(action.need("SpeedActionTarget").only(), of, self.stage)
        self.stage.initial[of.name] = self.stage.speeds[of.name] = mps
        return True

    def _name(self, name: str) -> str:
        taken = {told.id for told in self.told}
        spelt = (
            re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-")[:28].rstrip("-")
        )
        spelt = spelt if re.match("[a-z]", spelt) else f"e-{spelt}".rstrip("-")
        made, i = spelt, 2
        while made in taken:
            made, i = f"{spelt}-{i}", i + 1
        return made

    # -- triggers ----------------------------------------------------------------------------------------------

    def _known(self, trigger: Trigger) -> Trigger:
        """The trigger of an element that is already known, instead of a trigger that waits for its start."""
        if trigger.awaits is None or not trigger.starts:
            return trigger
        kind, name = trigger.awaits
        found = [part for part in self.parts if part.kind == kind and part.named(name)]
        return found[0].begins if len(found) == 1 else trigger

    def when(self, told: ImportedEvent) -> dict[str, object]:
        """The trigger of one event in the scenario language; raises Unsupported."""
        if told.chained:
            return {"ended": told.chained}
        return self._when(told.trigger, told.node)

    def _when(self, trigger: Trigger, node: Node) -> dict[str, object]:
        if trigger.joined is not None:
            how, parts = trigger.joined
            return {how: [self._when(part, node) for part in parts]}
        steps = 0
        while trigger.awaits is not None and trigger.starts and steps < 50:
            trigger, steps = self._part_named(trigger.awaits, node).begins, steps + 1
        if trigger.joined is not None:
            return self._when(trigger, node)
        if trigger.after_s is not None:
            return {"after": quantity_text(trigger.after_s, "s")}
        if trigger.when is not None:
            return trigger.when
        if trigger.awaits is None or trigger.starts:
            raise node.unsupported("a beginning that waits for itself")
        last = self._last(self._part_named(trigger.awaits, node), node)
        return {"ended": {"event": last, "after": quantity_text(trigger.delay_s, "s")} if trigger.delay_s else last}

    def _part_named(self, awaited: tuple[str, str], node: Node) -> StoryboardElement:
        found = [part for part in self.parts if part.kind == awaited[0] and part.named(awaited[1])]
        if len(found) != 1:
            said = "no" if not found else "more than one"
            raise node.wrong(f"{said} {awaited[0]} {quoted(awaited[1])} to wait for", "one of that name")
        return found[0]

    def _last(self, part: StoryboardElement, node: Node) -> str:
        """The one imported event that ends last in a storyboard element."""
        inside = {name for row in part.last for name in row}
        by_name = {told.id: told for told in self.told}
        ends = [row[-1] for row in part.last]
        for last in ends:
            seen, waiting = {last}, [last]
            while waiting:
                told = by_name[waiting.pop()]
                before = [told.chained] if told.chained else []
                if told.trigger.awaits is not None and not told.trigger.starts and not told.chained:
                    known = [
                        p for p in self.parts if p.kind == told.trigger.awaits[0] and p.named(told.trigger.awaits[1])
                    ]
                    before += [row[-1] for p in known for row in p.last]
                waiting += [name for name in before if name not in seen]
                seen |= set(before)
            if inside <= seen:
                return last
        found = f"{len(ends)} actions with which it ends" if ends else "no action in it that is done here"
        raise node.unsupported(f"the end of the {part.kind} {quoted(part.path[-1])}: {found}")


def _after(act: Trigger, event: Trigger, node: Node) -> Trigger:
    """The trigger of an event in an act: both must have happened."""
    if NEVER in (act, event):
        return NEVER
    if act.at_once or (event.awaits is not None and not event.starts) or act == event:
        return event
    if event.at_once:
        return act
    if act.after_s is not None and event.after_s is not None:
        return replace(event, after_s=max(act.after_s, event.after_s))
    if stays(act):
        return both(act, event)
    raise node.unsupported("a condition that counts only from when its act has begun; here it counts from the start")
