"""The procedural camera: renders a rollout from meshes, materials, light and weather, without networks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.assets.materials import drawn_from
from conditioning.assets.posts import lamp_head
from conditioning.assets.scenery import Scenery
from conditioning.geometry.camera import Camera
from conditioning.geometry.camera_view import CameraPose, camera_pose_at
from conditioning.geometry.cuboids import present_bodies
from conditioning.geometry.raster import Surfaces, rasterise
from conditioning.ground.markings import NO_STROKES, lane_lines, partial_markings
from conditioning.ground.road_surface import bars_of, cross_lines, crossing_of, patches_of
from conditioning.renderer import shadows
from conditioning.renderer.glare import add_glare
from conditioning.renderer.scene_triangles import (
    BodyMeshes,
    SceneTriangles,
    concatenate_triangles,
    no_triangles,
    select_triangles,
    static_triangles,
)
from conditioning.renderer.shading import downsample_picture, mirror_on_road, shade
from conditioning.renderer.signals import SignalTriangles
from conditioning.renderer.weather import clean_picture, light_of, pack_lighting, post_process
from scenarios.roads.reference_line import NO_NODES
from scenarios.roads.widening import NO_STRIPS
from scenarios.rollout import Rollout

SUPERSAMPLE = 2
_SIGHT_M = 260.0  # objects beyond are less than a pixel high


def _road_parameters(rollout: Rollout) -> tuple[tuple[float, ...], Float[np.ndarray, "line 3"]]:
    road = rollout.road
    if road is None:
        return (0.0, -1.75, 1.75, 0.0, 3.5, 0.0), np.zeros((0, 3))
    edges = (road.right_edge, road.left_edge, road.sidewalk_m)
    return (road.curvature_per_m, *edges, road.lane_width_m, 1.0), lane_lines(road)


class _ProceduralScene:
    """A rollout with scenery and one appearance, ready for rendering frame by frame."""

    def __init__(self, rollout: Rollout, scenery: Scenery, camera: Camera, seed: int) -> None:
        self.rollout, self.scenery = rollout, scenery
        self.camera = camera.resized(camera.height * SUPERSAMPLE, camera.width * SUPERSAMPLE)
        self.light = light_of(rollout, seed)
        self.packed = pack_lighting(self.light)
        self.static, self.looks = static_triangles(scenery, self.light, seed)
        self.static_lit = shadows.sunlit_triangles(self.static.points, scenery, self.light, 0.5)
        self.roofs = shadows.roof_triangles(scenery.buildings)
        self.none = no_triangles()
        self.bodies = BodyMeshes(rollout, self.light, seed)
        self.road, self.lines = _road_parameters(rollout)
        self.signals = SignalTriangles(rollout.road)
        self.patches = patches_of(rollout.road)
        road = rollout.road
        strips, drawn = (NO_STRIPS, NO_STROKES) if road is None else (road.strips, partial_markings(road))
        self.crossing = (crossing_of(road), cross_lines(road), bars_of(road), self.patches, strips, drawn)
        self.nodes = NO_NODES if road is None else road.nodes
        self.lamps = np.array([lamp_head(x) for x in scenery.lamps]).reshape(-1, 3)
        self.skyline_seed = int(drawn_from("skyline", rollout.id).integers(60_000))

    def picture(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        return self.sensed(self.radiance(frame), frame)

    def sensed(self, radiance: Float[np.ndarray, "height width 3"], frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """What the camera shows of its radiance."""
        return post_process(radiance, self.light, self.rollout.environment.weather, frame, self.camera.name)

    def radiance(self, frame: int) -> Float[np.ndarray, "height width 3"]:
        """Linear RGB, before the camera's exposure."""
        view = camera_pose_at(self.rollout, self.camera, frame)
        rows = self._near(view, frame)
        moving = concatenate_triangles(
            [self.none, *self.bodies.at(frame, rows), *self.signals.at(float(self.rollout.t_s[frame]))]
        )
        triangles = concatenate_triangles([moving, self.static])
        lit = np.concatenate([shadows.sunlit_triangles(moving.points, self.scenery, self.light, 0.0), self.static_lit])
        shadow = shadows.shadow_on_ground(np.concatenate([triangles.points, self.roofs]), view, self.light)
        contact = shadows.contact_shadow(self.rollout, frame, rows, view)
        in_camera, ahead = view.to_camera_culled(triangles.points, _SIGHT_M)
        visible = select_triangles(triangles, ahead)
        surfaces = rasterise(in_camera[ahead], visible.uv, self.camera)
        colour = self._shade(surfaces, visible, lit[ahead], shadow, contact, view, frame)
        radiance = downsample_picture(colour)
        if self.rollout.environment.sun is not None:
            radiance = add_glare(radiance, self.light, view, self.scenery)
        return radiance

    def _near(self, view: CameraPose, frame: int):
        rows = present_bodies(self.rollout, frame)
        away = np.linalg.norm(self.rollout.centre[frame, rows] - view.origin, axis=1)
        return rows[away < _SIGHT_M]

    def _shade(self, surfaces: Surfaces, triangles: SceneTriangles, lit, shadow, contact, view: CameraPose, frame: int):
        height, width = surfaces.depth.shape
        colour, mirror = np.zeros((height, width, 3)), np.zeros((height, width), np.float32)
        # Append one row: the kernel's arrays must not be empty if nothing is in view.
        pad = [
            np.concatenate([a, np.zeros((1, *a.shape[1:]), a.dtype)])
            for a in (
                triangles.finish,
                triangles.albedo,
                triangles.normal,
                triangles.emission,
                triangles.gloss,
                lit,
                triangles.look,
            )
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


def render_procedural(
    rollout: Rollout, scenery: Scenery, camera: Camera, seed: int, frames: Sequence[int] | None = None
) -> UInt8[np.ndarray, "time height width 3"]:
    """Render some frames of a rollout (all if None), RGB.

    Geometry depends on the rollout and scenery only; `seed` sets paint, clothes, walls, leaves, sun and clouds. The
    same arguments give the same bytes.
    """
    scene = _ProceduralScene(rollout, scenery, camera, seed)
    chosen_frames = range(len(rollout.t_s)) if frames is None else frames
    pictures = np.zeros((len(chosen_frames), camera.height, camera.width, 3), np.uint8)
    for picture, frame in zip(pictures, chosen_frames, strict=True):
        picture[:] = scene.picture(frame)
    return pictures


class SensedPictures(NamedTuple):
    """Pictures of the same frames as the camera shows them, and without precipitation and sensor noise."""

    sensed: UInt8[np.ndarray, "time height width 3"]
    clean: UInt8[np.ndarray, "time height width 3"]


def render_with_clean(
    rollout: Rollout, scenery: Scenery, camera: Camera, seed: int, frames: Sequence[int]
) -> SensedPictures:
    """The pictures of `render_procedural`, and the same before rain or snow and noise are added."""
    scene = _ProceduralScene(rollout, scenery, camera, seed)
    empty = np.zeros((len(frames), camera.height, camera.width, 3), np.uint8)
    pictures = SensedPictures(empty, empty.copy())
    for row, frame in enumerate(frames):
        radiance = scene.radiance(frame)
        pictures.clean[row] = clean_picture(radiance, scene.light)
        pictures.sensed[row] = scene.sensed(radiance, frame)
    return pictures
