"""The background without actors: scenery as triangles, the ground plane, and the view of both in each pixel."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.assets.scenery import Building, Scenery, Tree
from conditioning.assets.shelters import slabs_of
from conditioning.geometry.camera import Camera
from conditioning.geometry.cuboids import camera_to_map
from conditioning.geometry.raster import rasterise
from scenarios.numba_cache import njit
from scenarios.rollout import Rollout

SKY, GROUND, BUILDING, TREE = 0, 1, 2, 3
TEXTURE_PERIOD_M = 3.0
TRUNK_HALF_WIDTH_M = 0.15
_AROUND, _RINGS = 8, 5  # facets of a tree crown


@dataclass(frozen=True)
class SceneryMesh:
    """Scenery in the map frame. `along` is the horizontal direction of texture coordinate u; v is height."""

    points: Float[np.ndarray, "triangle 3 3"]
    uv_m: Float[np.ndarray, "triangle 3 2"]
    kind: UInt8[np.ndarray, "triangle"]
    normal: Float[np.ndarray, "triangle 3"]
    along: Float[np.ndarray, "triangle 3"]


@dataclass(frozen=True)
class BackdropView:
    """A camera's view without the actors; `phase` is sin u, cos u, sin v, cos v, reduced to 0 with distance.

    `ground_m` is the map x, y of the ground point where `kind` is GROUND; depth is inf for sky.
    """

    kind: UInt8[np.ndarray, "height width"]
    depth: Float[np.ndarray, "height width"]
    phase: Float[np.ndarray, "height width 4"]
    ground_m: Float[np.ndarray, "height width 2"]


def facade_corners(building: Building) -> Float[np.ndarray, "4 2"]:
    """The footprint, anticlockwise; facade i is from corner i to i + 1, with u = 0 at corner i."""
    c, s = np.cos(building.yaw_rad), np.sin(building.yaw_rad)
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [building.length_m / 2, building.width_m / 2]
    return half @ np.array([[c, s], [-s, c]]) + [building.x_m, building.y_m]


def _quad(points: list, uv: list) -> tuple[np.ndarray, np.ndarray]:
    order = np.array([[0, 1, 2], [0, 2, 3]])
    return np.array(points, float)[order], np.array(uv, float)[order]


def _walls(building: Building) -> tuple[np.ndarray, np.ndarray]:
    """Four walls. The flat roof is above every camera; only the LiDAR's boxes have one."""
    foot, top = facade_corners(building), building.height_m
    quads = []
    for (ax, ay), (bx, by) in zip(foot, np.roll(foot, -1, axis=0), strict=True):
        wide = np.hypot(bx - ax, by - ay)
        quads.append(
            _quad([[ax, ay, 0], [bx, by, 0], [bx, by, top], [ax, ay, top]], [[0, 0], [wide, 0], [wide, top], [0, top]])
        )
    return np.concatenate([q[0] for q in quads]), np.concatenate([q[1] for q in quads])


def crown(tree: Tree) -> tuple[float, float]:
    """Height of the crown's centre and its vertical half axis, metres; the horizontal half axis is `crown_radius_m`."""
    half = min(tree.crown_radius_m * 1.1, 0.42 * tree.height_m)
    return tree.height_m - half, half


def _tree_points(tree: Tree) -> np.ndarray:
    """An ellipsoid of facets on a square trunk."""
    middle, half = crown(tree)
    around = np.arange(_AROUND + 1) * 2 * np.pi / _AROUND
    ring = np.linspace(-np.pi / 2, np.pi / 2, _RINGS)[:, None]
    r = tree.crown_radius_m
    grid = np.stack(np.broadcast_arrays(r * np.cos(ring) * np.cos(around), r * np.cos(ring) * np.sin(around),
                                        middle + half * np.sin(ring)), axis=-1)  # fmt: skip
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    ball = np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)
    w = TRUNK_HALF_WIDTH_M
    foot = np.array([[w, w], [-w, w], [-w, -w], [w, -w]])
    sides = [
        _quad([[ax, ay, 0], [bx, by, 0], [bx, by, middle], [ax, ay, middle]], [[0, 0]] * 4)[0]
        for (ax, ay), (bx, by) in zip(foot, np.roll(foot, -1, axis=0), strict=True)
    ]
    return np.concatenate([ball, *sides]) + np.array([tree.x_m, tree.y_m, 0.0])


def build_mesh(scenery: Scenery) -> SceneryMesh:
    """Buildings, shelters and trees as triangles. Lamps are left out: their poles are usually thinner than a pixel."""
    walls = [_walls(b) for b in scenery.buildings]
    walls += [_quad(corners, uv) for x in scenery.shelters for slab in slabs_of(x) for corners, uv in slab.faces]
    trees = [_tree_points(t) for t in scenery.trees]
    none = [np.zeros((0, 3, 3))]
    wall_points = np.concatenate([w[0] for w in walls] or none)
    tree_points = np.concatenate(trees or none)
    points = np.concatenate([wall_points, tree_points])
    uv = np.concatenate([w[1] for w in walls] + [np.zeros((len(tree_points), 3, 2))])
    kind = np.repeat(np.array([BUILDING, TREE], np.uint8), [len(wall_points), len(tree_points)])
    first, second = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    along = np.where((kind == BUILDING)[:, None], np.where(np.abs(first[:, 2:]) < 1e-9, first, second), first)
    along = along * [1.0, 1.0, 0.0]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.cross(first, second)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return SceneryMesh(points, uv, kind, normal, along)


def ground_plane(rollout: Rollout, frame: int) -> tuple[Float[np.ndarray, "3"], float]:
    """Unit normal n and offset c of the ground n . p = c in the map frame.

    With a road the ground is z = 0. A log's streets slope, so there it is the plane under the ego.
    """
    if rollout.road is not None:
        return np.array([0.0, 0.0, 1.0]), 0.0
    pose = rollout.ego_to_map[frame]
    return np.ascontiguousarray(pose[:3, 2]), float(pose[:3, 2] @ pose[:3, 3])


@njit(cache=True, nogil=True)
@no_type_check
def _fade(footprint, period):
    """1 where a texture of this period is finely sampled, 0 where a pixel covers half a period or more."""
    return min(1.0, max(0.0, (0.5 * period - footprint) / (0.25 * period)))


@njit(cache=True, nogil=True)
@no_type_check
def _dot(a, b):
    """Dot product of two triples; numpy's would allocate and call BLAS for each pixel."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, nogil=True)
@no_type_check
def _footprint(t, ray, right, down, normal, axis):
    """Metres along `axis` that one pixel step covers on a plane at ray parameter t."""
    facing = _dot(normal, ray)
    if abs(facing) < 1e-9:
        return np.inf
    along = _dot(ray, axis) / facing
    per_x = t * (_dot(right, axis) - along * _dot(normal, right))
    per_y = t * (_dot(down, axis) - along * _dot(normal, down))
    return max(abs(per_x), abs(per_y))


@njit(cache=True, nogil=True)
@no_type_check
def _render(
    rotation, origin, k, plane, offset, period, depth, triangle, uv, kinds, normals, alongs, kind, phase, ground
):
    height, width = depth.shape
    right = (rotation[0, 0] / k[0, 0], rotation[1, 0] / k[0, 0], rotation[2, 0] / k[0, 0])
    down = (rotation[0, 1] / k[1, 1], rotation[1, 1] / k[1, 1], rotation[2, 1] / k[1, 1])
    axis_x, axis_y, axis_z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    above = offset - _dot(plane, origin)
    turn = 2.0 * np.pi / period
    for y in range(height):
        for x in range(width):
            a, b = x + 0.5 - k[0, 2], y + 0.5 - k[1, 2]
            ray = (
                rotation[0, 2] + a * right[0] + b * down[0],
                rotation[1, 2] + a * right[1] + b * down[1],
                rotation[2, 2] + a * right[2] + b * down[2],
            )
            falling = _dot(plane, ray)
            t = above / falling if abs(falling) > 1e-9 else -1.0
            if 0.0 < t < depth[y, x]:
                depth[y, x] = t
                kind[y, x] = GROUND
                u, v = origin[0] + t * ray[0], origin[1] + t * ray[1]
                ground[y, x, 0], ground[y, x, 1] = u, v
                fade_u = _fade(_footprint(t, ray, right, down, plane, axis_x), period)
                fade_v = _fade(_footprint(t, ray, right, down, plane, axis_y), period)
            elif triangle[y, x] >= 0:
                row = triangle[y, x]
                kind[y, x] = kinds[row]
                if kinds[row] != BUILDING:
                    continue
                u, v = uv[y, x, 0], uv[y, x, 1]
                fade_u = _fade(_footprint(depth[y, x], ray, right, down, normals[row], alongs[row]), period)
                fade_v = _fade(_footprint(depth[y, x], ray, right, down, normals[row], axis_z), period)
            else:
                continue
            if fade_u > 0:
                phase[y, x, 0], phase[y, x, 1] = fade_u * np.sin(turn * u), fade_u * np.cos(turn * u)
            if fade_v > 0:
                phase[y, x, 2], phase[y, x, 3] = fade_v * np.sin(turn * v), fade_v * np.cos(turn * v)


def render_backdrop(rollout: Rollout, mesh: SceneryMesh, camera: Camera, frame: int) -> BackdropView:
    """Render scenery and ground without the actors."""
    pose = camera_to_map(rollout, camera, frame)
    surfaces = rasterise((mesh.points - pose[:3, 3]) @ pose[:3, :3], mesh.uv_m, camera)
    normal, offset = ground_plane(rollout, frame)
    kind = np.zeros(surfaces.depth.shape, np.uint8)
    phase = np.zeros((*surfaces.depth.shape, 4), np.float32)
    ground = np.zeros((*surfaces.depth.shape, 2))
    _render(
        np.ascontiguousarray(pose[:3, :3]), np.ascontiguousarray(pose[:3, 3]), camera.intrinsic, normal, offset,
        TEXTURE_PERIOD_M, surfaces.depth, surfaces.triangle, surfaces.attribute, mesh.kind, mesh.normal, mesh.along,
        kind, phase, ground,
    )  # fmt: skip
    return BackdropView(kind, surfaces.depth, phase, ground)


@njit(cache=True, nogil=True)
@no_type_check
def _ground_at(rotation, origin, k, plane, offset, pixels):
    """Map x, y of the ground plane at picture positions."""
    out = np.empty((pixels.shape[0], 2))
    above = offset - _dot(plane, origin)
    for i in range(pixels.shape[0]):
        a, b = (pixels[i, 0] - k[0, 2]) / k[0, 0], (pixels[i, 1] - k[1, 2]) / k[1, 1]
        rx = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2]
        ry = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2]
        rz = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2]
        falling = plane[0] * rx + plane[1] * ry + plane[2] * rz
        t = above / falling if falling * above > 1e-9 else 1e6
        out[i, 0], out[i, 1] = origin[0] + t * rx, origin[1] + t * ry
    return out


def ground_at_pixels(
    rollout: Rollout, camera: Camera, frame: int, pixels: Float[np.ndarray, "point 2"]
) -> Float[np.ndarray, "point 2"]:
    """Map x, y of the ground at picture positions (x, y); positions above the horizon are a thousand kilometres
    away."""
    pose = camera_to_map(rollout, camera, frame)
    normal, offset = ground_plane(rollout, frame)
    origin = np.ascontiguousarray(pose[:3, 3])
    return _ground_at(np.ascontiguousarray(pose[:3, :3]), origin, camera.intrinsic, normal, offset, pixels)
