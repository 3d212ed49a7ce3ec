"""Previews: the picture is written and shows the scenario."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from conditioning.assets.scenery import NO_SCENERY, Scenery
from conditioning.geometry.rigs import FRONT, RIGS
from conditioning.layers.control_layers import draw_layers
from conditioning.preview.preview import (
    PreviewView,
    draw_preview,
    draw_topdown,
    false_colours,
    preview_frames,
    write_preview,
)
from conditioning.preview.topdown import COLOURS
from scenarios.model.bodies import Kind
from scenarios.rollout import SimEvent
from tests.conditioning.situations import BEND, building, moving, situation, still, tree

CAMERA = FRONT.resized(144, 256)
SCENERY = Scenery((building(30, 16, 0, 12, 9, 9),), (tree(20, -5, 6, 1.5),), ())


def test_a_preview_is_a_picture_that_is_not_empty(tmp_path):
    rollout = situation(moving(20, 0, Kind.CAR, 6.0), still(12, -3, Kind.CHILD), frames=12, ego_speed=8.0, road=BEND)
    write_preview(rollout, SCENERY, CAMERA, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        seen = np.asarray(image.convert("RGB"))
    assert seen.shape[1] > 1000
    assert len(np.unique(seen.reshape(-1, 3), axis=0)) > 100


def test_given_pictures_are_above_the_layers(tmp_path):
    rollout = situation(frames=12)
    plain, with_pictures = tmp_path / "a.png", tmp_path / "b.png"
    write_preview(rollout, NO_SCENERY, CAMERA, plain)
    shots = np.zeros((len(preview_frames(rollout)), 144, 256, 3), np.uint8)
    write_preview(rollout, NO_SCENERY, CAMERA, with_pictures, shots)
    assert Image.open(with_pictures).height > Image.open(plain).height


def test_a_log_without_a_road_and_one_frame_can_be_drawn(tmp_path):
    write_preview(situation(still(10, 0, Kind.BUS), road=None), NO_SCENERY, CAMERA, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


@pytest.mark.parametrize("others", [1, 10])
def test_the_legend_of_the_speeds_covers_neither_curves_nor_numbers_of_events(others):
    bodies = [moving(15.0 + 8 * number, 0, Kind.CAR, 6.0) for number in range(others)]
    told = [SimEvent(t_s, "ego", "brakes") for t_s in (0.2, 0.5)]
    rollout = replace(situation(*bodies, frames=12, ego_speed=8.0), happenings=tuple(told))
    figure = draw_preview(rollout, NO_SCENERY, [PreviewView(CAMERA)])
    figure.savefig(io.BytesIO())
    speeds = next(axes for axes in figure.axes if axes.get_ylabel() == "speed, km/h")
    legend = speeds.get_legend().get_window_extent()
    assert len(speeds.get_legend().texts) >= 1 + others
    assert len(speeds.texts) == len(told)
    for other in (speeds, *speeds.texts):
        assert not legend.overlaps(other.get_window_extent())
    assert figure.bbox.y1 >= legend.y1


def test_bodies_near_the_ego_are_labelled_in_the_view_from_above():
    figure = draw_topdown(situation(still(15, 0, Kind.CAR, name="lead"), frames=3), SCENERY, CAMERA)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"ego", "lead"} <= texts


def test_false_colours_show_the_nearest_body():
    rollout = situation(still(25, 0, Kind.BUS))
    wall = Scenery((building(15, 0, 0, 2, 3, 3.5),), (), ())
    free, hidden = (false_colours(draw_layers(rollout, scenery, CAMERA))[0] for scenery in (NO_SCENERY, wall))
    at = (75, 128)
    hue = np.array(to_rgb(COLOURS["bus"]))
    np.testing.assert_allclose(free[at] / free[at].max(), hue / hue.max(), atol=0.02)
    assert not np.allclose(hidden[at] / hidden[at].max(), hue / hue.max(), atol=0.05)


def test_false_colours_show_brake_lights():
    rollout = situation(still(15, 0, Kind.CAR))
    lit = replace(rollout, brake_light=np.array([[False, True]]))
    assert tuple(false_colours(draw_layers(lit, NO_SCENERY, CAMERA))[0][80, 128]) == (255, 26, 13)


def test_every_camera_of_a_rig_is_shown_under_its_name():
    rollout = situation(still(-15, 0, Kind.CAR, name="behind"), frames=3)
    cameras = [camera.resized(36, 64) for camera in RIGS["nuscenes"]]
    shots = np.zeros((len(preview_frames(rollout)), 36, 64, 3), np.uint8)
    figure = draw_preview(rollout, NO_SCENERY, [PreviewView(camera, shots) for camera in cameras])
    titles = [axes.get_title() for axes in figure.subfigs[1].axes]
    for camera in cameras:
        assert sum(title.startswith(f"{camera.name}, picture") for title in titles) == len(shots)
        assert sum(title.startswith(f"{camera.name}, layers") for title in titles) == len(shots)
