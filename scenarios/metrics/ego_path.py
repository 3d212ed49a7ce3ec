"""The path that the ego drives, and the bodies in it at each frame."""

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.numba_cache import njit
from scenarios.roads.road import Road
from scenarios.rollout import Rollout
from scenarios.simulation.dynamics.boxes import box_corners

BEYOND_M = 150.0  # extension of the path after the last frame
SPACING_M = 0.5


@dataclass(frozen=True)
class InPath:
    """`gap_m` is the distance from the ego's front bumper along its path; infinite for bodies not in it and the ego."""

    gap_m: Float[np.ndarray, "time actor"]
    along_mps: Float[np.ndarray, "time actor"]  # speed along the path


def in_ego_path(rollout: Rollout) -> InPath:
    """Gaps to all bodies in the area that the ego's width covers along its driven path and then along the road."""
    line = driven_line(rollout)
    rear = project(line, rollout.ego_to_map[:, :2, 3])
    corners = box_corners(
        rollout.centre[..., :2], rollout.yaw_rad, np.broadcast_to(rollout.sizes, rollout.centre.shape)
    )
    placed = project(line, corners)
    length, width = rollout.sizes[0, :2]
    front = rear[:, :1] + EGO_REAR_AXLE_TO_CENTRE_M + length / 2
    inside = (placed[..., 1].min(-1) < width / 2) & (placed[..., 1].max(-1) > -width / 2)
    ahead = placed[..., 0].max(-1) > front - length / 2
    gap = np.maximum(placed[..., 0].min(-1) - front, 0.0)
    in_way = inside & ahead & rollout.valid & rollout.valid[:, :1]
    in_way[:, 0] = False
    centre = project(line, rollout.centre[..., :2])
    heading = np.interp(centre[..., 0], line.along, line.heading)
    along = rollout.speed_mps * np.cos(rollout.yaw_rad - heading)
    return InPath(np.where(in_way, gap, np.inf), along)


@dataclass(frozen=True)
class Polyline:
    """A polyline with its arc length and unwrapped heading."""

    xy: Float[np.ndarray, "point 2"]
    along: Float[np.ndarray, "point"]
    heading: Float[np.ndarray, "point"]


def driven_line(rollout: Rollout) -> Polyline:
    """The path of the rear axle, continued along the road (straight on without a known road)."""
    xy = rollout.ego_to_map[:, :2, 3]
    keep = [0]
    for i in range(1, len(xy)):
        if np.hypot(*(xy[i] - xy[keep[-1]])) >= SPACING_M:
            keep.append(i)
    start, last = xy[keep[-1]], int(keep[-1])
    yaw = float(np.arctan2(rollout.ego_to_map[last, 1, 0], rollout.ego_to_map[last, 0, 0]))
    steps = np.arange(SPACING_M, BEYOND_M, 2.0)
    points = np.concatenate([xy[keep], _beyond(rollout.road, start, yaw, steps)])
    step = np.diff(points, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*step.T))])
    return Polyline(points, along, np.append(heading, heading[-1]))


def _beyond(
    road: Road | None, start: Float[np.ndarray, "2"], yaw: float, steps: Float[np.ndarray, "step"]
) -> Float[np.ndarray, "step 2"]:
    """Points at these distances after a pose, with the curvature of the road there."""
    if road is not None and road.cross is not None:
        road = _under(road, start, yaw)
    if road is not None and road.pieces:
        s, d = road.locate(float(start[0]), float(start[1]))
        facing = 1 if np.cos(yaw - road.heading(s)) >= 0 else -1
        return road.pose(s + facing * steps, np.full_like(steps, d))[:, :2]
    curvature = road.curvature_per_m if road is not None else 0.0
    bearing = yaw + curvature * steps / 2  # bearing of the chord of an arc
    half = curvature * steps / 2
    chord = steps * np.sinc(half / np.pi)
    return start + chord[:, None] * np.stack([np.cos(bearing), np.sin(bearing)], -1)


def _under(road: Road, start: Float[np.ndarray, "2"], yaw: float) -> Road | None:
    """The road along which a pose heads; None during a turn."""
    for one in road.all_roads:
        s, d = one.locate(float(start[0]), float(start[1]))
        if one.right_edge <= d <= one.left_edge and abs(np.cos(yaw - one.heading(s))) > 0.95:
            return one
    return None


def project(line: Polyline, points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
    """(distance along, offset to the left) of points at the nearest segment of the line; negative before its start."""
    flat = np.ascontiguousarray(points, float).reshape(-1, 2)
    return _project(line.xy, line.along, flat).reshape(points.shape)


@njit(cache=True, nogil=True)
@no_type_check
def _project(line, along, points):
    out = np.empty(points.shape)
    for i in range(len(points)):
        nearest = np.inf
        for k in range(len(line) - 1):
            step_x, step_y = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
            x, y = points[i, 0] - line[k, 0], points[i, 1] - line[k, 1]
            squared = step_x * step_x + step_y * step_y
            share = (x * step_x + y * step_y) / squared
            share = min(share if k == 0 else max(share, 0.0), 1.0)
            away = (x - share * step_x) ** 2 + (y - share * step_y) ** 2
            if away < nearest:
                length, nearest = math.sqrt(squared), away
                out[i] = along[k] + share * length, (step_x * y - step_y * x) / length
    return out
