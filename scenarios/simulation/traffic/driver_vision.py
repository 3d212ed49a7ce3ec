"""What a driver can see, and which bodies are in its corridor: road coordinates and lines of sight.

Every driver runs this sixty times a second, so the loops over bodies and rays are compiled.
"""

import math
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float

from scenarios.boxes import box_corners, corners_of
from scenarios.numba_cache import njit
from scenarios.roads.reference_line import STRAIGHT_BELOW, bend_at, foot_at
from scenarios.roads.road import Road

CORRIDOR_MARGIN_M = 0.25  # free space on each side of the vehicle
RECOGNISED_SHARE = 0.4  # visible share of a body from which a driver recognises it
EYE_AHEAD_OF_CENTRE_M = 0.35
EYE_HEIGHT_M = 1.51
LOOK_AHEAD_M = 120.0
RAYS = 25  # across a body's width
RAY_HEIGHTS = (0.2, 0.5, 0.8)  # of a body's height


class TrafficScene(NamedTuple):
    """All bodies at one instant, in map and road coordinates. Map frame, metres, radians, m/s."""

    nodes: Float[np.ndarray, "node 6"]
    curvature_per_m: float
    xy: Float[np.ndarray, "actor 2"]
    yaw: Float[np.ndarray, "actor"]
    size: Float[np.ndarray, "actor 3"]
    braking: Bool[np.ndarray, "actor"]
    present: Bool[np.ndarray, "actor"]
    corners: Float[np.ndarray, "actor 4 2"]
    along: Float[np.ndarray, "actor 4"]  # s of the corners
    across: Float[np.ndarray, "actor 4"]  # d of the corners
    along_mps: Float[np.ndarray, "actor"]
    across_mps: Float[np.ndarray, "actor"]


def traffic_scene(
    road: Road,
    xy: np.ndarray,
    yaw: np.ndarray,
    size: np.ndarray,
    velocity: np.ndarray,
    braking: np.ndarray,
    present: np.ndarray,
) -> TrafficScene:
    """The traffic scene in map and road coordinates."""
    return scene_of(road.nodes, road.curvature_per_m, xy, yaw, size, velocity, braking, present)


@njit(cache=True, nogil=True)
@no_type_check
def _whole_turns(nodes, curvature, s, near):
    """Metres of whole turns that bring s nearest to another place, on a road that is a full circle; 0 on any other."""
    if len(nodes) > 0 or abs(curvature) < STRAIGHT_BELOW:
        return 0.0
    round_m = math.tau / abs(curvature)
    return round_m * np.rint((near - s) / round_m)


@njit(cache=True, nogil=True)
@no_type_check
def scene_of(nodes, curvature, xy, yaw, size, velocity, braking, present):
    """`traffic_scene`, compiled."""
    count, corners = len(yaw), corners_of(xy, yaw, size)
    along, across = np.empty((count, 4)), np.empty((count, 4))
    along_mps, across_mps = np.empty(count), np.empty(count)
    for i in range(count):
        for k in range(4):
            along[i, k], across[i, k] = foot_at(nodes, curvature, corners[i, k, 0], corners[i, k, 1])
            along[i, k] += _whole_turns(nodes, curvature, along[i, k], along[i, 0])
        heading, _ = bend_at(nodes, curvature, along[i].mean())
        cos, sin = math.cos(heading), math.sin(heading)
        along_mps[i] = velocity[i, 0] * cos + velocity[i, 1] * sin
        across_mps[i] = velocity[i, 1] * cos - velocity[i, 0] * sin
    return TrafficScene(
        nodes, curvature, xy, yaw, size, braking, present, corners, along, across, along_mps, across_mps
    )


class Ahead(NamedTuple):
    """The bodies relative to one driver's corridor. `gap` is bumper to bumper, metres."""

    gap: Float[np.ndarray, "actor"]
    speed_mps: Float[np.ndarray, "actor"]  # along the driver's direction
    inside: Bool[np.ndarray, "actor"]  # in the corridor now and ahead
    entering: Bool[np.ndarray, "actor"]  # about to be in the corridor: merging ahead
    crossing: Bool[np.ndarray, "actor"]  # in the corridor when the driver arrives, not in its direction
    approaching: Bool[np.ndarray, "actor"]  # ahead, beside the corridor and moving towards it


@njit(cache=True, nogil=True)
@no_type_check
def ahead(scene, me, d, facing, speed):
    """The bodies that are, or will be, in the corridor at offset `d` ahead of body `me`."""
    along, across, size = scene.along, scene.across, scene.size
    count, half, pace = len(along), size[me, 1] / 2 + CORRIDOR_MARGIN_M, max(speed, 0.5)
    front_m = (facing * along[me]).max()
    gap, speed_mps = np.empty(count), facing * scene.along_mps
    flags = np.zeros((4, count), np.bool_)
    inside, entering, crossing, approaching = flags[0], flags[1], flags[2], flags[3]
    for i in range(count):
        near, far = (facing * along[i]).min(), (facing * along[i]).max()
        turns = _whole_turns(scene.nodes, scene.curvature_per_m, near, front_m)
        near, far = near + turns, far + turns
        gap[i] = _way(scene.nodes, scene.curvature_per_m, d, facing, front_m, near)
        if i == me or not scene.present[i] or far <= front_m or gap[i] >= LOOK_AHEAD_M or gap[i] <= -size[i, 0]:
            continue
        right, left, sideways = across[i].min() - d, across[i].max() - d, abs(scene.across_mps[i])
        inside[i] = right < half and left > -half
        enters, leaves = _crossing_times(right, left, scene.across_mps[i], half)
        approaching[i] = not inside[i] and np.isfinite(enters)
        if speed_mps[i] > sideways:  # moves along the road
            entering[i] = not inside[i] and enters < 2.0 and gap[i] > -1.0
            continue
        arrives = max(gap[i], 0.0) / pace
        passes = (gap[i] + (far - near) + size[me, 0]) / pace
        meets = enters < passes + 0.3 and leaves > arrives - 0.3
        across_it = sideways > 0.2 and abs(speed_mps[i]) < max(2 * sideways, 0.5)
        crossing[i] = meets and across_it and gap[i] > -0.5
    return Ahead(gap, speed_mps, inside, entering, crossing, approaching)


@njit(cache=True, nogil=True)
@no_type_check
def _way(nodes, curvature, d, facing, begins, ends):
    """Distance along the lane at offset d between two places, both counted in the driver's direction; metres."""
    if len(nodes) == 0:
        return (ends - begins) * (1 - curvature * d)
    turned = bend_at(nodes, curvature, facing * ends)[0] - bend_at(nodes, curvature, facing * begins)[0]
    return ends - begins - facing * d * turned


@njit(cache=True, nogil=True)
@no_type_check
def _crossing_times(right, left, across_mps, half):
    """Times at which a body at its present lateral speed enters and leaves the corridor, s; infinite for never."""
    if abs(across_mps) < 0.05:
        return np.inf, -np.inf
    a, b = (-half - left) / across_mps, (half - right) / across_mps
    first, last = min(a, b), max(a, b)
    if last < 0:
        return np.inf, -np.inf
    return max(first, 0.0), last


@njit(cache=True, nogil=True)
@no_type_check
def visible_share(scene, me, other):
    """Share of body `other` that the driver of `me` sees past the other bodies, 0 to 1."""
    return _share_seen(scene.xy, scene.yaw, scene.size, scene.corners[other], me, other, scene.present)


def share_seen(
    xy: Float[np.ndarray, "actor 2"],
    yaw: Float[np.ndarray, "actor"],
    size: Float[np.ndarray, "actor 3"],
    me: int,
    other: int,
) -> float:
    """`visible_share` for bodies without a scene, all of them present.

    Rays go from the eye over the body's width at three heights; boxes stand on the ground and hide what is behind them
    and below their top edge.
    """
    return float(_share_seen(xy, yaw, size, box_corners(xy, yaw, size)[other], me, other, np.ones(len(xy), np.bool_)))


@njit(cache=True, nogil=True)
@no_type_check
def _share_seen(xy, yaw, size, corners, me, other, present):
    ahead_x, ahead_y = math.cos(yaw[me]), math.sin(yaw[me])
    x, y = xy[me, 0] + EYE_AHEAD_OF_CENTRE_M * ahead_x, xy[me, 1] + EYE_AHEAD_OF_CENTRE_M * ahead_y
    z = min(EYE_HEIGHT_M, 0.95 * size[me, 2])
    away = math.hypot(xy[other, 0] - x, xy[other, 1] - y)
    first, step, reach = _silhouette(corners, x, y, ahead_x, ahead_y)
    hidden = 0
    for ray in range(RAYS):
        bearing = first + (2 * ray + 1) * step
        dx, dy = x + reach * math.cos(bearing) - x, y + reach * math.sin(bearing) - y
        hit = np.zeros(len(RAY_HEIGHTS), np.bool_)
        for i in range(len(xy)):
            if i in (me, other) or not present[i] or math.hypot(xy[i, 0] - x, xy[i, 1] - y) >= away + size[i, 0]:
                continue
            enter, leave = _inside_box(x - xy[i, 0], y - xy[i, 1], dx, dy, yaw[i], size[i])
            if leave <= enter:
                continue
            for k in range(len(RAY_HEIGHTS)):
                rise = RAY_HEIGHTS[k] * size[other, 2] - z
                hit[k] |= z + min(enter * rise, leave * rise) < size[i, 2]
        hidden += hit.sum()
    return 1 - hidden / (RAYS * len(RAY_HEIGHTS))


@njit(cache=True, nogil=True)
@no_type_check
def _silhouette(corners, x, y, ahead_x, ahead_y):
    """Outline of a body seen from x, y: its first bearing, half of the angle per ray, and the distance of its nearest
    corner.
    """
    least, most, reach = np.inf, -np.inf, np.inf
    for k in range(4):
        dx, dy = corners[k, 0] - x, corners[k, 1] - y
        bearing = math.atan2(ahead_x * dy - ahead_y * dx, dx * ahead_x + dy * ahead_y)
        least, most, reach = min(least, bearing), max(most, bearing), min(reach, math.hypot(dx, dy))
    return least + math.atan2(ahead_y, ahead_x), (most - least) / (2 * RAYS), reach


@njit(cache=True, nogil=True)
@no_type_check
def _inside_box(x, y, dx, dy, yaw, size):
    """Interval of a ray (0 eye, 1 end) inside a box centred at the origin: enter, leave; no hit if leave <= enter."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    enter, leave = -np.inf, np.inf
    for axis in range(2):
        start = cos * x + sin * y if axis == 0 else cos * y - sin * x
        step = cos * dx + sin * dy if axis == 0 else cos * dy - sin * dx
        if abs(step) < 1e-9:
            step = 1e-9
        t1, t2 = (-size[axis] / 2 - start) / step, (size[axis] / 2 - start) / step
        enter, leave = max(enter, min(t1, t2)), min(leave, max(t1, t2))
    return min(max(enter, 0.0), 1.0), min(max(leave, 0.0), 1.0)
