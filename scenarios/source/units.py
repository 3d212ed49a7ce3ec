"""Converts quantities with units, as authors write them, to SI floats.

The unit registry is closed: only the units defined below exist, without prefixes, and only text of the form
"number unit" or "number unit/unit^power" reaches pint, so nothing is ever evaluated.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import pint
from pint.util import UnitsContainer

LONGEST = 48  # characters of a quantity
LARGEST = 1e6  # in SI units; nothing in a clip is larger
_NUMBER = r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?"
_WORD = r"[A-Za-z°]{1,12}"
_POWER = r"(?:\^[23]|[²³]|\*\*[23]|2)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*({_WORD}{_POWER}(?:\s*/\s*{_WORD}{_POWER}){{0,2}})")
_BARE = re.compile(_NUMBER)

_DEFINITIONS = (
    "meter = [length] = m = metre = meters = metres",
    "kilometer = 1000 * meter = km = kilometre = kilometers = kilometres",
    "centimeter = 0.01 * meter = cm = centimetre = centimeters = centimetres",
    "millimeter = 0.001 * meter = mm = millimetre = millimeters = millimetres",
    "foot = 0.3048 * meter = ft = feet",
    "mile = 1609.344 * meter = miles",
    "second = [time] = s = sec = seconds",
    "millisecond = 0.001 * second = ms = milliseconds",
    "minute = 60 * second = min = minutes",
    "hour = 3600 * second = h = hours",
    "radian = [angle] = rad = radians",
    "degree = 0.017453292519943295 * radian = deg = degrees = °",
    "square_second = second ** 2 = s2",  # a common notation of m/s2
    "kph = 1000 * meter / hour = kmh",
    "mph = 1609.344 * meter / hour",
    "g = 9.80665 * meter / second**2",  # standard gravity: brake rates are often given in g
)


def _closed_registry() -> pint.UnitRegistry:
    registry: pint.UnitRegistry = pint.UnitRegistry(None, autoconvert_offset_to_baseunit=False)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


_REGISTRY = _closed_registry()


@dataclass(frozen=True)
class PhysicalQuantity:
    """A physical quantity: its SI unit, and the units and the example in messages."""

    name: str
    si: str
    fits: str
    example: str

    @property
    def article(self) -> str:
        return "an" if self.name[0] == "a" else "a"

    @property
    def wanted(self) -> str:
        return f"{self.article} {self.name} with its unit ({self.fits}), such as {self.example}"


LENGTH = PhysicalQuantity("length", "m", "m, cm, km, ft", "12 m")
TIME = PhysicalQuantity("time", "s", "s, ms, min", "1.5 s")
SPEED = PhysicalQuantity("speed", "m/s", "km/h, m/s, mph", "50 km/h")
ACCELERATION = PhysicalQuantity("acceleration", "m/s^2", "m/s^2, g", "6 m/s^2")
ANGLE = PhysicalQuantity("angle", "rad", "deg, rad", "90 deg")
MEASURES = (LENGTH, TIME, SPEED, ACCELERATION, ANGLE)
_DIMENSION = {measure: _REGISTRY.parse_units(measure.si).dimensionality for measure in MEASURES}


NO_DIMENSION = UnitsContainer()


@dataclass(frozen=True)
class Amount:
    """A value in SI with its dimension, for arithmetic between quantities."""

    si: float
    dimension: UnitsContainer = NO_DIMENSION


class NotAQuantity(ValueError):
    """Text that is not the requested quantity; `wanted` states what would be."""

    def __init__(self, wanted: str):
        self.wanted = wanted
        super().__init__(wanted)


def quantity(written: object, measure: PhysicalQuantity) -> float:
    """SI value of `written`, such as "50 km/h"; raises NotAQuantity if it is not a `measure`."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise NotAQuantity(measure.wanted)
    if not isinstance(written, str) or _BARE.fullmatch(written.strip()):
        raise NotAQuantity(f"{measure.wanted}: a bare number has no unit")
    value, found = _read(written, measure)
    if found is not measure:
        raise NotAQuantity(f"{measure.wanted}: this is {_named(found)}")
    return value


def measure_of(written: str) -> PhysicalQuantity | None:
    """The kind of a quantity; None if the language has no such kind."""
    try:
        return _read(written, LENGTH)[1]
    except NotAQuantity:
        return None


def amount(written: str) -> Amount:
    """A quantity of any dimension in SI; raises NotAQuantity for other text."""
    try:
        return _in_si(written)
    except pint.UndefinedUnitError as error:
        raise NotAQuantity(f"a quantity: there is no unit {error.unit_names[0]}") from error


def kind_of(dimension: UnitsContainer) -> str:
    """A dimension in words: 'a speed', 'a number', or its units."""
    if not dimension:
        return "a number"
    kinds = [m for m in MEASURES if _DIMENSION[m] == dimension]
    return f"{kinds[0].article} {kinds[0].name}" if kinds else f"a quantity of {dimension}"


def _read(written: str, measure: PhysicalQuantity) -> tuple[float, PhysicalQuantity | None]:
    try:
        found = _in_si(written)
    except NotAQuantity:
        raise NotAQuantity(measure.wanted) from None
    except pint.UndefinedUnitError as error:
        raise NotAQuantity(f"{measure.wanted}: there is no unit {error.unit_names[0]}") from error
    if abs(found.si) > LARGEST:
        raise NotAQuantity(f"{measure.wanted}, of a size that fits on a road")
    kinds = [m for m in MEASURES if _DIMENSION[m] == found.dimension]
    return found.si, kinds[0] if kinds else None


@lru_cache(maxsize=4096)  # variants of a sweep share nearly all quantities
def _in_si(written: str) -> Amount:
    text = written.strip().replace("\N{MINUS SIGN}", "-")
    match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise NotAQuantity("a number with a unit")
    unit = _REGISTRY.parse_units(match[2].replace("²", "^2").replace("³", "^3"))
    return Amount(float((float(match[1]) * unit).to_base_units().magnitude), unit.dimensionality)


def _named(measure: PhysicalQuantity | None) -> str:
    return (
        "no quantity of this language"
        if measure is None
        else f"{'an' if measure.name[0] == 'a' else 'a'} {measure.name}"
    )


def shown(value: float, measure: PhysicalQuantity) -> str:
    """An SI value in an author's units: speeds in km/h and m/s, angles in degrees."""
    if measure is SPEED:
        return f"{value * 3.6:.4g} km/h ({value:.4g} m/s)"
    if measure is ANGLE:
        return f"{value * 57.29577951308232:.4g} deg"
    return f"{value:.4g} {measure.si}"


_SLASH, _SQUARE = r"\s*/\s*", r"(?:\^2|²|\*\*2|2)"


def _words(dimension: str) -> str:
    """All unit names of one dimension, as alternatives of a regular expression."""
    wanted = _REGISTRY.parse_units(dimension).dimensionality
    names = [[word.strip() for word in line.split("=")] for line in _DEFINITIONS]
    words = [w for w, _, *more in names if _REGISTRY.parse_units(w).dimensionality == wanted for w in (w, *more)]
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def spelling(measure: PhysicalQuantity, signed: bool = True) -> str:
    """A regular expression, without anchors, of a quantity's usual notations, for editors and `re`.

    Narrower than `quantity` only for unusual fractions of units such as m^2/m.
    """
    rate = f"{_words('meter')}{_SLASH}{_words('second')}"
    quick = f"(?:{rate}|{_words('kph')})"
    units = {
        SPEED: quick,
        ACCELERATION: f"(?:{_words('g')}|{quick}{_SLASH}{_words('second')}|{rate}{_SQUARE})",
    }.get(measure) or _words(measure.si)
    sign = "[+\N{MINUS SIGN}-]?" if signed else "[+]?"
    return rf"{sign}[0-9]{{1,12}}(?:\.[0-9]{{1,12}})?\s*{units}"
