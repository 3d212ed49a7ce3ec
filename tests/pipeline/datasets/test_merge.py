"""Merging: no clip is lost or doubled, no file rewritten; after any failure the last version can be read."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pytest
from nuscenes import NuScenes
from nuscenes.utils.splits import get_scenes_of_split
from typer.testing import CliRunner

from outputs.clips.inventory import write_inventory
from outputs.nuscenes.splits import ALL, TRAIN, VAL, Shares, split_of
from outputs.nuscenes.validate import check_dataset
from outputs.versioned.fetch import NoSuchVersion, fetch_version, find_version
from outputs.versioned.store import Store, open_store
from outputs.versioned.versions import latest_version, read_version, version_numbers
from pipeline.cli.main import app
from pipeline.datasets.export import DatasetNotExported, export_dataset
from pipeline.datasets.merge import NotMerged, merge, merge_into
from pipeline.datasets.publish import publish_again
from pipeline.runs.run_folder import RunRefused
from tests.outputs.made import contents
from tests.outputs.nuscenes.test_detection_task import columns
from tests.outputs.short_clips import run_folder, short_clip

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Path:
    """A run of three clips of two families."""
    return run_folder(tmp_path_factory.mktemp("night") / "run", "brake-0", "brake-1", "cross-0")


@pytest.fixture(scope="session")
def later(tmp_path_factory) -> Path:
    """The run of the next night: one clip again, two new ones."""
    return run_folder(tmp_path_factory.mktemp("later") / "run", "brake-1", "turn-0", "cross-1", seed=1)


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request, tmp_path) -> str:
    """An address for a dataset."""
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/datasets/cases"
    return {"folder": str(tmp_path / "dataset"), "memory": f"memory://{tmp_path}"}[request.param]


def scenes(place: str) -> set[str]:
    version = latest_version(open_store(place))
    return set(version.scenes) if version else set()


def local_copy(place: str, to: Path, name: str | None = None) -> str:
    """Fetch a version to a folder; returns its name."""
    store = open_store(place)
    version = find_version(store, name)
    fetch_version(store, version, to)
    return version.name


def test_every_version_is_valid_in_the_devkit_and_the_second_does_not_change_the_first(place, night, later, tmp_path):
    first = merge([night], place)
    assert first.added == ("brake-0", "brake-1", "cross-0")
    local_copy(place, tmp_path / "before")
    second = merge([later], place)
    assert second.added == ("cross-1", "turn-0")
    for name, count in ((first.version.name, 3), (second.version.name, 5)):
        assert local_copy(place, tmp_path / "copy", name) == name
        report = check_dataset(tmp_path / "copy", name, ALL)
        assert report.sound, report.problems
        assert report.scenes == count
    after = contents(tmp_path / "copy")
    assert {name: after.get(name) for name in contents(tmp_path / "before")} == contents(tmp_path / "before")
    assert json.loads(open_store(place).read("latest.json")) == {"version": second.version.name, "number": 2}


def test_existing_files_are_not_written_again(night, later, tmp_path):
    merge([night], str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    merge([night, later], str(tmp_path))
    touched = {path.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert touched == {"latest.json"}


def test_merging_again_adds_nothing(place, night):
    first = merge([night], place)
    again = merge([night, night], place)
    assert again.added == ()
    assert again.version == first.version
    assert version_numbers(open_store(place)) == (1,)


def test_the_order_of_merges_does_not_change_the_content(night, later, tmp_path):
    for name, runs in (("a", [[night], [later]]), ("b", [[later, night]])):
        for together in runs:
            merge(together, str(tmp_path / name))
    a, b = (find_version(open_store(str(tmp_path / name)), None) for name in "ab")
    assert a.scenes.keys() == b.scenes.keys()
    for table in ("scene", "sample", "log"):
        names = [{row["token"] for row in json.loads((tmp_path / d / v.name / f"{table}.json").read_text())}
                 for d, v in (("a", a), ("b", b))]  # fmt: skip
        assert names[0] == names[1]


def test_the_same_clips_give_the_same_tables(night, tmp_path):
    names = [merge([night], str(tmp_path / place)).version.name for place in "ab"]
    assert names[0] == names[1]
    assert contents(tmp_path / "a" / names[0]) == contents(tmp_path / "b" / names[0])


def test_only_complete_accepted_clips_are_merged_and_a_damaged_one_is_skipped(night, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(night, run)
    short_clip(run / "rejected", "bad-0", accepted=False)
    short_clip(run / "clips", "strayed-0", accepted=False)
    short_clip(run / ".unfinished", "half-0")
    (run / "clips" / "cross-0" / "rollout.npz").write_bytes(b"not an archive")
    shutil.copytree(run / "clips" / "brake-0", run / "clips" / "renamed-0")
    merged = merge([run], str(tmp_path / "dataset"))
    assert merged.added == ("brake-0", "brake-1")
    reasons = {one.clip.name: one.reason for one in merged.left_out}
    assert set(reasons) == {"cross-0", "renamed-0", "strayed-0"}
    assert "rejected clips stay out" in reasons["strayed-0"]
    assert "its record is that of brake-0" in reasons["renamed-0"]


@pytest.mark.parametrize("name", ["frames/0000.jpg", "generated.mp4"])
def test_a_picture_that_is_cut_short_enters_no_dataset_and_is_named(night, tmp_path, name):
    run = tmp_path / "run"
    shutil.copytree(night, run)
    write_inventory(run / "clips" / "cross-0")
    (cut,) = (run / "clips" / "cross-0").glob(f"*/{name}")
    cut.write_bytes(cut.read_bytes()[:100])
    (left,) = merge([run], str(tmp_path / "dataset")).left_out
    assert left.clip.name == "cross-0" and name in left.reason
    with pytest.raises(DatasetNotExported, match=f"1 damaged clips .*cross-0.*{name}"):
        export_dataset(str(run), "nuscenes", tmp_path / "out")
    with pytest.raises(RunRefused, match=f"cross-0.*{name}"):
        publish_again(run)


def test_of_a_clip_made_twice_with_other_pictures_the_first_is_kept(night, tmp_path):
    other = run_folder(tmp_path / "other")
    short_clip(other / "clips", "brake-0", look=5, family="brake")
    first, second = str(tmp_path / "dataset"), str(tmp_path / "second")
    merge([night], first)
    assert merge([other], first).added == ()
    (theirs,) = merge([other], second).version.scenes.values()
    assert latest_version(open_store(first)).scenes["brake-0"] != theirs


def test_merging_while_the_run_makes_clips(tmp_path):
    """Clips appear by renaming, as in a run, during repeated merges: at the end each is there exactly once."""
    run, dataset = run_folder(tmp_path / "run"), str(tmp_path / "dataset")
    (run / "clips").mkdir()
    made = [f"case-{i}" for i in range(12)]

    def work() -> None:
        for name in made:
            short_clip(run / ".unfinished", name, family=name).rename(run / "clips" / name)

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        assert merge([run], dataset).left_out == ()
    worker.join()
    last = merge([run], dataset).version
    assert set(last.scenes) == set(made)
    assert check_dataset(tmp_path / "dataset", last.name).problems == ()
    store = open_store(dataset)
    chain = [set(read_version(store, number).scenes) for number in version_numbers(store)]
    assert all(before < after for before, after in pairwise(chain))


class FailingStore:
    """A store that fails at its write number `at`; a write of a name starting with `lost` is done, but raises."""

    def __init__(self, store: Store, at: int = 10**9, lost: str = "none") -> None:
        self.store, self.left, self.lost, self.lock = store, at, lost, threading.Lock()
        self.exclusive, self.read, self.names = store.exclusive, store.read, store.names
        self.list_all, self.stat, self.now = store.list_all, store.stat, store.now
        self.touch, self.delete, self.enclosing = store.touch, store.delete, store.enclosing

    def create(self, name, content):
        self._count()
        done = self.store.create(name, content)
        if name.startswith(self.lost):
            raise OSError(110, "Connection timed out")
        return done

    def replace(self, name, content):
        self._count()
        self.store.replace(name, content)

    def _count(self) -> None:
        with self.lock:
            self.left -= 1
            if self.left < 0:
                raise OSError(28, "No space left on device")


def test_a_failure_at_any_write_keeps_the_last_version_and_the_next_merge_completes(night, later, tmp_path):
    merge([night], str(tmp_path / "start"))
    before = latest_version(open_store(str(tmp_path / "start")))
    clips = tuple(sorted((later / "clips").iterdir()))
    names, at = set(), 0
    while True:
        root = tmp_path / str(at)
        shutil.copytree(tmp_path / "start", root)
        try:
            names.add(merge_into(FailingStore(open_store(str(root)), at), clips).version.name)
            break
        except OSError:
            left = latest_version(open_store(str(root)))
            assert left == before or left.number == 2
            assert NuScenes(left.name, str(root), verbose=False).scene
        names.add(merge_into(open_store(str(root)), clips).version.name)
        assert json.loads((root / "latest.json").read_text())["number"] == 2
        shutil.rmtree(root)
        at += 1
    assert at > 20
    assert len(names) == 1, "the version does not depend on the interruption"


def test_a_version_that_was_written_despite_an_error_is_not_added_twice(night, tmp_path):
    clips = tuple(sorted((night / "clips").iterdir()))
    with pytest.raises(OSError, match="timed out"):
        merge_into(FailingStore(open_store(str(tmp_path)), lost="versions/"), clips)
    assert merge_into(open_store(str(tmp_path)), clips).added == ()
    assert version_numbers(open_store(str(tmp_path))) == (1,)
    assert (tmp_path / "latest.json").is_file()


KILLED_MERGE = """
import os, sys
from pathlib import Path
from outputs.versioned.store import LocalStore, open_store
from pipeline.datasets.merge import merge
left = int(sys.argv[3])
create = LocalStore.create
def dying(self, name, content):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return create(self, name, content)
LocalStore.create = dying
merge([Path(sys.argv[1])], sys.argv[2])
"""


@pytest.mark.parametrize("moment", [1, 18, 23])
def test_a_kill_leaves_the_last_version_readable(night, later, tmp_path, moment):
    """While scenes' files are written, in the tables, and at the version file."""
    name = merge([night], str(tmp_path)).version.name
    code = [sys.executable, "-c", KILLED_MERGE, str(later), str(tmp_path), str(moment)]
    assert subprocess.run(code, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert latest_version(open_store(str(tmp_path))).name == name
    assert check_dataset(tmp_path, name).sound
    assert set(merge([later], str(tmp_path)).version.scenes) >= {"turn-0", "cross-1", "brake-0"}
    assert check_dataset(tmp_path, latest_version(open_store(str(tmp_path))).name).sound


def test_twenty_kills_at_random_moments_neither_lose_nor_double_a_clip(tmp_path):
    """Two merges run at once after each new clip, and one of them is killed."""
    processes, chance = get_context("forkserver"), random.Random(0)
    processes.set_forkserver_preload(["pipeline.datasets.merge"])
    run, other, dataset = run_folder(tmp_path / "run"), run_folder(tmp_path / "other"), str(tmp_path / "dataset")
    merge([run_folder(tmp_path / "first", "first-0")], dataset)
    processes.Process(target=len, args=((),)).start()
    killed, usual_s = 0, 60.0
    for i in range(21):  # the first is not killed: it measures the usual time
        short_clip(run / "clips", f"case-{i}", family=f"case-{i}")
        short_clip(other / "clips", f"other-{i}", family=f"other-{i}")
        killed_merge, other_merge = (processes.Process(target=merge, args=([each], dataset)) for each in (run, other))
        killed_merge.start()
        other_merge.start()
        begun = time.monotonic()
        killed_merge.join(timeout=chance.uniform(0, usual_s) if i else None)
        killed_merge.kill()
        killed_merge.join()
        killed += killed_merge.exitcode == -signal.SIGKILL
        other_merge.join()
        usual_s = time.monotonic() - begun
        assert other_merge.exitcode == 0
        assert {"first-0", f"other-{i}"} <= scenes(dataset)
    last = merge([run, other], dataset).version
    assert killed >= 5, "the test needs merges that were killed"
    assert set(last.scenes) == {"first-0", *(f"{who}-{i}" for who in ("case", "other") for i in range(21))}
    loaded = NuScenes(last.name, str(tmp_path / "dataset"), verbose=False)
    assert sorted(scene["name"] for scene in loaded.scene) == sorted(last.scenes)
    assert check_dataset(tmp_path / "dataset", last.name).problems == ()


class ConcurrentStore(FailingStore):
    """A store that runs `action` just before its first version file is written."""

    def __init__(self, store: Store, action) -> None:
        super().__init__(store)
        self.action = action

    def create(self, name, content):
        if name.startswith("versions/") and self.action:
            action, self.action = self.action, None
            action()
        return super().create(name, content)


def test_a_merge_that_comes_second_adds_to_the_first(place, night, later, tmp_path):
    store = ConcurrentStore(open_store(place), lambda: merge([later], place))
    merged = merge_into(store, tuple(sorted((night / "clips").iterdir())))
    assert merged.version.number == 2
    assert merged.added == ("brake-0", "cross-0"), "brake-1 came with the other merge"
    assert scenes(place) == {"brake-0", "brake-1", "cross-0", "turn-0", "cross-1"}
    assert check_dataset(tmp_path / "copy", local_copy(place, tmp_path / "copy")).sound
    assert json.loads(open_store(place).read("latest.json"))["number"] == 2


def test_concurrent_merges_lose_nothing(place, tmp_path):
    runs = [run_folder(tmp_path / f"run-{i}", f"case-{i}", "shared-0") for i in range(4)]
    with ThreadPoolExecutor(4) as executor:
        added = [merged.added for merged in executor.map(lambda run: merge([run], place), runs)]
    assert scenes(place) == {"shared-0", *(f"case-{i}" for i in range(4))}
    assert sorted(clip for some in added for clip in some if clip != "shared-0") == [f"case-{i}" for i in range(4)]
    assert sum("shared-0" in some for some in added) == 1
    store = open_store(place)
    assert json.loads(store.read("latest.json"))["number"] == max(version_numbers(store))


def test_the_devkit_finds_the_splits_and_a_merge_moves_no_scene(night, later, tmp_path):
    splits = []
    for run in (night, later):
        version = merge([run], str(tmp_path)).version
        loaded = NuScenes(version.name, str(tmp_path), verbose=False)
        splits.append({split: set(get_scenes_of_split(split, loaded)) for split in (TRAIN, VAL)})
        assert sum(split.scenes for split in version.splits) == len(version.scenes)
    for split in (TRAIN, VAL):
        assert splits[0][split] <= splits[1][split]
        assert all(split_of(clip.rpartition("-")[0]) == split for clip in splits[1][split])


def test_the_card_of_a_version_lists_the_absent_detection_classes(night, later, tmp_path):
    for run, count in ((night, 3), (later, 5)):
        version = merge([run], str(tmp_path)).version
        card = (tmp_path / version.name / "README.md").read_text()
        assert columns(card)[ALL]["car"] == count
        assert columns(card)[ALL]["best mAP"] == 0.1
        assert "Absent from this dataset: **truck, bus," in card


REFUSAL = "is a run folder: a dataset needs its own folder"


@pytest.mark.parametrize(
    "into", ["run", "run/dataset", "run/clips/brake-0/new", "link", "link/dataset", "out/../run/set"]
)
@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_a_dataset_in_a_run_folder_is_refused(night, later, tmp_path, into, scheme):
    """The merged run's folder or another's, under any path: the run would rewrite the dataset's files."""
    shutil.copytree(night, tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    (tmp_path / "out").mkdir()
    before = contents(tmp_path / "run")
    for run in (tmp_path / "run", later):
        with pytest.raises(NotMerged, match=REFUSAL):
            merge([run], f"{scheme}{tmp_path / into}")
    assert contents(tmp_path / "run") == before


def test_a_relative_path_into_a_run_folder_is_refused(night, tmp_path, monkeypatch):
    shutil.copytree(night, tmp_path / "run")
    (tmp_path / "run" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "run" / "deep")
    for into in (".", "..", "../set", "new/set"):
        with pytest.raises(NotMerged, match=REFUSAL):
            merge([Path("..")], into)
    assert merge([Path("..")], "../../set").added


def test_a_symbolic_link_in_a_run_folder_is_refused(night, tmp_path):
    """`run/dataset` belongs to the run, even if it is a link to another folder."""
    shutil.copytree(night, tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "dataset").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotMerged, match=REFUSAL):
        merge([tmp_path / "run"], str(tmp_path / "run" / "dataset"))
    assert merge([tmp_path / "run"], str(tmp_path / "elsewhere")).added


@pytest.mark.parametrize("below", ["", "/dataset", "/a/b"])
def test_a_dataset_in_a_run_folder_of_an_object_store_is_refused(night, request, tmp_path, below):
    for address in (f"memory://{tmp_path}/night", f"{request.getfixturevalue('bucket')}/runs/night{below[:2]}"):
        assert open_store(address).create("run.json", b"{}")
        with pytest.raises(NotMerged, match=REFUSAL):
            merge([night], f"{address}{below}")
        assert merge([night], f"{address}-set").added


def test_shares_that_differ_from_those_of_the_dataset_are_refused(night, later, tmp_path):
    merge([night], str(tmp_path), Shares(0.4, 0.1))
    with pytest.raises(NotMerged, match=r"has the shares val 0\.4, test 0\.1"):
        merge([later], str(tmp_path), Shares(0.2, 0.1))
    assert merge([later], str(tmp_path)).version.shares == Shares(0.4, 0.1)
    assert merge([later], str(tmp_path), Shares(0.4, 0.1)).added == ()


def test_credentials_are_in_no_file_and_no_message(bucket, night, tmp_path):
    version = merge([night], f"{bucket}/d").version
    local_copy(f"{bucket}/d", tmp_path)
    store = open_store(f"{bucket}/d")
    written = [*contents(tmp_path).values(), store.read("latest.json"), store.read("versions/000001.json")]
    assert version is not None
    assert not any(b"very-secret" in content or b"AKIATESTKEY" in content for content in written)
    with pytest.raises(NotMerged) as refused:
        merge([night], "s3://AKIATESTKEY:very-secret@bucket/x")
    assert "very-secret" not in str(refused.value)


def test_a_missing_bucket_is_refused_with_its_name(bucket, night):
    with pytest.raises(NotMerged, match="bucket"):
        merge([night], f"{bucket}-that-does-not-exist/d")


def test_a_folder_without_run_json_is_refused(tmp_path):
    with pytest.raises(NotMerged, match=r"no run\.json"):
        merge([tmp_path], str(tmp_path / "dataset"))
    assert merge([run_folder(tmp_path / "run")], str(tmp_path / "dataset")).version is None


def test_fetch_downloads_only_missing_files_and_none_outside_the_dataset(night, later, tmp_path):
    merge([night], str(tmp_path / "d"))
    store = open_store(str(tmp_path / "d"))
    first = find_version(store, "v0001")
    assert fetch_version(store, first, tmp_path / "copy") > 0
    assert fetch_version(store, first, tmp_path / "copy") == 0
    second = merge([later], str(tmp_path / "d")).version
    assert 0 < fetch_version(store, second, tmp_path / "copy") < fetch_version(store, second, tmp_path / "new")
    with pytest.raises(NoSuchVersion, match="v0001 to v0002"):
        find_version(store, "v0003")
    table = tmp_path / "d" / second.name / "map.json"
    table.write_text(table.read_text().replace("maps/brake-0", "maps/../../evil"))
    with pytest.raises(ValueError, match="outside the dataset"):
        fetch_version(store, second, tmp_path / "third")
    assert not (tmp_path / "third" / second.name).exists()


def test_the_commands_print_what_was_done(night, tmp_path):
    run, console = CliRunner(), {"COLUMNS": "120"}
    result = run.invoke(app, ["merge", str(night), "--into", str(tmp_path / "d"), "--val", "0.3"], env=console)
    assert result.exit_code == 0, result.output
    assert "3 scenes added; v0001-" in result.output
    assert "nearmiss_val" in result.output
    assert "30%" in result.output
    result = run.invoke(app, ["merge", str(night), "--into", str(tmp_path / "d")], env=console)
    assert "nothing new" in result.output
    result = run.invoke(app, ["fetch", str(tmp_path / "d"), "--to", str(tmp_path / "copy"), "--version", "v0001"])
    assert result.exit_code == 0, result.output
    shutil.rmtree(tmp_path / "d" / "scenes")
    broken = run_folder(tmp_path / "broken", "extra-0")
    result = run.invoke(app, ["merge", str(broken), "--into", str(tmp_path / "d")], env=console)
    assert result.exit_code == 2, result.output
    (broken / "clips" / "extra-0" / "record.json").write_text("{")
    result = run.invoke(app, ["merge", str(broken), "--into", str(tmp_path / "e")], env=console)
    assert result.exit_code == 1, result.output
    assert os.path.exists(tmp_path / "copy" / "samples")


def test_a_read_only_target_is_refused_in_plain_words(night, tmp_path, monkeypatch):
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path / "d"))

    monkeypatch.setattr("pipeline.datasets.merge.merge_into", read_only)
    with pytest.raises(NotMerged, match=r"d: Read-only file system; its last version") as refused:
        merge([night], str(tmp_path / "d"))
    assert "Errno" not in str(refused.value)
