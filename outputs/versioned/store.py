"""Where a dataset lies: a folder, or a prefix on any file system that fsspec knows.

A file is created once and whole: whoever comes second changes nothing and is told so. Credentials are the file
system's own affair (environment, role of the machine); an address that carries them is refused.
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

from outputs.versioned.local_store import Folder, Stored

# Where a conditional put, or one lock around the store, lets exactly one of two creators win. Others may do so, too.
EXCLUSIVE = ("s3", "s3a", "memory")
CONFLICT = "ConditionalRequestConflict"  # S3's answer while another conditional put of the same name is under way
CONFLICT_PAUSES_S = (0.2, 1.0, 5.0)
LARGE = 2**26  # bytes; larger files are sent in parts
AGES = ("LastModified", "last_modified", "mtime", "created")  # what fsspec's file systems call it


class BadAddress(ValueError):
    """An address that names no place for a dataset; the message says what would be right."""


@runtime_checkable
class Store(Protocol):
    """Files under one root, named by relative paths with forward slashes.

    `exclusive` says whether of two who create a file at once exactly one is told that it did.
    """

    exclusive: bool

    def create(self, name: str, content: bytes | Path) -> bool:
        """Make a file, whole or not at all; False, and nothing changed, where there is one."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all, in the place of what is there."""
        ...

    def read(self, name: str) -> bytes:
        """FileNotFoundError where there is none."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The files directly in a folder, in order; none where there is no folder."""
        ...

    def everything(self) -> Iterator[Stored]:
        """All files, hidden ones too; no links are followed. ValueError where nobody can say how old they are."""
        ...

    def look(self, name: str) -> Stored | None:
        """A file as it is now, None where there is none."""
        ...

    def renew(self, name: str) -> bool:
        """Let a file's age begin anew, its content as it was; False where there is none."""
        ...

    def take(self, name: str, before: datetime) -> bool:
        """Take a file away unless it was changed at `before` or later, and on a disk the folders that it leaves empty.

        False if it stays.
        """
        ...

    def now(self) -> datetime:
        """The store's own time, that of a file just written: this machine's clock may be wrong."""
        ...

    def enclosing(self, name: str) -> str | None:
        """The nearest folder, the root or one that it lies in, with a file of this name; None where none has one."""
        ...


@dataclass(frozen=True)
class Hold:
    """Puts files there for a version to name. One that was there already counts as new from now on, and is looked after
    once the version names it: whoever clears away leftovers at that moment may have seen it as it was before."""

    store: Store
    found: dict[str, bytes | Path] = field(default_factory=dict)

    def put(self, name: str, content: bytes | Path) -> None:
        while not self.store.create(name, content):
            if self.store.renew(name):
                self.found[name] = content
                return

    def make_sure(self) -> None:
        """Now that they are named nobody takes them away: what went in between is put back."""
        for name, content in self.found.items():
            if self.store.look(name) is None:
                self.store.create(name, content)


def open_store(address: str) -> Store:
    """A folder, or what fsspec makes of `protocol://place`. Raises `BadAddress`."""
    protocol, found, rest = address.partition("://")
    if not found:
        return Folder(Path(address))
    if "::" in address or not re.fullmatch(r"[a-z][a-z0-9+.-]*", protocol):
        raise BadAddress(f"{protocol}://...: one plain protocol is wanted, such as s3://bucket/prefix")
    if "@" in rest.split("/")[0] or "?" in rest:  # the address is not repeated: it may hold a secret
        raise BadAddress(f"{protocol}://...: no user, password or query in an address; credentials come from the "
                         "environment")  # fmt: skip
    if protocol in ("file", "local"):
        return Folder(Path(rest))
    return Bucket.at(protocol, address)


@dataclass(frozen=True)
class Bucket:
    """A prefix on an fsspec file system."""

    files: Any
    root: str
    exclusive: bool

    @classmethod
    def at(cls, protocol: str, address: str) -> "Bucket":
        """Listings are never cached: another merge may be at work. Raises `BadAddress`."""
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
        """Where a file may be seen half-written: elsewhere first. Of two at once both may believe they were first."""
        target = f"{self.root}/{name}"
        if self.files.exists(target):
            return False
        part = self._part()
        self.files.makedirs(target.rpartition("/")[0], exist_ok=True)
        self._put(part, content)
        self.files.mv(f"{self.root}/{part}", target)
        return True

    def _put(self, name: str, content: bytes | Path, **how: str) -> None:
        if isinstance(content, Path) and content.stat().st_size > LARGE:
            self.files.put_file(str(content), f"{self.root}/{name}", **how)
        else:
            small = content.read_bytes() if isinstance(content, Path) else content
            self.files.pipe_file(f"{self.root}/{name}", small, **how)

    def replace(self, name: str, content: bytes) -> None:
        self._put(name, content)

    def read(self, name: str) -> bytes:
        return self.files.cat_file(f"{self.root}/{name}")

    def names(self, folder: str) -> tuple[str, ...]:
        try:
            found = self.files.ls(f"{self.root}/{folder}", detail=True, refresh=True)
        except FileNotFoundError:
            return ()
        return tuple(sorted(one["name"].rpartition("/")[2] for one in found if one["type"] == "file"))

    def everything(self) -> Iterator[Stored]:
        for path, about in self.files.find(self.root, detail=True).items():
            yield self._stored(path.removeprefix(f"{self.root}/"), about)

    def look(self, name: str) -> Stored | None:
        try:
            return self._stored(name, self.files.info(f"{self.root}/{name}"))
        except FileNotFoundError:
            return None

    def _stored(self, name: str, about: dict[str, Any]) -> Stored:
        when = next((about[key] for key in AGES if about.get(key)), None)
        if isinstance(when, float):
            when = datetime.fromtimestamp(when, UTC)
        if not isinstance(when, datetime):
            raise ValueError(f"{name}: this kind of store does not say how old a file is")
        return Stored(name, about["size"], when if when.tzinfo else when.replace(tzinfo=UTC))

    def renew(self, name: str) -> bool:
        path = f"{self.root}/{name}"
        try:
            if hasattr(self.files, "setxattr"):  # S3: a copy onto itself, within the store
                self.files.setxattr(path, renewed=os.urandom(4).hex())
            elif self.exclusive:
                self.files.pipe_file(path, self.files.cat_file(path))
            else:
                self._put(part := self._part(), self.files.cat_file(path))
                self.files.mv(f"{self.root}/{part}", path)
        except FileNotFoundError:
            return False
        return True

    def take(self, name: str, before: datetime) -> bool:
        found = self.look(name)
        if found and found.changed < before:
            self._remove(name)
        return not found or found.changed < before

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
        """A folder that the credentials do not let us look into is taken to have none."""
        for folder in (self.root, *map(str, PurePosixPath(self.root).parents)):
            with suppress(PermissionError):
                if folder.strip("/.") and self.files.exists(f"{folder}/{name}"):
                    return self.files.unstrip_protocol(folder)
        return None

    def _part(self) -> str:
        self.files.makedirs(f"{self.root}/.parts", exist_ok=True)
        return f".parts/{os.urandom(12).hex()}"
