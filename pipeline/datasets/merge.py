"""Accepted clips of any number of run folders become the next version of one dataset.

May run while batches go on: only whole clips are taken. Any number of merges may run at once where the store can tell
which of two came first; who comes second builds its version again on top of the other's. Merging again adds nothing.
"""

import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from outputs.exporters import EXPORTERS
from outputs.nuscenes.export import NUSCENES
from outputs.nuscenes.splits import Shares
from outputs.versioned.scene_package import pack_scene, read_scene, upload_scene
from outputs.versioned.store import BadAddress, Store, Upload, open_store
from outputs.versioned.versions import Version, add_version, latest_version, point_to_latest
from pipeline.errors import UserError, refusal_of_disk
from pipeline.runs.run_folder import Run, State

HANDS = 16  # files sent at once: an object store answers many requests as fast as one


class NotMerged(UserError):
    """The dataset cannot take the clips; its last version is as it was."""


@dataclass(frozen=True)
class LeftOut:
    """A clip that could not be taken."""

    clip: Path
    reason: str


@dataclass(frozen=True)
class PlacedClip:
    """A clip whose files lie in the store, for a version to name."""

    clip: Path
    digest: str
    cameras: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """`version` is the dataset's last one, None if it has no scene at all; `added` are the clips new in it.

    `exclusive` is False for stores in which two merges at once could lose each other's version.
    """

    version: Version | None
    added: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    exclusive: bool


def merge(runs: Sequence[Path], into: str, shares: Shares | None = None, name: str = NUSCENES.name) -> Merged:
    """Add what is new in `runs` to the dataset at `into`, a folder or an address such as s3://bucket/prefix.

    `shares` are those of the splits; None keeps the dataset's, or the usual ones of a new one. `name` is that of the
    format. Raises `NotMerged`, or RegistryError for a format that there is not.
    """
    if not EXPORTERS.get(name).versions:
        held = ", ".join(one.name for one in EXPORTERS if one.versions)
        raise NotMerged(
            f"--format {name}: merged datasets are kept as {held}; `nearmiss export-dataset RUN --format {name} "
            "--out DIR` writes a run's clips"
        )
    try:
        store = open_store(into)
        _refuse_run_folder(store, into)
        return merge_into(store, tuple(_clips(runs)), shares)
    except BadAddress as error:
        raise NotMerged(f"--into {error}") from None
    except (OSError, ValueError) as error:
        told = refusal_of_disk(error) if isinstance(error, OSError) else ""
        raise NotMerged(f"{into}: {told or error}; its last version is as it was, the same command goes on") from error


def merge_into(store: Store, clips: Sequence[Path], shares: Shares | None = None) -> Merged:
    """The same for clip folders and a store that is open; what the store raises travels on."""
    placed: dict[str, PlacedClip] = {}
    left_out: dict[Path, LeftOut] = {}
    hold = Upload(store)
    with ThreadPoolExecutor(HANDS, thread_name_prefix="merge") as hands:
        while True:
            last = latest_version(store)
            wanted, known = _shares(last, shares), last.scenes if last else {}
            cameras = _cameras(store, last)
            _take_back(placed, cameras, left_out)  # of another merge that was faster
            for clip in clips:
                if clip.name not in known and clip.name not in placed and clip not in left_out:
                    _place(hold, clip, cameras, placed, left_out, hands)
                    cameras = cameras or next((one.cameras for one in placed.values()), None)
            added = {name: one.digest for name, one in placed.items() if name not in known}
            if not added or add_version(store, last, {**known, **added}, wanted, hands):
                break
        hold.restore_deleted()
        version = point_to_latest(store)
    return Merged(version, tuple(sorted(added)), tuple(left_out.values()), store.exclusive)


def _refuse_run_folder(store: Store, into: str) -> None:
    """A run rewrites and deletes what lies in its folder; what a version names must stay."""
    if run := store.enclosing("run.json"):
        raise NotMerged(f"--into {into}: {run} is a run folder: a dataset has a folder of its own, outside of it")


def _clips(runs: Sequence[Path]) -> Iterator[Path]:
    for run in runs:
        if not (run / "run.json").is_file():
            raise NotMerged(f"{run} is not a run folder: it has no run.json")
        if (run / State.ACCEPTED).is_dir():
            yield from Run(run).folders(State.ACCEPTED)


def _shares(last: Version | None, asked: Shares | None) -> Shares:
    if last is None:
        return asked or Shares()
    if asked not in (None, last.shares):
        was, now = last.shares, asked
        raise NotMerged(
            f"the dataset was begun with val {was.val:g}, test {was.test:g}; val {now.val:g}, test {now.test:g} would "
            "move scenes from one side to the other: leave the shares away, or begin another dataset"
        )
    return last.shares


def _cameras(store: Store, last: Version | None) -> tuple[str, ...] | None:
    """The cameras of a dataset's scenes, all of which have the same; None of one without a scene."""
    if last is None or not last.scenes:
        return None
    return read_scene(store, *min(last.scenes.items())).record.cameras


def _differ(cameras: tuple[str, ...], wanted: tuple[str, ...] | None) -> str:
    """Why a clip's cameras do not fit the dataset's; "" if they do. Where they are mounted may differ: every scene has
    its own calibrations."""
    if wanted is None or set(cameras) == set(wanted):
        return ""
    return (
        f"it has the cameras {', '.join(cameras)}, the dataset {', '.join(wanted)}: readers take every sample to have "
        "all channels; merge clips of another rig into a dataset of their own"
    )


def _take_back(placed: dict[str, PlacedClip], cameras: tuple[str, ...] | None, left_out: dict[Path, LeftOut]) -> None:
    for name, one in list(placed.items()):
        if why := _differ(one.cameras, cameras):
            left_out[one.clip] = LeftOut(one.clip, why)
            del placed[name]


def _place(
    hold: Upload,
    clip: Path,
    cameras: tuple[str, ...] | None,
    placed: dict[str, PlacedClip],
    left_out: dict[Path, LeftOut],
    hands: Executor,
) -> None:
    """Put a clip's files where they belong; a clip that is damaged, gone or of other `cameras` is told, and the rest go
    on."""
    try:
        packed = pack_scene(clip)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        left_out[clip] = LeftOut(clip, f"{type(error).__name__}: {' '.join(str(error).split())}")
        return
    record = packed.package.record
    if why := _differ(record.cameras, cameras):
        left_out[clip] = LeftOut(clip, why)
        return
    upload_scene(hold, packed, hands)
    placed[clip.name] = PlacedClip(clip, packed.package.digest, record.cameras)
