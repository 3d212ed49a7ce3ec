"""Layers: the content of single pixels, computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY, Scenery
from conditioning.geometry.backdrop import TEXTURE_PERIOD_M
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import BACKGROUND, FOREGROUND, LAYERS, draw_layers
from scenarios.model.bodies import Kind
from tests.conditioning.situations import BEND, TWO_LANES, building, moving, situation, still, tree

CAMERA = FRONT.resized(144, 256)
HEIGHT_M = 1.51  # of the camera, which is 1.70 m ahead of the map's origin
GROUND_KINDS = ("road", "sidewalk", "terrain")


def channels(rollout, scenery=NO_SCENERY, frame=0) -> dict[str, np.ndarray]:
    values = draw_layers(rollout, scenery, CAMERA, [frame]).values[0]
    return dict(zip(LAYERS, values.astype(int), strict=True))


def pixel(x: float, y: float, z: float) -> tuple[int, int]:
    """Row and column of a map point at the start."""
    u, v = CAMERA.project(np.array([[-y, HEIGHT_M - z, x - 1.70]]))[0]
    return int(v), int(u)


@pytest.mark.parametrize(
    ("y", "ground"),
    [(0.0, "road"), (3.0, "road"), (-2.5, "sidewalk"), (10.0, "sidewalk"), (-6.0, "terrain")],
)
def test_the_ground_class_agrees_with_the_road_at_that_offset(y, ground):
    drawn = channels(situation())
    at = pixel(25.0, y, 0.0)
    assert {name for name in GROUND_KINDS if drawn[name][at]} == {ground}


def test_every_pixel_has_one_background_or_is_sky():
    scenery = Scenery((building(40, 14, 0, 12, 9, 9),), (tree(20, -5, 6, 1.5),), ())
    drawn = channels(situation(), scenery)
    kinds = sum(drawn[name] > 0 for name in (*GROUND_KINDS, "building", "tree"))
    assert kinds.max() == 1
    assert ((kinds == 0) == (drawn["background_nearness"] == 0)).all()
    assert (kinds[:40, 128] == 0).all()


def test_markings_are_on_the_lane_border_and_not_in_the_lane():
    drawn = channels(situation())
    assert drawn["marking"][pixel(10.4, 1.75, 0.0)] > 0  # a dash runs from s = 9 m to 12 m
    assert drawn["marking"][pixel(15.0, 1.75, 0.0)] == 0  # and a gap to 18 m
    assert drawn["marking"][pixel(10.4, 0.0, 0.0)] == 0
    assert (drawn["road"][drawn["marking"] > 0] == 255).all()


def test_the_lane_follows_a_bend():
    drawn = channels(situation(road=BEND))
    x, y, _ = BEND.pose(np.array(30.0), np.array(0.0))
    assert drawn["road"][pixel(float(x), float(y), 0.0)] == 255
    assert drawn["terrain"][pixel(30.0, -8.0, 0.0)] == 255  # a straight road would also end at -1.75 m


def test_nearness_is_the_distance_along_the_axis():
    drawn = channels(situation(still(26.7, 0, Kind.TRUCK)))
    facing = pixel(22.7, 0.0, 1.5)  # the rear face, 8 m long: 21 m ahead of the camera
    assert drawn["foreground_nearness"][facing] == round(255 * np.sqrt(3 / 21))
    below = pixel(10.0, 0.0, 0.0)
    depth = HEIGHT_M * CAMERA.intrinsic[1, 1] / (below[0] + 0.5 - CAMERA.intrinsic[1, 2])
    assert drawn["background_nearness"][below] == round(255 * np.sqrt(3 / depth))


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Kind.CAR, "car"), (Kind.VAN, "car"), (Kind.CONSTRUCTION, "truck"), (Kind.BUS, "bus"), (Kind.CHILD, "person"),
     (Kind.CYCLIST, "two_wheeler"), (Kind.CONE, "obstacle"), (Kind.ANIMAL, "person"), (Kind.DEBRIS, "obstacle")],
)  # fmt: skip
def test_each_kind_has_its_channel(kind, name):
    drawn = channels(situation(still(14.0, 0, kind)))
    assert {c for c in FOREGROUND[:6] if drawn[c].any()} == {name}


def test_the_nearer_cuboid_hides_the_farther_one():
    drawn = channels(situation(still(12, 0, Kind.PEDESTRIAN), still(30, 0, Kind.BUS)))
    at = pixel(11.7, 0.0, 1.0)
    assert drawn["person"][at] == 255
    assert drawn["bus"][at] == 0
    assert drawn["bus"][pixel(24.0, 1.0, 2.5)] == 255


def test_the_background_layers_are_independent_of_the_actors():
    empty, full = channels(situation()), channels(situation(still(12, 0, Kind.TRUCK)))
    for name in BACKGROUND:
        np.testing.assert_array_equal(empty[name], full[name])
    assert not any(empty[name].any() for name in FOREGROUND)


def test_local_coordinates_distinguish_rear_and_front_of_a_car():
    away = channels(situation(still(15, 0, Kind.CAR)))
    towards = channels(situation(still(15, 0, Kind.CAR, yaw=np.pi)))
    at = pixel(12.8, 0.3, 0.75)
    assert away["local_x"][at] == 1
    assert towards["local_x"][at] == 255
    assert away["local_y"][at] > 128 > towards["local_y"][at]  # its left is on our left, then on our right
    assert away["local_z"][pixel(12.8, 0, 1.4)] > 220 > 40 > away["local_z"][pixel(12.8, 0, 0.1)]


def test_heading_is_relative_to_the_pixel_s_direction():
    drawn = channels(situation(still(15, 0, Kind.CAR), still(15, 8.0, Kind.CAR, yaw=np.arctan2(8.0, 13.3))))
    for at in (pixel(12.8, 0, 0.7), pixel(15, 8.0, 0.7)):
        assert drawn["heading_sin"][at] == pytest.approx(128, abs=15)
        assert drawn["heading_cos"][at] >= 253


def test_only_a_braking_car_is_in_the_brake_light_layer():
    rollout = situation(still(15, 0, Kind.CAR), still(15, 3.5, Kind.CAR), frames=2)
    lit = rollout.brake_light.copy()
    lit[1, 1] = True
    rollout = replace(rollout, brake_light=lit)
    assert not channels(rollout)["brake_light"].any()
    after = channels(rollout, frame=1)["brake_light"]
    assert after[pixel(12.8, 0, 0.7)] == 255
    assert after[pixel(12.8, 3.5, 0.7)] == 0


def test_a_body_that_is_not_valid_is_not_drawn():
    rollout = situation(still(15, 0, Kind.CAR))
    gone = replace(rollout, valid=np.array([[True, False]]))
    assert channels(rollout)["car"].any()
    assert not channels(gone)["car"].any()


def test_a_body_beside_the_camera_is_clipped_at_the_picture():
    drawn = channels(situation(still(4.0, 2.8, Kind.BUS)))  # it extends from behind the camera to 10 m
    rows, columns = np.nonzero(drawn["bus"])
    assert columns.min() == 0
    assert 40 < columns.max() < 128
    assert rows.max() == 143


def test_texture_phase_is_fixed_to_the_ground_while_the_ego_moves():
    drawn = draw_layers(situation(frames=13, ego_speed=9.0), NO_SCENERY, CAMERA).values
    sin_u = drawn[:, LAYERS.index("texture_sin_u")].astype(int)
    np.testing.assert_allclose(sin_u[4], sin_u[0], atol=1)  # 9 m/s for 4 frames: one period of 3 m
    assert np.abs(sin_u[2] - sin_u[0]).max() > 200  # half a period
    u, v = 7.0, 0.6
    at = pixel(u, v, 0.0)
    expected = 128 + 127 * np.sin(2 * np.pi * u / TEXTURE_PERIOD_M)
    assert sin_u[0][at] == pytest.approx(expected, abs=25)


def test_texture_fades_where_pixels_are_larger_than_its_period():
    drawn = channels(situation())
    far, near = CAMERA.height // 2 + 1, CAMERA.height - 1
    assert (np.abs(drawn["texture_sin_u"][far] - 128) <= 1).all()
    swing = np.hypot(drawn["texture_sin_u"][near] - 128, drawn["texture_cos_u"][near] - 128)
    np.testing.assert_allclose(swing, 127, atol=2)


def test_the_texture_of_a_facade_follows_height_and_distance_from_its_corner():
    facade = Scenery((building(36.7, 0, 0, 10, 30, 12),), (), ())  # faces us 30 m ahead of the camera
    drawn = channels(situation(), facade)
    assert drawn["building"][pixel(31.7, 0, 5.0)] == 255
    for z in (1.0, 2.0, 4.0):
        at = pixel(31.7, 0.0, z)
        seen_z = HEIGHT_M - (at[0] + 0.5 - CAMERA.intrinsic[1, 2]) / CAMERA.intrinsic[1, 1] * 30.0
        expected = 128 + 127 * np.sin(2 * np.pi * seen_z / TEXTURE_PERIOD_M)
        assert drawn["texture_sin_v"][at] == pytest.approx(expected, abs=4)


def test_scenery_in_front_of_an_actor_has_a_larger_nearness():
    wall = Scenery((building(15, 0, 0, 2, 6, 6),), (), ())
    drawn = channels(situation(still(25, 0, Kind.CAR)), wall)
    at = pixel(22.8, 0, 0.7)
    assert drawn["car"][at] == 255
    assert drawn["background_nearness"][at] > drawn["foreground_nearness"][at]


def test_a_log_without_a_road_is_all_road():
    drawn = channels(situation(moving(15, 0, Kind.CAR, 3.0), road=None))
    assert (drawn["road"][80:] == 255).all()
    assert not drawn["marking"].any()
    assert not drawn["terrain"].any()


def test_layers_of_some_frames_equal_those_of_all_frames():
    rollout = situation(moving(15, 0, Kind.CAR, 6.0), frames=6, ego_speed=8.0, road=TWO_LANES)
    whole = draw_layers(rollout, NO_SCENERY, CAMERA).values
    np.testing.assert_array_equal(draw_layers(rollout, NO_SCENERY, CAMERA, [4, 1]).values, whole[[4, 1]])
