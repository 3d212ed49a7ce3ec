"""Stories, acts, manoeuvres and events as events of the scenario language, in the order of the file."""

import re
from dataclasses import dataclass, field, replace

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.player.world import ActionRecord
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.yaml_text import quantity_text, speed
from scenarios.openscenario.story.actions import read_action
from scenarios.openscenario.story.conditions import AT_ONCE, NEVER, Trigger, both, read_trigger, stays
from scenarios.source.errors import quoted

OWN_ACTION = "nearmiss:do:"  # a property of exported files: an event's action in its own words, and its delay
SOON_S = 0.05  # difference of two instants below which they count as one


@dataclass
class ImportedEvent:
    """One event of the scenario file: `node` is its event in the OpenSCENARIO file."""

    id: str
    actor: Entity
    trigger: Trigger
    do: dict[str, object]
    node: Node
    chained: str = ""  # the imported event after whose end it begins
    begins_s: float | None = None  # when it began as the file was played

    def written(self, when: dict[str, object]) -> dict[str, object]:
        return {"id": self.id, "actor": self.actor.id, "when": when, "do": self.do}


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
    """Everything read so far.

    `records` are the actions as they were played, by entity and action. `motions`: why the events of an actor cannot be
    said, so that its motion is written instead. `by_time`: actors whose events begin at the times at which they were
    played, since their conditions begin them at another time here.
    """

    stage: ImportContext
    records: dict[tuple[str, int], list[ActionRecord]] = field(default_factory=dict)
    told: list[ImportedEvent] = field(default_factory=list)
    parts: list[StoryboardElement] = field(default_factory=list)
    motions: dict[str, Unsupported] = field(default_factory=dict)
    by_time: set[str] = field(default_factory=set)

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
            self.stage.report.refuse(reason)
            node.element.seen, node.element.left_out = True, "told"

    def _act(self, act: Node, around: list[StoryboardElement]) -> None:
        name = act.word("name")
        begins = self._trigger(act.child("StartTrigger"))
        inner = [*around, self._part("act", (*around[-1].path, name), begins)]
        for group in act.children("ManeuverGroup"):
            self._guarded(group, lambda group=group: self._group(group, inner))

    def _trigger(self, node: Node | None, own_delay_s: float = 0.0) -> Trigger:
        """A trigger; one that cannot be said is UNSAID, with the reason."""
        self.stage.reset()
        self.stage.own_delay_s = own_delay_s
        try:
            return self._known(read_trigger(node, self.stage))
        except Unsupported as reason:
            return Trigger(unsaid=reason)

    def _group(self, group: Node, around: list[StoryboardElement]) -> None:
        inner = [*around, self._part("maneuverGroup", (*around[-1].path, group.word("name")), around[-1].begins)]
        actors = group.need("Actors")
        if actors.flag("selectTriggeringEntities"):
            raise actors.unsupported("actors that are the triggering entities")
        whom = [entity for one in actors.children("EntityRef") for entity in self.stage.members(one)]
        group.number("maximumExecutionCount", 1.0)
        for maneuver in group.children("Maneuver", "CatalogReference"):
            self._guarded(maneuver, lambda m=maneuver: self._maneuver(m, whom, inner))

    def _maneuver(self, maneuver: Node, whom: list[Entity], around: list[StoryboardElement]) -> None:
        if maneuver.tag == "CatalogReference":
            maneuver = self.stage.catalogs.entry(maneuver)
        else:
            maneuver = declared(maneuver, {})
        inner = [*around, self._part("maneuver", (*around[-1].path, maneuver.word("name")), around[-1].begins)]
        for event in maneuver.children("Event"):
            event.word("priority")
            self._guarded(event, lambda event=event: self._event(event, whom, inner))

    def _event(self, event: Node, whom: list[Entity], around: list[StoryboardElement]) -> None:
        name = event.word("name")
        act = next(part for part in around if part.kind == "act")
        own = self._trigger(event.child("StartTrigger"), self._own(name)[1])
        try:
            trigger = own if own.unsaid else act.begins if act.begins.unsaid else _after(act.begins, own, event)
        except Unsupported as reason:
            trigger = Trigger(unsaid=reason)
        inner = [*around, self._part("event", (*around[-1].path, name), trigger)]
        event.number("maximumExecutionCount", 1.0)
        for action in event.children("Action"):
            self._guarded(action, lambda action=action: self._action(action, whom, trigger, event, inner))

    def _action(
        self, action: Node, whom: list[Entity], trigger: Trigger, event: Node, around: list[StoryboardElement]
    ) -> None:
        inner = [*around, self._part("action", (*around[-1].path, action.word("name")), trigger)]
        said = action.only()
        if said.tag != "PrivateAction":
            return  # it moves no body
        if not whom:
            raise event.unsupported("an action without an actor")
        for of in whom:
            self._perform(said, of, trigger, event, event.word("name"), inner)

    # -- actions -----------------------------------------------------------------------------------------------

    def _perform(
        self, said: Node, of: Entity, trigger: Trigger, event: Node, name: str, around: list[StoryboardElement]
    ) -> None:
        records = self.records.get((of.name, id(said.element)), [])
        if not records:
            self._never(said, of, trigger, event, name)
        for record in records:
            row: list[str] = []
            try:
                row = self._played(said, trigger, event, name, record)
            except Unsupported as reason:
                self.motions.setdefault(of.name, reason)
            for part in around:
                part.last += [row] if row else []

    def _never(self, said: Node, of: Entity, trigger: Trigger, event: Node, name: str) -> None:
        """An action that did not start when the file was played; it stays in the story if it can be said."""
        self.stage.reset()
        try:
            deeds = read_action(said, of, self.stage, None)
        except Unsupported:
            deeds, said.element.left_out = [], "told"
        event.differs("it never happens: its conditions do not hold when the file is played")
        if trigger.unsaid is None and trigger != NEVER and trigger.after_s is None:
            row: list[str] = []
            for do in deeds:
                row.append(self._name(name))
                self.told.append(ImportedEvent(row[-1], of, trigger, do, event, row[-2] if len(row) > 1 else ""))

    def _played(self, said: Node, trigger: Trigger, event: Node, name: str, record: ActionRecord) -> list[str]:
        """The imported events of one action as it was played; raises Unsupported if they cannot be said."""
        given, delay = self._own(event.element.attributes.get("name", ""))
        of, begins = record.entity, max(record.begins_s - delay, 0.0)
        for other, state in record.states.items():
            self.stage.put(self.stage.entities[other], state.pose, state.speed)
        if begins < SOON_S and self._starts_so(said, record):
            return []
        if trigger.unsaid is not None or trigger == NEVER or self._elsewhen(trigger, begins):
            trigger = self._at(begins, trigger, event)
        row: list[str] = []
        deeds = read_action(said, of, self.stage, 0.0 if begins < SOON_S else begins)
        for do in [given] if given and deeds else deeds:
            told = ImportedEvent(self._name(name), of, trigger, do, event, row[-1] if row else "", begins)
            self.told.append(told)
            row.append(told.id)
        if record.cut_off and row:
            self._cut_off(said, record, event, name)
        return row

    def _own(self, name: str) -> tuple[dict[str, object], float]:
        """The action of an event in a file of this project, and the delay of its trigger; empty for other files."""
        return self.stage.own_actions.get(name, ({}, 0.0))

    @staticmethod
    def _elsewhen(trigger: Trigger, begins_s: float) -> bool:
        """Whether a trigger by time begins at another time than was played, as with an edge or a later act."""
        return trigger.after_s is not None and abs(trigger.after_s - begins_s) > SOON_S

    def _at(self, begins_s: float, trigger: Trigger, event: Node) -> Trigger:
        reason = f": {trigger.unsaid.remark.said}" if trigger.unsaid is not None else ""
        event.differs(f"it begins at {begins_s:.2f} s, when its conditions hold as the file is played{reason}")
        return Trigger(after_s=round(begins_s, 4))

    def _cut_off(self, said: Node, record: ActionRecord, event: Node, name: str) -> None:
        """What an action leaves behind that another event or a stop has ended; nothing if the next one takes over."""
        assert record.ends_s is not None and record.end is not None
        lateral = said.only().tag != "LongitudinalAction"
        for found in self.records.values():
            for other in found:
                follows = other.entity is record.entity and abs(other.begins_s - record.ends_s) < SOON_S
                if follows and (other.node.only().tag != "LongitudinalAction") == lateral:
                    return
        if lateral:
            raise event.unsupported("a lateral action that ends before it is over")
        hold: dict[str, object] = {"hold_speed": {"speed": speed(max(record.end.speed, 0.0))}}
        ends = Trigger(after_s=round(record.ends_s, 4))
        self.told.append(ImportedEvent(self._name(f"{name}-ends"), record.entity, ends, hold, event, "", record.ends_s))

    def _starts_so(self, said: Node, record: ActionRecord) -> bool:
        """A speed step at the very start is the initial speed."""
        action = said.inner("LongitudinalAction", "SpeedAction")
        dynamics = action.child("SpeedActionDynamics") if action is not None else None
        if action is None or dynamics is None:
            return False
        jumps = dynamics.number("value") == 0 and dynamics.word("dynamicsDimension") != "rate"
        if dynamics.word("dynamicsShape") != "step" and not jumps:
            return False
        action.need("SpeedActionTarget").only().flag("continuous", False)
        if record.end is not None and record.end.speed >= 0:
            self.stage.initial[record.entity.name] = record.end.speed
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
        if told.actor.name in self.by_time and told.begins_s is not None:
            return {"after": quantity_text(told.begins_s, "s")}
        try:
            return self._when(told.trigger, told.node)
        except Unsupported as reason:
            if told.begins_s is None:
                raise
            trigger = self._at(told.begins_s, Trigger(unsaid=reason), told.node)
            return {"after": quantity_text(trigger.after_s or 0.0, "s")}

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
        if (waits := next(told for told in self.told if told.id == last)).actor.name in self.motions:
            raise node.unsupported(f"the end of an event of {waits.actor.id}, whose motion is written as a trajectory")
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
