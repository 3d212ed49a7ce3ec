"""Where a dataset lies: a folder, or a prefix on any file system that fsspec knows.

A file is created once and whole: whoever comes second changes nothing and is told so. Credentials are the file
system's own affair (environment, role of the machine); an address that carries them is refused.
"""

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from outputs.whole import beside, whole_file

# Where a conditional put, or one lock around the store, lets exactly one of two creators win. Others may do so, too.
EXCLUSIVE = ("s3", "s3a", "memory")
CONFLICT = "ConditionalRequestConflict"  # S3's answer while another conditional put of the same name is under way
CONFLICT_PAUSES_S = (0.2, 1.0, 5.0)
LARGE = 2**26  # bytes; larger files are sent in parts


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
class Folder:
    """On a disk that can link files, which is how the second creator of a file is found out."""

    root: Path
    exclusive: bool = True

    def create(self, name: str, content: bytes | Path) -> bool:
        target = self.root / name
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        return _linked(content, target) if isinstance(content, Path) else self._written(content, target)

    def _written(self, content: bytes, target: Path) -> bool:
        part = beside(target)
        try:
            part.write_bytes(content)
            return _linked(part, target)
        finally:
            part.unlink(missing_ok=True)

    def replace(self, name: str, content: bytes) -> None:
        with whole_file(self.root / name) as part:
            part.write_bytes(content)

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def names(self, folder: str) -> tuple[str, ...]:
        place = self.root / folder
        if not place.is_dir():
            return ()
        return tuple(sorted(p.name for p in place.iterdir() if p.is_file() and not p.name.startswith(".")))


def _linked(source: Path, target: Path) -> bool:
    """The same file under another name, a copy from another disk; False where the name is taken."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # another disk, or a file system that cannot link
        part = beside(target)
        try:
            shutil.copyfile(source, part)
            os.link(part, target)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
    return True


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
        target, part = f"{self.root}/{name}", f".parts/{os.urandom(12).hex()}"
        if self.files.exists(target):
            return False
        self.files.makedirs(f"{self.root}/.parts", exist_ok=True)
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
