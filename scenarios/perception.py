"""What a driver can see and what lies in the way: the bodies in road coordinates, and lines of sight between them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from scenarios.road import Road

CORRIDOR_MARGIN_M = 0.25  # free space a driver keeps on each side of the vehicle
RECOGNISED_SHARE = 0.4  # of a body must be in view before a driver knows what it is
EYE_AHEAD_OF_CENTRE_M = 0.35
EYE_HEIGHT_M = 1.51
LOOK_AHEAD_M = 120.0


@dataclass(frozen=True)
class Scene:
    """All bodies at one instant. Map frame, metres, radians, metres a second."""

    road: Road
    xy: Float[np.ndarray, "actor 2"]
    yaw: Float[np.ndarray, "actor"]
    size: Float[np.ndarray, "actor 3"]
    velocity: Float[np.ndarray, "actor 2"]
    braking: Bool[np.ndarray, "actor"]
    corners: Float[np.ndarray, "actor 4 2"]
    along: Float[np.ndarray, "actor 4"]  # s of the corners
    across: Float[np.ndarray, "actor 4"]  # d of the corners
    along_mps: Float[np.ndarray, "actor"]
    across_mps: Float[np.ndarray, "actor"]
    present: Bool[np.ndarray, "actor"]


def box_corners(
    xy: Float[np.ndarray, "*n 2"], yaw: Float[np.ndarray, "*n"], size: Float[np.ndarray, "*n k"]
) -> Float[np.ndarray, "*n 4 2"]:
    """Corners of boxes seen from above: front left, rear left, rear right, front right."""
    forward = np.stack([np.cos(yaw), np.sin(yaw)], -1)[..., None, :] * size[..., 0, None, None] / 2
    left = np.stack([-np.sin(yaw), np.cos(yaw)], -1)[..., None, :] * size[..., 1, None, None] / 2
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1.0]])
    return xy[..., None, :] + signs[:, :1] * forward + signs[:, 1:] * left


def look(
    road: Road,
    xy: np.ndarray,
    yaw: np.ndarray,
    size: np.ndarray,
    velocity: np.ndarray,
    braking: np.ndarray,
    present: np.ndarray,
) -> Scene:
    """The scene in map and road coordinates."""
    corners = box_corners(xy, yaw, size)
    road_corners = road.project(corners)
    heading = road.curvature_per_m * road_corners[..., 0].mean(1)
    ahead, left = np.cos(heading), np.sin(heading)
    return Scene(
        road, xy, yaw, size, velocity, braking, corners, road_corners[..., 0], road_corners[..., 1],
        velocity[:, 0] * ahead + velocity[:, 1] * left, velocity[:, 1] * ahead - velocity[:, 0] * left,
        present,
    )  # fmt: skip


@dataclass(frozen=True)
class Ahead:
    """The bodies as one driver meets them. `gap` bumper to bumper, metres; times in seconds."""

    gap: Float[np.ndarray, "actor"]
    speed_mps: Float[np.ndarray, "actor"]  # along the driver's direction
    inside: Bool[np.ndarray, "actor"]  # in the corridor now and ahead
    entering: Bool[np.ndarray, "actor"]  # about to be: merging ahead
    crossing: Bool[np.ndarray, "actor"]  # will be in the corridor when the driver arrives, and does not go along
    approaching: Bool[np.ndarray, "actor"]  # ahead, beside the corridor and moving towards it


def ahead(scene: Scene, me: int, d: float, facing: int, speed: float) -> Ahead:
    """What lies in the corridor at offset `d` ahead of body `me`, or will."""
    along = facing * scene.along
    near, far = along.min(1), along.max(1)
    stretch = 1 - scene.road.curvature_per_m * d
    gap = (near - along[me].max()) * stretch
    half = scene.size[me, 1] / 2 + CORRIDOR_MARGIN_M
    right, left = scene.across.min(1) - d, scene.across.max(1) - d
    front = (far > along[me].max()) & (gap < LOOK_AHEAD_M) & (gap > -scene.size[:, 0])
    front &= scene.present
    front[me] = False
    inside = front & (right < half) & (left > -half)
    enters, leaves = _crossing_times(right, left, scene.across_mps, half)
    along_mps = facing * scene.along_mps
    same_way = along_mps > np.abs(scene.across_mps)
    merging = front & ~inside & same_way & (enters < 2.0) & (gap > -1.0)
    arrives = np.maximum(gap, 0) / max(speed, 0.5)
    passes = (gap + (far - near) + scene.size[me, 0]) / max(speed, 0.5)
    meets = (enters < passes + 0.3) & (leaves > arrives - 0.3)
    crossing = front & ~same_way & (np.abs(scene.across_mps) > 0.2) & meets & (gap > -0.5)
    crossing &= np.abs(along_mps) < np.maximum(2 * np.abs(scene.across_mps), 0.5)
    approaching = front & ~inside & np.isfinite(enters)
    return Ahead(gap, along_mps, inside, merging, crossing, approaching)


def _crossing_times(right, left, across_mps, half):
    """When a body at its present sideways speed enters and leaves the corridor, seconds; infinity for never."""
    rate = np.where(np.abs(across_mps) < 0.05, np.nan, across_mps)
    a, b = (-half - left) / rate, (half - right) / rate
    first, last = np.fmin(a, b), np.fmax(a, b)
    never = np.isnan(first) | (last < 0)
    return np.where(never, np.inf, np.maximum(first, 0)), np.where(never, -np.inf, last)


def visible_share(scene: Scene, me: int, other: int) -> float:
    """Share of body `other` that the driver of `me` sees past the other bodies, 0 to 1.

    Rays from the eye over the body's width and three heights; boxes stand on the ground and hide what lies behind
    and below their top edge.
    """
    forward = np.array([np.cos(scene.yaw[me]), np.sin(scene.yaw[me])])
    eye = scene.xy[me] + EYE_AHEAD_OF_CENTRE_M * forward
    eye_z = min(EYE_HEIGHT_M, 0.95 * scene.size[me, 2])
    hide = scene.present.copy()
    hide[[me, other]] = False
    reach = np.hypot(*(scene.xy - eye).T)
    hide &= reach < np.hypot(*(scene.xy[other] - eye)) + scene.size[:, 0]
    if not hide.any():
        return 1.0
    ends = _silhouette(scene.corners[other], eye, forward)
    enter, leave = _inside_box(eye, ends, scene.xy[hide], scene.yaw[hide], scene.size[hide])
    heights = np.array([0.2, 0.5, 0.8]) * scene.size[other, 2]
    slope = heights[None, None, :] - eye_z
    lowest = eye_z + np.minimum(enter[..., None] * slope, leave[..., None] * slope)
    hits = (leave > enter)[..., None] & (lowest < scene.size[hide, 2][None, :, None])
    return float(1 - hits.any(1).mean())


def _silhouette(corners: np.ndarray, eye: np.ndarray, forward: np.ndarray, rays: int = 25) -> np.ndarray:
    """Points across a body's outline as the eye sees it, "ray 2", at its nearest corner's distance."""
    offset = corners - eye
    bearing = np.arctan2(forward[0] * offset[:, 1] - forward[1] * offset[:, 0], offset @ forward)
    fan = np.linspace(bearing.min(), bearing.max(), 2 * rays + 1)[1::2] + np.arctan2(forward[1], forward[0])
    return eye + np.hypot(*offset.T).min() * np.stack([np.cos(fan), np.sin(fan)], -1)


def _inside_box(eye: np.ndarray, ends: np.ndarray, xy: np.ndarray, yaw: np.ndarray, size: np.ndarray):
    """Where along each ray (0 eye, 1 end) it is inside each box: enter, leave, "ray actor"; leave < enter: misses."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    start = np.einsum("aij,aj->ai", turn, eye - xy)[None]
    step = np.einsum("aij,rj->rai", turn, ends - eye)
    step = np.where(np.abs(step) < 1e-9, 1e-9, step)
    half = size[None, :, :2] / 2
    t1, t2 = (-half - start) / step, (half - start) / step
    enter = np.minimum(t1, t2).max(-1).clip(0, 1)
    leave = np.maximum(t1, t2).min(-1).clip(0, 1)
    return enter, leave
