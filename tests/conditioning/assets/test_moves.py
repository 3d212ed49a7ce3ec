"""What the camera sees of bodies that reverse, skid, fall, come and go: pictures, labels and words stay sound."""

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY, build_scenery
from conditioning.caption import caption
from conditioning.ego_actions import ego_actions
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import draw_layers
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import label_visibility
from scenarios.load import loads
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate

CAMERA = FRONT.resized(72, 128)
SCENE = """
name: moves
intent: Bodies move in unusual ways.
duration: 3 s
road: {lanes: 2, opposite_lanes: 1}
ego: {lane: 0, speed: 18 km/h, drive: hold speed}
actors:
  backer: {kind: car, lane: 0, ahead: 25 m, speed: 0 km/h}
  spinner: {kind: car, lane: 1, ahead: 12 m, speed: 40 km/h}
  truck: {kind: truck, lane: 1, ahead: 45 m, speed: 30 km/h}
  crate: {kind: barrier, size: [1.2 m, 1.2 m, 1 m]}
  comer: {kind: van, lane: oncoming 0, ahead: 101 m, speed: 60 km/h}
  leaver: {kind: car, lane: 1, ahead: 96 m, speed: 100 km/h}
story:
  - backer reverses at 8 km/h
  - spinner skids to the left by 90 degrees after 0.3 s
  - truck drops the crate after 0.5 s
  - comer appears after 1 s
  - leaver disappears
"""


@pytest.fixture(scope="module")
def rollout() -> Rollout:
    return simulate(loads(SCENE)[0])


def test_all_events_happened(rollout):
    assert rollout.unfired == ()
    assert rollout.speed_mps[-1, rollout.index("backer")] < -2
    assert rollout.sliding[:, rollout.index("spinner")].any()
    assert not rollout.valid[0, rollout.index("comer")]
    assert not rollout.valid[-1, rollout.index("leaver")]


def test_labels_exist_exactly_while_a_body_does(rollout):
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    for name in ("comer", "leaver", "crate"):
        row = rollout.index(name)
        assert not labels.visibility[~rollout.valid[:, row], row].any()
        assert not labels.in_view[~rollout.valid[:, row], row].any()
    assert labels.visibility[rollout.valid[:, rollout.index("crate")], rollout.index("crate")].max() > 0.5


def test_falling_cargo_is_above_its_final_position_in_the_picture(rollout):
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    row = rollout.index("crate")
    frames = np.flatnonzero(rollout.valid[:, row])
    bottom = labels.amodal_box[frames, row, 3]
    horizon = CAMERA.height / 2
    depth = labels.depth_m[frames, row]
    assert (bottom[0] - horizon) * depth[0] < 0.5 * (bottom[-1] - horizon) * depth[-1]


def test_layers_and_pictures_can_be_drawn_at_all_frames(rollout):
    scenery = build_scenery(rollout)
    frames = (0, 12, 24, 35)
    pictures = render_procedural(rollout, scenery, CAMERA, 0, frames)
    assert len(pictures) == len(frames)
    assert all(np.ptp(np.asarray(picture)) > 20 for picture in pictures)
    layers = draw_layers(rollout, scenery, CAMERA, frames).values
    assert (layers.max(axis=(2, 3)) > 0).any(axis=1).all()


def test_the_caption_and_the_ego_s_actions_are_valid(rollout):
    assert "van" in caption(rollout) or "car" in caption(rollout)
    assert np.isfinite(ego_actions(rollout)).all()


def test_the_actions_of_a_skidding_ego_have_no_jump(rollout):
    text = SCENE.replace("  - leaver disappears\n", "  - the ego loses control after 1 s\n")
    actions = ego_actions(simulate(loads(text)[0]))
    assert np.isfinite(actions).all()
    assert np.abs(actions[:, 1]).max() < 3


def test_the_lidar_can_be_cast_before_the_cargo_exists(rollout):
    row, frame = rollout.index("crate"), 3  # before it falls
    assert not rollout.valid[frame, row]
    assert len(cast_lidar(rollout, build_scenery(rollout), frame, 0)) > 100
