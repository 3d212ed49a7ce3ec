"""Motion of a rollout's bodies, measured from its arrays: smoothed derivatives, and where they are valid."""

from dataclasses import dataclass

import numpy as np
import shapely
from jaxtyping import Bool, Float

from scenarios.boxes import box_corners
from scenarios.metrics.formulas import derivative
from scenarios.metrics.smoothing import HALF, WINDOW, smooth_derivative
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, Kind
from scenarios.model.kinds.debris import car_of_door
from scenarios.rollout import FRAME_RATE_HZ, Rollout

CLOCK_S = 1e-3  # the rounded time of an event may be later than the frame that shows the impact
CLEAR_OF_GROUND_M = 0.01
TOUCHING_M = 0.3  # boxes nearer than this may be in contact


@dataclass(frozen=True)
class Kinematics:
    """`place` is the point that moves along the heading: the ego's rear axle, the box centre of others.

    `usable`: the body rolls or walks in all frames of the smoothing window, before any impact. `sliding`: it slides in
    all of them, or they are after its impact and it touches no other body. `airborne`: it falls in all of them.
    `impact_s`: time of its first impact, infinite without one.
    """

    place: Float[np.ndarray, "time actor 2"]
    acceleration: Float[np.ndarray, "time actor"]
    yaw_rate: Float[np.ndarray, "time actor"]
    centre_acceleration: Float[np.ndarray, "time actor 3"]
    usable: Bool[np.ndarray, "time actor"]
    sliding: Bool[np.ndarray, "time actor"]
    airborne: Bool[np.ndarray, "time actor"]
    impact_s: Float[np.ndarray, "actor"]


def kinematics(rollout: Rollout) -> Kinematics | None:
    """Measure the motion; None if the clip is shorter than the smoothing window."""
    if len(rollout.t_s) < WINDOW:
        return None
    forward = np.stack([np.cos(rollout.yaw_rad), np.sin(rollout.yaw_rad)], -1)
    place = rollout.centre[..., :2].copy()
    place[:, 0] -= EGO_REAR_AXLE_TO_CENTRE_M * forward[:, 0]
    second = smooth_derivative(rollout.centre, 2, FRAME_RATE_HZ)
    impact = impacts(rollout)
    before = rollout.t_s[:, None] < impact - 1e-6
    air = in_the_air(rollout)
    return Kinematics(
        place,
        derivative(rollout.speed_mps),
        derivative(np.unwrap(rollout.yaw_rad, axis=0)),
        second,
        whole_window(rollout.valid & before & ~rollout.sliding),
        whole_window(rollout.valid & (rollout.sliding | ~before) & ~air & ~_pushed(rollout, impact)),
        whole_window(rollout.valid & air),
        impact,
    )


def in_the_air(rollout: Rollout) -> Bool[np.ndarray, "time actor"]:
    """Where a body that is marked as sliding is above the ground."""
    return rollout.sliding & (rollout.centre[..., 2] > rollout.sizes[:, 2] / 2 + CLEAR_OF_GROUND_M)


def whole_window(frames: Bool[np.ndarray, "time actor"]) -> Bool[np.ndarray, "time actor"]:
    """True where all frames of the window around the frame are True; False at the clip's ends."""
    out = np.zeros_like(frames)
    n = len(frames)
    if n >= WINDOW:
        out[HALF : n - HALF] = np.all([frames[i : n - WINDOW + 1 + i] for i in range(WINDOW)], axis=0)
    return out


def impacts(rollout: Rollout) -> Float[np.ndarray, "actor"]:
    """Time of each body's first collision, s. A recorded collision of boxes that are apart is ignored.

    An open door moves with its car: a collision with the car is also one with the door.
    """
    first = np.full(len(rollout.bodies), np.inf)
    for event in rollout.happenings:
        if not event.other:
            continue
        pair = rollout.index(event.actor), rollout.index(event.other)
        frame = min(int(np.searchsorted(rollout.t_s, event.t_s)), len(rollout.t_s) - 1)
        if _apart(rollout, frame, *pair) <= TOUCHING_M + _closing(rollout, frame, *pair) / FRAME_RATE_HZ:
            for i in pair:
                first[i] = min(first[i], event.t_s - CLOCK_S)
    place = {body.id: i for i, body in enumerate(rollout.bodies)}
    for i, body in enumerate(rollout.bodies):
        if body.kind is Kind.DEBRIS and (car := place.get(car_of_door(body.id, body.size))) is not None:
            first[i] = min(first[i], first[car])
    return first


def touching_pairs(rollout: Rollout) -> set[tuple[int, int]]:
    """Pairs of body indices with a recorded collision, lower index first."""
    pairs = [(rollout.index(h.actor), rollout.index(h.other)) for h in rollout.happenings if h.other]
    return {(min(pair), max(pair)) for pair in pairs}


def outlines(rollout: Rollout, frame: int) -> np.ndarray:
    """The boxes of all bodies at one frame, seen from above: an array of shapely polygons."""
    corners = box_corners(rollout.centre[frame, :, :2], rollout.yaw_rad[frame], rollout.sizes)
    return np.asarray(shapely.polygons(corners))


def _apart(rollout: Rollout, frame: int, i: int, j: int) -> float:
    boxes = outlines(rollout, int(frame))
    return boxes[i].distance(boxes[j])


def _closing(rollout: Rollout, frame: int, i: int, j: int) -> float:
    early = max(frame - 1, 0)
    return float(np.abs(rollout.speed_mps[early : frame + 1, [i, j]]).max(0).sum())


def _pushed(rollout: Rollout, impact: Float[np.ndarray, "actor"]) -> Bool[np.ndarray, "time actor"]:
    """Where a body is in contact with another one after its impact."""
    pushed = np.zeros(rollout.valid.shape, bool)
    struck = np.flatnonzero(np.isfinite(impact))
    if not len(struck):
        return pushed
    for frame in np.flatnonzero(rollout.t_s >= impact.min() - 1e-6):
        boxes = outlines(rollout, int(frame))
        for i in struck:
            pushed[frame, i] = (np.delete(shapely.distance(boxes[i], boxes), i) < TOUCHING_M).any()
    return pushed
