"""What is possible for physics and yet hardly meant: sizes beyond a kind, leaving the carriageway, missing a zebra."""

import numpy as np
from jaxtyping import Bool, Float

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import Kinematics
from pipeline.checks.outcomes import tag
from scenarios.model.bodies import FOUR_WHEELS, ON_FOOT, STATIC, Body
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.roads.junction import CORNER_M
from scenarios.roads.ring_ways import driven_radius
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.widening import all_beyond_strips
from scenarios.rollout import Rollout

SIZE_FACTOR = 3.0  # from the usual sizes of a kind; trucks and buses of all makes are within it
BESIDE_M = 0.3  # of the box centre beyond the edge
MOVES_MPS = 1.0
ZEBRA_HALF_M = 2.0  # nuScenes and the drawn zebra: 4 m
MEANS_ZEBRA_M = 10.0  # who crosses within this distance of a zebra means to use it


def sizes(rollout: Rollout) -> tuple[Verdict, ...]:
    """Every moving kind's length, width and height against its usual sizes; a factor."""
    factors = {body.id: _factor(body) for body in rollout.bodies if body.kind not in STATIC}
    who = max(factors, key=lambda name: factors[name])
    size = rollout.bodies[rollout.index(who)].size
    words = f"{who} is {size.length_m:g} x {size.width_m:g} x {size.height_m:g} m, {factors[who]:.1f} times "
    words += "larger or smaller than usual for its kind"
    outcome = Outcome.PASS if factors[who] <= SIZE_FACTOR else Outcome.FAIL
    return (Verdict("size", "physics", outcome, factors[who], SIZE_FACTOR, "", "usual sizes of the kind", "", words),)


def _factor(body: Body) -> float:
    """The largest ratio of one of its extents to that of the nearest usual size."""
    record = KINDS[body.kind]
    usual = [record.size, *(variant.size for variant in record.variants.values())]
    own = np.array([body.size.length_m, body.size.width_m, body.size.height_m])
    ratios = [np.abs(np.log(own / [s.length_m, s.width_m, s.height_m])).max() for s in usual]
    return float(np.exp(min(ratios)))


def carriageway(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """A tag: a vehicle that begins on the carriageway leaves it; empty without a road and without such a vehicle."""
    if rollout.road is None:
        return ()
    beyond = beyond_carriageway(rollout.road, rollout.centre[..., :2])
    drives = np.array([body.kind in FOUR_WHEELS or body.kind is Kind.MOTORCYCLE for body in rollout.bodies])
    free = rollout.valid & ~rollout.sliding & (rollout.t_s[:, None] < motion.impact_s)
    first = rollout.valid.argmax(axis=0)
    begins = beyond[first, np.arange(len(first))] <= 0
    counts = free & drives & begins & (np.abs(rollout.speed_mps) > MOVES_MPS)
    if not counts.any():
        return ()
    most = np.where(counts, beyond, -np.inf)
    frame, row = map(int, np.unravel_index(most.argmax(), most.shape))
    value, model = max(float(most[frame, row]), 0.0), "box centre beyond the edge"
    kept = value <= BESIDE_M
    words = "every vehicle stays on the carriageway"
    if not kept:
        at = rollout.t_s[np.flatnonzero(most[:, row] > BESIDE_M)[0]]
        words = f"{rollout.bodies[row].id} leaves the carriageway at {at:.2f} s, by {value:.1f} m"
    return (tag("carriageway", value, BESIDE_M, "m", model, words, kept=kept),)


def beyond_carriageway(road: Road, xy: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
    """Metres beyond the nearest edge of any paved area; 0 or less on one."""
    beyond = _beyond(road, xy)
    if len(road.strips):
        strips = all_beyond_strips(road.project(xy).reshape(-1, 2), road.strips).reshape(beyond.shape)
        beyond = np.minimum(beyond, strips)
    if road.ramp_way is not None:
        beyond = np.minimum(beyond, _beyond(road.ramp_way, xy))
    if road.cross is None:
        return beyond
    begins, ends = road.cross_extent
    s = road.cross.project(xy)[..., 0]
    aside = np.where((s >= begins) & (s <= ends), _beyond(road.cross, xy), np.inf)
    corner = np.where((beyond < CORNER_M) & (aside < CORNER_M), 0.0, np.inf)
    beyond = np.minimum(np.minimum(beyond, aside), corner)
    if road.junction is not None and road.junction.ring_m:
        away = np.hypot(*np.moveaxis(xy - np.array(ring_centre(road)), -1, 0))
        beyond = np.minimum(beyond, away - driven_radius(road) - CORNER_M)
    return beyond


def _beyond(road: Road, xy: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
    d = road.project(xy)[..., 1]
    return np.maximum(d - road.left_edge, road.right_edge - d)


def zebra(rollout: Rollout) -> tuple[Verdict, ...]:
    """A tag: who crosses near a zebra crosses on it; empty without a zebra and without anybody who crosses near one."""
    if rollout.road is None or not rollout.road.zebras_m:
        return ()
    crossed = {}
    for row, body in enumerate(rollout.bodies):
        if body.kind in ON_FOOT and body.kind is not Kind.ANIMAL:
            missed = _missed(rollout, rollout.valid[:, row], row)
            if missed is not None and missed <= MEANS_ZEBRA_M:
                crossed[body.id] = missed
    if not crossed:
        return ()
    who = max(crossed, key=lambda name: crossed[name])
    kept = crossed[who] <= ZEBRA_HALF_M
    beside = f"{who} crosses {crossed[who]:.1f} m from the middle of the zebra, which is 4 m wide"
    words = "everybody who crosses near the zebra uses it" if kept else beside
    return (tag("zebra", crossed[who], ZEBRA_HALF_M, "m", "path on the carriageway", words, kept=kept),)


def _missed(rollout: Rollout, there: Bool[np.ndarray, "time"], row: int) -> float | None:
    """The distance along the road from a path across it to the nearest zebra, metres; None if it does not cross."""
    road = rollout.road
    assert road is not None
    s, d = road.project(rollout.centre[there, row, :2]).T
    on = (d > road.right_edge) & (d < road.left_edge)
    if not on.any() or np.ptp(d[on]) < road.lane_width_m / 2:
        return None
    return min(float(np.abs(s[on] - zebra).max()) for zebra in road.zebras_m)
