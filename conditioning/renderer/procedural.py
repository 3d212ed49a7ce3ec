"""The procedural camera: a rollout as photographs, from meshes, materials, light and weather."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.assets.materials import drawn_from
from conditioning.assets.scenery import Scenery
from conditioning.geometry.camera import Camera
from conditioning.geometry.camera_view import CameraPose, view_at
from conditioning.geometry.cuboids import present
from conditioning.geometry.raster import Surfaces, rasterise
from conditioning.ground.markings import NO_STROKES, lines, strokes
from conditioning.ground.road_surface import bars_of, cross_lines, crossing_of, patches_of
from conditioning.renderer import shadows
from conditioning.renderer.glare import veiled
from conditioning.renderer.scene_triangles import (
    BodyMeshes,
    SceneTriangles,
    chosen,
    joined,
    lamp_head,
    no_cast,
    still_cast,
)
from conditioning.renderer.shading import halved, mirror_on_road, shade
from conditioning.renderer.signals import SignalCasts
from conditioning.renderer.weather import develop, light_of, packed
from scenarios.roads.reference_line import NO_NODES
from scenarios.roads.widening import NO_STRIPS
from scenarios.rollout import Rollout

SUPERSAMPLE = 2
_SIGHT_M = 260.0  # nothing beyond is a pixel high


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
        self.packed = packed(self.light)
        self.still, self.looks = still_cast(scenery, self.light, seed)
        self.still_lit = shadows.past_buildings(self.still.points, scenery, self.light, 0.5)
        self.roofs = shadows.roofs(scenery.buildings)
        self.none = no_cast()
        self.troupe = BodyMeshes(rollout, self.light, seed)
        self.road, self.lines = _road_numbers(rollout)
        self.signals = SignalCasts(rollout.road)
        self.patches = patches_of(rollout.road)
        road = rollout.road
        strips, drawn = (NO_STRIPS, NO_STROKES) if road is None else (road.strips, strokes(road))
        self.crossing = (crossing_of(road), cross_lines(road), bars_of(road), self.patches, strips, drawn)
        self.nodes = NO_NODES if road is None else road.nodes
        self.lamps = np.array([lamp_head(x) for x in scenery.lamps]).reshape(-1, 3)
        self.skyline_seed = int(drawn_from("skyline", rollout.id).integers(60_000))

    def picture(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        view = view_at(self.rollout, self.camera, frame)
        rows = self._near(view, frame)
        moving = joined([self.none, *self.troupe.at(frame, rows), *self.signals.at(float(self.rollout.t_s[frame]))])
        cast = joined([moving, self.still])
        lit = np.concatenate([shadows.past_buildings(moving.points, self.scenery, self.light, 0.0), self.still_lit])
        shadow = shadows.on_ground(np.concatenate([cast.points, self.roofs]), view, self.light)
        contact = shadows.contact(self.rollout, frame, rows, view)
        in_camera, ahead = view.before(cast.points, _SIGHT_M)
        visible = chosen(cast, ahead)
        surfaces = rasterise(in_camera[ahead], visible.uv, self.camera)
        colour = self._shade(surfaces, visible, lit[ahead], shadow, contact, view, frame)
        radiance = halved(colour)
        if self.rollout.environment.sun is not None:
            radiance = veiled(radiance, self.light, view, self.scenery)
        return develop(radiance, self.light, self.rollout.environment.weather, frame)

    def _near(self, view: CameraPose, frame: int):
        rows = present(self.rollout, frame)
        away = np.linalg.norm(self.rollout.centre[frame, rows] - view.origin, axis=1)
        return rows[away < _SIGHT_M]

    def _shade(self, surfaces: Surfaces, cast: SceneTriangles, lit, shadow, contact, view: CameraPose, frame: int):
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
            view.rotation, view.origin, self.camera.intrinsic, view.plane, view.offset, self.road, self.nodes,
            self.lines, self.crossing, lamps, np.ascontiguousarray(self.rollout.ego_to_map[frame]), self.packed,
            self.skyline_seed, colour, mirror,
        )  # fmt: skip
        if self.light.wet == 0 and not len(self.patches):
            return colour
        wet = colour.copy()
        mirror_on_road(surfaces.depth, mirror, self.camera.intrinsic, view.height_m, colour, wet)
        return wet


def photograph(
    rollout: Rollout, scenery: Scenery, camera: Camera, seed: int, frames: Sequence[int] | None = None
) -> UInt8[np.ndarray, "time height width 3"]:
    """Photograph some frames of a rollout (all if None), RGB.

    Shapes and places come from the rollout and scenery alone; paint, clothes, walls, leaves, sun and clouds from
    `seed`. The same arguments give the same bytes.
    """
    studio = _Studio(rollout, scenery, camera, seed)
    chosen_frames = range(len(rollout.t_s)) if frames is None else frames
    pictures = np.zeros((len(chosen_frames), camera.height, camera.width, 3), np.uint8)
    for picture, frame in zip(pictures, chosen_frames, strict=True):
        picture[:] = studio.picture(frame)
    return pictures
