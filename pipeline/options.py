"""Options: fields of a model that the command line, the flows and the documentation use, declared once.

A field of a `StrictModel` with a description is an option, with the field's type, default, range (`Field(ge=, le=)`)
and description. Its name on the command line is the field's, unless the type has an `OptionName`.
"""

from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from pydantic.types import PathType

from outputs.strict_model import StrictModel


@dataclass(frozen=True)
class OptionName:
    """The name of a field on the command line. `off` is the help of a flag that means False; "" for others."""

    spelling: str
    off: str = ""


@dataclass(frozen=True)
class Option:
    """One option. `field` is the field's name, `kind` the type of one value, bool for a flag.

    `default` is the field's, None if it is computed when it is needed. `several`: the option may be repeated, and the
    field is a tuple. `file`: the value is an existing file. `off`: the flag means False.
    """

    field: str
    spelling: str
    kind: type
    default: Any
    help: str
    least: int | float | None
    most: int | float | None
    several: bool
    file: bool
    off: bool


def options_of(model: type[StrictModel], defaults: StrictModel | None = None) -> tuple[Option, ...]:
    """The options of a model in the order of its fields; the values of `defaults` replace those of the model."""
    return tuple(
        _option(name, field, getattr(defaults, name) if defaults else field.default)
        for name, field in model.model_fields.items()
        if field.description
    )


def _option(name: str, field: FieldInfo, default: Any) -> Option:
    kind, beside = _kind(field.annotation)
    marks = {type(mark): mark for mark in (*field.metadata, *beside)}
    named = marks.get(OptionName, OptionName("--" + name.replace("_", "-")))
    return Option(
        field=name,
        spelling=named.spelling,
        kind=kind,
        default=None if field.default_factory else default,
        help=named.off or field.description or "",
        least=marks[Ge].ge if Ge in marks else None,
        most=marks[Le].le if Le in marks else None,
        several=get_origin(field.annotation) is tuple,
        file=PathType in marks,
        off=bool(named.off),
    )


def _kind(annotation: Any) -> tuple[type, tuple[object, ...]]:
    """The type of one value, of `int | None` and `tuple[int, ...]` too, and what stands beside it (FilePath)."""
    if get_origin(annotation) is Annotated:
        kind, *beside = get_args(annotation)
        return kind, tuple(beside)
    inner = [kind for kind in get_args(annotation) if kind is not NoneType]
    return _kind(inner[0]) if inner else (annotation, ())


def words(settings: StrictModel) -> list[str]:
    """The command-line options of settings that are not the defaults."""
    told: list[str] = []
    for option in options_of(type(settings)):
        value = getattr(settings, option.field)
        if value == type(settings).model_fields[option.field].get_default(call_default_factory=True):
            continue
        if option.kind is bool:
            told.append(option.spelling)
        else:
            told += [word for one in (value if option.several else (value,)) for word in (option.spelling, _typed(one))]
    return told


def as_json(settings: StrictModel) -> dict[str, Any]:
    """The settings that are not the defaults, by field, as values of JSON."""
    return settings.model_dump(mode="json", exclude_defaults=True)


def _typed(value: object) -> str:
    """A value as it is typed: 1800, not 1800.0."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
