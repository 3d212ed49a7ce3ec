"""Clips of two frames with one car ahead: the shortest that a dataset accepts."""

from functools import cache
from pathlib import Path

from conditioning.assets.scenery import NO_SCENERY
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import label_visibility
from outputs.clips.clip import Clip, write_clip
from outputs.clips.manifest import write_record
from scenarios.model.bodies import Kind
from tests.outputs.made import BAD, CAMERA, GOOD, drawn, record, street


@cache
def _parts(seed: int) -> Clip:
    rollout = street(frames=2, kinds=(Kind.CAR,))
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    lidar = (cast_lidar(rollout, NO_SCENERY, 0, 0),)
    return Clip(record(), rollout, (CAMERA,), (labels,), (drawn(labels, seed),), (), lidar)


def short_clip(folder: Path, name: str, look: int = 0, accepted: bool = True, **about) -> Path:
    """Write a clip's folder; another `look` (a seed) gives other pictures."""
    write_clip(folder / name, _parts(look))
    write_record(folder / name / "record.json", record(name, GOOD if accepted else BAD, **about))
    return folder / name


def run_folder(path: Path, *clips: str, **about) -> Path:
    """A run folder with accepted clips of these names; the family is the name before the last dash."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "run.json").write_text("{}")
    for name in clips:
        short_clip(path / "clips", name, **({"family": name.rpartition("-")[0]} | about))
    return path
