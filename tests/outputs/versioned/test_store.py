"""Stores: files are created once and atomically, in a folder, in memory and in an object store."""

import os
from concurrent.futures import ThreadPoolExecutor

import fsspec
import pytest

from outputs.versioned.store import BadAddress, Bucket, LocalStore, Store, open_store


@pytest.fixture(params=["folder", "file", "memory", "s3", "other"])
def store(request, tmp_path) -> Store:
    if request.param == "s3":
        return open_store(f"{request.getfixturevalue('bucket')}/deep/prefix")
    if request.param == "other":  # a file system without any property except that it can move files
        return Bucket(fsspec.filesystem("file"), str(tmp_path), exclusive=False)
    address = {"folder": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{tmp_path.name}"}
    return open_store(address[request.param])


def test_a_file_is_created_once(store, tmp_path):
    (tmp_path / "source").write_bytes(b"third")
    assert store.create("a/b.txt", b"first")
    assert not store.create("a/b.txt", b"second")
    assert not store.create("a/b.txt", tmp_path / "source")
    assert store.read("a/b.txt") == b"first"
    assert store.create("a/c.txt", tmp_path / "source")
    assert store.read("a/c.txt") == b"third"


def test_a_file_can_be_replaced_where_that_is_meant(store):
    for content in (b"one", b"two"):
        store.replace("latest.json", content)
        assert store.read("latest.json") == content


def test_files_are_listed_as_they_are_now(store):
    assert store.names("versions") == ()
    for name in ("2.json", "1.json"):
        store.create(f"versions/{name}", b"{}")
        store.create(f"versions/deeper/{name}", b"{}")
        assert name in store.names("versions")
    assert store.names("versions") == ("1.json", "2.json")


def test_what_is_not_there_cannot_be_read(store):
    with pytest.raises(FileNotFoundError):
        store.read("nothing")


def test_of_many_who_create_a_file_at_once_one_is_told_that_it_did(store):
    if not store.exclusive:
        pytest.skip("of this kind nothing is promised")
    with ThreadPoolExecutor(8) as hands:
        for i in range(5):
            won = list(hands.map(lambda who, i=i: store.create(f"race-{i}", str(who).encode()), range(8)))
            assert sum(won) == 1
            assert store.read(f"race-{i}") == str(won.index(True)).encode()


def test_a_folder_copies_where_it_cannot_link_the_source(tmp_path, monkeypatch):
    link = os.link

    def across_disks(source, target):
        if ".part" not in str(source):
            raise OSError(18, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", across_disks)
    (tmp_path / "source").write_bytes(b"far away")
    store = LocalStore(tmp_path / "root")
    assert store.create("a", tmp_path / "source")
    assert not store.create("a", tmp_path / "source")
    assert [p.name for p in (tmp_path / "root").iterdir()] == ["a"]
    assert not os.path.samefile(tmp_path / "root" / "a", tmp_path / "source")


@pytest.mark.parametrize(
    "address",
    [
        "s3://KEY:hunter2@bucket/x",
        "https://host/x?sig=hunter2",
        "simplecache::s3://hunter2",
        "memory://",
        "wat://hunter2",
    ],
)
def test_an_address_with_credentials_or_of_an_unknown_kind_is_refused_without_repeating_it(address):
    with pytest.raises(BadAddress) as refused:
        open_store(address)
    assert "hunter2" not in str(refused.value)


def test_a_large_file_is_sent_in_parts(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("outputs.versioned.store.LARGE", 10)
    (tmp_path / "table").write_bytes(b"row" * 100)
    store = open_store(f"{bucket}/prefix")
    assert store.create("table", tmp_path / "table")
    assert not store.create("table", tmp_path / "table")
    assert store.read("table") == b"row" * 100


class Conflicting:
    """S3 during another client's put of the same name: a number of conflicts, then the outcome."""

    def __init__(self, conflicts: int, ending: Exception | None) -> None:
        self.conflicts, self.ending = conflicts, ending

    def pipe_file(self, path: str, content: bytes, mode: str) -> None:
        self.conflicts -= 1
        if self.conflicts >= 0:
            raise OSError(5, "conflict") from RuntimeError("An error occurred (ConditionalRequestConflict)")
        if self.ending:
            raise self.ending


def test_a_conflict_is_waited_out_until_it_is_known_who_came_first(monkeypatch):
    monkeypatch.setattr("outputs.versioned.store.CONFLICT_PAUSES_S", (0.0, 0.0))
    assert Bucket(Conflicting(2, None), "b", True).create("a", b"")
    assert not Bucket(Conflicting(2, FileExistsError()), "b", True).create("a", b"")
    for files in (Conflicting(3, None), Conflicting(1, OSError(28, "full"))):
        with pytest.raises(OSError, match=r"conflict|full"):
            Bucket(files, "b", True).create("a", b"")
