"""The storyboard while it is played: stories, acts, groups, manoeuvres, events and their actions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from scenarios.openscenario.player.conditions import ConditionReader, PlayedTrigger
from scenarios.openscenario.player.elements import ElementState, PlayedElement, StateLog
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.world import ActionRecord, PlayedAction, StartState, World
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.parameters import declared
from scenarios.source.errors import quoted

MakeAction = Callable[[Node, PlayedEntity | None, World], PlayedAction]
RUNNING, STANDBY, COMPLETE = ElementState.RUNNING, ElementState.STANDBY, ElementState.COMPLETE
MOST_STARTS = 1000  # of one event


@dataclass
class RunningPart:
    """An action that runs for one entity, with the record of it."""

    action: PlayedAction
    record: ActionRecord
    mover: PlayedEntity | None
    begun: bool = True


@dataclass
class ActionPart:
    """One Action element of an event; `make` creates what runs for each actor."""

    element: PlayedElement
    node: Node
    running: list[RunningPart] = field(default_factory=list)


@dataclass
class EventPart:
    element: PlayedElement
    node: Node
    trigger: PlayedTrigger
    priority: str
    most: int
    actions: list[ActionPart]
    actors: list[PlayedEntity]
    manoeuvre: "ManoeuvrePart"


@dataclass
class ManoeuvrePart:
    element: PlayedElement
    events: list[EventPart] = field(default_factory=list)


@dataclass
class GroupPart:
    element: PlayedElement
    most: int
    manoeuvres: list[ManoeuvrePart] = field(default_factory=list)


@dataclass
class ActPart:
    element: PlayedElement
    start: PlayedTrigger
    stop: PlayedTrigger
    groups: list[GroupPart] = field(default_factory=list)


@dataclass
class StoryPart:
    element: PlayedElement
    acts: list[ActPart] = field(default_factory=list)


@dataclass
class PlayedStoryboard:
    """Reads the storyboard of a file and advances its elements' states."""

    world: World
    make: MakeAction
    log: StateLog = field(default_factory=StateLog)
    stories: list[StoryPart] = field(default_factory=list)
    records: list[ActionRecord] = field(default_factory=list)
    initial: list[RunningPart] = field(default_factory=list)
    refused: list[Unsupported] = field(default_factory=list)

    # -- reading -----------------------------------------------------------------------------------------------

    def read(self, storyboard: Node) -> None:
        """Read all stories; what cannot be played is listed in `refused`."""
        self.reader = ConditionReader(self.world, self.log)
        for node in storyboard.children("Story"):
            story = declared(node, {})
            name = story.word("name")
            part = StoryPart(self.log.add("story", (name,)))
            self.stories.append(part)
            for act in story.children("Act"):
                self._guarded(act, partial(self._act, act, part))
        for told in self.stories:
            self.log.enter(told.element, RUNNING)
            for begun in told.acts:
                self.log.enter(begun.element, STANDBY)

    def _guarded(self, node: Node, read: Callable[[], None]) -> None:
        try:
            read()
        except Unsupported as reason:
            self.refused.append(reason)
            node.element.seen, node.element.left_out = True, "told"

    def _act(self, node: Node, story: StoryPart) -> None:
        path = (*story.element.path, node.word("name"))
        start = self.reader.trigger(node.child("StartTrigger"), True)
        stop = self.reader.trigger(node.child("StopTrigger"), False)
        act = ActPart(self.log.add("act", path), start, stop)
        for group in node.children("ManeuverGroup"):
            self._guarded(group, partial(self._group, group, act))
        story.acts.append(act)

    def _group(self, node: Node, act: ActPart) -> None:
        actors = node.need("Actors")
        if actors.flag("selectTriggeringEntities"):
            raise actors.unsupported("actors that are the triggering entities")
        whom = [mover for one in actors.children("EntityRef") for mover in self.world.members(one)]
        element = self.log.add("maneuverGroup", (*act.element.path, node.word("name")))
        group = GroupPart(element, int(node.number("maximumExecutionCount", 1.0)))
        act.groups.append(group)
        for one in node.children("Maneuver", "CatalogReference"):
            self._guarded(one, partial(self._manoeuvre, one, whom, group))

    def _manoeuvre(self, node: Node, whom: list[PlayedEntity], group: GroupPart) -> None:
        node = self.world.catalogs.entry(node) if node.tag == "CatalogReference" else declared(node, {})
        part = ManoeuvrePart(self.log.add("maneuver", (*group.element.path, node.word("name"))))
        group.manoeuvres.append(part)
        for event in node.children("Event"):
            self._guarded(event, partial(self._event, event, whom, part))

    def _event(self, node: Node, whom: list[PlayedEntity], manoeuvre: ManoeuvrePart) -> None:
        trigger = self.reader.trigger(node.child("StartTrigger"), True)
        element = self.log.add("event", (*manoeuvre.element.path, node.word("name")))
        actions = []
        for action in node.children("Action"):
            name = (*element.path, action.word("name"))
            said = action.only()
            for mover in whom if said.tag == "PrivateAction" else (None,):
                self.make(said, mover, self.world)  # raises Unsupported for what cannot be played
            actions.append(ActionPart(self.log.add("action", name), said))
        written = node.word("priority")
        priority = {"override": "overwrite"}.get(written, written)
        if priority not in ("overwrite", "parallel", "skip"):
            raise node.unsupported(f"priority={quoted(written)}")
        most = int(node.number("maximumExecutionCount", 1.0))
        manoeuvre.events.append(EventPart(element, node, trigger, priority, most, actions, whom, manoeuvre))

    # -- triggers ----------------------------------------------------------------------------------------------

    def start_actions(self) -> None:
        """Evaluate all triggers at the present time: stop and start elements."""
        for story in self.stories:
            for act in story.acts:
                self._watch_act(act)

    def _watch_act(self, act: ActPart) -> None:
        t_s = self.world.t_s
        if act.element.state is RUNNING and act.stop.holds(t_s):
            self._stop(act)
        if act.element.state is STANDBY and act.start.holds(t_s):
            self._begin_act(act)
        if act.element.state is not RUNNING:
            return
        for event in self._events(act):
            if event.element.state is STANDBY and event.trigger.holds(t_s):
                self._begin_event(event)

    def _begin_act(self, act: ActPart) -> None:
        self.log.enter(act.element, RUNNING, "startTransition")
        for group in act.groups:
            self._begin_group(group)

    def _begin_group(self, group: GroupPart) -> None:
        group.element.executions += 1
        self.log.enter(group.element, RUNNING, "startTransition")
        for manoeuvre in group.manoeuvres:
            self.log.enter(manoeuvre.element, RUNNING, "startTransition")
            for event in manoeuvre.events:
                event.element.executions = 0
                event.trigger.reset()
                self.log.enter(event.element, STANDBY)
                for action in event.actions:
                    self.log.enter(action.element, STANDBY)

    def _begin_event(self, event: EventPart) -> None:
        others = [e for e in event.manoeuvre.events if e is not event and e.element.state is RUNNING]
        if event.priority == "skip" and others:
            self.log.enter(event.element, STANDBY, "skipTransition")
            return
        if event.priority == "overwrite":
            for other in others:
                self._end_event(other, cut_off=True)
        event.element.executions += 1
        if event.element.executions > MOST_STARTS:
            raise event.node.unsupported(f"an event that starts more than {MOST_STARTS} times")
        self.log.enter(event.element, RUNNING, "startTransition")
        for action in event.actions:
            self._begin_action(action, event)
        self._end_if_over(event)

    def _begin_action(self, part: ActionPart, event: EventPart) -> None:
        self.log.enter(part.element, RUNNING, "startTransition")
        part.running = []
        private = part.node.tag == "PrivateAction"
        if private and not event.actors:
            raise event.node.unsupported("an action without an actor")
        for mover in event.actors if private else (None,):
            try:
                part.running.append(self.begin(part.node, mover))
            except Unsupported as reason:
                self.refused.append(reason)

    def begin(self, node: Node, mover: PlayedEntity | None) -> RunningPart:
        """Start an action for one entity now; running actions that control the same end."""
        action = self.make(node, mover, self.world)
        if mover is not None:
            self._cut_off(mover, action)
        states = {name: StartState(m.pose, m.speed) for name, m in self.world.movers.items()}
        if mover is None:
            record = ActionRecord(node, next(iter(self.world.movers.values())).entity, self.world.t_s, states)
        else:
            record = ActionRecord(node, mover.entity, self.world.t_s, states)
        action.begin(self.world)
        if mover is not None:
            self.records.append(record)
        part = RunningPart(action, record, mover)
        if action.over:
            self._finish(part, False)
        return part

    def _cut_off(self, mover: PlayedEntity, action: PlayedAction) -> None:
        for event in self._all_events():
            for part in event.actions:
                for run in part.running:
                    if run.mover is mover and not run.action.over and run.action.domains & action.domains:
                        self._finish(run, True)
        for run in self.initial:
            if run.mover is mover and not run.action.over and run.action.domains & action.domains:
                self._finish(run, True)

    # -- ends --------------------------------------------------------------------------------------------------

    def end_actions(self) -> None:
        """End the events whose actions are over, and the elements around them."""
        for event in self._all_events():
            if event.element.state is RUNNING:
                self._end_if_over(event)
        for run in self.initial:
            if run.action.over and run.record.ends_s is None:
                self._finish(run, False)

    def _finish(self, run: RunningPart, cut_off: bool) -> None:
        run.action.over = True
        if run.record.ends_s is None:
            run.record.ends_s, run.record.cut_off = self.world.t_s, cut_off
            if run.mover is not None:
                run.record.end = StartState(run.mover.pose, run.mover.speed)
        if cut_off and run.mover is not None and "path" in run.action.domains:
            if run.mover.place is None:
                run.mover.settle()
            else:
                run.mover.put(run.mover.place)

    def _end_if_over(self, event: EventPart) -> None:
        for part in event.actions:
            if part.element.state is RUNNING and all(run.action.over for run in part.running):
                for run in part.running:
                    self._finish(run, False)
                self.log.enter(part.element, COMPLETE, "endTransition")
        if all(part.element.state is COMPLETE for part in event.actions):
            self._end_event(event, cut_off=False)

    def _end_event(self, event: EventPart, cut_off: bool) -> None:
        for part in event.actions:
            if part.element.state is RUNNING:
                for run in part.running:
                    if not run.action.over:
                        self._finish(run, cut_off)
                self.log.enter(part.element, COMPLETE, "stopTransition" if cut_off else "endTransition")
        over = event.element.executions >= event.most
        self.log.enter(event.element, COMPLETE if over else STANDBY, "endTransition")
        event.trigger.reset()
        if not over:
            for part in event.actions:
                self.log.enter(part.element, STANDBY)
        self._propagate()

    def _propagate(self) -> None:
        for story in self.stories:
            for act in story.acts:
                if act.element.state is RUNNING:
                    self._propagate_act(act)
            if story.acts and all(a.element.state is COMPLETE for a in story.acts) and story.element.state is RUNNING:
                self.log.enter(story.element, COMPLETE, "endTransition")

    def _propagate_act(self, act: ActPart) -> None:
        for group in act.groups:
            for manoeuvre in group.manoeuvres:
                done = all(e.element.state is COMPLETE for e in manoeuvre.events)
                if manoeuvre.element.state is RUNNING and manoeuvre.events and done:
                    self.log.enter(manoeuvre.element, COMPLETE, "endTransition")
            done = all(m.element.state is COMPLETE for m in group.manoeuvres)
            if group.element.state is RUNNING and group.manoeuvres and done:
                self.log.enter(group.element, COMPLETE, "endTransition")
                if group.element.executions < group.most:
                    self._begin_group(group)
        if act.groups and all(group.element.state is COMPLETE for group in act.groups):
            self.log.enter(act.element, COMPLETE, "endTransition")

    def _stop(self, act: ActPart) -> None:
        """A StopTrigger: everything in the act stops where it is."""
        for event in self._events(act):
            for part in event.actions:
                for run in part.running:
                    if not run.action.over:
                        self._finish(run, True)
        inside = [e for e in self.log.elements if e.path[: len(act.element.path)] == act.element.path]
        for element in inside:
            if element.state is not COMPLETE:
                self.log.enter(element, COMPLETE, "stopTransition")
        self._propagate()

    def _events(self, act: ActPart) -> Iterator[EventPart]:
        for group in act.groups:
            for manoeuvre in group.manoeuvres:
                yield from manoeuvre.events

    def _all_events(self) -> Iterator[EventPart]:
        for story in self.stories:
            for act in story.acts:
                yield from self._events(act)

    def running(self) -> list[PlayedAction]:
        """The actions that run now, in the order of the file."""
        of_events = [run for e in self._all_events() for part in e.actions for run in part.running]
        return [run.action for run in (*self.initial, *of_events) if not run.action.over]

    def pending(self) -> bool:
        """Whether an action runs, or an event has not happened yet."""
        waits = any(event.element.state is not COMPLETE for event in self._all_events())
        return waits or bool(self.running())
