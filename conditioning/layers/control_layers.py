"""The control layers that condition the networks, drawn from cuboids, body shapes, lanes and scenery."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from conditioning.assets.body_meshes import distance_gone
from conditioning.assets.kinds.drawn_kind import ControlClass
from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.materials import body_colours
from conditioning.assets.scenery import Scenery
from conditioning.geometry.backdrop import (
    BUILDING,
    GROUND,
    TREE,
    BackdropView,
    SceneryMesh,
    build_mesh,
    ground_at_pixels,
    render_backdrop,
)
from conditioning.geometry.camera import Camera
from conditioning.geometry.cuboids import camera_to_map, render_cuboids
from conditioning.ground.markings import marking_at
from conditioning.ground.road_surface import edge_distance, has_only_lanes, is_painted
from conditioning.layers.part_masks import COLOURS, PARTS, draw_parts
from scenarios.model.bodies import Kind
from scenarios.roads.road import Road
from scenarios.rollout import Rollout

# Background, drawn without the actors: a cuboid is larger than its body, so the surface behind it is needed.
BACKGROUND = (
    "road", "marking", "sidewalk", "terrain", "building", "tree",  # 0 or 255; none of them: sky. marking: the share
    # of the pixel that paint covers, on top of road
    "background_nearness",  # 255 * sqrt(min(1, 3 m / depth)); 0 for sky
    "texture_sin_u", "texture_cos_u", "texture_sin_v", "texture_cos_v",  # phase of a 3 m grid fixed to the surface
)  # fmt: skip
# Actors' cuboids, the nearest in front; all 0 if there is none (local and heading channels: 128 means zero).
# Scenery in front of an actor does not remove it here: compare the two nearness channels.
FOREGROUND = (
    *map(str, ControlClass),  # car includes van; truck: trailer, construction
    "local_x", "local_y", "local_z",  # position on the cuboid's surface in the body frame, -1..1 -> 1..255
    "foreground_nearness",
    "brake_light",
    "heading_sin", "heading_cos",  # the body's heading relative to the camera ray's azimuth
)  # fmt: skip
# Then the share of each pixel, 0..255, that each type of body part covers; parts are inside the cuboids.
LAYERS: tuple[str, ...] = BACKGROUND + FOREGROUND + PARTS + COLOURS

CLASS_OF: dict[Kind, ControlClass] = {kind: record.layer for kind, record in DRAWN.items()}
NEARNESS_M = 3.0
_AT = {name: i for i, name in enumerate(LAYERS)}
# Sample positions of paint within a pixel: a far line is a fraction of a pixel wide, so there are more across than
# down.
_SAMPLES = np.array([[x, y] for y in (0.25, 0.75) for x in (0.125, 0.375, 0.625, 0.875)])


@dataclass(frozen=True)
class Layers:
    """Control layers of one camera, with the channels `LAYERS`."""

    values: UInt8[np.ndarray, "time layer height width"]


def draw_layers(
    rollout: Rollout, scenery: Scenery, camera: Camera, frames: Sequence[int] | None = None, look: int | None = None
) -> Layers:
    """Draw the layers of some frames (all if None), with the body colours of a seed's appearance if `look` is given.

    A log has no road (`rollout.road` is None): all of its ground is drawn as road without markings.
    """
    mesh, gone_m = build_mesh(scenery), distance_gone(rollout)
    colours = None if look is None else [body_colours(look, body) for body in rollout.bodies]
    chosen = range(len(rollout.t_s)) if frames is None else frames
    values = np.zeros((len(chosen), len(LAYERS), camera.height, camera.width), np.uint8)
    for picture, frame in zip(values, chosen, strict=True):
        _draw_background(picture, rollout, mesh, camera, frame)
        _draw_foreground(picture, rollout, camera, frame)
        picture[_AT[PARTS[0]] :] = draw_parts(rollout, gone_m, camera, frame, colours)
    return Layers(values)


def nearness(depth_m: Float[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"]:
    """255 * sqrt(min(1, 3 m / depth)); 0 at infinity."""
    return np.rint(255 * np.sqrt(np.minimum(1.0, NEARNESS_M / depth_m))).astype(np.uint8)


def _signed(values: Float[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"]:
    """-1..1 as 1..255 around 128."""
    return (128.5 + 127 * np.clip(values, -1, 1)).astype(np.uint8)


def _draw_background(
    picture: UInt8[np.ndarray, "layer height width"], rollout, mesh: SceneryMesh, camera, frame
) -> None:
    view = render_backdrop(rollout, mesh, camera, frame)
    picture[_AT["building"]] = 255 * (view.kind == BUILDING)
    picture[_AT["tree"]] = 255 * (view.kind == TREE)
    picture[_AT["background_nearness"]] = nearness(view.depth)
    picture[_AT["texture_sin_u"] : _AT["texture_cos_v"] + 1] = np.moveaxis(_signed(view.phase), -1, 0)
    _draw_ground(picture, view, rollout, camera, frame)


def _draw_ground(picture, view: BackdropView, rollout: Rollout, camera: Camera, frame: int) -> None:
    road, on_ground = rollout.road, view.kind == GROUND
    if road is None:
        picture[_AT["road"]] = 255 * on_ground
        return
    on_road, beside = _zones(road, view, on_ground)
    picture[_AT["road"]] = 255 * on_road
    picture[_AT["sidewalk"]] = 255 * (on_ground & beside & ~on_road)
    picture[_AT["terrain"]] = 255 * (on_ground & ~beside)
    rows, columns = np.nonzero(on_road)
    pixels = (np.stack([columns, rows], axis=-1)[:, None] + _SAMPLES).reshape(-1, 2)
    points = ground_at_pixels(rollout, camera, frame, pixels)
    if has_only_lanes(road):
        s_d = road.project(points)
        paint = marking_at(road, s_d[:, 0], s_d[:, 1]) > 0
    else:
        paint = is_painted(road, points)
    picture[_AT["marking"], rows, columns] = np.rint(255 * paint.reshape(-1, len(_SAMPLES)).mean(axis=1))


def _zones(road: Road, view: BackdropView, on_ground: Bool[np.ndarray, "height width"]):
    """Masks of the carriageway, and of carriageway and sidewalk."""
    if road.cross is not None or len(road.strips):
        beyond = np.full(on_ground.shape, np.inf)
        beyond[on_ground] = edge_distance(road, view.ground_m[on_ground])
        return beyond <= 0, beyond <= road.sidewalk_m
    d = np.full(on_ground.shape, np.inf)
    d[on_ground] = road.project(view.ground_m[on_ground])[:, 1]
    on_road = (d >= road.right_edge) & (d <= road.left_edge)
    return on_road, (d >= road.right_edge - road.sidewalk_m) & (d <= road.left_edge + road.sidewalk_m)


def _draw_foreground(picture, rollout: Rollout, camera: Camera, frame: int) -> None:
    view = render_cuboids(rollout, camera, frame)
    rows, columns = np.nonzero(view.actor >= 0)
    actor = view.actor[rows, columns]
    channel = np.array([_AT[CLASS_OF[b.kind]] for b in rollout.bodies])
    picture[channel[actor], rows, columns] = 255
    picture[_AT["local_x"] : _AT["local_z"] + 1, rows, columns] = _signed(view.local[rows, columns]).T
    picture[_AT["foreground_nearness"], rows, columns] = nearness(view.depth[rows, columns])
    picture[_AT["brake_light"], rows, columns] = 255 * rollout.brake_light[frame, actor]
    relative = rollout.yaw_rad[frame, actor] - _azimuth(rollout, camera, frame, rows, columns)
    picture[_AT["heading_sin"], rows, columns] = _signed(np.sin(relative))
    picture[_AT["heading_cos"], rows, columns] = _signed(np.cos(relative))


def _azimuth(rollout: Rollout, camera: Camera, frame: int, rows, columns) -> Float[np.ndarray, "point"]:
    """The direction of pixels in the map, radians from x."""
    k, rotation = camera.intrinsic, camera_to_map(rollout, camera, frame)[:3, :3]
    ray = np.stack([(columns + 0.5 - k[0, 2]) / k[0, 0], (rows + 0.5 - k[1, 2]) / k[1, 1], np.ones(len(rows))])
    x, y, _ = rotation @ ray
    return np.arctan2(y, x)
