"""Longitudinal actions: speeds, speed profiles, distances to another entity."""

import math
from dataclasses import dataclass, field

from scenarios.openscenario.player.measures import free_along
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.transition import PEAK_RATE, TransitionDynamics, read_dynamics, shaped
from scenarios.openscenario.player.world import SPEED, PlayedAction, World
from scenarios.openscenario.source.node import Node
from scenarios.source.errors import quoted

SAME_MPS = 1e-6
REACHED_M = 0.1
RIGID_M = 0.5  # of a kept distance without limits: what is missing at its beginning
SPRING = 0.4  # of the critically damped controller of a kept distance, per m/s^2 of its limit


def longitudinal(node: Node, mover: PlayedEntity, world: World) -> PlayedAction:
    """The action of a LongitudinalAction's child; raises Unsupported."""
    match node.tag:
        case "SpeedAction":
            return SpeedChange(node, mover)
        case "SpeedProfileAction":
            return SpeedProfile(node, mover)
        case "LongitudinalDistanceAction":
            return KeptDistance(node, mover)
    raise node.unsupported("actions of that sort")


def limited(mover: PlayedEntity, wanted: float, dt: float) -> float:
    """The speed nearest to the wanted one that the entity's performance allows after a step."""
    body = mover.entity
    accel = min(max((wanted - mover.speed) / dt, -body.most_decel), body.most_accel)
    return min(max(mover.speed + accel * dt, -body.most_speed), body.most_speed)


@dataclass
class SpeedChange:
    """A SpeedAction. The transition is a function of time; over a distance it takes the time for that distance."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = SPEED
    over: bool = False
    passed: float = 0.0
    lasts: float = 0.0
    first: float = 0.0
    slower: float = 1.0  # by how much performance limits stretch the transition

    def begin(self, world: World) -> None:
        self.target, self.dynamics = self.node.need("SpeedActionTarget").only(), self._dynamics()
        self.first, last = self.mover.speed, self._wanted(world)
        if self.target.tag == "AbsoluteTargetSpeed" and abs(self.target.number("value")) > abs(last) + SAME_MPS:
            self.target.differs(f"{self.target.number('value'):g} m/s; its Performance allows {abs(last):g} m/s")
        self.continuous = self.target.tag == "RelativeTargetSpeed" and self.target.flag("continuous")
        change = last - self.first
        self.lasts = self._over(self.first, last) if self.dynamics.dimension == "distance" else 0.0
        if self.dynamics.dimension != "distance":
            self.lasts = self.dynamics.lasts(change)
        if self.dynamics.jumps or abs(change) < SAME_MPS:
            self.mover.speed, self.lasts, self.over = last, 0.0, not self.continuous
            return
        body = self.mover.entity
        most = body.most_accel if change > 0 else body.most_decel
        self.slower = max(1.0, PEAK_RATE[self.dynamics.shape] * abs(change) / self.lasts / most)

    def _dynamics(self) -> TransitionDynamics:
        return read_dynamics(self.node.need("SpeedActionDynamics"))

    def _over(self, first: float, last: float) -> float:
        if first * last < 0:  # to standstill and on, by the energies of both parts
            whole = first**2 + last**2
            return 2 * self.dynamics.value * (abs(first) + abs(last)) / whole
        return 2 * self.dynamics.value / max(abs(first + last), 1e-6)

    def _wanted(self, world: World) -> float:
        if self.target.tag == "AbsoluteTargetSpeed":
            wanted = self.target.number("value")
        else:
            other, value = world.mover(self.target).speed, self.target.number("value")
            factor = self.target.word("speedTargetValueType") == "factor"
            wanted = other * value if factor else other + value
        most = self.mover.entity.most_speed
        return min(max(wanted, -most), most)

    def step(self, world: World, dt: float) -> None:
        last = self._wanted(world)
        if self.passed >= self.lasts - 1e-9:
            self.mover.speed = limited(self.mover, last, dt)
        else:
            self.passed = min(self.passed + dt / self.slower, self.lasts)
            self.mover.speed = self.first + (last - self.first) * shaped(self.dynamics.shape, self.passed / self.lasts)
        if self.passed >= self.lasts - 1e-9 and abs(self.mover.speed - last) < SAME_MPS:
            self.over = not self.continuous


@dataclass
class SpeedProfile:
    """A SpeedProfileAction: linear from entry to entry."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = SPEED
    over: bool = False
    passed: float = 0.0
    knots: list[tuple[float, float]] = field(default_factory=list)

    def begin(self, world: World) -> None:
        if self.node.has("entityRef"):
            raise self.node.unsupported("a speed profile relative to another entity")
        self.node.word("followingMode")
        limits = self.node.child("DynamicConstraints")
        body = self.mover.entity
        faster = min(limits.number("maxAcceleration", 1e9), body.most_accel) if limits else body.most_accel
        slower = min(limits.number("maxDeceleration", 1e9), body.most_decel) if limits else body.most_decel
        for name in ("maxSpeed", "maxAccelerationRate", "maxDecelerationRate"):
            if limits is not None:
                limits.number(name, 0.0)
        t, v = 0.0, self.mover.speed
        self.knots = [(t, v)]
        for entry in self.node.children("SpeedProfileEntry"):
            to = entry.number("speed")
            limit = faster if to > v else slower
            if not entry.has("time") and limit > 1e3 and abs(to - v) > SAME_MPS:
                raise entry.unsupported(f"a speed of {to:.1f} m/s without a time or a limit of the acceleration")
            t += entry.number("time") if entry.has("time") else abs(to - v) / limit
            v = to
            self.knots.append((t, v))

    def step(self, world: World, dt: float) -> None:
        self.passed += dt
        later = next((i for i, (t, _) in enumerate(self.knots) if t >= self.passed), None)
        if later is None:
            self.mover.speed, self.over = self.knots[-1][1], True
            return
        if later > 0:
            (t0, v0), (t1, v1) = self.knots[later - 1], self.knots[later]
            self.mover.speed = v0 + (v1 - v0) * (self.passed - t0) / max(t1 - t0, 1e-9)


@dataclass
class KeptDistance:
    """A LongitudinalDistanceAction, as a critically damped controller within the action's constraints."""

    node: Node
    mover: PlayedEntity
    domains: frozenset[str] = SPEED
    over: bool = False
    accel: float = 0.0

    def begin(self, world: World) -> None:
        node = self.node
        self.other, self.free = world.mover(node), node.flag("freespace")
        self.continuous = node.flag("continuous")
        self.gap = node.number("distance") if node.has("distance") else None
        self.time = 0.0 if node.has("distance") else node.number("timeGap")
        node.word("coordinateSystem", "")
        limits = node.child("DynamicConstraints")
        names = ("maxAcceleration", "maxDeceleration", "maxSpeed", "maxAccelerationRate", "maxDecelerationRate")
        self.rigid = limits is None or not all(limits.has(name) for name in names[:2])
        self.faster, self.slower, self.most, self.rise, self.fall = (
            limits.number(name) if limits is not None and limits.has(name) else math.inf for name in names
        )
        said = node.word("displacement", "any")
        if said not in ("any", "trailingReferencedEntity", "leadingReferencedEntity"):
            raise node.unsupported(f"displacement={quoted(said)}")
        self.sign = self._signed(said, world)
        if self.rigid and world.t_s == 0:  # it starts at that distance
            self.mover.roll(self._missing(world))
        if self.rigid and abs(self._missing(world)) > RIGID_M:
            missing = abs(self._missing(world))
            raise node.unsupported(
                f"a distance kept without limits of the acceleration, here by a jump of {missing:.1f} m"
            )

    def _signed(self, said: str, world: World) -> float:
        return -1.0 if said.startswith("leading") or (said == "any" and self._distance(world) < 0) else 1.0

    def _missing(self, world: World) -> float:
        """Metres by which the distance is longer than it should be."""
        wanted = self.gap if self.gap is not None else abs(self.other.speed) * self.time
        return self._distance(world) - self.sign * abs(wanted)

    def _distance(self, world: World) -> float:
        return free_along(self.mover, self.other, world, self.free)

    def step(self, world: World, dt: float) -> None:
        missing = self._missing(world)
        if self.rigid:
            self.mover.speed = self.other.speed + missing
            self.over = not self.continuous
            return
        if not self.continuous and abs(missing) < REACHED_M:
            self.over = True
            return
        spring = SPRING * (self.faster if missing < 0 else self.slower)
        asked = missing * spring - (self.mover.speed - self.other.speed) * 2 * math.sqrt(spring)
        asked = min(max(asked, -self.slower), self.faster)
        self.accel = min(max(asked, self.accel - self.fall * dt), self.accel + self.rise * dt)
        self.mover.speed = min(max(self.mover.speed + self.accel * dt, -self.most), self.most)
