"""LIDAR_TOP: a rotating 32-beam LiDAR on the roof, cast against the same boxes, ground and scenery as the pictures."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float

from conditioning.assets.scenery import Scenery
from conditioning.assets.shelters import slabs_of
from conditioning.geometry.backdrop import TRUNK_HALF_WIDTH_M, crown, ground_plane
from conditioning.geometry.cuboids import present_bodies
from scenarios.numba_cache import njit
from scenarios.rollout import Rollout

# nuScenes' sensor: axes x right, y forward, z up, 0.94 m ahead of the rear axle and 1.84 m high.
LIDAR_TO_EGO = np.array([[0.0, 1.0, 0.0, 0.94], [-1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.84], [0.0, 0.0, 0.0, 1.0]])
BEAMS, AZIMUTHS = 32, 1084
LOWEST_DEG, HIGHEST_DEG = -30.67, 10.67
RANGE_M = 70.0
RANGE_NOISE_M = 0.02
# Reflectivities of 0..1: plausible values, not measured.
REFLECTS_BODY, REFLECTS_BUILDING, REFLECTS_TREE, REFLECTS_GROUND = 0.5, 0.4, 0.3, 0.15


def cast_lidar(rollout: Rollout, scenery: Scenery, frame: int, seed: int) -> Float[np.ndarray, "point 5"]:
    """One sweep in the sensor frame, float32: x, y, z (m), intensity (0..255), ring (0 is the lowest beam).

    All points of a sweep are at the frame's instant. A return is up to a few centimetres behind the face of the box,
    never in front of it, since bodies are smaller than their boxes. The ego's box is left out: it would hide more
    ground than the real body does.
    """
    directions = _directions()
    pose = rollout.ego_to_map[frame] @ LIDAR_TO_EGO
    boxes, reflects = _boxes(rollout, scenery, frame)
    normal, offset = ground_plane(rollout, frame)
    range_m, facing, hit = _cast(
        np.ascontiguousarray(pose[:3, 3]), directions.reshape(-1, 3) @ pose[:3, :3].T, boxes, _crowns(scenery), normal,
        offset,
    )  # fmt: skip
    rng = np.random.default_rng(seed + frame)
    range_m = range_m + np.abs(rng.normal(0, RANGE_NOISE_M, len(range_m)))
    reflected = np.append(reflects, [REFLECTS_TREE] * len(scenery.trees) + [REFLECTS_GROUND])[hit]
    intensity = 255 * np.clip(reflected * (0.3 + 0.7 * facing) + rng.normal(0, 0.02, len(range_m)), 0, 1)
    ring = np.repeat(np.arange(BEAMS), AZIMUTHS)
    kept = range_m < RANGE_M
    points = directions.reshape(-1, 3) * np.where(kept, range_m, 0.0)[:, None]
    return np.column_stack([points, np.rint(intensity), ring])[kept].astype(np.float32)


def _directions() -> Float[np.ndarray, "beam azimuth 3"]:
    elevation = np.radians(np.linspace(LOWEST_DEG, HIGHEST_DEG, BEAMS))[:, None]
    azimuth = np.linspace(-np.pi, np.pi, AZIMUTHS, endpoint=False)
    flat = [np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation) + 0 * azimuth]
    return np.stack(flat, axis=-1)


def _boxes(
    rollout: Rollout, scenery: Scenery, frame: int
) -> tuple[Float[np.ndarray, "box 7"], Float[np.ndarray, "box"]]:
    """Centre, size and yaw of all boxes except the ego's, and the reflectivity of each."""
    rows = present_bodies(rollout, frame)
    bodies = np.column_stack([rollout.centre[frame, rows], rollout.sizes[rows], rollout.yaw_rad[frame, rows]])
    buildings = [
        [b.x_m, b.y_m, b.height_m / 2, b.length_m, b.width_m, b.height_m, b.yaw_rad] for b in scenery.buildings
    ]
    buildings += [[*slab.centre, *slab.size, slab.yaw_rad] for x in scenery.shelters for slab in slabs_of(x)]
    trunks = [
        [t.x_m, t.y_m, crown(t)[0] / 2, 2 * TRUNK_HALF_WIDTH_M, 2 * TRUNK_HALF_WIDTH_M, crown(t)[0], 0.0]
        for t in scenery.trees
    ]
    static = np.array(buildings + trunks, float).reshape(-1, 7)
    reflects = np.repeat([REFLECTS_BODY, REFLECTS_BUILDING, REFLECTS_TREE], [len(rows), len(buildings), len(trunks)])
    return np.concatenate([bodies, static]), reflects


def _crowns(scenery: Scenery) -> Float[np.ndarray, "tree 5"]:
    """Centre, horizontal and vertical half axis of each crown."""
    rows = [[t.x_m, t.y_m, crown(t)[0], t.crown_radius_m, crown(t)[1]] for t in scenery.trees]
    return np.array(rows, float).reshape(-1, 5)


@njit(cache=True, nogil=True)
@no_type_check
def _intersect_box(origin, ray, box):
    """Slab test in the box's frame: range (inf for a miss) and cosine between ray and face normal."""
    c, s = np.cos(box[6]), np.sin(box[6])
    dx, dy = origin[0] - box[0], origin[1] - box[1]
    start = (c * dx + s * dy, c * dy - s * dx, origin[2] - box[2])
    step = (c * ray[0] + s * ray[1], c * ray[1] - s * ray[0], ray[2])
    enter, leave, facing = -np.inf, np.inf, 0.0
    for axis in range(3):
        half = box[3 + axis] / 2
        if abs(step[axis]) < 1e-12:
            if abs(start[axis]) > half:
                return np.inf, 0.0
            continue
        a, b = (-half - start[axis]) / step[axis], (half - start[axis]) / step[axis]
        if min(a, b) > enter:
            enter, facing = min(a, b), abs(step[axis])
        leave = min(leave, max(a, b))
    if enter > leave or enter <= 0:
        return np.inf, 0.0
    return enter, facing


@njit(cache=True, nogil=True)
@no_type_check
def _intersect_crown(origin, ray, crown):
    """Intersect a ray with an upright ellipsoid. The incidence factor is one half, since leaves have all directions."""
    a = b = c = 0.0
    for axis in range(3):
        half = crown[3] if axis < 2 else crown[4]
        start, step = (origin[axis] - crown[axis]) / half, ray[axis] / half
        a += step * step
        b += start * step
        c += start * start
    inner = b * b - a * (c - 1.0)
    if inner < 0:
        return np.inf
    near = (-b - np.sqrt(inner)) / a
    return near if near > 0 else np.inf


@njit(cache=True, nogil=True)
@no_type_check
def _cast(origin, rays, boxes, crowns, plane, offset):
    """Range, incidence and index of the hit: boxes, then crowns, then the ground (also for no hit)."""
    count, ground = rays.shape[0], boxes.shape[0] + crowns.shape[0]
    range_m, facing, hit = np.full(count, np.inf), np.zeros(count), np.full(count, ground)
    above = offset - plane @ origin
    for i in range(count):
        ray = rays[i]
        falling = plane[0] * ray[0] + plane[1] * ray[1] + plane[2] * ray[2]
        if above * falling > 0:
            range_m[i], facing[i] = above / falling, abs(falling)
        for k in range(boxes.shape[0]):
            t, cosine = _intersect_box(origin, ray, boxes[k])
            if t < range_m[i]:
                range_m[i], facing[i], hit[i] = t, cosine, k
        for k in range(crowns.shape[0]):
            t = _intersect_crown(origin, ray, crowns[k])
            if t < range_m[i]:
                range_m[i], facing[i], hit[i] = t, 0.5, boxes.shape[0] + k
    return range_m, facing, hit
