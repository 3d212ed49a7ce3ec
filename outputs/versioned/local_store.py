"""A store (`outputs.versioned.store`) in a folder of this machine."""

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
    """A file as it lies there. `frees` counts the bytes that its removal gives back: none of one with other names.

    `changed` is by the store's own clock: when it was written, got this name or was renewed, whichever came last.
    """

    name: str
    frees: int
    changed: datetime


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
        try:
            return _linked(content, target) if isinstance(content, Path) else self._written(content, target)
        except FileNotFoundError:
            if target.parent.is_dir():
                raise
        return self.create(name, content)  # somebody took the folder away, since it was empty

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

    def everything(self) -> Iterator[Stored]:
        for at, _, names in os.walk(self.root):
            found = (self.look(Path(at, name).relative_to(self.root).as_posix()) for name in names)
            yield from (one for one in found if one)

    def look(self, name: str) -> Stored | None:
        """Its age is that of the inode: a link to a clip made long ago is as young as the link."""
        try:
            seen = (self.root / name).lstat()
        except FileNotFoundError:
            return None
        frees = seen.st_blocks * 512 if seen.st_nlink == 1 else 0
        return Stored(name, frees, datetime.fromtimestamp(seen.st_ctime, UTC)) if stat.S_ISREG(seen.st_mode) else None

    def renew(self, name: str) -> bool:
        """The time that people see stays: a clip in a run folder may be the same file."""
        try:
            os.utime(self.root / name, ns=(time.time_ns(), (self.root / name).stat().st_mtime_ns))
        except FileNotFoundError:
            return False
        return True

    def take(self, name: str, before: datetime) -> bool:
        """Moved aside first: where it was renewed while we looked, it is moved back."""
        path, part = self.root / name, beside(self.root / name)
        try:
            seen, found = path.lstat().st_atime_ns, self.look(name)
            if not found or found.changed >= before:
                return not found
            path.rename(part)
            if part.lstat().st_atime_ns != seen:
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
        """Both as the path is written and where its links lead."""
        written, real = Path(os.path.abspath(self.root)), self.root.resolve()
        folders = (written, *written.parents, real, *real.parents)
        return next((str(folder) for folder in folders if (folder / name).is_file()), None)


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
