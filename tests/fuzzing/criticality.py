"""The definitions of criticality against an independent calculation: python -m tests.fuzzing.criticality

Random pairs of bodies on straight roads and bends, in every relation to each other; each is the pair of its number.
Their courses are calculated here again in closed form, their boxes and distances with shapely, at small steps of time.
Checked are: the gap against the straight distance, the TTC against the first touch, TTC times closing speed against the
gap, the required deceleration by braking that much and 5 % less, and the same values for the mirrored and for the moved
scene. Sampled streets are rolled out and checked for the same values after a shift of time.
"""

import argparse
import math
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from scenarios.metrics.contact import LEFT_SIDE, RIGHT_SIDE
from scenarios.metrics.courses import BRAKES, COURSE, LENGTH, OFFSET, SPEED, STATE_WIDTH, WIDTH, YAW, X, Y
from scenarios.metrics.criticality import encounters
from scenarios.metrics.pairs import (
    CLOSING,
    DISTANCE,
    FIGURES,
    GAP,
    HORIZON_S,
    LOOK_AHEAD_M,
    REQUIRED,
    SIDE,
    TTC,
    encounter,
    path_gap,
    set_lines,
)
from scenarios.metrics.smoothing import WINDOW
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.random_scenarios import sample_scenario
from scenarios.roads.reference_line import NO_NODES
from scenarios.roads.traffic_lines import LEAST_STRETCH, arc_line
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate

RELATIONS = ("leads", "follows", "comes towards", "crosses", "beside", "changes lane", "anywhere", "stands")
STEP_S = 0.01
SHRUNK_M = 0.002  # a touch that is less deep may fall between two steps
STREETS = 20  # pairs per sampled street
USUAL = 10_000
ASIDE_M = 60.0
CONSOLE = Console(highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Moving:
    """A body on a line of constant curvature: place, angle to the line, speed, box."""

    s: float
    d: float
    tilt: float
    speed: float
    brakes: float
    length: float
    width: float
    offset: float = 0.0

    def way(self, t: np.ndarray, brakes: float) -> np.ndarray:
        """Distance along the course with its sign."""
        pace, until = abs(self.speed), t
        if brakes > 0:
            until = np.minimum(t, pace / brakes)
        return np.sign(self.speed) * (pace * until - brakes * until**2 / 2)

    def poses(self, bend: float, way: np.ndarray) -> np.ndarray:
        """x, y, yaw of the reference point after some distances, in closed form."""
        sin, cos = math.sin(self.tilt), math.cos(self.tilt)
        d = self.d + way * sin
        if abs(bend) < 1e-9:
            return np.stack([self.s + way * cos, d, np.full_like(way, self.tilt)], -1)
        if abs(sin) < 1e-9:
            s = self.s + way * cos / (1 - bend * self.d)
        else:
            s = self.s - cos / (bend * sin) * np.log(np.maximum((1 - bend * d) / (1 - bend * self.d), 1e-9))
        turn = bend * s
        x, y = np.sin(turn) / bend - d * np.sin(turn), (1 - np.cos(turn)) / bend + d * np.cos(turn)
        return np.stack([x, y, turn + self.tilt], -1)

    def boxes(self, bend: float, way: np.ndarray, shrunk: float = 0.0) -> np.ndarray:
        """The boxes there as polygons."""
        x, y, yaw = self.poses(bend, way).T
        forward, left = np.stack([np.cos(yaw), np.sin(yaw)], -1), np.stack([-np.sin(yaw), np.cos(yaw)], -1)
        centre = np.stack([x, y], -1) + self.offset * forward
        half = self.length / 2 - shrunk, self.width / 2 - shrunk
        signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        return shapely.polygons(
            np.stack([centre + a * half[0] * forward + b * half[1] * left for a, b in signs], axis=1)
        )


@dataclass(frozen=True)
class Pair:
    """Two bodies on one line, which may be moved as a whole."""

    relation: str
    bend: float
    a: Moving
    b: Moving
    move: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def mirrored(self) -> "Pair":
        """The same seen in a mirror along the line."""
        a, b = (replace(one, d=-one.d, tilt=-one.tilt) for one in (self.a, self.b))
        return replace(self, bend=-self.bend, a=a, b=b)

    @cached_property
    def states(self) -> np.ndarray:
        rows = np.zeros((2, STATE_WIDTH))
        for row, one in zip(rows, (self.a, self.b), strict=True):
            x, y, yaw = one.poses(self.bend, np.zeros(1))[0]
            mx, my, turn = self.move
            row[X], row[Y] = mx + math.cos(turn) * x - math.sin(turn) * y, my + math.sin(turn) * x + math.cos(turn) * y
            row[YAW] = row[COURSE] = yaw + turn
            row[[OFFSET, LENGTH, WIDTH]] = one.offset, one.length, one.width
            row[SPEED], row[BRAKES] = one.speed, one.brakes
        set_lines(NO_NODES, self.lines, rows)
        return rows

    @cached_property
    def lines(self) -> np.ndarray:
        return np.array([arc_line(*self.move, self.bend, ASIDE_M)])

    def figures(self) -> np.ndarray:
        """The product's figures of the pair."""
        out = np.zeros(FIGURES)
        encounter(NO_NODES, self.lines, *self.states, out)
        return out

    def distances(self, t: np.ndarray, a_brakes: float, b_brakes: float, shrunk: float = 0.0) -> np.ndarray:
        """Straight distances of the two boxes on their courses; infinite after the longer way round a full circle."""
        ways = self.a.way(t, a_brakes), self.b.way(t, b_brakes)
        boxes = (one.boxes(self.bend, way, shrunk) for one, way in zip((self.a, self.b), ways, strict=True))
        found = shapely.distance(*boxes)
        rounds = [w * math.cos(o.tilt) for w, o in zip(ways, (self.a, self.b), strict=True)]
        out = np.abs(rounds[0] - rounds[1]) * abs(self.bend) > 0.8 * math.pi
        for one, way in zip((self.a, self.b), ways, strict=True):
            out |= 1 - self.bend * (one.d + way * math.sin(one.tilt)) < LEAST_STRETCH  # near the centre of the bend
        return np.where(np.maximum.accumulate(out), np.inf, found)

    def least(self, t: np.ndarray, a_brakes: float, b_brakes: float, shrunk: float = 0.0) -> float:
        """The least distance, with finer steps wherever they could touch within one."""
        found = self.distances(t, a_brakes, b_brakes, shrunk)
        step = t[1] - t[0]
        near = t[found < (abs(self.a.speed) + abs(self.b.speed)) * step]
        if not len(near) or found.min() <= 0:
            return float(found.min())
        fine = (near[:, None] + np.arange(-20, 21) * step / 40).ravel().clip(0, t[-1])
        return float(min(found.min(), self.distances(np.sort(fine), a_brakes, b_brakes, shrunk).min()))


def pair(number: int) -> Pair | None:
    """The pair of a number; None if its boxes overlap or lie beyond the centre of their bend."""
    rng = np.random.default_rng([number, 16])
    bend = 0.0 if rng.random() < 0.4 else float(rng.choice([-1, 1]) / rng.uniform(25, 300))
    relation = RELATIONS[number % len(RELATIONS)]
    speed = float(rng.choice([rng.uniform(1, 30), rng.uniform(1, 30), -rng.uniform(0.5, 3), 0.0]))
    a = Moving(0.0, 0.0, 0.0, speed, 0.0, 4.358, 1.815, EGO_REAR_AXLE_TO_CENTRE_M)
    length, width = ((0.6, 0.6), (1.9, 0.7), (4.4, 1.8), (12.0, 2.55))[rng.integers(4)]
    s, d, pace, tilt = float(rng.uniform(8, 60)), 0.0, float(rng.uniform(0, 25)), 0.0
    match relation:
        case "follows":
            s = -s
        case "comes towards":
            tilt = math.pi
        case "crosses":
            side = float(rng.choice([-1, 1]))
            d, tilt = side * float(rng.uniform(0, 18)), -side * float(rng.uniform(0.8, 2.3))
        case "beside":
            s, d = float(rng.uniform(-5, 5)), float(rng.choice([-3.5, 3.5]))
        case "changes lane":
            side = float(rng.choice([-1, 1]))
            s, d, tilt = float(rng.uniform(-15, 40)), 3.5 * side, -side * float(rng.uniform(0.01, 0.2))
        case "anywhere":
            s, d, tilt = float(rng.uniform(-40, 40)), float(rng.uniform(-15, 15)), float(rng.uniform(-3.1, 3.1))
        case "stands":
            d, tilt, pace = float(rng.uniform(-3, 3)), float(rng.uniform(-3.1, 3.1)), 0.0
    brakes = float(rng.uniform(0.5, 7)) if rng.random() < 0.2 and pace > 0 else 0.0
    made = Pair(relation, bend, a, Moving(s, d, tilt, pace, brakes, length, width))
    inside = 1 - bend * d > 0.35 and abs(s * bend) < 2.5
    return made if inside and made.distances(np.zeros(1), 0, 0)[0] > 0.01 else None


@dataclass
class Tally:
    """How often each statement was checked, its worst deviation, and the failures."""

    checked: Counter = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: list[tuple[str, int, str]] = field(default_factory=list)

    def check(self, name: str, number: int, deviation: float, most: float, told: str = "") -> None:
        """Count a statement, whose deviation must be at most `most`."""
        self.checked[name] += 1
        self.worst[name] = max(self.worst[name], deviation)
        if not deviation <= most:
            self.failures.append((name, number, f"{deviation:g} is more than {most:g} {told}"))


def judge(number: int, tally: Tally) -> bool:
    """Check one pair; False if the number has none."""
    made = pair(number)
    if made is None:
        return False
    found = made.figures()
    tally.checked[f"pairs: {made.relation}"] += 1
    straight = float(made.distances(np.zeros(1), 0.0, 0.0)[0])
    tally.check("distance = shapely's, m", number, abs(found[DISTANCE] - straight), 1e-9)
    if np.isfinite(found[GAP]):
        tally.check("gap >= straight distance, m below", number, max(straight - found[GAP], 0.0), 1e-9)
    _gap(made, found, number, tally)
    _ttc(made, found, number, tally)
    _required(made, found, number, tally)
    _symmetry(made, found, number, tally)
    return True


def _gap(made: Pair, found: np.ndarray, number: int, tally: Tally) -> None:
    """The body drives `gap` metres and touches; if there is none, it touches nothing on its way."""
    sign = -1.0 if made.a.speed < 0 else 1.0
    probe = replace(made, a=replace(made.a, speed=sign), b=replace(made.b, speed=0.0))
    most = LOOK_AHEAD_M if made.bend == 0 else min(LOOK_AHEAD_M, 0.79 * math.pi / abs(made.bend))
    gap = found[GAP]
    way = np.arange(0.0, min(gap * (1 - 2.5 * abs(made.bend)) - 0.01, most), 0.05)
    if len(way):
        deep = probe.distances(way, 0.0, 0.0, SHRUNK_M).min()
        tally.check("nothing is in the way before the gap's end", number, float(deep <= 0), 0.0)
    if np.isfinite(gap):
        touch = float(probe.distances(np.array([gap]), 0.0, 0.0)[0])
        slack = 2e-4 + (0.0 if made.bend == 0 else abs(made.bend) * 2.5 * gap)  # an outer corner covers more
        tally.check("distance left after the gap, m", number, touch, slack)


def _ttc(made: Pair, found: np.ndarray, number: int, tally: Tally) -> None:
    ttc = found[TTC]
    t = np.arange(0.0, min(ttc, HORIZON_S) - 2 * STEP_S, STEP_S)
    if len(t):
        deep = made.distances(t, 0.0, 0.0, SHRUNK_M).min()
        tally.check("no touch on the courses before the TTC", number, float(deep <= 0), 0.0)
    if np.isinf(ttc):
        return
    gaps = [path_gap(NO_NODES, made.lines, *made.states), path_gap(NO_NODES, made.lines, *made.states[::-1])]
    closing = [abs(one.speed) - gap[1] for one, gap in zip((made.a, made.b), gaps, strict=True)]
    in_way = [gap[0] / c for gap, c in zip(gaps, closing, strict=True) if c > 1e-3 and np.isfinite(gap[0])]
    touch = float(made.distances(np.array([ttc]), 0.0, 0.0)[0])
    staying = min((abs(ttc - each) for each in in_way), default=np.inf)
    tally.check("at the TTC they touch, or the gap is closed, m or s", number, min(touch, staying), 2e-3)
    alone = made.b.tilt in (0.0, math.pi) and made.b.d == 0 and found[CLOSING] > 0.1
    if alone and np.isfinite(found[GAP]):
        share = abs(ttc * found[CLOSING] - found[GAP]) / max(found[GAP], 1.0)
        tally.check("TTC x closing speed = gap, share of it", number, share, 1e-4 if made.bend == 0 else 0.002)


def _required(made: Pair, found: np.ndarray, number: int, tally: Tally) -> None:
    """Braking that much avoids the touch in both hypotheses, 5 % less does not in one of them."""
    if made.a.speed == 0:
        return
    need = found[REQUIRED]
    if np.isinf(need):
        avoided = [decel for decel in (4.0, 9.0, 40.0) if not _touches(made, decel, 0.0)]
        tally.check("no braking suffices: some does", number, float(bool(avoided)), 0.0, f"{avoided} m/s^2")
        return
    if need < 0.05:
        return
    tally.check("the required deceleration does not suffice", number, float(_touches(made, need, SHRUNK_M)), 0.0)
    tally.check("5 % less suffices as well", number, float(not _touches(made, 0.95 * need, 0.0)), 0.0, f"{need:g}")


def _touches(made: Pair, decel: float, shrunk: float) -> bool:
    """Whether braking by `decel` ends in a touch with the other on its course, or settled in the way."""
    pace = abs(made.a.speed)
    horizon = HORIZON_S + min(pace / decel, 3 * HORIZON_S)
    t = np.linspace(0.0, horizon, int(horizon / (2 * STEP_S)))
    if made.least(t, decel, made.b.brakes, shrunk) <= 0:
        return True
    gap, along, across, _, _ = path_gap(NO_NODES, made.lines, *made.states)
    if np.isinf(gap) or abs(along) <= abs(across):
        return False
    sign = 1.0 if along > 0 else -1.0
    own, its = replace(made.a, speed=pace).way(t, decel), replace(made.b, speed=abs(along)).way(t, made.b.brakes)
    return bool((gap + sign * its - own).min() < -shrunk - 1e-9)


def _symmetry(made: Pair, found: np.ndarray, number: int, tally: Tally) -> None:
    rng = np.random.default_rng([number, 17])
    moved = replace(made, move=tuple(map(float, rng.uniform(-3, 3, 3) * (100, 100, 1)))).figures()
    mirrored = made.mirrored().figures()
    swapped = {LEFT_SIDE: RIGHT_SIDE, RIGHT_SIDE: LEFT_SIDE}
    for name, other, side in (("moved", moved, {}), ("mirrored", mirrored, swapped)):
        for column in (DISTANCE, GAP, TTC, REQUIRED):
            both = found[column], other[column]
            apart = 0.0 if both[0] == both[1] else abs(both[0] - both[1]) / max(1.0, min(both))
            tally.check(f"{name} scene, share", number, apart, 1e-3, f"column {column}: {both}")
        if abs(made.b.tilt) > 1e-6 or made.b.d != 0:  # exactly ahead, both corners are equally near
            agree = side.get(int(found[SIDE]), int(found[SIDE])) == int(other[SIDE])
            tally.check(f"{name} scene, side", number, float(not agree), 0.0)


def judge_street(seed: int, tally: Tally) -> None:
    """A sampled street: the figures are those of the present state, so they are the same after a shift of time."""
    rollout = simulate(sample_scenario(seed, 3.0))
    whole, first = encounters(rollout), 7
    later = encounters(shifted(rollout, first))
    tally.checked["streets"] += 1
    for name in ("gap_m", "ttc_s", "distance_m", "required_mps2"):
        a, b = getattr(whole, name)[first + 1 : -1], getattr(later, name)[1:-1]  # a slide is measured between frames
        a, b = np.where(np.isinf(a), -1e3, a), np.where(np.isinf(b), -1e3, b)
        tally.check("shifted scene", seed, float(np.abs(a - b).max(initial=0.0)), 1e-9, name)
    there = np.isfinite(whole.gap_m)
    below = (whole.distance_m[there] - whole.gap_m[there]).max(initial=0.0)
    tally.check("gap >= straight distance in streets, m below", seed, max(float(below), 0.0), 1e-9)


def shifted(rollout: Rollout, first: int) -> Rollout:
    """The rollout from a frame on, with the time counted from there."""
    arrays = {f.name: getattr(rollout, f.name) for f in fields(rollout)}
    timed = {k: v[first:] for k, v in arrays.items() if isinstance(v, np.ndarray) and len(v) == len(rollout.t_s)}
    timed["t_s"] = timed["t_s"] - timed["t_s"][0]
    assert len(timed["t_s"]) >= WINDOW
    return replace(rollout, **timed)


def fuzz(numbers: range) -> Tally:
    """Check the pairs of these numbers, and a street for every `STREETS` of them."""
    tally = Tally()
    for number in numbers:
        judge(number, tally)
        if number % STREETS == 0:
            judge_street(number // STREETS, tally)
    return tally


def main() -> int:
    """Print counts, worst deviations and failures; 1 with a failure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=USUAL)
    options.add_argument("--first", type=int, default=0)
    asked = options.parse_args()
    tally = fuzz(range(asked.first, asked.first + asked.count))
    table = Table("statement", "checked", "worst deviation", "failures", box=None)
    failed = Counter(name for name, _, _ in tally.failures)
    for name, count in sorted(tally.checked.items()):
        worst = f"{tally.worst[name]:.2g}" if name in tally.worst else ""
        table.add_row(name, str(count), worst, str(failed[name]) if name in tally.worst else "")
    CONSOLE.print(table)
    for name, number, told in tally.failures[:40]:
        CONSOLE.print(f"{name}: number {number}: {told}")
    return int(bool(tally.failures))


if __name__ == "__main__":
    sys.exit(main())
