"""Compiled loops and their cache on disk.

numba caches a loop by its own file, and does not notice a changed constant or function of another file. So each state
of all these files has its own cache folder. A cached loop only saves seconds: nothing is written before a loop is
compiled, and if nothing can be written every process compiles its own loops.
"""

import logging
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache as once
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache

ROOT = Path(__file__).resolve().parents[1]
COMPILED = ("scenarios", "conditioning")
UNUSED_S = 7 * 24 * 3600.0  # after this time the loops of an older state are deleted
TOLD = "NEARMISS_LOOPS_TOLD"  # environment variable, so that child processes do not repeat the warning
_IMPORT = re.compile(r"^from ((?:scenarios|conditioning)[.\w]*) import", re.MULTILINE)
log = logging.getLogger("nearmiss")


def njit(*, cache: bool, **options: Any) -> Callable[[Callable], Callable]:
    """numba's njit; with `cache`, loops are kept in `place()` if it can be written."""

    def compiled(function: Callable) -> Callable:
        loop = numba.njit(**options)(function)
        if cache and place():
            loop._cache = _Kept(function)
        return loop

    return compiled


def sources(root: Path = ROOT) -> tuple[Path, ...]:
    """The files with compiled loops, and those that they import from."""
    texts = {path: path.read_text("utf-8") for folder in COMPILED for path in (root / folder).rglob("*.py")}
    holding = {path: text for path, text in texts.items() if "import njit" in text and path.name != Path(__file__).name}
    imported = {root / f"{name.replace('.', '/')}.py" for text in holding.values() for name in _IMPORT.findall(text)}
    return tuple(sorted(set(holding) | (imported & set(texts))))


def state(root: Path = ROOT) -> str:
    """A hash of the present content of these files."""
    return sha256(b"\0".join(path.read_bytes() for path in sources(root))).hexdigest()[:16]


@once
def place() -> Path | None:
    """The folder of this state's loops: in NUMBA_CACHE_DIR if set, else beside the code or in the user's cache.

    If none of these can be written: in the temporary folder, or nowhere (None), with one warning.
    """
    usual = [ROOT / "scenarios" / "__pycache__"]
    with suppress(RuntimeError):  # a user without a home folder
        usual.append(Path.home() / ".cache" / "nearmiss")
    given = os.environ.get("NUMBA_CACHE_DIR")
    expected = [Path(given) / "nearmiss"] if given else usual
    home = _first_writable(expected)
    if home is None:
        home = _first_writable(usual) or _temporary_home()
        _tell(expected, f"are kept in {home}" if home else "are not kept, every process compiles them anew")
    return home and home / f"loops-{state()}"


def _first_writable(homes: Iterable[Path]) -> Path | None:
    """Checked without writing: a missing folder can be made if the one above it can be written."""
    for home in homes:
        there = next(folder for folder in (home, *home.parents) if os.path.exists(folder))
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return home
    return None


def _temporary_home() -> Path | None:
    """A folder that no other user can write to, since loops are unpickled; None if that is not possible."""
    with suppress(OSError):
        home = Path(tempfile.gettempdir()) / f"nearmiss-{os.getuid()}"
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        found = home.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return home
    return None


def _tell(homes: list[Path], what: str) -> None:
    if TOLD not in os.environ:
        os.environ[TOLD] = "1"
        log.warning("%s cannot be written: compiled loops %s", " and ".join(map(str, homes)), what)


def _present() -> Path:
    """`place()` of loops that are kept: there is one."""
    folder = place()
    assert folder is not None
    return folder


class _Locator:
    """Tells numba the folder of a function's loops; the folder's name identifies the state of the files."""

    def __init__(self, function: Callable, file: str):
        self._py_file, self.line = file, function.__code__.co_firstlineno
        self.folder = _present() / Path(file).parent.name

    @classmethod
    def from_function(cls, function: Callable, file: str) -> "_Locator":
        return cls(function, file)

    def get_cache_path(self) -> str:
        return str(self.folder)

    def get_source_stamp(self) -> str:
        return _present().name

    def get_disambiguator(self) -> str:
        return str(self.line)

    def ensure_cache_path(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)


class _Located(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012 # as numba declares it


class _Kept(FunctionCache):
    """A function's cached loops; unreadable ones are compiled again, and unwritable ones are not cached."""

    _impl_class = _Located

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(OSError):
            _tidy()
            return super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _tell([self._impl.locator.folder], f"are not kept ({error.strerror})")


@once
def _tidy() -> None:
    """Mark this state's loops as used, and delete those of states that were not used for long."""
    with suppress(OSError):
        os.utime(_present())
    for old in _present().parent.glob("loops-*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > UNUSED_S:
                shutil.rmtree(old)
