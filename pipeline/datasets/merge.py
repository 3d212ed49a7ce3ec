"""Merge the accepted clips of run folders into the next version of a dataset.

May run while batches run: only complete clips are taken. Several merges may run at once if the store has exclusive
creation; a merge that comes second builds its version again, based on the other one. Merging again adds nothing.
"""

import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from outputs.clips.inventory import describe_damage
from outputs.exporters import EXPORTERS
from outputs.nuscenes.export import NUSCENES
from outputs.nuscenes.splits import Shares
from outputs.versioned.scene_package import pack_scene, read_scene, upload_scene
from outputs.versioned.store import BadAddress, Store, Upload, open_store
from outputs.versioned.versions import Version, add_version, latest_version, point_to_latest
from pipeline.errors import UserError, refusal_of_disk
from pipeline.runs.run_folder import Run, State, run_instead

WORKERS = 16  # concurrent uploads: an object store answers many requests as fast as one


class NotMerged(UserError):
    """The clips cannot be merged; the dataset's last version is unchanged."""


@dataclass(frozen=True)
class SkippedClip:
    """A clip that cannot be merged."""

    clip: Path
    reason: str


@dataclass(frozen=True)
class PlacedClip:
    """A clip whose files are in the store, not yet in a version."""

    clip: Path
    digest: str
    cameras: tuple[str, ...]


@dataclass(frozen=True)
class MergeSummary:
    """`version` is the dataset's last version, None if it has no scene; `added` are the clips new in it.

    `exclusive` is False for stores in which concurrent merges may overwrite each other's version.
    """

    version: Version | None
    added: tuple[str, ...]
    left_out: tuple[SkippedClip, ...]
    exclusive: bool


def merge(runs: Sequence[Path], into: str, shares: Shares | None = None, name: str = NUSCENES.name) -> MergeSummary:
    """Add the new clips of `runs` to the dataset at `into`, a folder or an address such as s3://bucket/prefix.

    `shares` are the shares of the splits; None keeps the dataset's, or the default for a new dataset. `name` is the
    name of the format. Raises `NotMerged`, or RegistryError for an unknown format.
    """
    if not EXPORTERS.get(name).versions:
        held = ", ".join(one.name for one in EXPORTERS if one.versions)
        raise NotMerged(
            f"--format {name}: merged datasets are kept as {held}; `nearmiss export-dataset RUN --format {name} "
            "--out DIR` writes a run's clips"
        )
    try:
        store = open_store(into)
        _check_outside_runs(store, into)
        return merge_into(store, tuple(_clips(runs)), shares)
    except BadAddress as error:
        raise NotMerged(f"--into {error}") from None
    except (OSError, ValueError) as error:
        why = (refusal_of_disk(error) if isinstance(error, OSError) else "") or error
        raise NotMerged(f"{into}: {why}; its last version is unchanged, the same command continues") from error


def merge_into(store: Store, clips: Sequence[Path], shares: Shares | None = None) -> MergeSummary:
    """The same for clip folders and an open store; the store's errors are not caught."""
    placed: dict[str, PlacedClip] = {}
    left_out: dict[Path, SkippedClip] = {}
    upload = Upload(store)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="merge") as executor:
        while True:
            last = latest_version(store)
            wanted, known = _shares(last, shares), last.scenes if last else {}
            cameras = _cameras(store, last)
            _skip_other_rigs(placed, cameras, left_out)  # another merge may have been faster
            for clip in clips:
                if clip.name not in known and clip.name not in placed and clip not in left_out:
                    _add_clip(upload, clip, cameras, placed, left_out, executor)
                    cameras = cameras or next((one.cameras for one in placed.values()), None)
            added = {name: one.digest for name, one in placed.items() if name not in known}
            if not added or add_version(store, last, {**known, **added}, wanted, executor):
                break
        upload.restore_deleted()
        version = point_to_latest(store)
    return MergeSummary(version, tuple(sorted(added)), tuple(left_out.values()), store.exclusive)


def _check_outside_runs(store: Store, into: str) -> None:
    """Refuse a dataset in a run folder, since a run rewrites and deletes files in its folder."""
    if run := store.enclosing("run.json"):
        raise NotMerged(f"--into {into}: {run} is a run folder: a dataset needs its own folder, outside of it")


def _clips(runs: Sequence[Path]) -> Iterator[Path]:
    for run in runs:
        if not (run / "run.json").is_file():
            raise NotMerged(f"{run} is not a run folder: it has no run.json{run_instead(run)}")
        if (run / State.ACCEPTED).is_dir():
            yield from Run(run).folders(State.ACCEPTED)


def _shares(last: Version | None, asked: Shares | None) -> Shares:
    if last is None:
        return asked or Shares()
    if asked not in (None, last.shares):
        was, now = last.shares, asked
        raise NotMerged(
            f"the dataset has the shares val {was.val:g}, test {was.test:g}; val {now.val:g}, test {now.test:g} would "
            "move scenes between splits: leave out --val and --test, or start another dataset"
        )
    return last.shares


def _cameras(store: Store, last: Version | None) -> tuple[str, ...] | None:
    """The cameras of a dataset's scenes, which are the same for all; None without a scene."""
    if last is None or not last.scenes:
        return None
    return read_scene(store, *min(last.scenes.items())).record.cameras


def _differ(cameras: tuple[str, ...], wanted: tuple[str, ...] | None) -> str:
    """Why a clip's cameras do not fit the dataset; "" if they do. Their mounting may differ, since every scene has its
    own calibrations."""
    if wanted is None or set(cameras) == set(wanted):
        return ""
    return (
        f"it has the cameras {', '.join(cameras)}, the dataset {', '.join(wanted)}: readers expect all channels in "
        "every sample; merge clips of another rig into another dataset"
    )


def _skip_other_rigs(
    placed: dict[str, PlacedClip], cameras: tuple[str, ...] | None, left_out: dict[Path, SkippedClip]
) -> None:
    for name, one in list(placed.items()):
        if why := _differ(one.cameras, cameras):
            left_out[one.clip] = SkippedClip(one.clip, why)
            del placed[name]


def _add_clip(
    upload: Upload,
    clip: Path,
    cameras: tuple[str, ...] | None,
    placed: dict[str, PlacedClip],
    left_out: dict[Path, SkippedClip],
    executor: Executor,
) -> None:
    """Upload a clip's files; a clip that is damaged, missing or has other `cameras` is added to `left_out`."""
    if damage := describe_damage(clip):
        left_out[clip] = SkippedClip(clip, damage)
        return
    try:
        packed = pack_scene(clip)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        left_out[clip] = SkippedClip(clip, f"{type(error).__name__}: {' '.join(str(error).split())}")
        return
    record = packed.package.record
    if why := _differ(record.cameras, cameras):
        left_out[clip] = SkippedClip(clip, why)
        return
    upload_scene(upload, packed, executor)
    placed[clip.name] = PlacedClip(clip, packed.package.digest, record.cameras)
