"""nuScenes' semantic prior mask, a picture of the road from above: 255 on carriageway and sidewalk, else 0."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from scenarios.roads.road import Road
from scenarios.roads.road_polygons import road_area
from scenarios.rollout import Rollout

RESOLUTION_M = 0.1  # metres a pixel: the devkit's default
MARGIN_M = 60.0  # empty ground around road and ego: the devkit cuts out 40 m x sqrt(2) around the ego, unchecked
BEHIND_M, AHEAD_M = 40.0, 120.0  # length of road drawn before the ego's first and after its last position
HALF_TURN_RAD = 2.8  # largest arc of a curve that is drawn: `Road.project` is valid within half a turn


@dataclass(frozen=True)
class RoadMask:
    """`map_to_global` moves the clip to where the devkit expects it: the origin is the mask's lower left corner."""

    picture: UInt8[np.ndarray, "height width"]
    map_to_global: Float[np.ndarray, "4 4"]


def draw_road_mask(rollout: Rollout) -> RoadMask:
    """Draw a scenario's road. A log keeps its own global frame; without a map its mask is one pixel, 0."""
    if rollout.road is None:
        return RoadMask(np.zeros((1, 1), np.uint8), rollout.map_to_global)
    outline = _outline(rollout.road, rollout)
    turn, origin = rollout.map_to_global[:2, :2], rollout.map_to_global[:2, 3]
    points, driven = (xy @ turn.T + origin for xy in (outline, rollout.ego_to_map[:, :2, 3]))
    shown = np.concatenate([points, driven])
    shift = MARGIN_M - np.floor(shown.min(axis=0))
    placed = rollout.map_to_global.copy()
    placed[:2, 3] += shift
    return RoadMask(_filled(points + shift, shown.max(axis=0) + shift + MARGIN_M), placed)


def _outline(road: Road, rollout: Rollout) -> Float[np.ndarray, "corner 2"]:
    s = road.project(rollout.ego_to_map[:, :2, 3])[:, 0]
    reach = np.inf if road.pieces else HALF_TURN_RAD / max(abs(road.curvature_per_m), 1e-9)
    s_from, s_to = max(s.min() - BEHIND_M, -reach), min(s.max() + AHEAD_M, reach)
    strip = road_area(road, s_from, s_to, road.sidewalk_m)
    return np.array(strip.exterior.coords)


def _filled(
    points: Float[np.ndarray, "corner 2"], extent_m: Float[np.ndarray, "2"]
) -> UInt8[np.ndarray, "height width"]:
    width, height = (int(v) for v in np.ceil(extent_m / RESOLUTION_M))
    picture = Image.new("L", (width, height))
    columns, rows = points[:, 0] / RESOLUTION_M, height - points[:, 1] / RESOLUTION_M
    ImageDraw.Draw(picture).polygon(list(zip(columns.tolist(), rows.tolist(), strict=True)), fill=255)
    return np.asarray(picture)
