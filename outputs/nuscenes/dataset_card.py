"""The README that lies beside a dataset: what is in it and what its reader must know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from outputs.nuscenes.detection_task import class_table
from outputs.nuscenes.tables import vehicle_of
from outputs.nuscenes.taxonomy import DETECTION_RANGE_M

_CARD = """# {count} generated driving clips in nuScenes format

Made by nearmiss (code version {versions}). Every clip passed its checks; each is one scene, log and map.

    from nuscenes import NuScenes
    NuScenes("{version}", "{place}")

* **Splits** are in `{version}/splits.json`: {splits}. All clips of one scenario, its sweep included, are in one
  split. The devkit's own names `train` and `val` mean lists inside the devkit.
* **Samples** are 2 Hz keyframes with annotations; the pictures between them are sweeps. `LIDAR_TOP` has keyframes only.
* **Scenes** begin and end on a keyframe. Pictures that a clip has after the last keyframe are left out: the devkit
  interpolates boxes between two keyframes. A body that the earlier one does not have is shown where the later one has
  it, in the pictures between, too.
* **Annotated** is a body that a camera sees some of or that holds a LiDAR point. nuScenes' evaluation drops boxes
  without a point: those that only a camera sees, mostly beyond the LiDAR's 70 m. `num_lidar_pts` are real counts.
* **Visibility** is that in the camera which sees the body best, against bodies and scenery.
* **Attributes**: a standing vehicle is `stopped` if it moves at some time or shows brake lights, else `parked`.
* **Time** is each clip's own clock, not a date. **Maps** show the scenario's road and sidewalk; a clip made from a
  log without a map has an empty mask and keeps the log's global frame.
* Pictures are generated; boxes, poses and LiDAR come from the scene that steered them.
* **Renderers** that drew the pictures, with `vehicle` of their logs: {renderers}.
{rigs}{attribution}
## Detection classes

{absent}

nuScenes' mAP and NDS are means over ten classes, present or not: a class without a box counts as average precision 0
and error 1. Below are the boxes that the evaluation counts (with a LiDAR point, within the class's range of the ego),
and the best that a detector without fault can score on each split. Compare class by class, or on one split; do not
compare these means with those of other datasets.

{classes}
"""


@runtime_checkable
class CardClip(Protocol):
    """What the card must know of a clip: its name, whom to name, what drew it, and the code that made it."""

    @property
    def id(self) -> str: ...
    @property
    def attribution(self) -> str: ...
    @property
    def code_version(self) -> str: ...
    @property
    def renderer(self) -> str: ...
    @property
    def rig(self) -> str: ...
    @property
    def cameras(self) -> tuple[str, ...]: ...
    @property
    def cameras_agree(self) -> bool: ...


def dataset_card(
    records: Sequence[CardClip],
    boxes: Mapping[str, Mapping[str, int]],
    splits: dict[str, list[str]],
    version: str,
    place: str = "<this folder>",
) -> str:
    """Markdown; the same records give the same text. `boxes` are those of each record's scene by detection class, as
    `outputs.nuscenes.detection_task.counted_boxes` has them."""
    sources = sorted({record.attribution for record in records if record.attribution})
    named = "".join(f"  * {source}\n" for source in sources)
    who = f"* **Name these** wherever you show pictures (clip by clip in `ATTRIBUTION.txt`):\n{named}" if named else ""
    return _CARD.format(
        count=len(records), version=version, place=place, versions=", ".join(sorted({r.code_version for r in records})),
        splits=", ".join(f"`{name}` ({len(scenes)})" for name, scenes in splits.items()),
        renderers=_renderers(records), rigs=_rigs(records), attribution=who, absent=_absent(boxes),
        classes=class_table(boxes, splits),
    )  # fmt: skip


def _renderers(records: Sequence[CardClip]) -> str:
    counts = Counter(record.renderer for record in records)
    return ", ".join(f"{name} (`{vehicle_of(name)}`) {counts[name]}" for name in sorted(counts))


def _rigs(records: Sequence[CardClip]) -> str:
    """The cameras of each rig, where a clip has another than the front camera alone."""
    rigs = {record.rig: ", ".join(f"`{camera}`" for camera in record.cameras) for record in records}
    if all(len(record.cameras) == 1 for record in records):
        return ""
    counts = Counter(record.rig for record in records)
    told = "; ".join(f"{name} ({counts[name]} clips): {rigs[name]}" for name in sorted(rigs))
    alone = sum(not record.cameras_agree for record in records)
    apart = (
        f" **In {alone} clips each camera was drawn alone**, by a generator that does not see the other pictures: what "
        "two cameras see may look different in each. Boxes, calibrations and LiDAR are the same for all."
    )
    return f"* **Cameras**: {told}.{apart if alone else ''}\n"


def _absent(boxes: Mapping[str, Mapping[str, int]]) -> str:
    present = {name for counts in boxes.values() for name in counts}
    absent = [name for name in DETECTION_RANGE_M if name not in present]
    return f"Absent from this dataset: **{', '.join(absent)}**." if absent else "All ten classes have boxes here."
