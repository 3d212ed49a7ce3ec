"""The base of all sections of a scenario file: closed keys, quantities with units, fault messages."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from scenarios.source.errors import SpecError, nearest, quoted
from scenarios.source.units import (
    ACCELERATION,
    ANGLE,
    LENGTH,
    SPEED,
    TIME,
    NotAQuantity,
    PhysicalQuantity,
    quantity,
    shown,
    spelling,
)


def fault(found: str, wanted: str) -> PydanticCustomError:
    """A validation error whose message is complete: what was found and what would be right."""
    return PydanticCustomError("fault", "{found}{wanted}", {"found": found, "wanted": wanted})


class Section(BaseModel):
    """A mapping of the file. Unknown keys are faults that name the nearest known key; every field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def gives(self, key: str) -> bool:
        """Whether the author wrote a value for a key, instead of leaving it to its usual value."""
        return key in self.model_fields_set

    @model_validator(mode="wrap")
    @classmethod
    def _speak(cls, value: Any, handler: Callable[[Any], "Section"]) -> "Section":
        try:
            return handler(value)
        except ValidationError as error:
            lines = [_translated(cls, line) for line in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, lines) from error


def _translated(section: type[Section], error: ErrorDetails) -> InitErrorDetails:
    found, wanted = _found_and_wanted(section, error)
    return InitErrorDetails(type=fault(found, wanted), loc=error["loc"], input=error["input"])


def _found_and_wanted(section: type[Section], error: ErrorDetails) -> tuple[str, str]:
    """The pydantic error of one field as (found, wanted)."""
    kind, loc, found = error["type"], error["loc"], quoted(error["input"])
    if kind == "fault":
        return error["ctx"]["found"], error["ctx"]["wanted"]
    if kind == "extra_forbidden":
        return "an unknown key", nearest(str(loc[-1]), _keys(section))
    if not loc:
        return found, "a mapping with keys among " + ", ".join(_keys(section))
    return "nothing" if kind == "missing" else found, _described(section, str(loc[0]))


def _keys(section: type[Section]) -> list[str]:
    return [info.alias or name for name, info in section.model_fields.items()]


def _described(section: type[Section], key: str) -> str:
    for name, info in section.model_fields.items():
        if key in (name, info.alias):
            return info.description or name
    return nearest(key, _keys(section))


def as_faults(error: ValidationError, prefix: str = "") -> list[SpecError]:
    """Every fault with its dotted path, without the names of variants (in angle brackets), which the file has not."""
    faults = []
    for line in error.errors(include_url=False):
        parts = [str(part) for part in line["loc"] if not str(part).startswith(("<", "["))]
        where = ".".join([prefix, *parts] if prefix else parts)
        found = line.get("ctx", {}).get("found", quoted(line["input"]))
        faults.append(SpecError(where, found, line.get("ctx", {}).get("wanted", line["msg"])))
    return faults


def measured(measure: PhysicalQuantity, least: float, most: float) -> BeforeValidator:
    """Reads a quantity with its unit to SI and limits its range. The JSON schema only has its notation."""

    def read(written: object) -> float:
        try:
            value = quantity(written, measure)
        except NotAQuantity as error:
            raise fault(quoted(written), error.wanted) from error
        if not least <= value <= most:
            wanted = f"{measure.article} {measure.name} from {shown(least, measure)} to {shown(most, measure)}"
            raise fault(quoted(written), wanted)
        return value

    written = Field(
        pattern=rf"^\s*{spelling(measure, signed=least < 0)}\s*$",
        examples=[measure.example],
        json_schema_extra={SI_UNIT: measure.si, "patternErrorMessage": f"wanted {measure.wanted}"},
    )
    return BeforeValidator(read, json_schema_input_type=Annotated[str, written])


SI_UNIT = "x-si-unit"  # in a JSON Schema: the unit of the default


def one_of(words: type[StrEnum], called: Mapping[str, StrEnum] = MappingProxyType({})) -> BeforeValidator:
    """Reads a word of an enumeration; `called` maps other names to it, for messages."""

    def read(written: object) -> StrEnum:
        known = [str(word) for word in words]
        if isinstance(written, str) and written in known:
            return words(written)
        if isinstance(written, str) and written in called:
            raise fault(quoted(written), f"{called[written]}, as it is called here; or one of {', '.join(known)}")
        raise fault(quoted(written), nearest(written if isinstance(written, str) else "", known))

    return BeforeValidator(read, json_schema_input_type=Literal[tuple(map(str, words))])


Extent = Annotated[float, measured(LENGTH, 0.05, 30.0)]
Place = Annotated[float, measured(LENGTH, -300.0, 300.0)]
Passed = Annotated[float, measured(LENGTH, -4000.0, 4000.0)]  # coordinates of a trajectory within the longest scenario
Gap = Annotated[float, measured(LENGTH, -30.0, 1000.0)]
Speed = Annotated[float, measured(SPEED, 0.0, 70.0)]
Rate = Annotated[float, measured(ACCELERATION, 0.1, 11.5)]
Instant = Annotated[float, measured(TIME, 0.0, 60.0)]
Lasting = Annotated[float, measured(TIME, 0.1, 60.0)]
Angle = Annotated[float, measured(ANGLE, -6.3, 6.3)]
Count = Annotated[int, Field(strict=True)]
Extents = tuple[Extent, Extent, Extent]


PathPoint = tuple[float, float, float] | tuple[float, float, float, float]


def _two_to_many(points: tuple[PathPoint, ...]) -> tuple[PathPoint, ...]:
    if not 2 <= len(points) <= MOST_POINTS:
        raise fault(f"a list of {len(points)}", f"from two to {MOST_POINTS} points [time, x, y]")
    if len({len(point) for point in points}) > 1:
        raise fault("a heading at some of the points", "a heading at every point or at none")
    return points


MOST_POINTS = 2000
_Point = Annotated[
    Annotated[tuple[Instant, Passed, Passed], Tag("<point>")]
    | Annotated[tuple[Instant, Passed, Passed, Angle], Tag("<posed>")],
    Discriminator(lambda raw: "<posed>" if isinstance(raw, list | tuple) and len(raw) == 4 else "<point>"),
]
Trajectory = Annotated[tuple[_Point, ...], AfterValidator(_two_to_many)]
