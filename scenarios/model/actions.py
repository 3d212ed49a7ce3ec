"""Behaviours of bodies, and actions of a story. SI units and radians.

Actions of verbs with their own module are defined there (`scenarios.verbs`), as subclasses of `VerbAction`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from scenarios.model.sides import Side
from scenarios.model.triggers import LaneRef
from scenarios.source.identity import ADDED


class Profile(StrEnum):
    """The speed over time: at a constant rate after its build-up, at exactly that rate from its first instant, or
    smooth (a cubic whose maximum rate is the given one).
    """

    LINEAR = "linear"
    SMOOTH = "smooth"
    EXACT = "exact"


# -- speed ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HoldSpeed:
    """Keep lane and speed; as an action for `for_s` seconds, or until another action."""

    speed_mps: float
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Follow:
    """IDM car following at a desired speed, with the reaction of a named driver model."""

    speed_mps: float
    driver: str  # a name in scenarios.model.driver_models.DRIVERS
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Brake:
    """Decelerate at `decel_mps2` until the speed `until_mps` (0: standstill)."""

    decel_mps2: float
    until_mps: float = 0.0


@dataclass(frozen=True)
class BrakeHardest:
    """Brake with all available grip."""

    until_mps: float = 0.0


@dataclass(frozen=True)
class ChangeSpeed:
    """Change to `speed_mps`, then hold it: at a rate (the maximum of a smooth profile), or within a time."""

    speed_mps: float
    rate_mps2: float | None
    profile: Profile = field(default=Profile.LINEAR, metadata=ADDED)
    within_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Stop:
    """Stop at a rate or within a distance, and stand; ends `for_s` after standstill."""

    decel_mps2: float | None
    within_m: float | None
    for_s: float = 0.0


@dataclass(frozen=True)
class StopAtLine:
    """Stop with the front at the stop line before the junction, at `decel_mps2` as late as possible."""

    decel_mps2: float


@dataclass(frozen=True)
class RunRed:
    """Ignore the signals."""


# -- path ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CutIn:
    """Move into the ego's lane within `duration_s`."""

    duration_s: float = 2.0


@dataclass(frozen=True)
class CutOut:
    """Leave the ego's lane within `duration_s` for a lane on one side; None: the left one if there is one."""

    side: Side | None
    duration_s: float


@dataclass(frozen=True)
class ChangeLane:
    """Move to the centre of the lane on the own left or right, or of a given lane."""

    to: Side | LaneRef
    within_s: float


@dataclass(frozen=True)
class TurnAt:
    """Turn to a side at the junction, at a speed that its radius and the grip allow."""

    side: Side


@dataclass(frozen=True)
class TakeExit:
    """Leave the roundabout by an exit, counted from the entry, 1 first."""

    number: int


MERGING_S = 3.0  # default duration of a lane change at the end of a ramp


@dataclass(frozen=True)
class Merge:
    """Move from a ramp's acceleration lane to the lane beside it as soon as possible; `gap`: as soon as it is safe."""

    within_s: float
    gap: bool


@dataclass(frozen=True)
class LaneOffset:
    """Drive `offset_m` to the own left of the lane's centre; negative to the right."""

    offset_m: float
    within_s: float


# -- both ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cross:
    """Cross the road at `speed_mps` perpendicular to it, towards the far side."""

    speed_mps: float


@dataclass(frozen=True)
class StepOut:
    """Walk out from behind another body, across the ego's lane, at `speed_mps`.

    The start is hidden from the ego by `behind`; `in_front`: in front of that body instead of behind it.
    """

    behind: str
    speed_mps: float
    in_front: bool = field(default=False, metadata=ADDED)


# -- presence in scene ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drop:
    """Drop the hidden actor `cargo` off the rear edge, with its underside `height_m` above the ground."""

    cargo: str
    height_m: float


@dataclass(frozen=True)
class Appear:
    """Appear at the scene's edge: as far from the ego's present position as it was placed from the ego's start."""


@dataclass(frozen=True)
class Disappear:
    """Disappear as soon as the scene's edge is reached."""


@dataclass(frozen=True)
class Parked:
    """Stands for the whole clip."""


@dataclass(frozen=True)
class FollowTrajectory:
    """Map x, y of the body's reference point (ego: rear axle, others: box centre) at given times."""

    points: tuple[tuple[float, float, float], ...]  # (t_s, x_m, y_m)
    headings_rad: tuple[float, ...] = field(default=(), metadata=ADDED)  # at each point; none: the direction of travel


class VerbAction:
    """An action defined by a verb of `scenarios.verbs`, as a frozen dataclass.

    The class states what the action replaces: the control of the body's speed, of its path, or both. `along_road`: the
    action continues along the body's road, so a body that heads across the road cannot take it.
    """

    takes_speed: ClassVar[bool] = False
    takes_path: ClassVar[bool] = False
    along_road: ClassVar[bool] = False

    def brought(self, actor: str) -> tuple[str, ...]:
        """Ids of bodies that the action of `actor` adds to the scene when it begins."""
        return ()


Entry = TypeVar("Entry", bound=Callable[..., Any])


class ActionTable(Generic[Entry]):
    """A table by action type of what lower packages need of verbs; `scenarios.verbs` fills it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.entries: dict[type[VerbAction], Entry] = {}

    def add(self, action: type[VerbAction], entry: Entry) -> None:
        """Raises ValueError for an action that is registered already."""
        if action in self.entries:
            raise ValueError(f"{action.__name__} has its {self.what} already")
        self.entries[action] = entry

    def of(self, action: VerbAction) -> Entry:
        """Raises TypeError for an action that no registered verb defines."""
        if type(action) not in self.entries:
            there = ", ".join(sorted(known.__name__ for known in self.entries))
            raise TypeError(f"no {self.what} for {action!r}; there are those of {there}")
        return self.entries[type(action)]


Behaviour = HoldSpeed | Follow | Parked | FollowTrajectory
Action = (
    HoldSpeed | Follow | Brake | BrakeHardest | ChangeSpeed | Stop | StopAtLine | RunRed
    | CutIn | CutOut | ChangeLane | LaneOffset | TurnAt | TakeExit | Merge
    | Cross | StepOut
    | Drop | Appear | Disappear
    | VerbAction
)  # fmt: skip

_BOTH = (Cross, StepOut)
_SPEED_ACTIONS = (HoldSpeed, Follow, Brake, BrakeHardest, ChangeSpeed, Stop, StopAtLine, *_BOTH)
_PATH_ACTIONS = (CutIn, CutOut, ChangeLane, LaneOffset, TurnAt, TakeExit, Merge, *_BOTH)
EDGE_AHEAD_M, EDGE_BEHIND_M = 100.0, 50.0  # bumper to bumper: beyond these gaps a body may appear or disappear


def sets_speed(action: Action) -> bool:
    """Whether the action replaces the control of the body's speed."""
    return action.takes_speed if isinstance(action, VerbAction) else isinstance(action, _SPEED_ACTIONS)


def sets_path(action: Action) -> bool:
    """Whether the action replaces the control of the body's path."""
    return action.takes_path if isinstance(action, VerbAction) else isinstance(action, _PATH_ACTIONS)
