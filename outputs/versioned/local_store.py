"""A store (`outputs.versioned.store`) in a local folder."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from outputs.atomic_write import beside, whole_file


@dataclass(frozen=True)
class Stored:
    """A file in a store. `frees` counts the bytes that its deletion frees: 0 if the file has other hard links.

    `changed` is by the store's clock: when the file was last written, linked under this name, or touched.
    """

    name: str
    frees: int
    changed: datetime


@dataclass(frozen=True)
class LocalStore:
    """A store on a file system with hard links: creating a link fails if the name exists."""

    root: Path
    exclusive: bool = True

    def create(self, name: str, content: bytes | Path) -> bool:
        target = self.root / name
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _linked(content, target) if isinstance(content, Path) else self._written(content, target)
        except FileNotFoundError:
            if target.parent.is_dir():
                raise
        return self.create(name, content)  # another process deleted the empty folder

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
        path = self.root / folder
        if not path.is_dir():
            return ()
        return tuple(sorted(p.name for p in path.iterdir() if p.is_file() and not p.name.startswith(".")))

    def list_all(self) -> Iterator[Stored]:
        for parent, _, names in os.walk(self.root):
            files = (self.stat(Path(parent, name).relative_to(self.root).as_posix()) for name in names)
            yield from (file for file in files if file)

    def stat(self, name: str) -> Stored | None:
        """The age is that of the inode: a new link to an old clip counts as new."""
        try:
            status = (self.root / name).lstat()
        except FileNotFoundError:
            return None
        frees = status.st_blocks * 512 if status.st_nlink == 1 else 0
        return (
            Stored(name, frees, datetime.fromtimestamp(status.st_ctime, UTC)) if stat.S_ISREG(status.st_mode) else None
        )

    def touch(self, name: str) -> bool:
        """Keeps the modification time: a clip in a run folder may be the same file."""
        try:
            os.utime(self.root / name, ns=(time.time_ns(), (self.root / name).stat().st_mtime_ns))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str, before: datetime) -> bool:
        """Renames the file first; renames it back if it was touched in the meantime."""
        path, part = self.root / name, beside(self.root / name)
        try:
            accessed_ns, file = path.lstat().st_atime_ns, self.stat(name)
            if not file or file.changed >= before:
                return not file
            path.rename(part)
            if part.lstat().st_atime_ns != accessed_ns:
                with suppress(FileExistsError):
                    os.link(part, path)
                return False
        except FileNotFoundError:
            return True
        finally:
            part.unlink(missing_ok=True)
        with suppress(OSError):  # not empty
            for folder in takewhile(lambda folder: folder != self.root, path.parents):
                folder.rmdir()
        return True

    def now(self) -> datetime:
        part = beside(self.root / "clock")
        try:
            part.touch()
            return datetime.fromtimestamp(part.lstat().st_ctime, UTC)
        finally:
            part.unlink(missing_ok=True)

    def enclosing(self, name: str) -> str | None:
        """Searches the path as written and with links resolved."""
        written, real = Path(os.path.abspath(self.root)), self.root.resolve()
        folders = (written, *written.parents, real, *real.parents)
        return next((str(folder) for folder in folders if (folder / name).is_file()), None)


def _linked(source: Path, target: Path) -> bool:
    """Link the file under another name, or copy it from another file system; False if the name exists."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # another file system, or one without hard links
        part = beside(target)
        try:
            shutil.copyfile(source, part)
            os.link(part, target)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
    return True
