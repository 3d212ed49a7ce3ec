"""`nearmiss gc` of a dataset: files of killed merges are deleted; files that a version or running merge needs stay."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outputs.nuscenes.tables import TABLES
from outputs.nuscenes.validate import check_dataset
from outputs.versioned.fetch import fetch_version
from outputs.versioned.orphans import PART, SCENE, TABLE, delete_orphans
from outputs.versioned.scene_package import scene_name
from outputs.versioned.store import Store, open_store
from outputs.versioned.versions import latest_version, read_version, version_numbers
from pipeline.cli.main import app
from pipeline.datasets.garbage_collect import GarbageCollectionRefused, gc_dataset
from pipeline.datasets.merge import merge, merge_into
from tests.outputs.made import contents
from tests.outputs.short_clips import run_folder
from tests.pipeline.datasets.test_merge import KILLED_MERGE, ROOT, ConcurrentStore, FailingStore

NOW, LONG = timedelta(0), timedelta(days=30)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    return run_folder(tmp_path_factory.mktemp("night") / "run", "brake-0", "cross-0")


@pytest.fixture(scope="module")
def later(tmp_path_factory) -> Path:
    return run_folder(tmp_path_factory.mktemp("later") / "run", "turn-0", "cross-1", seed=1)


@pytest.fixture(params=["folder", "memory", "s3", "other"])
def place(request, tmp_path) -> str:
    """An address for a dataset; `other` is a file system of which nothing is assumed except that it can move files."""
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/datasets/cases"
    addresses = {"folder": str(tmp_path / "dataset"), "memory": f"memory://{tmp_path}", "other": f"dir://{tmp_path}/d"}
    return addresses[request.param]


@pytest.fixture(autouse=True)
def dir_is_a_protocol(monkeypatch):
    """The local disk under an fsspec protocol that the store does not know."""
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    class Somewhere(LocalFileSystem):
        protocol = "dir"

        @classmethod
        def _strip_protocol(cls, path):
            return LocalFileSystem._strip_protocol(str(path).removeprefix("dir://"))

    fsspec.register_implementation("dir", Somewhere, clobber=True)


class AgedStore(FailingStore):
    """A store in which every file from before its creation is a month old."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.began = store.now()
        if not isinstance(store, type(open_store("."))):
            time.sleep(1.1)  # times of S3 are whole seconds
        self.list_all, self.stat, self.delete = self._list_all, self._stat, self._delete

    def _old(self, one):
        return replace(one, changed=one.changed - LONG) if one.changed <= self.began else one

    def _list_all(self):
        return map(self._old, self.store.list_all())

    def _stat(self, name):
        found = self.store.stat(name)
        return found and self._old(found)

    def _delete(self, name: str, before: datetime) -> bool:
        found = self._stat(name)
        return (
            self.store.delete(name, self.began + timedelta(microseconds=1))
            if found and found.changed < before
            else not found
        )


def clips(run: Path) -> tuple[Path, ...]:
    return tuple(sorted((run / "clips").iterdir()))


def names(store: Store) -> set[str]:
    return {one.name for one in store.list_all()}


def fail_merge_at(store: Store, run: Path, at: int) -> None:
    with pytest.raises(OSError, match="No space left"):
        merge_into(FailingStore(store, at), clips(run))


def versions_complete(store: Store) -> bool:
    """Whether every file that a version names exists."""
    there = names(store)
    for number in version_numbers(store):
        version = read_version(store, number)
        rows = [
            row for table in ("sample_data", "map") for row in json.loads(store.read(f"{version.name}/{table}.json"))
        ]
        named = {row["filename"] for row in rows} | {f"{version.name}/{table}.json" for table in TABLES}
        named |= {scene_name(*scene) for scene in version.scenes.items()} | {f"{version.name}/splits.json"}
        if named - there:
            return False
    return True


@pytest.fixture(scope="module")
def count(night, later, tmp_path_factory) -> int:
    """The number of writes of a merge of `later`: files and rows of two scenes, tables, version, latest.json."""
    folder = tmp_path_factory.mktemp("counted") / "dataset"
    merge([night], str(folder))
    store = FailingStore(open_store(str(folder)))
    merge_into(store, clips(later))
    return 10**9 - store.left


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_only_old_files_of_a_failed_merge_are_deleted(place, night, later, count, share):
    store = open_store(place)
    merge([night], place)
    before = names(store)
    fail_merge_at(store, later, int(share * count))
    after = names(store)
    assert after > before
    assert delete_orphans(store).deleted == (), "the merge may be running"
    assert names(store) == after
    aged = AgedStore(store)
    planned = delete_orphans(aged, dry_run=True)
    assert names(store) == after
    gone = delete_orphans(aged)
    assert gone == planned
    assert gone.kept == ()
    assert names(store) == before
    assert sum(one.frees for one in gone.deleted) > 0 or "s3" not in place
    assert versions_complete(store)
    assert merge([later], place).added == ("cross-1", "turn-0")
    assert versions_complete(store)


def test_old_files_that_a_running_merge_uses_are_kept(place, night, later, count):
    """The merge finds files that are a month old; `gc` runs just before the merge names them in a version."""
    merge([night], place)
    store = open_store(place)
    fail_merge_at(store, later, count - 2)  # all but the link
    aged, swept = AgedStore(store), []
    merged = merge_into(ConcurrentStore(aged, lambda: swept.append(delete_orphans(aged))), clips(later))
    assert swept[0].deleted == ()
    assert {one.group.kind for one in swept[0].kept} == {SCENE, TABLE}
    assert merged.added == ("cross-1", "turn-0")
    assert versions_complete(store)


def test_a_merge_restores_files_that_were_deleted_at_its_end(night, later, count, tmp_path):
    """Worse than a real `gc`: all files are deleted after the merge touched them, without another check."""
    place = tmp_path / "dataset"
    merge([night], str(place))
    before = names(open_store(str(place)))
    fail_merge_at(open_store(str(place)), later, count - 2)
    leftovers = names(open_store(str(place))) - before

    def delete() -> None:
        for name in leftovers:
            (place / name).unlink()

    merge_into(ConcurrentStore(open_store(str(place)), delete), clips(later))
    assert versions_complete(open_store(str(place)))


def test_a_file_that_is_touched_or_named_after_the_search_is_kept(place, night, later):
    merge([night], place)
    store = open_store(place)
    fail_merge_at(store, later, 12)
    aged = AgedStore(store)
    listed = list(aged.list_all())

    def late_list():
        """The list of files from before a merge that ends now."""
        merge([later], place)
        return iter(listed)

    aged.list_all = late_list
    swept = delete_orphans(aged)
    assert swept.deleted == ()
    assert swept.kept, "the test needs candidates for deletion"
    assert versions_complete(store)


def test_concurrent_gc_and_merges_lose_nothing(night, tmp_path):
    place, stop = str(tmp_path / "dataset"), threading.Event()
    merge([night], place)
    runs = [run_folder(tmp_path / f"run-{i}", f"case-{i}") for i in range(6)]
    for run in runs:
        fail_merge_at(open_store(place), run, 3)
    aged, taken = AgedStore(open_store(place)), []

    def clean() -> None:
        while not stop.is_set():
            taken.extend(delete_orphans(aged).deleted)

    cleaner = threading.Thread(target=clean)
    with ThreadPoolExecutor(3) as executor:
        cleaner.start()
        merged = list(executor.map(lambda run: merge([run], place), runs))
        stop.set()
        cleaner.join()
    assert sorted(clip for one in merged for clip in one.added) == [f"case-{i}" for i in range(6)]
    assert versions_complete(open_store(place))


def test_a_local_store_notices_a_touch_between_the_check_and_the_deletion(tmp_path, monkeypatch):
    store = open_store(str(tmp_path))
    store.create("scenes/a", b"text")
    rename = Path.rename

    def late(path, target):
        store.touch("scenes/a")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert not store.delete("scenes/a", store.now() + LONG)
    assert store.read("scenes/a") == b"text"
    monkeypatch.undo()
    assert store.delete("scenes/a", store.now() + LONG)
    assert store.delete("scenes/a", store.now()), "deleting a missing file succeeds"
    assert names(store) == set()


def test_a_touched_file_is_young_and_unchanged(place):
    store = open_store(place)
    assert not store.touch("scenes/a")
    store.create("scenes/a", b"text")
    aged = AgedStore(store)
    assert aged.stat("scenes/a").changed < aged.began
    assert store.touch("scenes/a")
    assert aged.stat("scenes/a").changed >= aged.began
    assert store.read("scenes/a") == b"text"
    assert abs(store.now() - aged.stat("scenes/a").changed) < timedelta(minutes=1)


def test_the_age_of_a_link_to_an_old_clip_is_that_of_the_link(night, tmp_path):
    for file in night.rglob("*"):
        os.utime(file, (10**9, 10**9))
    merge([night], str(tmp_path))
    assert all(one.changed.year > 2020 for one in open_store(str(tmp_path)).list_all())
    picture = next((tmp_path / "samples").rglob("*.jpg"))
    open_store(str(tmp_path)).touch(str(picture.relative_to(tmp_path)))
    assert picture.stat().st_mtime == 10**9, "the clip in the run folder keeps its modification time"


def test_files_that_no_merge_writes_are_not_deleted(night, tmp_path):
    merge([night], str(tmp_path))
    (tmp_path / "v0009-0123abcd").mkdir()
    others = (
        "notes.txt", "scenes/mine.json.gz", "samples/CAM_FRONT/holiday.jpg", "samples/CAM_FRONT/n015__CAM_FRONT__1.jpg",
        "v1.0-mini/scene.json", "v0009-0123abcd/notes.md", "deeper/scenes/a-0123456789ab.json.gz", "maps/town.png",
        "versions/000001.json.bak", "work/.draft.0123456789ab.part", ".hidden",
    )  # fmt: skip
    for name in others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    (tmp_path / "maps" / "a-0123456789ab.png").symlink_to(tmp_path / "notes.txt")
    before = contents(tmp_path)
    ours = ("v0009-0123abcd/scene.json", "sweeps/LIDAR_TOP/c-0-0123456789ab__LIDAR_TOP__5.pcd.bin",
            "scenes/.b-0123456789ab.json.gz.0123456789ab.part", ".latest.json.0123456789ab.part",
            "samples/CAM_FRONT/c-0-0123456789ab__CAM_FRONT__5.jpg", ".parts/0123456789ab0123456789ab")  # fmt: skip
    for name in ours:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("left")
    swept = delete_orphans(AgedStore(open_store(str(tmp_path))))
    assert [one.group.kind for one in swept.deleted].count(PART) == 3
    assert {file.name for one in swept.deleted for file in one.files} == set(ours)
    assert contents(tmp_path) == before


def test_with_a_damaged_version_nothing_is_deleted(night, later, tmp_path):
    place = tmp_path / "dataset"
    merge([night], str(place))
    merge([later], str(place))
    (place / "versions" / "000001.json").write_text("{")
    before = contents(place)
    with pytest.raises(GarbageCollectionRefused, match="version 1 is damaged"):
        gc_dataset(str(place), NOW)
    assert contents(place) == before


def test_old_files_of_a_failed_first_merge_are_deleted(place, night):
    """The disk was full before there was a version."""
    store = open_store(place)
    fail_merge_at(store, night, 9)
    left = names(store)
    assert delete_orphans(store).deleted == (), "the merge may be running"
    assert names(store) == left != set()
    aged = AgedStore(store)
    assert delete_orphans(aged).kept == ()
    assert names(store) == set()
    assert merge([night], place).added == ("brake-0", "cross-0")
    assert versions_complete(store)


def test_files_of_a_first_merge_that_failed_at_any_write_are_deleted(night, tmp_path):
    at = 1
    while True:
        place = tmp_path / str(at)
        try:
            merge_into(FailingStore(open_store(str(place)), at), clips(night))
            break
        except OSError:
            if not version_numbers(open_store(str(place))):
                assert delete_orphans(AgedStore(open_store(str(place)))).deleted
                assert contents(place) == {}
                assert not any(place.iterdir()), "empty folders are deleted, too"
        at += 3
    assert at > 15


def test_a_fetched_copy_is_refused(night, tmp_path):
    version = merge([night], str(tmp_path / "set")).version
    fetch_version(open_store(str(tmp_path / "set")), version, tmp_path / "copy")
    before = contents(tmp_path / "copy")
    with pytest.raises(GarbageCollectionRefused, match="a copy made by `nearmiss fetch`"):
        gc_dataset(str(tmp_path / "copy"), NOW)
    assert contents(tmp_path / "copy") == before


@pytest.mark.parametrize("lost", ["versions/*", "versions/* latest.json"])
def test_without_the_version_files_nothing_is_deleted(night, later, tmp_path, lost):
    merge([night], str(tmp_path))
    merge([later], str(tmp_path))
    for file in (file for pattern in lost.split() for file in tmp_path.glob(pattern)):
        file.unlink()
    before = contents(tmp_path)
    with pytest.raises(GarbageCollectionRefused, match="it has had versions"):
        gc_dataset(str(tmp_path), NOW)
    assert contents(tmp_path) == before


def test_the_tables_of_a_version_without_its_version_file_are_deleted(night, later, tmp_path):
    """Deleting versions/<number>.json removes a version; its scenes stay, since the next version has them."""
    first = merge([night], str(tmp_path)).version
    merge([later], str(tmp_path))
    (tmp_path / "versions" / "000001.json").unlink()
    (gone,) = gc_dataset(str(tmp_path), NOW).deleted
    assert gone.group.name == first.name
    assert not (tmp_path / first.name).exists()
    assert check_dataset(tmp_path, latest_version(open_store(str(tmp_path))).name).sound


def test_the_command_after_a_first_merge_with_a_full_disk(night, tmp_path):
    run, place = CliRunner(), tmp_path / "dataset"
    fail_merge_at(open_store(str(place)), night, 9)
    result = run.invoke(app, ["gc", str(place)])
    assert result.exit_code == 0, result.output
    assert "if no merge is running: --older-than 0" in result.output
    result = run.invoke(app, ["gc", str(place), "--older-than", "0"])
    assert result.exit_code == 0, result.output
    assert not any(place.iterdir())


def test_the_command_after_a_killed_merge(night, later, tmp_path):
    run, place = CliRunner(), tmp_path / "dataset"
    merge([night], str(place))
    before = contents(place)
    code = [sys.executable, "-c", KILLED_MERGE, str(later), str(place), "15"]
    assert subprocess.run(code, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    left = contents(place)
    result = run.invoke(app, ["gc", str(place)])
    assert result.exit_code == 0, result.output
    assert "0.00 MiB  freed" in result.output
    assert "a running merge may need them" in result.output
    result = run.invoke(app, ["gc", str(place), "--older-than", "0", "--dry-run"])
    assert "would be freed" in result.output
    assert "of a scene that no version names" in result.output
    assert contents(place) == left
    result = run.invoke(app, ["gc", f"file://{place}", "--older-than", "0"])
    assert result.exit_code == 0, result.output
    assert contents(place) == before
    assert json.loads((place / "latest.json").read_text())["number"] == 1


def test_the_command_refuses_wrong_arguments(night, tmp_path):
    run = CliRunner()
    result = run.invoke(app, ["gc", str(tmp_path)])
    assert result.exit_code == 2
    assert "neither a run folder" in result.output
    (tmp_path / "samples").mkdir()
    result = run.invoke(app, ["gc", str(tmp_path)])
    assert result.exit_code == 2
    assert "it has no version and no files of a failed merge" in result.output
    result = run.invoke(app, ["gc", str(night), "--older-than", "3"])
    assert result.exit_code == 2
    assert "in a run folder the age of files does not matter" in " ".join(result.output.split())
    result = run.invoke(app, ["gc", "s3://KEY:hunter2@bucket/x"])
    assert result.exit_code == 2
    assert "hunter2" not in result.output
