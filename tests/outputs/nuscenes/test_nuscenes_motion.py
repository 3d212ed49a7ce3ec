"""Boxes at every picture and the map under the LiDAR points, as loaded by nuScenes' devkit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nuscenes import NuScenes

from conditioning.assets.scenery import NO_SCENERY
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import label_visibility
from outputs.clips.clip import Clip, keyframes, write_clip
from outputs.nuscenes.dataset import write_dataset
from outputs.nuscenes.tables import ClipTables, open_scene
from scenarios.load import library, load, suites
from scenarios.rollout import KEYFRAME_STRIDE, Rollout
from scenarios.simulation.simulate import simulate
from tests.outputs.made import CAMERA, FRAMES, clip, drawn, record, street

VERSION = "v1.0-trainval"
# A car that brakes hard, a car that turns, a child that becomes visible late.
CASES = ("nhtsa/lead-brake", "roads/left-turn-across-path", "euro_ncap/cpnco-child")


def clip_of(folder: Path, rollout: Rollout) -> Path:
    """A clip of a rollout, with flat pictures."""
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    keys = keyframes(len(rollout.t_s), 12.0)
    lidar = tuple(cast_lidar(rollout, NO_SCENERY, frame, 0) for frame in keys)
    about = record(rollout.id, family=rollout.id)
    write_clip(folder / rollout.id, Clip(about, rollout, (CAMERA,), (labels,), (drawn(labels),), (), lidar))
    return folder / rollout.id


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> dict[str, ClipTables]:
    folder = tmp_path_factory.mktemp("clips")
    shipped = library() | suites()
    folders = [clip_of(folder, simulate(load(shipped[name])[0])) for name in CASES]
    return {path.name: open_scene(path) for path in folders}


@pytest.fixture(scope="module")
def loaded(scenes, tmp_path_factory) -> NuScenes:
    root = tmp_path_factory.mktemp("dataset")
    write_dataset([scene.folder for scene in scenes.values()], root)
    return NuScenes(VERSION, str(root), verbose=False)


def pictures(loaded: NuScenes, scene: dict) -> Iterator[dict]:
    row = loaded.get("sample_data", loaded.get("sample", scene["first_sample_token"])["data"]["CAM_FRONT"])
    while row:
        yield row
        row = loaded.get("sample_data", row["next"]) if row["next"] else None


def bound_m(rollout: Rollout, actor: int, frame: int) -> float:
    """Largest distance of linear interpolation between two keyframes from the trajectory: n^2/8 times the largest
    second difference between them."""
    first = (frame - 1) // KEYFRAME_STRIDE * KEYFRAME_STRIDE
    within = rollout.centre[first : first + KEYFRAME_STRIDE + 1, actor]
    return KEYFRAME_STRIDE**2 / 8 * float(np.linalg.norm(np.diff(within, n=2, axis=0), axis=-1).max())


def test_every_scene_ends_at_a_keyframe_and_has_the_scenario_s_duration(loaded, scenes):
    for scene in loaded.scene:
        *_, last = pictures(loaded, scene)
        assert last["is_key_frame"]
        assert last["sample_token"] == scene["last_sample_token"]
        first = loaded.get("sample", scene["first_sample_token"])
        assert last["timestamp"] - first["timestamp"] == round(float(scenes[scene["name"]].rollout.t_s[-1]) * 1e6)


def test_the_devkit_s_boxes_at_every_picture_are_those_of_the_rollout(loaded, scenes):
    """Within 0.1 mm at keyframes (times are whole microseconds), within the error of linear interpolation between
    them."""
    errors = []
    for row in loaded.scene:
        scene = scenes[row["name"]]
        rollout, to_global = scene.rollout, scene.mask.map_to_global
        actors = {scene.token("instance", i): i for i in range(len(rollout.bodies))}
        for frame, picture in enumerate(pictures(loaded, row)):
            for box in loaded.get_boxes(picture["token"]):
                annotation = loaded.get("sample_annotation", box.token)
                actor = actors[annotation["instance_token"]]
                before = annotation["prev"] and loaded.get("sample_annotation", annotation["prev"])
                previous = loaded.get("sample", annotation["sample_token"])["prev"]
                known = picture["is_key_frame"] or (before and before["sample_token"] == previous)
                # A body that only the following keyframe has: the devkit uses its box there.
                at = frame if known else -(-frame // KEYFRAME_STRIDE) * KEYFRAME_STRIDE
                there = to_global[:3, :3] @ rollout.centre[at, actor] + to_global[:3, 3]
                error = float(np.linalg.norm(box.center - there))
                assert error <= (bound_m(rollout, actor, frame) if frame % KEYFRAME_STRIDE else 0) + 1e-4
                errors.append((error, frame, row["name"]))
        assert frame == len(rollout.t_s) - 1
    assert 0.05 < max(errors)[0] < 0.35, "with 10 m/s^2 over half a second the error is 0.31 m"


def test_pictures_after_the_last_keyframe_are_left_out(tmp_path):
    """A clip may have frames after its last keyframe; they would have no boxes."""
    longer = street(frames=FRAMES + 4)
    labels = label_visibility(longer, NO_SCENERY, CAMERA)
    write_clip(tmp_path / "a", clip(record("a"), rollout=longer, labels=(labels,), frames=(drawn(labels),), source=()))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    shown = list(pictures(loaded, loaded.scene[0]))
    assert len(shown) == FRAMES
    assert shown[-1]["is_key_frame"]
    assert sum(path.suffix == ".jpg" for path in (tmp_path / "root").rglob("CAM_FRONT/*")) == FRAMES
    assert "after the last keyframe are left out" in (tmp_path / "root" / "README.md").read_text()


def underlay(loaded: NuScenes, lidar: str) -> np.ndarray:
    """The map that the devkit draws under the points: 80 m x 80 m around the ego, which heads right."""
    _, axes = plt.subplots()
    loaded.explorer.render_sample_data(lidar, underlay_map=True, ax=axes, verbose=False)
    (image,) = axes.get_images()
    shown = np.asarray(image.get_array())
    plt.close("all")
    return shown


def test_the_map_is_drawn_under_the_lidar_at_the_first_and_the_last_keyframe(loaded, scenes):
    ends = [scene[end] for scene in loaded.scene for end in ("first_sample_token", "last_sample_token")]
    for sample in (loaded.get("sample", end) for end in ends):
        road = scenes[loaded.get("scene", sample["scene_token"])["name"]].rollout.road
        shown = underlay(loaded, sample["data"]["LIDAR_TOP"])
        assert shown.shape == (800, 800)
        assert (shown[400, [0, 400, 799]] == 125).all(), "road behind, below and ahead of the ego"
        assert road.junction or (shown[[0, 799]] == 255).all(), "none 40 m beside it"


def test_the_map_is_large_enough_around_an_ego_that_has_left_the_road(tmp_path):
    away = street()
    pose = away.ego_to_map.copy()
    pose[:, 1, 3] -= np.linspace(0, 50, FRAMES)
    write_clip(tmp_path / "a", clip(record("a"), rollout=replace(away, ego_to_map=pose)))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    last = loaded.get("sample", loaded.scene[0]["last_sample_token"])["data"]["LIDAR_TOP"]
    shown = underlay(loaded, last)
    assert shown.shape == (800, 800)
    assert (shown[400:] == 255).all()
