"""Plays a storyboard: in steps of a hundred and twentieth of a second, with a frame every twelfth of a second."""

import math
from dataclasses import dataclass, field

import numpy as np

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.player.global_actions import global_action
from scenarios.openscenario.player.lateral import lateral
from scenarios.openscenario.player.played import Played
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.routing import Synchronised, routing
from scenarios.openscenario.player.speeds import longitudinal
from scenarios.openscenario.player.storyboard import PlayedStoryboard
from scenarios.openscenario.player.world import STEP_S, SUBSTEPS, Instant, PlayedAction, World
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.rollout import FRAME_RATE_HZ

LONGEST_S = 60.0
FARTHEST_STEP_M = 0.5  # of a body in one step, beyond what its speed explains


@dataclass
class Player:
    """The storyboard of a file, its entities at their start, and the actions of Init that go on."""

    world: World
    storyboard: Node
    init: list[tuple[Node, Entity]]
    globals: list[Node] = field(default_factory=list)
    longest_s: float = LONGEST_S
    road_ends_s: dict[str, float] = field(default_factory=dict)
    jumps: dict[str, Unsupported] = field(default_factory=dict)

    def play(self) -> Played:
        """Play to the storyboard's StopTrigger, or to the longest duration."""
        board = PlayedStoryboard(self.world, make_action)
        board.read(self.storyboard)
        stop = self._stop_trigger(board)
        frames: list[dict[str, tuple[float, float, float, float]]] = []
        self._begin(board)
        for mover in self.world.movers.values():
            mover.still_since_s = 0.0 if abs(mover.speed) < 0.01 else None
        ends = None
        try:
            for step in range(round(self.longest_s * FRAME_RATE_HZ) * SUBSTEPS + 1):
                self.world.t_s, board.log.step = step * STEP_S, step
                if ends is None and stop is not None and stop.holds(self.world.t_s):
                    ends = self.world.t_s
                if ends is None:
                    board.start_actions()
                if step % SUBSTEPS == 0:
                    frames.append(self._frame())
                    if ends is not None and self.world.t_s >= ends + 1.0:
                        break
                self._step(board)
        except Unsupported as reason:
            board.refused.append(reason)
        tracks = {name: np.array([frame[name] for frame in frames]) for name in self.world.movers}
        times = [record.ends_s if record.ends_s is not None else record.begins_s for record in board.records]
        return Played(tracks, board.records, ends, max(times, default=0.0), board.pending(), self.road_ends_s,
                      [*board.refused, *self.jumps.values()])  # fmt: skip

    def _stop_trigger(self, board: PlayedStoryboard):
        node = self.storyboard.child("StopTrigger")
        if node is None:
            return None
        try:
            return board.reader.trigger(node, False)
        except Unsupported as reason:
            node.differs(f"a condition that cannot be played: {reason.remark.name}: {reason.remark.said}")
            node.element.seen, node.element.left_out = True, "told"
            return None

    def _begin(self, board: PlayedStoryboard) -> None:
        for node in self.globals:
            try:
                board.begin(node, None)
            except Unsupported as reason:
                board.refused.append(reason)
                node.element.left_out = "told"
        for node, entity in self.init:
            try:
                board.initial.append(board.begin(node, self.world.movers[entity.name]))
            except Unsupported as reason:
                board.refused.append(reason)
                node.element.seen, node.element.left_out = True, "told"

    def _frame(self) -> dict[str, tuple[float, float, float, float]]:
        return {name: (*m.centre, m.pose.heading_rad, m.speed) for name, m in self.world.movers.items()}

    def _step(self, board: PlayedStoryboard) -> None:
        """Speeds first, then paths; who is not carried by an action keeps lane and speed."""
        movers = self.world.movers.values()
        for mover in movers:
            mover.before, mover.carried = mover.speed, False
        running = board.running()
        for action in running:
            if "path" in action.domains and action.mover is not None:
                action.mover.last = action.mover.pose
        for action in sorted(running, key=lambda one: "path" in one.domains):
            action.step(self.world, STEP_S)
        for mover in movers:
            if mover.carried:
                self._moved_by_action(mover)
            elif mover.speed or mover.before:
                distance = mover.distance(STEP_S)
                mover.roll(distance)
                mover.travelled_m += abs(distance)
            self._observe(mover)
        self.world.t_s += STEP_S
        board.end_actions()

    def _moved_by_action(self, mover: PlayedEntity) -> None:
        """The distance that an action has moved an entity; a jump is noted."""
        now, last = self.world.t_s + STEP_S, mover.last
        mover.last = mover.pose
        moved = math.hypot(mover.last.x_m - last.x_m, mover.last.y_m - last.y_m) if last is not None else 0.0
        if moved > max(abs(mover.speed), abs(mover.before)) * STEP_S + FARTHEST_STEP_M:
            reason = mover.entity.node.unsupported(f"a jump of {mover.entity.id} by {moved:.1f} m at {now:.1f} s")
            self.jumps.setdefault(mover.entity.name, reason)
        mover.travelled_m += moved

    def _observe(self, mover: PlayedEntity) -> None:
        """What conditions need: acceleration, and since when it stands, is off the road or at its end."""
        now = self.world.t_s + STEP_S
        if not mover.carried:
            mover.last = None
        mover.accel = (mover.speed - mover.before) / STEP_S
        stands = abs(mover.speed) < 0.01
        mover.still_since_s = _since(mover.still_since_s, stands, now)
        beyond = mover.place is not None and mover.place.beyond_m != 0
        mover.end_since_s = _since(mover.end_since_s, beyond, now)
        if beyond:
            self.road_ends_s.setdefault(mover.entity.name, now)
        off = mover.place is None or mover.place.lane_id is None
        mover.off_road_since_s = _since(mover.off_road_since_s, off, now)


def _since(began_s: float | None, holds: bool, now_s: float) -> float | None:
    """When something that holds now began to hold; None if it does not hold."""
    if not holds:
        return None
    return now_s if began_s is None else began_s


def make_action(node: Node, mover: PlayedEntity | None, world: World) -> PlayedAction:
    """What runs for an action of one entity, or for a global action; raises Unsupported."""
    if node.tag != "PrivateAction":
        return global_action(node, world)
    assert mover is not None
    said = node.only()
    match said.tag:
        case "LongitudinalAction":
            return longitudinal(said.only(), mover, world)
        case "LateralAction":
            return lateral(said.only(), mover, world)
        case "RoutingAction":
            return routing(said.only(), mover, world)
        case "SynchronizeAction":
            return Synchronised(said, mover)
        case "VisibilityAction" | "ControllerAction" | "ActivateControllerAction" | "AppearanceAction":
            return Instant(lambda _: None)  # no motion; what becomes of it, the translation of the action tells
        case "TeleportAction":
            raise said.unsupported("a jump while the scenario runs; here bodies move")
    raise said.unsupported("actions of that sort")
