"""The procedural camera: a rollout as photographs, from meshes, materials, light and weather."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.backdrop import ground_plane
from conditioning.camera import Camera
from conditioning.cuboids import camera_to_map, present
from conditioning.markings import lines
from conditioning.materials import drawn_from
from conditioning.raster import Surfaces, rasterise
from conditioning.scenery import Scenery
from conditioning.shading import mirror_on_road, shade
from conditioning.stage import Cast, Troupe, chosen, joined, lamp_head, roofs, still_cast
from conditioning.weather import Light, develop, light_of
from scenarios.rollout import Rollout

SUPERSAMPLE = 2
_SIGHT_M = 260.0  # nothing beyond is a pixel high
_SHADOW_SIGHT_M = 90.0


@dataclass(frozen=True)
class _View:
    """A camera at an instant, in the map frame."""

    camera: Camera
    rotation: Float[np.ndarray, "3 3"]
    origin: Float[np.ndarray, "3"]
    plane: Float[np.ndarray, "3"]
    offset: float

    def see(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        return (points - self.origin) @ self.rotation


def _view(rollout: Rollout, camera: Camera, frame: int) -> _View:
    pose = camera_to_map(rollout, camera, frame)
    plane, offset = ground_plane(rollout, frame)
    return _View(camera, np.ascontiguousarray(pose[:3, :3]), np.ascontiguousarray(pose[:3, 3]), plane, offset)


def _before(view: _View, points: Float[np.ndarray, "triangle 3 3"], sight_m: float) -> np.ndarray:
    """Which triangles can touch the picture."""
    z = points[..., 2]
    half = view.camera.width / 2 / view.camera.intrinsic[0, 0] * 1.02
    nearest, farthest = z.min(axis=1), z.max(axis=1)
    left, right = (points[..., 0] + half * z).max(axis=1) > 0, (points[..., 0] - half * z).min(axis=1) < 0
    return (farthest > 0.2) & (nearest < sight_m) & left & right


def _on_plane(
    points: Float[np.ndarray, "triangle 3 3"], view: _View, light: Light
) -> Float[np.ndarray, "triangle 3 3"]:
    """Shadows: points slid along the sun's rays onto the ground."""
    height = points @ view.plane - view.offset
    fall = light.sun_direction @ view.plane
    return points - np.maximum(height, 0.0)[..., None] * light.sun_direction / fall


def _shadow(cast: Cast, roof_points, view: _View, light: Light) -> Float[np.ndarray, "height width"]:
    """1 where a pixel's ground lies in a shadow of the sun."""
    shape = (view.camera.height, view.camera.width)
    if light.sun.max() < 0.1:
        return np.zeros(shape, np.float32)
    points = view.see(_on_plane(np.concatenate([cast.points, roof_points]), view, light))
    points = points[_before(view, points, _SHADOW_SIGHT_M)]
    seen = rasterise(points, np.zeros((len(points), 3, 1)), view.camera)
    return (seen.triangle >= 0).astype(np.float32)


def _contact(rollout: Rollout, frame: int, rows, view: _View) -> Float[np.ndarray, "height width"]:
    """How much of the sky a body takes from the ground around and below it."""
    half = rollout.sizes[rows, :2] / 2
    reach = np.minimum(0.5, 0.3 * half.min(axis=1))[:, None]
    corner = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    local = corner * (half + reach)[:, None]
    c, s = np.cos(rollout.yaw_rad[frame, rows]), np.sin(rollout.yaw_rad[frame, rows])
    turn = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], axis=-2)
    foot = np.concatenate([local @ turn, np.zeros((len(rows), 4, 1))], axis=-1) + rollout.centre[frame, rows][:, None]
    foot -= ((foot @ view.plane - view.offset)[..., None]) * view.plane
    # Distance inside the enlarged footprint along each axis, 0 at its rim.
    order = np.array([[0, 1, 2], [0, 2, 3]])
    edge = np.concatenate(
        [
            np.broadcast_to(corner, (len(rows), 4, 2)),
            np.broadcast_to(((half + reach) / reach)[:, None], (len(rows), 4, 2)),
        ],
        axis=-1,
    )
    seen = rasterise(view.see(foot)[:, order].reshape(-1, 3, 3), edge[:, order].reshape(-1, 3, 4), view.camera)
    inside = np.clip((1 - np.abs(seen.attribute[..., :2])) * seen.attribute[..., 2:] / 1.2, 0, 1).prod(axis=-1)
    return np.where(seen.triangle >= 0, inside, 0.0).astype(np.float32)


def _shaded_by_buildings(
    points: Float[np.ndarray, "triangle 3 3"], scenery: Scenery, light: Light, near: float
) -> Float[np.ndarray, "triangle"]:
    """Share of the sun that reaches each triangle past the buildings; `near` metres along the ray are free."""
    lit = np.ones(len(points))
    if light.sun.max() < 0.1 or not scenery.buildings:
        return lit
    centre = points.mean(axis=1)
    start = centre + near * light.sun_direction
    for b in scenery.buildings:
        c, s = np.cos(b.yaw_rad), np.sin(b.yaw_rad)
        axes = np.array([[c, s], [-s, c]])
        at = (start[:, :2] - [b.x_m, b.y_m]) @ axes.T
        way = axes @ light.sun_direction[:2]
        half = np.array([b.length_m, b.width_m]) / 2
        safe = np.where(np.abs(way) < 1e-9, 1e-9, way)
        t0, t1 = (-half - at) / safe, (half - at) / safe
        enter, leave = np.minimum(t0, t1).max(axis=1), np.maximum(t0, t1).min(axis=1)
        roof = (b.height_m - start[:, 2]) / light.sun_direction[2]
        lit[(np.maximum(enter, 0) < np.minimum(leave, roof)) & (leave > 0.01)] = 0.0
    return lit


def _road_numbers(rollout: Rollout) -> tuple[tuple[float, ...], Float[np.ndarray, "line 3"]]:
    road = rollout.road
    if road is None:
        return (0.0, -1.75, 1.75, 0.0, 3.5, 0.0), np.zeros((0, 3))
    return (road.curvature_per_m, road.right_edge, road.left_edge, road.sidewalk_m, road.lane_width_m, 1.0), lines(road)


class _Studio:
    """A rollout with its scenery and one look, ready to be photographed frame by frame."""

    def __init__(self, rollout: Rollout, scenery: Scenery, camera: Camera, seed: int) -> None:
        self.rollout, self.scenery = rollout, scenery
        self.camera = camera.resized(camera.height * SUPERSAMPLE, camera.width * SUPERSAMPLE)
        self.light = light_of(rollout, seed)
        self.still, self.looks = still_cast(scenery, self.light, seed)
        self.still_lit = _shaded_by_buildings(self.still.points, scenery, self.light, 0.5)
        self.roofs = roofs(scenery.buildings)
        self.troupe = Troupe(rollout, self.light, seed)
        self.road, self.lines = _road_numbers(rollout)
        self.lamps = np.array([lamp_head(x) for x in scenery.lamps]).reshape(-1, 3)
        self.skyline_seed = int(drawn_from("skyline", rollout.id).integers(60_000))

    def picture(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        view = _view(self.rollout, self.camera, frame)
        rows = self._near(view, frame)
        moving = joined([self.troupe.at(frame, rows[k : k + 1])[0] for k in range(len(rows))]) if len(rows) else None
        cast = self.still if moving is None else joined([moving, self.still])
        lit = self.still_lit
        if moving is not None:
            lit = np.concatenate([_shaded_by_buildings(moving.points, self.scenery, self.light, 0.0), lit])
        shadow = _shadow(cast, self.roofs, view, self.light)
        contact = _contact(self.rollout, frame, rows, view)
        in_camera = view.see(cast.points)
        seen_rows = _before(view, in_camera, _SIGHT_M)
        visible = chosen(cast, seen_rows)
        surfaces = rasterise(in_camera[seen_rows], visible.uv, self.camera)
        colour = self._shade(surfaces, visible, lit[seen_rows], shadow, contact, view, frame)
        small = colour.reshape(self.camera.height // 2, 2, self.camera.width // 2, 2, 3)
        return develop(np.minimum(small, 8.0).mean(axis=(1, 3)), self.light, self.rollout.environment.weather, frame)

    def _near(self, view: _View, frame: int):
        rows = present(self.rollout, frame)
        away = np.linalg.norm(self.rollout.centre[frame, rows] - view.origin, axis=1)
        return rows[away < _SIGHT_M]

    def _shade(self, surfaces: Surfaces, cast: Cast, lit, shadow, contact, view: _View, frame: int):
        height, width = surfaces.depth.shape
        colour, mirror = np.zeros((height, width, 3)), np.zeros((height, width), np.float32)
        # One row even when nothing is in view: the kernel's arrays are never empty.
        pad = [
            np.concatenate([a, np.zeros((1, *a.shape[1:]), a.dtype)])
            for a in (cast.finish, cast.albedo, cast.normal, cast.emission, cast.gloss, lit, cast.look)
        ]
        lamps = self.lamps[np.linalg.norm(self.lamps - view.origin, axis=1) < 90.0] if len(self.lamps) else self.lamps
        shade(
            surfaces.depth, surfaces.triangle, surfaces.attribute, shadow, contact, *pad, self.looks,
            view.rotation, view.origin, self.camera.intrinsic, view.plane, view.offset, self.road, self.lines, lamps,
            np.ascontiguousarray(self.rollout.ego_to_map[frame]), self.light, self.skyline_seed, colour, mirror,
        )  # fmt: skip
        if self.light.wet == 0:
            return colour
        wet = colour.copy()
        height_m = float(view.origin @ view.plane - view.offset)
        mirror_on_road(surfaces.depth, mirror, self.camera.intrinsic, height_m, colour, wet)
        return wet


def photograph(
    rollout: Rollout, scenery: Scenery, camera: Camera, seed: int, frames: Sequence[int] | None = None
) -> UInt8[np.ndarray, "time height width 3"]:
    """Photograph some frames of a rollout (all if None), RGB.

    Shapes and places come from the rollout and scenery alone; paint, clothes, walls, leaves, sun and clouds from `seed`.
    The same arguments give the same bytes.
    """
    studio = _Studio(rollout, scenery, camera, seed)
    chosen_frames = range(len(rollout.t_s)) if frames is None else frames
    pictures = np.zeros((len(chosen_frames), camera.height, camera.width, 3), np.uint8)
    for picture, frame in zip(pictures, chosen_frames, strict=True):
        picture[:] = studio.picture(frame)
    return pictures
