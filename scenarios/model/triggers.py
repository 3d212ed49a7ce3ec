"""Triggers of a story's events. Each fires once, at the first instant at which it holds, including the start.

Gap, TTC and headway are the figures of `scenarios.metrics.pairs`: a gap is the free way of the body that has the other
in its way, or else the way along the road in any lane until both are side by side, and 0 while they are. SI units.
"""

import math
from dataclasses import dataclass, field

from scenarios.source.identity import ADDED


@dataclass(frozen=True)
class After:
    """`t_s` seconds after the start."""

    t_s: float


@dataclass(frozen=True)
class AtGap:
    """The gap between two bodies is at most `gap_m`, or at least that much where `below` is False."""

    of: str
    to: str
    gap_m: float
    below: bool = True


@dataclass(frozen=True)
class AtTTC:
    """On their present courses two bodies touch within `ttc_s`, on whichever side."""

    of: str
    to: str
    ttc_s: float


@dataclass(frozen=True)
class AtHeadway:
    """The time that `of` needs for the gap to `to` ahead of it, at its present speed."""

    of: str
    to: str
    headway_s: float
    below: bool = True


@dataclass(frozen=True)
class AtSpeed:
    """The speed is at most `speed_mps`, or at least that if `below` is False; reversing counts like driving."""

    of: str
    speed_mps: float
    below: bool


@dataclass(frozen=True)
class AtStandstill:
    of: str


@dataclass(frozen=True)
class AfterDistance:
    """`of` has travelled this many metres since the start."""

    of: str
    distance_m: float


@dataclass(frozen=True)
class AtPlace:
    """The front of `of` is at or past `along_m` on the road, counted from the map's origin."""

    of: str
    along_m: float


@dataclass(frozen=True)
class LaneRef:
    """A lane of the ego's direction from the right, or an opposite one from the ego's side; 0 first."""

    number: int
    oncoming: bool = False

    def __str__(self) -> str:
        return f"oncoming lane {self.number}" if self.oncoming else f"lane {self.number}"


@dataclass(frozen=True)
class InLane:
    """The centre of `of` is in a lane."""

    of: str
    lane: LaneRef


@dataclass(frozen=True)
class HasPassed:
    """The rear of `of` is beyond the whole of `what`, in its own direction of travel."""

    of: str
    what: str


@dataclass(frozen=True)
class AfterEvent:
    """`delay_s` after another event has ended, by itself or because another event replaced it; `begun`: after it has
    begun.
    """

    event: str
    delay_s: float = field(default=0.0, metadata=ADDED)
    begun: bool = field(default=False, metadata=ADDED)


Single = (
    After | AfterEvent
    | AtGap | AtTTC | AtHeadway
    | AtSpeed | AtStandstill | AfterDistance | AtPlace | InLane | HasPassed
)  # fmt: skip


@dataclass(frozen=True)
class AllOf:
    """All of the conditions hold at the same instant; a time and an event's end hold from then on."""

    parts: tuple[Single, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the conditions holds."""

    parts: tuple[Single | AllOf, ...]


Trigger = Single | AllOf | AnyOf


def singles(when: Trigger) -> tuple[Single, ...]:
    """The single conditions of a trigger; a single trigger itself."""
    if isinstance(when, AllOf | AnyOf):
        return tuple(single for part in when.parts for single in singles(part))
    return (when,)


def time_of(when: Trigger) -> float:
    """Seconds after the start; infinite if a condition other than time decides. Used to order a story."""
    return when.t_s if isinstance(when, After) else math.inf
