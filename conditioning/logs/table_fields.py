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
WHOLE = FieldType("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool))
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


def field_faults(table: str, rows: list[Any]) -> Iterator[LogFault]:
    """Rows that are no mapping, share a token, or lack a field or hold something else in it."""
    mappings = [row for row in rows if isinstance(row, dict)]
    others = [f"number {i}" for i, row in enumerate(rows) if not isinstance(row, dict)]
    yield from faults_of("row-no-mapping", table, others, "a row that is no mapping", "a mapping of fields to values")
    yield from _same_token(table, mappings)
    for field in FIELDS[table]:
        yield from _lacking(table, field, mappings)
        yield from _mistyped(table, field, mappings)


def sound_rows(table: str, rows: list[Any]) -> dict[str, Row]:
    """The rows whose needed fields are as they must be, by token."""
    return {row["token"]: row for row in rows if isinstance(row, dict) and _is_sound(table, row)}


def has(row: Row, *names: str) -> bool:
    """Whether a row has these fields of the devkit's, each with a value of its type."""
    return all(name in row and _TYPES[name].holds(row[name]) for name in names)


def _is_sound(table: str, row: Row) -> bool:
    return all(f.name in row and f.type.holds(row[f.name]) for f in FIELDS[table] if f.needed)


def _same_token(table: str, rows: list[Row]) -> Iterator[LogFault]:
    seen: set[str] = set()
    twice = []
    for token in (row["token"] for row in rows if has(row, "token")):
        if token in seen:
            twice.append(token)
        seen.add(token)
    yield from faults_of("token-twice", table, twice, "a token that an earlier row has, too", "a token of its own")


def _lacking(table: str, field: Field, rows: list[Row]) -> Iterator[LogFault]:
    lacking = [row.get("token", f"number {i}") for i, row in enumerate(rows) if field.name not in row]
    need = "" if field.needed else ", which nuScenes' devkit needs"
    yield from faults_of(
        f"no-{field.name}", table, lacking, f"no {field.name}{need}", field.type.wanted, refused=field.needed
    )


def _mistyped(table: str, field: Field, rows: list[Row]) -> Iterator[LogFault]:
    wrong = [(i, row) for i, row in enumerate(rows) if field.name in row and not field.type.holds(row[field.name])]
    if wrong:
        names = [row.get("token", f"number {i}") if field.name != "token" else f"number {i}" for i, row in wrong]
        found = f"{field.name} is {shown(wrong[0][1][field.name])}"
        yield from faults_of(f"type-of-{field.name}", table, names, found, field.type.wanted, refused=field.needed)


_TYPES: dict[str, FieldType] = {field.name: field.type for fields in FIELDS.values() for field in fields}
