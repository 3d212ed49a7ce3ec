"""Where compiled loops are kept from one start to the next.

numba keeps them by the file that they are written in, and does not notice when a constant or a function changes that
comes from another one. So every state of all those files has a folder of its own.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from numba import config

ROOT = Path(__file__).resolve().parent.parent
COMPILED = ("scenarios", "conditioning")
UNUSED_S = 7 * 24 * 3600.0  # after which the loops of an older state are thrown away
_IMPORT = re.compile(r"^from ((?:scenarios|conditioning)[.\w]*) import", re.MULTILINE)


def sources(root: Path = ROOT) -> tuple[Path, ...]:
    """The files that hold compiled loops, and those that these import from."""
    texts = {path: path.read_text() for folder in COMPILED for path in (root / folder).glob("*.py")}
    holding = {path: text for path, text in texts.items() if "import njit" in text and path.name != Path(__file__).name}
    imported = {root / f"{name.replace('.', '/')}.py" for text in holding.values() for name in _IMPORT.findall(text)}
    return tuple(sorted(set(holding) | (imported & set(texts))))


def state(root: Path = ROOT) -> str:
    """A name for what those files say now."""
    return sha256(b"\0".join(path.read_bytes() for path in sources(root))).hexdigest()[:16]


def keep(root: Path = ROOT) -> None:
    """Let numba keep its loops by that name, beside the code or in the user's cache; NUMBA_CACHE_DIR goes first."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    beside = root / "scenarios" / "__pycache__"
    home = beside if os.access(root / "scenarios", os.W_OK) else Path.home() / ".cache" / "nearmiss"
    place = home / f"loops-{state(root)}"
    place.mkdir(parents=True, exist_ok=True)
    os.utime(place)
    for old in _unused(home):
        shutil.rmtree(old, ignore_errors=True)
    config.CACHE_DIR = str(place)


def _unused(home: Path) -> Iterator[Path]:
    return (old for old in home.glob("loops-*") if time.time() - old.stat().st_mtime > UNUSED_S)
