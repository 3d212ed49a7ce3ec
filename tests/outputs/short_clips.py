"""Clips of a keyframe and one frame more, with one car ahead: all that a dataset asks of a clip, in a tenth of a
second."""

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
def _parts(look: int) -> Clip:
    rollout = street(frames=2, kinds=(Kind.CAR,))
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    lidar = (cast_lidar(rollout, NO_SCENERY, 0, 0),)
    return Clip(record(), rollout, (CAMERA,), (labels,), (drawn(labels, look),), (), lidar)


def short_clip(folder: Path, name: str, look: int = 0, accepted: bool = True, **about) -> Path:
    """A clip's folder; another `look` has other pictures."""
    whole = _parts(look)
    write_clip(folder / name, whole)
    write_record(folder / name / "record.json", record(name, GOOD if accepted else BAD, **about))
    return folder / name


def run_folder(path: Path, *clips: str, **about) -> Path:
    """A run folder with accepted clips of these names; the family is what stands before the last dash."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "run.json").write_text("{}")
    for name in clips:
        short_clip(path / "clips", name, **({"family": name.rpartition("-")[0]} | about))
    return path
