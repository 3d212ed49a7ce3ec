"""Text of scenario files in an author's notation: quantities with units, one actor or event per line."""

import json
import re
from collections.abc import Iterable, Sequence

_PLAIN = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9 ._/^-]*")
_TAKEN = re.compile(r"(?i)(true|false|yes|no|on|off|null|y|n|~|[0-9.eE+-]+|0[xob].*)")
_ONE_A_LINE = ("actors", "story")


def quantity_text(value: float, unit: str) -> str:
    """An SI value with its unit, rounded to a millionth."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return f"{'0' if text in ('-0', '') else text} {unit}"


def speed(mps: float) -> str:
    """A speed in km/h if that is a round number, else in m/s."""
    kmh = round(mps * 3.6, 6)
    return quantity_text(kmh, "km/h") if abs(kmh * 100 - round(kmh * 100)) < 1e-6 else quantity_text(mps, "m/s")


def as_yaml(data: dict[str, object], head: Sequence[str] = ()) -> str:
    """The text of a file, with `head` as comments above it."""
    lines = [f"# {line}".rstrip() for line in head]
    for key, value in data.items():
        if key in _ONE_A_LINE and value:
            lines.append(f"{key}:")
            assert isinstance(value, Iterable)
            items = value.items() if isinstance(value, dict) else [(None, item) for item in value]
            lines += [f"  {name}: {_flow(item)}" if name else f"  - {_flow(item)}" for name, item in items]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not _TAKEN.fullmatch(value) and not value.endswith(" ")
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
