"""The fields of nuScenes' tables, and rows that do not have them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conditioning.logs.log_fault import LogFault, faults_of, shown

Row = dict[str, Any]  # JSON, as the table has it
FARTHEST_M = 1e8  # larger coordinates are no place on earth, and their differences are not exact
LATEST_US = 2.0**63  # what a signed 64-bit integer has


@dataclass(frozen=True)
class FieldType:
    """What a field must hold, in words and as a test."""

    wanted: str
    holds: Callable[[object], bool]


@dataclass(frozen=True)
class Field:
    """A field of a table. `needed`: reading a log needs it; otherwise only nuScenes' devkit does."""

    name: str
    type: FieldType
    needed: bool = True


def _number(value: object, most: float = FARTHEST_M) -> bool:
    """Whether it is a finite number between -most and most; NaN compares as False."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -most < value < most


def _numbers(count: int, most: float = FARTHEST_M) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and len(value) == count and all(_number(v, most) for v in value)


def _matrix(value: object) -> bool:
    row = _numbers(3)
    return value == [] or (isinstance(value, list) and len(value) == 3 and all(map(row, value)))


TOKEN = FieldType("a token, a text that is not empty", lambda v: isinstance(v, str) and bool(v))
TEXT = FieldType("a text", lambda v: isinstance(v, str))
LINK = FieldType('a token, or "" at the end of the chain', lambda v: isinstance(v, str))
WHOLE = FieldType("a whole number below 2^31", lambda v: isinstance(v, int) and _number(v, 2.0**31))
FLAG = FieldType("true or false", lambda v: isinstance(v, bool))
LIST = FieldType("a list", lambda v: isinstance(v, list))
TIME = FieldType("microseconds, a finite number", lambda v: _number(v, LATEST_US))
PLACE = FieldType("three finite numbers, metres", _numbers(3))
TURN = FieldType("four finite numbers, the quaternion w, x, y, z", _numbers(4))
SIZE = FieldType("three finite numbers, width, length, height in metres", _numbers(3))
MATRIX = FieldType("three rows of three finite numbers, or [] of a sensor that is no camera", _matrix)

_OWN = Field("token", TOKEN)
_CHAIN = (Field("prev", LINK, False), Field("next", LINK, False))
FIELDS: dict[str, tuple[Field, ...]] = {
    "scene": (
        _OWN, Field("name", TOKEN), Field("first_sample_token", TOKEN), Field("last_sample_token", TOKEN, False),
        Field("nbr_samples", WHOLE, False), Field("log_token", TOKEN, False),
    ),
    "sample": (
        _OWN, Field("timestamp", TIME), Field("next", LINK), Field("prev", LINK, False),
        Field("scene_token", TOKEN, False),
    ),
    "sample_data": (
        _OWN, Field("sample_token", TOKEN), Field("ego_pose_token", TOKEN), Field("calibrated_sensor_token", TOKEN),
        Field("timestamp", TIME), Field("is_key_frame", FLAG), Field("filename", TOKEN), Field("width", WHOLE, False),
        Field("height", WHOLE, False), Field("fileformat", TEXT, False), *_CHAIN,
    ),
    "sample_annotation": (
        _OWN, Field("sample_token", TOKEN), Field("instance_token", TOKEN), Field("translation", PLACE),
        Field("size", SIZE), Field("rotation", TURN), Field("visibility_token", TEXT, False),
        Field("attribute_tokens", LIST, False), Field("num_lidar_pts", WHOLE, False),
        Field("num_radar_pts", WHOLE, False), *_CHAIN,
    ),
    "instance": (
        _OWN, Field("category_token", TOKEN), Field("nbr_annotations", WHOLE, False),
        Field("first_annotation_token", TOKEN, False), Field("last_annotation_token", TOKEN, False),
    ),
    "category": (_OWN, Field("name", TOKEN)),
    "ego_pose": (_OWN, Field("translation", PLACE), Field("rotation", TURN), Field("timestamp", TIME, False)),
    "calibrated_sensor": (
        _OWN, Field("sensor_token", TOKEN), Field("translation", PLACE), Field("rotation", TURN),
        Field("camera_intrinsic", MATRIX),
    ),
    "sensor": (_OWN, Field("channel", TOKEN), Field("modality", TEXT, False)),
}  # fmt: skip


@dataclass(frozen=True)
class JudgedRows:
    """A table's rows with a token, those with all needed fields as they must be, and the faults of its rows."""

    named: dict[str, Row]
    sound: dict[str, Row]
    faults: tuple[LogFault, ...]


def judge_rows(table: str, rows: list[Any]) -> JudgedRows:
    """Look at every field of every row once: real tables have millions of rows."""
    fields = [(field, field.name, field.type.holds) for field in FIELDS[table]]
    lacking: dict[Field, list[object]] = {}
    wrong: dict[Field, list[tuple[object, object]]] = {}
    named: dict[str, Row] = {}
    sound: dict[str, Row] = {}
    others, twice = [], []
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            others.append(f"number {place}")
            continue
        token, good = row.get("token"), True
        if not TOKEN.holds(token):
            token = f"number {place}"
        elif token in named:
            twice.append(token)
        for field, name, holds in fields:
            if name not in row:
                lacking.setdefault(field, []).append(token)
            elif not holds(row[name]):
                wrong.setdefault(field, []).append((token, row[name]))
            else:
                continue
            good = good and not field.needed
        if TOKEN.holds(row.get("token")):
            named[row["token"]] = row
        if good:
            sound[row["token"]] = row
    faults = (
        *faults_of("row-no-mapping", table, others, "a row that is no mapping", "a mapping of fields to values"),
        *faults_of("token-twice", table, twice, "a token that an earlier row has, too", "a token of its own"),
        *(fault for field in FIELDS[table] for fault in _lacking(table, field, lacking.get(field, []))),
        *(fault for field in FIELDS[table] for fault in _mistyped(table, field, wrong.get(field, []))),
    )
    return JudgedRows(named, sound, faults)


def has(row: Row, *names: str) -> bool:
    """Whether a row has these fields of the devkit's, each with a value of its type."""
    return all(name in row and _TYPES[name].holds(row[name]) for name in names)


def _lacking(table: str, field: Field, rows: list[object]) -> Iterator[LogFault]:
    found = f"no {field.name}{'' if field.needed else ', which the devkit needs'}"
    yield from faults_of(f"no-{field.name}", table, rows, found, field.type.wanted, refused=field.needed)


def _mistyped(table: str, field: Field, rows: list[tuple[object, object]]) -> Iterator[LogFault]:
    if rows:
        found, tokens = f"{field.name} is {shown(rows[0][1])}", [token for token, _ in rows]
        yield from faults_of(f"type-of-{field.name}", table, tokens, found, field.type.wanted, refused=field.needed)


_TYPES: dict[str, FieldType] = {field.name: field.type for fields in FIELDS.values() for field in fields}
