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
    if request.param == "other":  # a file system of which nothing is assumed except that it can move files
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


def test_a_file_can_be_replaced(store):
    for content in (b"one", b"two"):
        store.replace("latest.json", content)
        assert store.read("latest.json") == content


def test_a_listing_shows_files_that_were_just_created(store):
    assert store.names("versions") == ()
    for name in ("2.json", "1.json"):
        store.create(f"versions/{name}", b"{}")
        store.create(f"versions/deeper/{name}", b"{}")
        assert name in store.names("versions")
    assert store.names("versions") == ("1.json", "2.json")


def test_reading_a_missing_file_raises(store):
    with pytest.raises(FileNotFoundError):
        store.read("nothing")


def test_of_concurrent_creations_of_a_file_exactly_one_succeeds(store):
    if not store.exclusive:
        pytest.skip("this store does not have exclusive creation")
    with ThreadPoolExecutor(8) as executor:
        for i in range(5):
            created = list(executor.map(lambda n, i=i: store.create(f"race-{i}", str(n).encode()), range(8)))
            assert sum(created) == 1
            assert store.read(f"race-{i}") == str(created.index(True)).encode()


def test_a_local_store_copies_a_source_that_it_cannot_link(tmp_path, monkeypatch):
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
def test_an_address_with_credentials_or_an_unknown_scheme_is_refused_and_not_printed(address):
    with pytest.raises(BadAddress) as refused:
        open_store(address)
    assert "hunter2" not in str(refused.value)


def test_a_large_file_is_uploaded_in_parts(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("outputs.versioned.store.LARGE", 10)
    (tmp_path / "table").write_bytes(b"row" * 100)
    store = open_store(f"{bucket}/prefix")
    assert store.create("table", tmp_path / "table")
    assert not store.create("table", tmp_path / "table")
    assert store.read("table") == b"row" * 100


class Conflicting:
    """S3 while another client writes the same name: `conflicts` errors, then the outcome `ending`."""

    def __init__(self, conflicts: int, ending: Exception | None) -> None:
        self.conflicts, self.ending = conflicts, ending

    def pipe_file(self, path: str, content: bytes, mode: str) -> None:
        self.conflicts -= 1
        if self.conflicts >= 0:
            raise OSError(5, "conflict") from RuntimeError("An error occurred (ConditionalRequestConflict)")
        if self.ending:
            raise self.ending


def test_a_conflict_is_retried_until_the_outcome_is_known(monkeypatch):
    monkeypatch.setattr("outputs.versioned.store.CONFLICT_PAUSES_S", (0.0, 0.0))
    assert Bucket(Conflicting(2, None), "b", True).create("a", b"")
    assert not Bucket(Conflicting(2, FileExistsError()), "b", True).create("a", b"")
    for files in (Conflicting(3, None), Conflicting(1, OSError(28, "full"))):
        with pytest.raises(OSError, match=r"conflict|full"):
            Bucket(files, "b", True).create("a", b"")
