"""Actions that give the path: trajectories, routes, positions to acquire, and arrivals in time with another entity."""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from scenarios.openscenario.player.measures import road_along
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.world import BOTH, PATH, SPEED, Instant, PlayedAction, World
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.polyline import Vertex, read_trajectory
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.road_place import place_at
from scenarios.openscenario.source.routes import read_route, route_through

FARTHEST_JUMP_M = 0.5  # of a body to the beginning of its trajectory, which it joins within JOINED_S
JOINED_S = 1.0
LEAST_S = 1e-6


def routing(node: Node, mover: PlayedEntity, world: World) -> PlayedAction:
    """The action of a RoutingAction's child; raises Unsupported."""
    match node.tag:
        case "FollowTrajectoryAction":
            untimed = node.need("TimeReference").child("None") is not None
            return Trajectory(node, mover, PATH if untimed else BOTH)
        case "AssignRouteAction":
            return Instant(lambda now: _assign(node, mover, now))
        case "AcquirePositionAction":
            return Instant(lambda now: _acquire(node, mover, now))
    raise node.unsupported("actions of that sort")


def _assign(node: Node, mover: PlayedEntity, world: World) -> None:
    mover.route = read_route(node, world.known, world.positions, world.catalogs)


def _acquire(node: Node, mover: PlayedEntity, world: World) -> None:
    spot = world.positions.read(node.need("Position"))
    end = place_at(world.known, spot.x_m, spot.y_m) if world.known is not None else None
    if mover.place is None or end is None or world.known is None:
        raise node.unsupported(f"a position that {mover.entity.id} acquires without a road that leads there")
    mover.route = route_through(world.known, [mover.place, end], node)


@dataclass
class Trajectory:
    """A FollowTrajectoryAction: with times on its vertices, or at the entity's own speed."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str]
    over: bool = False
    way_m: float = 0.0
    began_s: float = 0.0
    off: tuple[float, float] = (0.0, 0.0)

    def begin(self, world: World) -> None:
        node = self.node
        self.vertices = read_trajectory(node, world.positions, world.catalogs)
        mode = node.child("TrajectoryFollowingMode")
        if mode is not None and mode.word("followingMode") == "follow":
            mode.differs("a trajectory that a driver steers after; here it is kept exactly")
        steps = [math.hypot(b.spot.x_m - a.spot.x_m, b.spot.y_m - a.spot.y_m) for a, b in pairwise(self.vertices)]
        self.along = [0.0, *np.cumsum(steps).tolist()]
        self.way_m = node.number("initialDistanceOffset", 0.0)
        self.times = self._times(world.t_s)
        first = self._pose_at(self._now(world.t_s))
        away = math.hypot(first.x_m - self.mover.pose.x_m, first.y_m - self.mover.pose.y_m)
        if world.t_s > 0 and away > FARTHEST_JUMP_M:
            who = self.mover.entity.id
            raise node.unsupported(f"a trajectory that begins {away:.1f} m from where {who} is: here no body jumps")
        self.began_s = world.t_s
        if world.t_s > 0:
            self.off = self.mover.pose.x_m - first.x_m, self.mover.pose.y_m - first.y_m
        self.mover.put_free(self._shifted(first, world.t_s))
        if self.times is not None:
            self.mover.speed = self._pace(self._now(world.t_s), first.heading_rad)

    def _shifted(self, pose: WorldPosition, t_s: float) -> WorldPosition:
        """A pose with what is left of the small distance between the entity and its trajectory at the beginning."""
        left = max(1 - (t_s - self.began_s) / JOINED_S, 0.0)
        return replace(pose, x_m=pose.x_m + left * self.off[0], y_m=pose.y_m + left * self.off[1])

    def _times(self, t_s: float) -> list[float] | None:
        """Seconds in the storyboard at each vertex; None for a trajectory without times."""
        reference = self.node.need("TimeReference").only()
        if reference.tag == "None":
            return None
        scale, offset = reference.number("scale"), reference.number("offset")
        begins = t_s if reference.word("domainAbsoluteRelative") == "relative" else 0.0
        told = [vertex.t_s for vertex in self.vertices if vertex.t_s is not None]
        if len(told) < len(self.vertices):
            raise reference.unsupported("times for a trajectory whose points have none")
        times = [begins + t * scale + offset for t in told]
        if any(b <= a for a, b in pairwise(times)):
            raise self.node.unsupported("times that do not rise")
        return times

    def _now(self, t_s: float) -> float:
        """The distance along the trajectory at a time."""
        return self.way_m if self.times is None else float(np.interp(t_s, self.times, self.along))

    def _pose_at(self, along: float) -> WorldPosition:
        i = min(max(bisect_right(self.along, along) - 1, 0), len(self.along) - 2)
        a, b, length = self.vertices[i], self.vertices[i + 1], self.along[i + 1] - self.along[i]
        share = (along - self.along[i]) / length if length > 1e-9 else 0.0
        share = min(max(share, 0.0), 1.0)
        x = a.spot.x_m + share * (b.spot.x_m - a.spot.x_m)
        y = a.spot.y_m + share * (b.spot.y_m - a.spot.y_m)
        return WorldPosition(x, y, _between(a, b, share))

    def _pace(self, along: float, heading: float) -> float:
        """The signed speed that the times give."""
        assert self.times is not None
        i = min(max(bisect_right(self.along, along + 1e-9) - 1, 0), len(self.along) - 2)
        pace = (self.along[i + 1] - self.along[i]) / (self.times[i + 1] - self.times[i])
        a, b = self.vertices[i].spot, self.vertices[i + 1].spot
        backwards = math.cos(math.atan2(b.y_m - a.y_m, b.x_m - a.x_m) - heading) < -1e-6
        return -pace if backwards and pace > 1e-6 else pace

    def step(self, world: World, dt: float) -> None:
        mover, ends = self.mover, world.t_s + dt
        mover.carried = True
        if self.times is None:
            self.way_m += abs(mover.distance(dt))
            beyond = self.way_m - self.along[-1]
            along = min(self.way_m, self.along[-1])
        else:
            along = self._now(ends)
            beyond = 0.0
            self.over = ends >= self.times[-1] - LEAST_S
        mover.put_free(self._shifted(self._pose_at(along), ends))
        if self.times is not None:
            here = self._now(ends - dt / 2)
            mover.speed = self._pace(here, mover.pose.heading_rad) if ends > self.times[0] else 0.0
        elif beyond >= -1e-9 and mover.speed:
            self.over = True
            mover.roll(beyond)
        if self.over:
            mover.settle()


def _between(a: Vertex, b: Vertex, share: float) -> float:
    """The heading between two vertices: the direction of travel, or a turn from one given heading to the next."""
    if not (a.turned and b.turned):
        dx, dy = b.spot.x_m - a.spot.x_m, b.spot.y_m - a.spot.y_m
        return math.atan2(dy, dx) if math.hypot(dx, dy) > 1e-6 else a.spot.heading_rad
    turn = math.remainder(b.spot.heading_rad - a.spot.heading_rad, math.tau)
    return a.spot.heading_rad + share * turn


@dataclass
class Synchronised:
    """A SynchronizeAction: the speed over time is a cubic's, planned anew at every step."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = SPEED
    over: bool = False

    def begin(self, world: World) -> None:
        node = self.node
        self.master = world.mover(node, "masterEntityRef")
        self.tolerance = max(node.number("targetTolerance", 0.0), 0.1)
        self.master_tolerance = max(node.number("targetToleranceMaster", 0.0), 0.1)
        self.target = world.positions.read(node.need("TargetPosition"))
        self.master_target = world.positions.read(node.need("TargetPositionMaster"))
        self.final = node.child("FinalSpeed")
        if self.final is not None:
            for steady in self.final.only().children():
                steady.leave_out("speed and place at the arrival are kept, how long before it is steady is not")

    def step(self, world: World, dt: float) -> None:
        theirs, mine = self._left(self.master, self.master_target, world), self._left(self.mover, self.target, world)
        if theirs <= self.master_tolerance or mine <= self.tolerance or self.master.speed < 1e-3:
            self.over = theirs <= self.master_tolerance or mine <= self.tolerance
            return
        lasts = theirs / self.master.speed
        last = self._last(mine / lasts)
        if lasts < dt:
            self.mover.speed = last
            return
        accel = (6 * mine - lasts * (4 * self.mover.speed + 2 * last)) / lasts**2
        body = self.mover.entity
        accel = min(max(accel, -body.most_decel), body.most_accel)
        self.mover.speed = max(self.mover.speed + accel * dt, 0.0)

    def _last(self, mean: float) -> float:
        if self.final is None:
            return mean
        said = self.final.only()
        if said.tag == "AbsoluteSpeed":
            return said.number("value")
        value = said.number("value")
        return self.master.speed * value if said.word("speedTargetValueType") == "factor" else self.master.speed + value

    @staticmethod
    def _left(mover: PlayedEntity, spot: WorldPosition, world: World) -> float:
        """Metres that an entity has left to a place; straight to it for one on no road."""
        if mover.place is None:
            return math.hypot(spot.x_m - mover.pose.x_m, spot.y_m - mover.pose.y_m)
        return road_along(mover, spot, world)
