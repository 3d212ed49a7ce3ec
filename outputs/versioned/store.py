"""The storage of a dataset: a folder, or a prefix on any file system that fsspec supports.

A file is created once and atomically; a second creation changes nothing and returns False. Credentials come from the
file system's own configuration (environment, role of the machine); an address that contains them is refused.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, runtime_checkable

from outputs.versioned.local_store import LocalStore, Stored

# Protocols with a conditional put, or one lock around the store: of two creators of a file exactly one succeeds.
EXCLUSIVE = ("s3", "s3a", "memory")
CONFLICT = "ConditionalRequestConflict"  # S3's error while another conditional put of the same name is running
CONFLICT_PAUSES_S = (0.2, 1.0, 5.0)
LARGE = 2**26  # bytes; larger files are sent in parts
AGES = ("LastModified", "last_modified", "mtime", "created")  # the keys that fsspec's file systems use for the time


class BadAddress(ValueError):
    """The address is no valid place for a dataset; the message describes a valid one."""


@runtime_checkable
class Store(Protocol):
    """Files under one root, named by relative paths with forward slashes."""

    @property
    def exclusive(self) -> bool:
        """If two clients create a file at the same time, `create` returns True to exactly one of them."""
        ...

    def create(self, name: str, content: bytes | Path) -> bool:
        """Create a file atomically; False, and no change, if it exists."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a file atomically, replacing an existing one."""
        ...

    def read(self, name: str) -> bytes:
        """The content. FileNotFoundError if there is no such file."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The files directly in a folder, in order; empty if there is no folder."""
        ...

    def list_all(self) -> Iterator[Stored]:
        """All files, including hidden ones; links are not followed. ValueError if the store has no file times."""
        ...

    def stat(self, name: str) -> Stored | None:
        """The size and age of a file now, None if there is no such file."""
        ...

    def touch(self, name: str) -> bool:
        """Set a file's age to zero without changing its content; False if there is no such file."""
        ...

    def delete(self, name: str, before: datetime) -> bool:
        """Delete `name` unless it was modified at or after `before`. Returns whether it is gone.

        A local store also deletes the folders that become empty.
        """
        ...

    def now(self) -> datetime:
        """The store's clock, read from a file just written: the local clock may be wrong."""
        ...

    def enclosing(self, name: str) -> str | None:
        """The nearest folder, the root or a parent of it, that has a file of this name; None if there is none."""
        ...


@dataclass(frozen=True)
class Upload:
    """Creates files before a version names them, and touches those that exist. `restore_deleted` must be called once
    the version names them: a garbage collection running at the same time may have read the old age of a file."""

    store: Store
    existing: dict[str, bytes | Path] = field(default_factory=dict)

    def put(self, name: str, content: bytes | Path) -> None:
        while not self.store.create(name, content):
            if self.store.touch(name):
                self.existing[name] = content
                return

    def restore_deleted(self) -> None:
        """Create again the existing files that were deleted before the version named them."""
        for name, content in self.existing.items():
            if self.store.stat(name) is None:
                self.store.create(name, content)


def open_store(address: str) -> Store:
    """A local folder, or an fsspec file system for `protocol://path`. Raises `BadAddress`."""
    protocol, separator, rest = address.partition("://")
    if not separator:
        return LocalStore(Path(address))
    if "::" in address or not re.fullmatch(r"[a-z][a-z0-9+.-]*", protocol):
        raise BadAddress(f"{protocol}://...: expected one plain protocol, such as s3://bucket/prefix")
    if "@" in rest.split("/")[0] or "?" in rest:  # the address is not repeated: it may hold a secret
        raise BadAddress(f"{protocol}://...: no user, password or query in an address; credentials come from the "
                         "environment")  # fmt: skip
    if protocol in ("file", "local"):
        return LocalStore(Path(rest))
    return Bucket.at(protocol, address)


@dataclass(frozen=True)
class Bucket:
    """A prefix on an fsspec file system."""

    files: Any
    root: str
    exclusive: bool

    @classmethod
    def at(cls, protocol: str, address: str) -> "Bucket":
        """Listings are never cached: another merge may be running. Raises `BadAddress`."""
        from fsspec.core import url_to_fs

        try:
            files, root = url_to_fs(address, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            hint = "; pip install 'nearmiss[s3]'" if protocol in ("s3", "s3a") else ""
            raise BadAddress(f"{protocol}://... cannot be opened: {error}{hint}") from None
        if not root.strip("/"):
            raise BadAddress(f"{protocol}://...: a bucket or folder must be named, such as s3://bucket/prefix")
        return cls(files, root.rstrip("/"), protocol in EXCLUSIVE)

    def create(self, name: str, content: bytes | Path) -> bool:
        if not self.exclusive:
            return self._moved(name, content)
        return self._created(name, content, CONFLICT_PAUSES_S)

    def _created(self, name: str, content: bytes | Path, pauses_s: tuple[float, ...]) -> bool:
        try:
            self._put(name, content, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            if not pauses_s or CONFLICT not in str(error.__cause__):
                raise
        else:
            return True
        time.sleep(pauses_s[0])
        return self._created(name, content, pauses_s[1:])

    def _moved(self, name: str, content: bytes | Path) -> bool:
        """Write to a temporary name and rename. Without exclusive creation two concurrent callers may both get True."""
        target = f"{self.root}/{name}"
        if self.files.exists(target):
            return False
        part = self._part()
        self.files.makedirs(target.rpartition("/")[0], exist_ok=True)
        self._put(part, content)
        self.files.mv(f"{self.root}/{part}", target)
        return True

    def _put(self, name: str, content: bytes | Path, **options: str) -> None:
        if isinstance(content, Path) and content.stat().st_size > LARGE:
            self.files.put_file(str(content), f"{self.root}/{name}", **options)
        else:
            data = content.read_bytes() if isinstance(content, Path) else content
            self.files.pipe_file(f"{self.root}/{name}", data, **options)

    def replace(self, name: str, content: bytes) -> None:
        self._put(name, content)

    def read(self, name: str) -> bytes:
        return self.files.cat_file(f"{self.root}/{name}")

    def names(self, folder: str) -> tuple[str, ...]:
        try:
            files = self.files.ls(f"{self.root}/{folder}", detail=True, refresh=True)
        except FileNotFoundError:
            return ()
        return tuple(sorted(file["name"].rpartition("/")[2] for file in files if file["type"] == "file"))

    def list_all(self) -> Iterator[Stored]:
        for path, info in self.files.find(self.root, detail=True).items():
            yield self._stored(path.removeprefix(f"{self.root}/"), info)

    def stat(self, name: str) -> Stored | None:
        try:
            return self._stored(name, self.files.info(f"{self.root}/{name}"))
        except FileNotFoundError:
            return None

    def _stored(self, name: str, info: dict[str, Any]) -> Stored:
        changed = next((info[key] for key in AGES if info.get(key)), None)
        if isinstance(changed, float):
            changed = datetime.fromtimestamp(changed, UTC)
        if not isinstance(changed, datetime):
            raise ValueError(f"{name}: this kind of store does not report file times")
        return Stored(name, info["size"], changed if changed.tzinfo else changed.replace(tzinfo=UTC))

    def touch(self, name: str) -> bool:
        path = f"{self.root}/{name}"
        try:
            if hasattr(self.files, "setxattr"):  # S3: copies the object onto itself within the store
                self.files.setxattr(path, renewed=os.urandom(4).hex())
            elif self.exclusive:
                self.files.pipe_file(path, self.files.cat_file(path))
            else:
                self._put(part := self._part(), self.files.cat_file(path))
                self.files.mv(f"{self.root}/{part}", path)
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str, before: datetime) -> bool:
        file = self.stat(name)
        if file and file.changed < before:
            self._remove(name)
        return not file or file.changed < before

    def _remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self.files.rm_file(f"{self.root}/{name}")

    def now(self) -> datetime:
        part = self._part()
        try:
            self._put(part, b"now")
            return self._stored(part, self.files.info(f"{self.root}/{part}")).changed
        finally:
            self._remove(part)

    def enclosing(self, name: str) -> str | None:
        """A folder that the credentials may not read counts as having no such file."""
        for folder in (self.root, *map(str, PurePosixPath(self.root).parents)):
            with suppress(PermissionError):
                if folder.strip("/.") and self.files.exists(f"{folder}/{name}"):
                    return self.files.unstrip_protocol(folder)
        return None

    def _part(self) -> str:
        self.files.makedirs(f"{self.root}/.parts", exist_ok=True)
        return f".parts/{os.urandom(12).hex()}"
