"""Lateral actions: lane changes and offsets from a lane's centre."""

import math
from dataclasses import dataclass, replace

from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.transition import PEAK_ACCELERATION, read_dynamics, shaped
from scenarios.openscenario.player.world import PATH, PlayedAction, World
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.road_place import RoadPlace
from scenarios.source.errors import quoted

USUAL_OFFSET_S = 2.0  # of an offset without a limit of its acceleration


def lateral(node: Node, mover: PlayedEntity, world: World) -> PlayedAction:
    """The action of a LateralAction's child; raises Unsupported."""
    match node.tag:
        case "LaneChangeAction":
            return LaneChange(node, mover)
        case "LaneOffsetAction":
            return LaneShift(node, mover)
    raise node.unsupported("actions of that sort")


def _lane_of(mover: PlayedEntity, node: Node) -> RoadPlace:
    if mover.place is None or mover.place.lane_id is None:
        raise node.unsupported(f"an action of {mover.entity.id} in a lane, while it is in none")
    return mover.place


def roll_sideways(mover: PlayedEntity, off_m: float, dt: float) -> float:
    """Move on by a step whose lateral part leads to an offset; returns the metres along the road."""
    place, way_m = mover.place, mover.distance(dt)
    assert place is not None
    across = off_m - place.off_m
    along = math.copysign(math.sqrt(max(way_m**2 - across**2, 0.0)), way_m)
    mover.put(replace(place, off_m=off_m))
    mover.roll(along)
    mover.turn_rad = mover.way * math.atan2(across, abs(along)) if abs(along) > 1e-9 else 0.0
    mover.carried = True
    return abs(along)


@dataclass
class LaneChange:
    """A LaneChangeAction, as a transition of the offset from the target lane's centre."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = PATH
    over: bool = False
    passed: float = 0.0

    def begin(self, world: World) -> None:
        node, place = self.node, _lane_of(self.mover, self.node)
        lane_id = self._lane(node.need("LaneChangeTarget").only(), world)
        if lane_id not in place.road.section(place.s_m).by_id:
            raise node.unsupported(
                f"a change of {self.mover.entity.id} to lane {lane_id}, which the road has not there"
            )
        self.dynamics = read_dynamics(node.need("LaneChangeActionDynamics"))
        there = place.in_lane(lane_id)
        self.first, self.last = there.off_m, node.number("targetLaneOffset", 0.0)
        self.lasts = self.dynamics.lasts(self.last - self.first)
        self.mover.put(there)
        if self.dynamics.jumps:
            self.mover.put(replace(there, off_m=self.last))
            self.over = True

    def _lane(self, target: Node, world: World) -> int:
        said = target.word("value")
        if not said.lstrip("+-").isdecimal():
            raise target.wrong(f"value={quoted(said)}", "a lane's number")
        if target.tag == "AbsoluteTargetLane":
            return int(said)
        other = world.mover(target)
        lane = _lane_of(other, target).lane_id
        assert lane is not None
        return beside(lane, other.way * int(said))

    def step(self, world: World, dt: float) -> None:
        if abs(self.mover.speed) < 1e-6:
            return
        place = self.mover.place
        if place is None or place.beyond_m:
            self.over = True
            return
        step = dt if self.dynamics.dimension != "distance" else abs(self.mover.distance(dt))
        share = min((self.passed + step) / self.lasts, 1.0) if self.lasts > 0 else 1.0
        off = self.first + (self.last - self.first) * shaped(self.dynamics.shape, share)
        along = roll_sideways(self.mover, off, dt)
        self.passed += along if self.dynamics.dimension == "distance" else dt
        if self.passed >= self.lasts - 1e-9:
            self.mover.turn_rad, self.over = 0.0, True
            self.mover.put(self.mover.place or place, 0.0)


def beside(lane_id: int, steps: int) -> int:
    """The lane id that many lanes to the left of a lane; there is no lane 0."""
    found = lane_id + steps
    return found + (1 if steps > 0 else -1) if found * lane_id <= 0 and steps else found


@dataclass
class LaneShift:
    """A LaneOffsetAction."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = PATH
    over: bool = False
    passed: float = 0.0

    def begin(self, world: World) -> None:
        node, place = self.node, _lane_of(self.mover, self.node)
        target, dynamics = node.need("LaneOffsetTarget").only(), node.need("LaneOffsetActionDynamics")
        self.continuous = node.flag("continuous")
        self.first, self.last = place.off_m, target.number("value")
        if target.tag == "RelativeTargetLaneOffset":
            other = world.mover(target)
            theirs = _lane_of(other, target)
            if theirs.road is not place.road:
                raise target.unsupported(f"an offset relative to {other.entity.id}, which is on another road")
            self.last = theirs.t_m + other.way * self.last - (place.t_m - place.off_m)
        self.shape, limit = dynamics.word("dynamicsShape"), dynamics.number("maxLateralAcc", 0.0)
        if self.shape not in PEAK_ACCELERATION:
            raise dynamics.unsupported("a jump sideways; here it takes time")
        change = abs(self.last - self.first)
        if limit <= 0 and change > 1e-6:
            dynamics.differs(f"an offset without maxLateralAcc; here within {USUAL_OFFSET_S:g} s")
        self.lasts = math.sqrt(PEAK_ACCELERATION[self.shape] * change / limit) if limit > 0 else USUAL_OFFSET_S
        self.over = change < 1e-6

    def step(self, world: World, dt: float) -> None:
        self.passed += dt
        share = self.passed / self.lasts
        if self.mover.place is None or (share >= 1 and self.continuous and self.over):
            return
        roll_sideways(self.mover, self.first + (self.last - self.first) * shaped(self.shape, share), dt)
        if share >= 1:
            self.mover.put(self.mover.place, 0.0)
            self.over = True
