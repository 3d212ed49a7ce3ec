"""Whether bodies and their motion are possible; a clip beyond a limit is rejected. Tags: road left, zebra missed."""

import numpy as np
from jaxtyping import Bool, Float
from shapely.strtree import STRtree

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import Kinematics, outlines, touching_pairs
from pipeline.checks.outcomes import tag
from scenarios.metrics.smoothing import HALF, WINDOW
from scenarios.model.bodies import FOUR_WHEELS, ON_FOOT, STATIC, Body
from scenarios.model.driver_models import G
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.roads.junction import CORNER_M
from scenarios.roads.ring_ways import driven_radius
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.widening import all_beyond_strips
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.simulation.dynamics.friction_map import grip_share, slope_of

MAX_ACCELERATION = 11.5
MAX_CURVATURE = 0.3
MAX_STEERING_RATE = 0.4
MAX_SLIP_M = 0.02  # position against integrated velocity, per frame
MAX_YAW_JUMP_RAD = 0.03
SLOW_MPS = 0.6  # below it curvature is not measured
MAX_REVERSE_MPS = 3.0
WHEELBASE_SHARE = 0.6  # of the length
MIN_OVERLAP_M2 = 0.1
SIZE_FACTOR = 3.0  # from the usual sizes of a kind; trucks and buses of all makes are within it
BESIDE_M = 0.3  # of the box centre beyond the edge
MOVES_MPS = 1.0
ZEBRA_HALF_M = 2.0  # nuScenes and the drawn zebra: 4 m
MEANS_ZEBRA_M = 10.0  # who crosses within this distance of a zebra means to use it
SAMPLING = 1.03  # sampling at 12 Hz may overestimate by this factor


def friction_circle(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """sqrt(a_x^2 + (v psi')^2) of rolling bodies, and the deceleration of sliding ones, against mu g."""
    climb = G * np.sin(slope_of(rollout))  # on a slope the tyres also hold against gravity
    along = motion.acceleration + climb * np.cos(rollout.yaw_rad)
    used = np.hypot(along, rollout.speed_mps * motion.yaw_rate - climb * np.sin(rollout.yaw_rad))
    used = np.where(motion.sliding, slide_deceleration(rollout, motion), used) / _best_nearby(grip_share(rollout))
    limit = rollout.friction * G
    return worst(
        "friction circle", rollout, np.where((motion.usable | motion.sliding) & who, used, np.nan), limit,
        limit * SAMPLING + 0.1, "m/s²", f"mu g, mu = {rollout.friction:g}",
        "uses {value:.1f} of {limit:.1f} m/s² of grip",
    )  # fmt: skip


def _best_nearby(share: Float[np.ndarray, "time actor"]) -> Float[np.ndarray, "time actor"]:
    """The largest share in the smoothing window: the measured acceleration may come from any of its frames."""
    padded = np.pad(share, ((HALF, HALF), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=0).max(axis=-1)


def slide_deceleration(rollout: Rollout, motion: Kinematics) -> Float[np.ndarray, "time actor"]:
    """Deceleration of sliding bodies by the ground, from the path of the box centre, m/s^2."""
    climb = G * np.sin(slope_of(rollout))
    return np.hypot(motion.centre_acceleration[..., 0] + climb, motion.centre_acceleration[..., 1])


def acceleration(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """Change of speed from frame to frame, unsmoothed, so that short peaks count."""
    change = np.abs(np.diff(rollout.speed_mps, axis=0)) * FRAME_RATE_HZ
    counts = _rolling_steps(rollout, motion) & who
    return worst(
        "acceleration", rollout, np.where(counts, change, np.nan), MAX_ACCELERATION, MAX_ACCELERATION, "m/s²",
        "CommonRoad", "accelerates or brakes with {value:.1f} m/s², the limit is {limit:.1f}",
    )  # fmt: skip


def curvature(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """Turn rate over speed of all bodies except those on foot, 1/m."""
    who = who & _is(rollout, ON_FOOT, wanted=False)
    return worst(
        "curvature", rollout, np.where(_rolling(rollout, motion) & who, np.abs(_bend(rollout, motion)), np.nan),
        MAX_CURVATURE, MAX_CURVATURE * SAMPLING, "1/m", "Waymax",
        "has a curvature of {value:.2f} 1/m, the limit is {limit:.2f}",
    )  # fmt: skip


def steering_rate(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """Steering rate of the front wheels of cars, vans, trucks and buses, rad/s."""
    angle = np.arctan(WHEELBASE_SHARE * rollout.sizes[:, 0] * _bend(rollout, motion))
    rate = np.abs(np.diff(angle, axis=0)) * FRAME_RATE_HZ
    rolling = _rolling(rollout, motion)
    counts = rolling[1:] & rolling[:-1] & who & _is(rollout, FOUR_WHEELS)
    return worst(
        "steering rate", rollout, np.where(counts, rate, np.nan), MAX_STEERING_RATE, MAX_STEERING_RATE * SAMPLING,
        "rad/s", "CommonRoad kinematic single track", "steers at {value:.2f} rad/s, the limit is {limit:.2f}",
    )  # fmt: skip


def continuity(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"], allowed_m: float) -> Verdict:
    """Displacement in each step against the speeds and headings at its ends, metres."""
    slip = displacement_error(rollout, motion)
    counts = _rolling_steps(rollout, motion) & who
    return worst(
        "continuity", rollout, np.where(counts, slip, np.nan), allowed_m, allowed_m, "m", "integrated velocity",
        "is {value:.2f} m from the position that its speed gives after one frame, the limit is {limit:.2f} m",
    )  # fmt: skip


def heading_continuity(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """Change of the turn per frame from one frame to the next, rad; not for people, who can turn on the spot."""
    jump = np.abs(np.diff(np.unwrap(rollout.yaw_rad, axis=0), n=2, axis=0))
    steps = _rolling_steps(rollout, motion)
    counts = steps[1:] & steps[:-1] & who & _is(rollout, ON_FOOT, wanted=False)
    return worst(
        "heading continuity", rollout, np.where(counts, jump, np.nan), MAX_YAW_JUMP_RAD, MAX_YAW_JUMP_RAD, "rad",
        "integrated turn rate", "turns {value:.2f} rad more than in the previous frame, the limit is {limit:.2f}",
    )  # fmt: skip


def slide_continuity(rollout: Rollout, motion: Kinematics) -> Verdict | None:
    """After an impact no body is faster than the fastest body of the clip; None without an impact."""
    if not np.isfinite(motion.impact_s).any():
        return None
    step = np.linalg.norm(np.diff(motion.place, axis=0), axis=-1) * FRAME_RATE_HZ
    limit = float(np.abs(rollout.speed_mps[rollout.valid]).max())
    after = (rollout.t_s[1:, None] >= motion.impact_s) & rollout.valid[1:] & rollout.valid[:-1]
    return worst(
        "after the impact", rollout, np.where(after, step, np.nan), limit, limit * 1.05 + 0.3, "m/s", "momentum",
        "moves at {value:.1f} m/s after the impact, the fastest body at {limit:.1f}",
    )  # fmt: skip


def direction(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """No body drives backwards faster than `MAX_REVERSE_MPS`."""
    rolls = rollout.valid & ~rollout.sliding & (rollout.t_s[:, None] < motion.impact_s)
    counts = rolls & who & (np.abs(rollout.speed_mps) > 0.1)
    return worst(
        "direction of travel", rollout, np.where(counts, -rollout.speed_mps, np.nan), MAX_REVERSE_MPS,
        MAX_REVERSE_MPS, "m/s", "reversing", "drives backwards at {value:.1f} m/s, the limit is {limit:.1f}",
    )  # fmt: skip


def solidity(rollout: Rollout) -> Verdict:
    """Overlap of two bodies without a recorded collision, seen from above, m²."""
    known, found = touching_pairs(rollout), np.full(rollout.valid.shape, 0.0)
    for frame in range(len(rollout.t_s)):
        boxes = outlines(rollout, frame)
        for i, j in STRtree(boxes).query(boxes, predicate="intersects").T:
            if i < j and (i, j) not in known and rollout.valid[frame, [i, j]].all():
                found[frame, j] = max(found[frame, j], boxes[i].intersection(boxes[j]).area)
    return worst(
        "solid bodies", rollout, found, MIN_OVERLAP_M2, MIN_OVERLAP_M2, "m²", "oriented boxes",
        "overlaps another body by {value:.2f} m² without a collision, the limit is {limit:.2f}",
    )  # fmt: skip


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
    """A tag: who crosses near a zebra crosses on it; empty without a zebra and if none crosses near one."""
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
    words = "all who cross near the zebra use it" if kept else beside
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


def displacement_error(rollout: Rollout, motion: Kinematics) -> Float[np.ndarray, "step actor"]:
    """Metres between each frame's position and the position after a step with the mean velocity."""
    heading = np.stack([np.cos(rollout.yaw_rad), np.sin(rollout.yaw_rad)], -1)
    velocity = rollout.speed_mps[..., None] * heading
    expected = (velocity[1:] + velocity[:-1]) / 2 * np.diff(rollout.t_s)[:, None, None]
    return np.linalg.norm(np.diff(motion.place, axis=0) - expected, axis=-1)


def worst(
    check: str,
    rollout: Rollout,
    values: Float[np.ndarray, "frame actor"],
    limit: float,
    allowed: float,
    unit: str,
    model: str,
    words: str,
) -> Verdict:
    """A verdict on the largest value; NaN is ignored; inconclusive if all are NaN."""
    if np.isnan(values).all():
        reason = "no body in this clip moves so that this can be measured"
        return Verdict(check, "physics", Outcome.INCONCLUSIVE, None, limit, unit, model, "", reason)
    frame, actor = map(int, np.unravel_index(np.nanargmax(values), values.shape))
    value = float(values[frame, actor])
    outcome = Outcome.PASS if value <= allowed else Outcome.FAIL
    who, when = rollout.bodies[actor].id, rollout.t_s[min(frame + len(rollout.t_s) - len(values), len(rollout.t_s) - 1)]
    said = words.format(value=value, limit=limit)
    reason = (
        f"at {when:.2f} s {who} {said}" if value > 0 else f"not above 0 for any body, the limit is {limit:g} {unit}"
    )
    return Verdict(check, "physics", outcome, value, limit, unit, model, "", reason)


def _rolling_steps(rollout: Rollout, motion: Kinematics) -> Bool[np.ndarray, "step actor"]:
    """Steps between valid frames, before any impact, at no end of which the body slides."""
    free = rollout.valid & ~rollout.sliding
    return free[1:] & free[:-1] & (rollout.t_s[1:, None] < motion.impact_s)


def _rolling(rollout: Rollout, motion: Kinematics) -> Bool[np.ndarray, "time actor"]:
    return motion.usable & (np.abs(rollout.speed_mps) >= SLOW_MPS)


def _bend(rollout: Rollout, motion: Kinematics) -> Float[np.ndarray, "time actor"]:
    speed = np.where(np.abs(rollout.speed_mps) >= SLOW_MPS, rollout.speed_mps, np.inf)
    return motion.yaw_rate / speed


def _is(rollout: Rollout, kinds: frozenset, wanted: bool = True) -> Bool[np.ndarray, "actor"]:
    return np.array([(b.kind in kinds) == wanted for b in rollout.bodies])
