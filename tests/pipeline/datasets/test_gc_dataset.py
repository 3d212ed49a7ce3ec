"""`nearmiss gc` of a dataset: what killed merges left goes; what a version names, or may be about to name, stays."""

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
from pipeline.datasets.garbage_collect import NotSwept, gc_dataset
from pipeline.datasets.merge import merge, merge_into
from tests.outputs.made import contents
from tests.outputs.short_clips import run_folder
from tests.pipeline.datasets.test_merge import KILLED, ROOT, Breaking, Meanwhile

NOW, LONG = timedelta(0), timedelta(days=30)


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    return run_folder(tmp_path_factory.mktemp("night") / "run", "brake-0", "cross-0")


@pytest.fixture(scope="module")
def later(tmp_path_factory) -> Path:
    return run_folder(tmp_path_factory.mktemp("later") / "run", "turn-0", "cross-1", seed=1)


@pytest.fixture(params=["folder", "memory", "s3", "other"])
def place(request, tmp_path) -> str:
    """An address for a dataset; `other` is a file system of which nothing is known but that it can move files."""
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/datasets/cases"
    addresses = {"folder": str(tmp_path / "dataset"), "memory": f"memory://{tmp_path}", "other": f"dir://{tmp_path}/d"}
    return addresses[request.param]


@pytest.fixture(autouse=True)
def dir_is_a_protocol(monkeypatch):
    """The local disk as fsspec sees it, behind a name that means nothing to us."""
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    class Somewhere(LocalFileSystem):
        protocol = "dir"

        @classmethod
        def _strip_protocol(cls, path):
            return LocalFileSystem._strip_protocol(str(path).removeprefix("dir://"))

    fsspec.register_implementation("dir", Somewhere, clobber=True)


class Aged(Breaking):
    """A store in which everything that lay there at the beginning is a month old."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.began = store.now()
        if not isinstance(store, type(open_store("."))):
            time.sleep(1.1)  # S3 tells whole seconds
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


def killed_at(store: Store, run: Path, at: int) -> None:
    with pytest.raises(OSError, match="No space left"):
        merge_into(Breaking(store, at), clips(run))


def sound(store: Store) -> bool:
    """Whether everything that the versions name is there."""
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
    """The writes of a merge of `later`: files and rows of two scenes, tables, link, latest.json."""
    folder = tmp_path_factory.mktemp("counted") / "dataset"
    merge([night], str(folder))
    store = Breaking(open_store(str(folder)))
    merge_into(store, clips(later))
    return 10**9 - store.left


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_what_a_merge_left_goes_when_it_is_old_and_nothing_else_does(place, night, later, count, share):
    store = open_store(place)
    merge([night], place)
    before = names(store)
    killed_at(store, later, int(share * count))
    after = names(store)
    assert after > before
    assert delete_orphans(store).deleted == (), "the merge may be alive"
    assert names(store) == after
    aged = Aged(store)
    told = delete_orphans(aged, dry_run=True)
    assert names(store) == after
    gone = delete_orphans(aged)
    assert gone == told
    assert gone.kept == ()
    assert names(store) == before
    assert sum(one.frees for one in gone.deleted) > 0 or "s3" not in place
    assert sound(store)
    assert merge([later], place).added == ("cross-1", "turn-0")
    assert sound(store)


def test_a_merge_that_finds_old_leftovers_keeps_them(place, night, later, count):
    """It began when they were a month old already, and is overtaken by `gc` right before it names them."""
    merge([night], place)
    store = open_store(place)
    killed_at(store, later, count - 2)  # all but the link
    aged, swept = Aged(store), []
    merged = merge_into(Meanwhile(aged, lambda: swept.append(delete_orphans(aged))), clips(later))
    assert swept[0].deleted == ()
    assert {one.group.kind for one in swept[0].kept} == {SCENE, TABLE}
    assert merged.added == ("cross-1", "turn-0")
    assert sound(store)


def test_what_went_at_the_very_moment_is_put_back(night, later, count, tmp_path):
    """A `gc` that had looked before the merge renewed the files, and takes them only now: worse than can be."""
    place = tmp_path / "dataset"
    merge([night], str(place))
    before = names(open_store(str(place)))
    killed_at(open_store(str(place)), later, count - 2)
    doomed = names(open_store(str(place))) - before

    def take() -> None:
        for name in doomed:
            (place / name).unlink()

    merge_into(Meanwhile(open_store(str(place)), take), clips(later))
    assert sound(open_store(str(place)))


def test_what_is_renewed_or_named_after_it_was_found_stays(place, night, later):
    merge([night], place)
    store = open_store(place)
    killed_at(store, later, 12)
    aged = Aged(store)
    listed = list(aged.list_all())

    def overtaken():
        """What `gc` saw; a merge ends before it goes on."""
        merge([later], place)
        return iter(listed)

    aged.list_all = overtaken
    swept = delete_orphans(aged)
    assert swept.deleted == ()
    assert swept.kept, "or nothing was tried"
    assert sound(store)


def test_gc_and_merges_at_once_lose_nothing(night, tmp_path):
    place, stop = str(tmp_path / "dataset"), threading.Event()
    merge([night], place)
    runs = [run_folder(tmp_path / f"run-{i}", f"case-{i}") for i in range(6)]
    for run in runs:
        killed_at(open_store(place), run, 3)
    aged, taken = Aged(open_store(place)), []

    def clean() -> None:
        while not stop.is_set():
            taken.extend(delete_orphans(aged).deleted)

    cleaner = threading.Thread(target=clean)
    with ThreadPoolExecutor(3) as hands:
        cleaner.start()
        merged = list(hands.map(lambda run: merge([run], place), runs))
        stop.set()
        cleaner.join()
    assert sorted(clip for one in merged for clip in one.added) == [f"case-{i}" for i in range(6)]
    assert sound(open_store(place))


def test_a_folder_s_renewal_is_seen_between_the_look_and_the_removal(tmp_path, monkeypatch):
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
    assert store.delete("scenes/a", store.now()), "it is gone"
    assert names(store) == set()


def test_a_renewed_file_is_young_and_as_it_was(place):
    store = open_store(place)
    assert not store.touch("scenes/a")
    store.create("scenes/a", b"text")
    aged = Aged(store)
    assert aged.stat("scenes/a").changed < aged.began
    assert store.touch("scenes/a")
    assert aged.stat("scenes/a").changed >= aged.began
    assert store.read("scenes/a") == b"text"
    assert abs(store.now() - aged.stat("scenes/a").changed) < timedelta(minutes=1)


def test_a_link_to_an_old_clip_is_as_young_as_the_link(night, tmp_path):
    for file in night.rglob("*"):
        os.utime(file, (10**9, 10**9))
    merge([night], str(tmp_path))
    assert all(one.changed.year > 2020 for one in open_store(str(tmp_path)).list_all())
    picture = next((tmp_path / "samples").rglob("*.jpg"))
    open_store(str(tmp_path)).touch(str(picture.relative_to(tmp_path)))
    assert picture.stat().st_mtime == 10**9, "people's own clips keep their dates"


def test_what_is_not_ours_is_not_touched(night, tmp_path):
    merge([night], str(tmp_path))
    (tmp_path / "v0009-0123abcd").mkdir()
    strangers = (
        "notes.txt", "scenes/mine.json.gz", "samples/CAM_FRONT/holiday.jpg", "samples/CAM_FRONT/n015__CAM_FRONT__1.jpg",
        "v1.0-mini/scene.json", "v0009-0123abcd/notes.md", "deeper/scenes/a-0123456789ab.json.gz", "maps/town.png",
        "versions/000001.json.bak", "work/.draft.0123456789ab.part", ".hidden",
    )  # fmt: skip
    for name in strangers:
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
    swept = delete_orphans(Aged(open_store(str(tmp_path))))
    assert [one.group.kind for one in swept.deleted].count(PART) == 3
    assert {file.name for one in swept.deleted for file in one.files} == set(ours)
    assert contents(tmp_path) == before


def test_where_nobody_can_say_what_is_in_use_nothing_goes(night, later, tmp_path):
    place = tmp_path / "dataset"
    merge([night], str(place))
    merge([later], str(place))
    (place / "versions" / "000001.json").write_text("{")
    before = contents(place)
    with pytest.raises(NotSwept, match="version 1 is damaged"):
        gc_dataset(str(place), NOW)
    assert contents(place) == before


def test_what_a_first_merge_left_goes_when_it_is_old(place, night):
    """It ran out of disk before there was a version at all."""
    store = open_store(place)
    killed_at(store, night, 9)
    left = names(store)
    assert delete_orphans(store).deleted == (), "the merge may be alive"
    assert names(store) == left != set()
    aged = Aged(store)
    assert delete_orphans(aged).kept == ()
    assert names(store) == set()
    assert merge([night], place).added == ("brake-0", "cross-0")
    assert sound(store)


def test_at_whatever_write_a_first_merge_died_its_leftovers_go(night, tmp_path):
    at = 1
    while True:
        place = tmp_path / str(at)
        try:
            merge_into(Breaking(open_store(str(place)), at), clips(night))
            break
        except OSError:
            if not version_numbers(open_store(str(place))):
                assert delete_orphans(Aged(open_store(str(place)))).deleted
                assert contents(place) == {}
                assert not any(place.iterdir()), "nor are empty folders left"
        at += 3
    assert at > 15


def test_a_fetched_copy_is_nothing_that_a_merge_left(night, tmp_path):
    version = merge([night], str(tmp_path / "set")).version
    fetch_version(open_store(str(tmp_path / "set")), version, tmp_path / "copy")
    before = contents(tmp_path / "copy")
    with pytest.raises(NotSwept, match="a copy made by `nearmiss fetch`"):
        gc_dataset(str(tmp_path / "copy"), NOW)
    assert contents(tmp_path / "copy") == before


@pytest.mark.parametrize("lost", ["versions/*", "versions/* latest.json"])
def test_where_the_versions_are_lost_nothing_goes(night, later, tmp_path, lost):
    merge([night], str(tmp_path))
    merge([later], str(tmp_path))
    for file in (file for pattern in lost.split() for file in tmp_path.glob(pattern)):
        file.unlink()
    before = contents(tmp_path)
    with pytest.raises(NotSwept, match="it has had versions"):
        gc_dataset(str(tmp_path), NOW)
    assert contents(tmp_path) == before


def test_the_link_decides_not_the_folder(night, later, tmp_path):
    """Of a version whose link was deleted, as the documentation says, the tables go; its scenes are in the next one."""
    first = merge([night], str(tmp_path)).version
    merge([later], str(tmp_path))
    (tmp_path / "versions" / "000001.json").unlink()
    (gone,) = gc_dataset(str(tmp_path), NOW).deleted
    assert gone.group.name == first.name
    assert not (tmp_path / first.name).exists()
    assert check_dataset(tmp_path, latest_version(open_store(str(tmp_path))).name).sound


def test_the_command_after_a_first_merge_that_ran_out_of_disk(night, tmp_path):
    run, place = CliRunner(), tmp_path / "dataset"
    killed_at(open_store(str(place)), night, 9)
    told = run.invoke(app, ["gc", str(place)])
    assert told.exit_code == 0, told.output
    assert "if none is at work: --older-than 0" in told.output
    told = run.invoke(app, ["gc", str(place), "--older-than", "0"])
    assert told.exit_code == 0, told.output
    assert not any(place.iterdir())


def test_the_command_after_a_kill(night, later, tmp_path):
    run, place = CliRunner(), tmp_path / "dataset"
    merge([night], str(place))
    before = contents(place)
    code = [sys.executable, "-c", KILLED, str(later), str(place), "15"]
    assert subprocess.run(code, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    left = contents(place)
    told = run.invoke(app, ["gc", str(place)])
    assert told.exit_code == 0, told.output
    assert "0.00 MiB  freed" in told.output
    assert "a merge may be about to name it" in told.output
    told = run.invoke(app, ["gc", str(place), "--older-than", "0", "--dry-run"])
    assert "would be freed" in told.output
    assert "of a scene that no version names" in told.output
    assert contents(place) == left
    told = run.invoke(app, ["gc", f"file://{place}", "--older-than", "0"])
    assert told.exit_code == 0, told.output
    assert contents(place) == before
    assert json.loads((place / "latest.json").read_text())["number"] == 1


def test_the_command_says_what_it_takes(night, tmp_path):
    run = CliRunner()
    told = run.invoke(app, ["gc", str(tmp_path)])
    assert told.exit_code == 2
    assert "neither a run folder" in told.output
    (tmp_path / "samples").mkdir()
    told = run.invoke(app, ["gc", str(tmp_path)])
    assert told.exit_code == 2
    assert "it has no version and no files of a failed merge" in told.output
    told = run.invoke(app, ["gc", str(night), "--older-than", "3"])
    assert told.exit_code == 2
    assert "age plays no part" in told.output
    told = run.invoke(app, ["gc", "s3://KEY:hunter2@bucket/x"])
    assert told.exit_code == 2
    assert "hunter2" not in told.output
