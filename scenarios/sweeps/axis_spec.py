"""The spec of a sweep's axis: ranges and distributions, with exact numbers and units."""

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from statistics import NormalDist
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from scenarios.source.errors import quoted
from scenarios.spec.base import Section, fault

MOST_VALUES = 1000  # on one axis
PATH = r"^(?!(name|sweep|from)(\.|$))[A-Za-z_][\w-]*(\.[\w-]+)*$"  # the paths of a file that may be swept
LEAST_SHARE = 1e-3  # minimum share of a distribution between its ends
_NUMBER = re.compile(r"([+-]?\d{1,12}(?:\.\d{1,12})?)\s*(\D.*)?")


@dataclass(frozen=True)
class Number:
    """A number as written, exact, with its unit; '' without one."""

    value: Decimal
    unit: str
    whole: bool = False  # an integer without unit, such as a number of lanes

    def with_value(self, value: Decimal) -> "Number":
        return replace(self, value=value, whole=self.whole and value == int(value))

    @property
    def written(self) -> str | int | float:
        """The notation of an author."""
        if self.unit:
            return f"{self.value.normalize():f} {self.unit}"
        return int(self.value) if self.whole else float(self.value)


def number(written: object) -> Number | None:
    """A quantity or a bare number; None for anything else."""
    match = _NUMBER.fullmatch(str(written).strip().replace("\N{MINUS SIGN}", "-"))
    if match is None or isinstance(written, bool) or (isinstance(written, str) and match[2] is None):
        return None
    return Number(Decimal(match[1]), match[2] or "", isinstance(written, int))


def _number(written: object) -> Number:
    read = number(written)
    if read is None:
        raise fault(quoted(written), "a number with its unit, such as 8 m")
    return read


def _ends(written: object) -> tuple[Number, Number]:
    wanted = "two quantities with the same unit, such as [8 m, 20 m]"
    ends = written if isinstance(written, list) else []
    read = [n for end in ends if (n := number(end)) is not None]
    if not len(ends) == len(read) == 2 or read[0].unit != read[1].unit or read[0].value == read[1].value:
        raise fault(quoted(", ".join(map(str, written)) if isinstance(written, list) else written), wanted)
    low, high = sorted(read, key=lambda end: end.value)
    return low, high


def _factor(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 1 < written <= 10:
        raise fault(quoted(written), "a factor above 1, at most 10, such as 1.3")
    return float(written)


# Schema of a number on an axis: without a unit, or with one that the path determines.
_Spelt = (
    Annotated[int, Field(strict=True)]
    | float
    | Annotated[str, Field(pattern=r"^\s*[-+\u2212]?[0-9]{1,12}(\.[0-9]{1,12})?\s*[^0-9\s].*$", examples=["8 m"])]
)
Written = Annotated[Number, BeforeValidator(_number, json_schema_input_type=_Spelt)]
Ends = Annotated[tuple[Number, Number], BeforeValidator(_ends, json_schema_input_type=tuple[_Spelt, _Spelt])]
Factor = Annotated[
    float, BeforeValidator(_factor, json_schema_input_type=Annotated[float, Field(gt=1, le=10, examples=[1.3])])
]


class Range(Section):
    """Evenly spaced values; the last one is `to` if a step ends there, and never beyond it."""

    from_: Written = Field(alias="from", description="the first value, such as 8 m")
    to: Written = Field(description="the upper limit, such as 20 m")
    step: Written = Field(description="the step, such as 4 m")

    @model_validator(mode="after")
    def _sound(self) -> "Range":
        said = f"from {self.from_.written} to {self.to.written} in steps of {self.step.written}"
        if not self.from_.unit == self.to.unit == self.step.unit:
            raise fault(said, "from, to and step with the same unit")
        if self.step.value <= 0 or self.to.value <= self.from_.value:
            raise fault(said, "a step above zero, and an end above the beginning")
        if self.count > MOST_VALUES:
            raise fault(f"{said}, which is {self.count} values", f"at most {MOST_VALUES} values")
        return self

    @property
    def count(self) -> int:
        return int((self.to.value - self.from_.value) // self.step.value) + 1


class Normal(Section):
    mean: Written = Field(description="the mean, such as 50 km/h")
    sd: Written = Field(description="the standard deviation, such as 5 km/h")


class LogNormal(Section):
    median: Written = Field(description="the median, such as 1.2 s")
    spread: Factor = Field(description="the factor from the median to one standard deviation above it, such as 1.3")


class Triangular(Section):
    mode: Written = Field(description="the most likely value, such as 12 m")


_SHAPES = ("normal", "lognormal", "triangular")


class Draws(Section):
    """A distribution limited to the interval `between`; uniform by default."""

    model_config = ConfigDict(
        json_schema_extra={"not": {"anyOf": [{"required": list(pair)} for pair in combinations(_SHAPES, 2)]}}
    )

    between: Ends = Field(description="two quantities with the same unit, such as [8 m, 20 m]")
    normal: Normal | None = Field(None, description="a mapping such as {mean: 50 km/h, sd: 5 km/h}")
    lognormal: LogNormal | None = Field(None, description="a mapping such as {median: 1.2 s, spread: 1.3}")
    triangular: Triangular | None = Field(None, description="a mapping such as {mode: 12 m}")

    @model_validator(mode="after")
    def _sound(self) -> "Draws":
        named = [d for d in (self.normal, self.lognormal, self.triangular) if d is not None]
        if len(named) > 1:
            raise fault(f"{len(named)} distributions", "one of normal, lognormal, triangular, or none for uniform")
        low, high = self.between
        for said in (v for d in named for v in d.__dict__.values() if isinstance(v, Number)):
            if said.unit != low.unit:
                raise fault(f"{said.written} beside {low.written}", "the same unit everywhere")
        if self.normal is not None and self.normal.sd.value <= 0:
            raise fault(f"a standard deviation of {self.normal.sd.written}", "one above zero")
        if self.lognormal is not None and (self.lognormal.median.value <= 0 or low.value < 0):
            raise fault("a lognormal distribution of what is below zero", "a median above zero, and ends not below it")
        if self.triangular is not None and not low.value <= self.triangular.mode.value <= high.value:
            raise fault(f"a mode of {self.triangular.mode.written}", "one between the ends")
        below, until = self._shares()
        if until - below < LEAST_SHARE:
            raise fault("ends that contain almost nothing of the distribution", "ends around its middle")
        return self

    def quantile(self, share: float) -> float:
        """The value below which this share (0 to 1) of the limited distribution lies."""
        low, high = (float(end.value) for end in self.between)
        if self.triangular is not None:
            return _triangular(share, low, float(self.triangular.mode.value), high)
        bell = self._bell()
        if bell is None:
            return low + share * (high - low)
        below, until = self._shares()
        found = bell.inv_cdf(min(max(below + share * (until - below), 1e-12), 1 - 1e-12))
        return math.exp(found) if self.lognormal else found

    def _bell(self) -> NormalDist | None:
        if self.normal is not None:
            return NormalDist(float(self.normal.mean.value), float(self.normal.sd.value))
        if self.lognormal is not None:
            return NormalDist(math.log(self.lognormal.median.value), math.log(self.lognormal.spread))
        return None

    def _shares(self) -> tuple[float, float]:
        """The shares of the unlimited distribution below the two ends."""
        bell, ends = self._bell(), [float(end.value) for end in self.between]
        if bell is None:
            return 0.0, 1.0
        if self.lognormal is not None:
            ends = [math.log(end) if end > 0 else -math.inf for end in ends]
        return bell.cdf(ends[0]), bell.cdf(ends[1])


def _triangular(share: float, low: float, mode: float, high: float) -> float:
    rising = (mode - low) / (high - low)
    if share < rising:
        return low + math.sqrt(share * (high - low) * (mode - low))
    return high - math.sqrt((1 - share) * (high - low) * (high - mode))
