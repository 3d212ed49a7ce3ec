"""The README that lies beside a dataset: what is in it and what its reader must know."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

_CARD = """# {count} generated driving clips in nuScenes format

Made by nearmiss (code version {versions}). Every clip passed its checks; each is one scene, log and map.

    from nuscenes import NuScenes
    NuScenes("{version}", "{place}")

* **Splits** are in `{version}/splits.json`: {splits}. All clips of one scenario, its sweep included, are in one
  split. The devkit's own names `train` and `val` mean lists inside the devkit.
* **Samples** are 2 Hz keyframes with annotations; the pictures between them are sweeps. `LIDAR_TOP` has keyframes only.
* **Annotated** is a body that a camera sees some of or that holds a LiDAR point. nuScenes' evaluation drops boxes
  without a point: those that only a camera sees, mostly beyond the LiDAR's 70 m. `num_lidar_pts` are real counts.
* **Visibility** is that in the camera which sees the body best, against bodies and scenery.
* **Attributes**: a standing vehicle is `stopped` if it moves at some time or shows brake lights, else `parked`.
* **Time** is each clip's own clock, not a date. **Maps** show the scenario's road and sidewalk; a clip made from a
  log without a map has an empty mask and keeps the log's global frame.
* Pictures are generated; boxes, poses and LiDAR come from the scene that steered them.
{attribution}"""


@runtime_checkable
class Made(Protocol):
    """What the card must know of a clip: whom to name, and the code that made it."""

    @property
    def attribution(self) -> str: ...
    @property
    def code_version(self) -> str: ...


def dataset_card(
    records: Sequence[Made], splits: dict[str, list[str]], version: str, place: str = "<this folder>"
) -> str:
    """Markdown; the same records give the same text."""
    sources = sorted({record.attribution for record in records if record.attribution})
    named = "".join(f"  * {source}\n" for source in sources)
    who = f"* **Name these** wherever you show pictures (clip by clip in `ATTRIBUTION.txt`):\n{named}" if named else ""
    return _CARD.format(
        count=len(records), version=version, place=place, versions=", ".join(sorted({r.code_version for r in records})),
        splits=", ".join(f"`{name}` ({len(scenes)})" for name, scenes in splits.items()),
        attribution=who,
    )  # fmt: skip
