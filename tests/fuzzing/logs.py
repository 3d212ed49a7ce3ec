"""Logs in nuScenes format as inputs: a small log, written by hand, with mistakes in its tables."""

import json
import random
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from conditioning.logs.check_log import check_log
from conditioning.logs.read_log import log_pictures, read_log
from conditioning.logs.tables import LogError
from scenarios.scenario import Scenario
from tests.conditioning.log_by_hand import LogTables, hand_tables, write_pictures
from tests.conditioning.logs.situations import scenario

TABLES = tuple(hand_tables())
STRANGE: tuple[Any, ...] = (
    None, True, False, "", "x", "0", "NaN", "é\u202e", "a" * 5000, "../../etc/passwd", "/etc/passwd", "a\0b", 0, 1, -1,
    0.5, -0.0, 1e-300, 1e300, 10**30, 2**63, 10**400, float("nan"), float("inf"), -float("inf"), [], {}, [None],
    {"a": 1}, [[[[]]]], [1, 2], [1, 2, 3], [1, 2, 3, 4], [0, 0, 0, 0], [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    ["1", "2", "3"], [float("nan")] * 3, [1e200] * 4, [0.0, 0.0, 0.0], [-1, -1, -1],
)  # fmt: skip
LONGEST_LINE = 400  # characters
FAULT = re.compile(rf"  ({'|'.join(TABLES)})(, rows? .+?)?: .+; wanted .+")
NAMED = re.compile(
    rf"({'|'.join(TABLES)})\.json|tables \[.*\] are missing|keyframes in sample|no scene|CAM_FRONT/\d\d\.png"
)


@dataclass(frozen=True)
class MadeLog:
    """The tables as files, None for one that is missing, and what was done to them."""

    tables: dict[str, bytes | None]
    done: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.done)


class Inconsistent(Exception):
    """A log that was read, but not as it must be."""


def made(chance: random.Random) -> MadeLog:
    """The log with one to four mistakes in its rows, fields and files."""
    tables = hand_tables()
    done = [_mistake(tables, chance) for _ in range(chance.randint(1, 4))]
    files: dict[str, bytes | None] = {name: json.dumps(rows).encode() for name, rows in tables.items()}
    if chance.random() < 0.15:
        done.append(_damage(files, chance))
    return MadeLog(files, tuple(done))


def read(log: MadeLog) -> tuple[Scenario, ...]:
    """Read the log, its first picture, and check it as a whole; both must agree on whether it can be read."""
    asked = scenario()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "CAM_FRONT").symlink_to(_pictures() / "CAM_FRONT")
        version = root / "v1.0-hand"
        version.mkdir()
        for name, content in log.tables.items():
            if content is not None:
                (version / f"{name}.json").write_bytes(content)
        try:
            _read(root, asked)
        except LogError as refused:
            if _refused_by_tables(refused) and check_log(root).sound:
                raise Inconsistent(f"{refused}\n, but check_log has no fault") from None
            raise
        if not all(one.readable for one in check_log(root).scenes if one.name == "scene-7"):
            raise Inconsistent("read, although check_log refuses it")
    return (asked,)


def _read(root: Path, asked: Scenario) -> None:
    read = read_log(root, asked)
    rollout = read.rollout
    for name in ("t_s", "centre", "yaw_rad", "speed_mps", "acceleration_mps2", "ego_to_map", "map_to_global"):
        if not np.isfinite(getattr(rollout, name)).all():
            raise Inconsistent(f"{name} is not finite")
    if not (np.diff(rollout.t_s) > 0).all() or rollout.sizes.min() <= 0:
        raise Inconsistent("times that do not rise, or sizes of 0 and less")
    log_pictures(read, read.camera.resized(36, 64), [0])


def _refused_by_tables(refused: LogError) -> bool:
    """Whether it is the tables that were refused, not the request, a file or a picture."""
    return "cannot be read;" in str(refused)


def blamed(refused: LogError) -> str:
    """What is wrong with a refusal: it must name a table or file and what would be right, in lines that can be read."""
    head, *faults = str(refused).splitlines()
    if any(len(line) > LONGEST_LINE for line in (head, *faults)):
        return f"a line that is too long: {refused}"
    if not all(FAULT.match(line) for line in faults):
        return f"a fault without its table or what would be right: {refused}"
    return "" if faults or NAMED.search(head) else f"a refusal without a table's name: {refused}"


@lru_cache(maxsize=1)
def _pictures() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="fuzzed-logs-")
    _KEPT.append(folder)
    write_pictures(Path(folder.name))
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory] = []  # deleted at the end of the process


def _mistake(tables: LogTables, chance: random.Random) -> str:
    name = chance.choice([table for table in TABLES if tables[table]] or list(TABLES))
    rows = tables[name]
    if not rows:
        return f"{name}: already empty"
    place = chance.randrange(len(rows))
    return f"{name}[{place}]: {chance.choice(MISTAKES)(tables, rows, place, chance)}"


def _delete(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    del rows[place : place + chance.choice((1, 1, 1, 5, 100))]
    return "rows deleted"


def _duplicate(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    again = dict(rows[place]) if isinstance(rows[place], dict) else rows[place]
    if chance.random() < 0.5 and isinstance(again, dict):
        again["token"] = "again"
    rows.insert(chance.randint(0, len(rows)), again)
    return "duplicated"


def _reorder(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    chance.shuffle(rows)
    return "all rows shuffled"


def _replace(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    if not isinstance(rows[place], dict) or not rows[place]:
        return "left as it is"
    field, value = chance.choice(sorted(rows[place])), chance.choice(STRANGE)
    for row in rows if chance.random() < 0.1 else rows[place : place + 1]:
        if isinstance(row, dict):
            row[field] = value
    return f"{field} = {repr(value)[:60] if value != 10**400 else '10**400'}"


def _element(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    """One number of a position, a size, a quaternion or a matrix."""
    lists = [f for f, v in rows[place].items() if isinstance(v, list) and v] if isinstance(rows[place], dict) else []
    if not lists:
        return _replace(tables, rows, place, chance)
    field = chance.choice(sorted(lists))
    values = rows[place][field] = json.loads(json.dumps(rows[place][field]))
    values[chance.randrange(len(values))] = chance.choice([*STRANGE, 1e4, -3.0, 7.5])
    return f"an element of {field}"


def _without(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    if not isinstance(rows[place], dict) or not rows[place]:
        return "left as it is"
    field = chance.choice(sorted(rows[place]))
    del rows[place][field]
    return f"no {field}"


def _other_token(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    """A link to another row of this or another table."""
    links = (
        [f for f in rows[place] if f.endswith("token") or f in ("prev", "next")]
        if isinstance(rows[place], dict)
        else []
    )
    others = [row for row in tables[chance.choice(TABLES)] if isinstance(row, dict) and "token" in row]
    if not links or not others:
        return "left as it is"
    field = chance.choice(sorted(links))
    rows[place][field] = chance.choice(others)["token"]
    return f"{field} = {str(rows[place][field])[:60]!r}"


def _exchange(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    """The values of a field of two rows."""
    one, other = rows[place], chance.choice(rows)
    shared = sorted(set(one) & set(other)) if isinstance(one, dict) and isinstance(other, dict) else []
    if not shared:
        return "left as it is"
    field = chance.choice(shared)
    one[field], other[field] = other[field], one[field]
    return f"{field} exchanged with another row"


def _row(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    rows[place] = chance.choice(STRANGE)
    return "no mapping"


def _convert(tables: LogTables, rows: list, place: int, chance: random.Random) -> str:
    """What a whole converter does wrongly: units, orders of numbers, another origin."""
    field, change = chance.choice(CONVERTED)
    for row in rows:
        if isinstance(row, dict) and field in row:
            try:
                row[field] = change(row[field])
            except (TypeError, ValueError, IndexError, KeyError, OverflowError):
                continue  # an earlier mistake
    return f"every {field} converted"


CONVERTED: list[tuple[str, Callable[[Any], Any]]] = [
    ("timestamp", lambda t: t * 1000),
    ("timestamp", lambda t: t / 1000),
    ("timestamp", lambda t: t / 1e6),
    ("timestamp", lambda t: -t),
    ("timestamp", lambda t: t - t % 500_000),
    ("rotation", lambda q: [*q[1:], q[0]]),
    ("rotation", lambda q: [2 * v for v in q]),
    ("rotation", lambda q: [q[0], -q[3], q[1], q[2]]),
    ("size", lambda s: [s[1], s[0], s[2]]),
    ("size", lambda s: [100 * v for v in s]),
    ("translation", lambda p: [p[0], p[1], 0.0]),
    ("translation", lambda p: [1e6 + p[0], p[1], p[2]]),
    ("translation", lambda p: [p[0] / 1e3, p[1] / 1e3, p[2] / 1e3]),
    ("next", lambda _: ""),
    ("token", lambda t: t[:1]),
    ("is_key_frame", lambda k: not k),
    ("is_key_frame", int),
    ("filename", lambda f: f"/{f}"),
    ("camera_intrinsic", lambda m: [[v / 2 for v in row] for row in m]),
]
MISTAKES = (
    _delete, _duplicate, _reorder, _replace, _replace, _replace, _element, _element, _without, _other_token,
    _other_token, _exchange, _row, _convert,
)  # fmt: skip


def _damage(files: dict[str, bytes | None], chance: random.Random) -> str:
    """Cut a file, delete it, empty it, or change bytes of it."""
    name = chance.choice(TABLES)
    content = files[name] or b""
    match chance.randrange(6):
        case 0 | 1:
            files[name] = content[: chance.randrange(len(content) + 1)]
            return f"{name}: file cut"
        case 2:
            files[name] = None
            return f"{name}: file missing"
        case 3:
            files[name] = chance.choice(
                [b"", b"[]", b"{}", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 20_000, b"\0" * 99]
            )
            return f"{name}: other content"
        case 4:
            files[name] = b"[" + b"9" * 5000 + b"]"
            return f"{name}: a number of 5000 digits"
    at = chance.randrange(len(content) + 1)
    files[name] = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    return f"{name}: a byte changed"
