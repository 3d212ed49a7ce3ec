"""Labels beside lamp posts and signals: what the procedural camera draws solid hides what is behind it."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.posts import KERB_M, signals_of
from conditioning.assets.scenery import NO_SCENERY, Lamp, Scenery
from conditioning.assets.shelters import Shelter
from conditioning.geometry.camera_view import camera_pose_at
from conditioning.geometry.raster import rasterise
from conditioning.geometry.rigs import FRONT
from conditioning.renderer.procedural import _ProceduralScene
from conditioning.sensors.visibility import FINER, label_visibility
from scenarios.model.bodies import Kind, Size
from scenarios.roads.road import Road
from tests.conditioning.renderer.test_signals import crossroads
from tests.conditioning.situations import TWO_LANES, building, situation, still, tree

CAMERA = FRONT.resized(144, 256)
BOARD = Size(0.02, 0.6, 1.8)  # as wide and high as a walker, facing the camera
LAMP = Lamp(11.7, 0.0, 0.0, 7.0, 1.6)  # 10 m before the camera, on its axis
POSTS = Scenery((), (), (LAMP,))


def look(scenery: Scenery, road: Road | None = TWO_LANES, at: tuple[float, float] = (13.7, 0.0)):
    rollout = situation(still(*at, Kind.BARRIER, size=BOARD), road=road)
    return label_visibility(rollout, scenery, CAMERA)


def test_a_lamp_post_hides_the_share_that_it_covers():
    """The post is 0.09 m to 0.05 m thick over 7 m: about 0.17 m near the ground, over a board of 0.6 m at 12 m."""
    seen = look(POSTS).visibility[0, 1]
    assert seen == pytest.approx(1 - 0.165 * (12 / 10) / 0.6, abs=0.06)
    assert look(NO_SCENERY).visibility[0, 1] == 1


def test_a_post_at_the_edge_narrows_the_modal_box():
    beside = Scenery((), (), (replace(LAMP, y_m=0.2),))  # left of the axis by 0.24 m at the board: its left border
    open_box, box = look(NO_SCENERY).modal_box[0, 1], look(beside).modal_box[0, 1]
    assert box[0] - open_box[0] >= 1.0
    assert box[2] == open_box[2]


def test_a_post_behind_a_body_hides_nothing_of_it():
    assert look(POSTS, at=(9.7, 0.0)).visibility[0, 1] == 1


def test_a_signal_hides_what_stands_behind_it():
    road = crossroads()
    pole = min(signals_of(road), key=lambda signal: (abs(signal.y_m + 1.75 + KERB_M), signal.x_m))
    behind = look(NO_SCENERY, road, (pole.x_m + 0.3, pole.y_m))
    assert 0 < behind.visibility[0, 1] < 0.95
    assert look(NO_SCENERY, TWO_LANES, (pole.x_m + 0.3, pole.y_m)).visibility[0, 1] == 1


def test_every_pixel_that_the_procedural_camera_draws_solid_hides_a_body_behind_it():
    """A wall behind everything: where the camera's own triangles stand before it, its label must not show it."""
    road = crossroads()
    scenery = Scenery((building(22, -9, 0, 6, 4, 8),), (tree(16, 5.5, 5, 1.4),), (LAMP, replace(LAMP, y_m=-4.0)),
                      (Shelter(18.0, 7.0, 0.0, 14.0, 4.0),))  # fmt: skip
    wall = Size(0.02, 60.0, 20.0)
    rollout = situation(still(60.0, 0, Kind.BARRIER, size=wall), road=road)
    fine = CAMERA.resized(CAMERA.height * FINER, CAMERA.width * FINER)
    scene, pose = _ProceduralScene(rollout, scenery, CAMERA, 3), camera_pose_at(rollout, fine, 0)
    drawn = np.concatenate([scene.static.points, *(shown.points for shown in scene.signals.at(0.0))])
    solid = rasterise(pose.to_camera(drawn), np.zeros((*drawn.shape[:2], 0)), fine).depth < 58.0
    alone = label_visibility(rollout, NO_SCENERY, CAMERA)  # signals only
    labels = label_visibility(rollout, scenery, CAMERA)
    x0, y0, x1, y1 = (FINER * labels.amodal_box[0, 1]).round().astype(int)
    hidden = solid[y0:y1, x0:x1].mean()
    assert hidden > 0.1
    # Crowns and trunks are a little larger here than drawn; nothing else is.
    assert 1 - hidden - 0.05 < labels.visibility[0, 1] < 1 - hidden + 0.002
    assert labels.visibility[0, 1] < alone.visibility[0, 1]
