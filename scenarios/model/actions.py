"""What bodies do by themselves, and what a story can tell them to do. SI units and radians.

The actions of verbs that have a module of their own are defined there (`scenarios.verbs`), as subclasses of
`VerbAction`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from scenarios.model.sides import Side
from scenarios.model.triggers import LaneRef
from scenarios.source.identity import ADDED


class Profile(StrEnum):
    """How a speed changes over time: at one rate, or eased in and out (a cubic, the rate being its peak)."""

    LINEAR = "linear"
    SMOOTH = "smooth"


# -- speed ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HoldSpeed:
    """Keep lane and speed; in a story for `for_s` seconds, or until told otherwise."""

    speed_mps: float
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Follow:
    """IDM car following at a desired speed, by a named driver model that reacts late."""

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
    """Brake with all the grip there is."""

    until_mps: float = 0.0


@dataclass(frozen=True)
class ChangeSpeed:
    """Reach `speed_mps`, then hold it: at a rate (of a smooth profile its peak), or within a time."""

    speed_mps: float
    rate_mps2: float | None
    profile: Profile = field(default=Profile.LINEAR, metadata=ADDED)
    within_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Stop:
    """Come to rest, at a rate or within a distance, and stand there; ends `for_s` after standstill."""

    decel_mps2: float | None
    within_m: float | None
    for_s: float = 0.0


@dataclass(frozen=True)
class StopAtLine:
    """Stop with the front at the stop line before the junction, at `decel_mps2` once that is needed."""

    decel_mps2: float


@dataclass(frozen=True)
class RunRed:
    """Take no notice of the signals."""


# -- path ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CutIn:
    """Move into the ego's lane within `duration_s`."""

    duration_s: float = 2.0


@dataclass(frozen=True)
class CutOut:
    """Leave the ego's lane within `duration_s` for the lane on one side; None: the left one if there is one."""

    side: Side | None
    duration_s: float


@dataclass(frozen=True)
class ChangeLane:
    """Move to the centre of the lane on one's own left or right, or of a certain lane."""

    to: Side | LaneRef
    within_s: float


@dataclass(frozen=True)
class TurnAt:
    """Turn to a side at the junction, slowing down for it as its radius and the grip ask."""

    side: Side


@dataclass(frozen=True)
class TakeExit:
    """Leave the roundabout by one of its exits, counted from where one enters, 1 first."""

    number: int


MERGING_S = 3.0  # a lane change at the end of a ramp, where nothing else was said


@dataclass(frozen=True)
class Merge:
    """From the acceleration lane of a ramp into the lane beside it, as soon as it is alongside; `gap`: as soon as that
    is safe."""

    within_s: float
    gap: bool


@dataclass(frozen=True)
class LaneOffset:
    """Drive `offset_m` to one's own left of the centre of the lane one is in; negative to the right."""

    offset_m: float
    within_s: float


# -- both ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cross:
    """Cross the road at `speed_mps` perpendicular to it, towards the far side from where the body stands."""

    speed_mps: float


@dataclass(frozen=True)
class StepOut:
    """Walk out from behind another body, across the ego's lane, at `speed_mps`.

    The body's starting place is hidden behind `behind` as seen from the ego; `in_front`: before its front.
    """

    behind: str
    speed_mps: float
    in_front: bool = field(default=False, metadata=ADDED)


# -- being there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drop:
    """Lose the actor `cargo`, hidden until now, off the rear edge, its underside `height_m` above the ground."""

    cargo: str
    height_m: float


@dataclass(frozen=True)
class Appear:
    """Begin to be there, at the scene's edge: as far from the ego of that instant as it was placed from its start."""


@dataclass(frozen=True)
class Disappear:
    """Be there no more from when the scene's edge is reached."""


@dataclass(frozen=True)
class Parked:
    """Does not move."""


@dataclass(frozen=True)
class FollowTrajectory:
    """Map x, y of the body's reference (ego: rear axle, others: box centre) at given times."""

    points: tuple[tuple[float, float, float], ...]  # (t_s, x_m, y_m)


class VerbAction:
    """An action that a verb of `scenarios.verbs` defines, as a frozen dataclass.

    The class says what the action takes over from: whatever ruled the body's speed, its path, or both. `along_road`: it
    goes on along the body's road from where it begins, so a body that heads across the road cannot take it.
    """

    takes_speed: ClassVar[bool] = False
    takes_path: ClassVar[bool] = False
    along_road: ClassVar[bool] = False

    def brought(self, actor: str) -> tuple[str, ...]:
        """The ids of bodies that the action of `actor` brings with it: until it begins they are not there."""
        return ()


Entry = TypeVar("Entry", bound=Callable[..., Any])


class ActionTable(Generic[Entry]):
    """What lower packages need of the actions of verbs, by the type of action; `scenarios.verbs` fills it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.entries: dict[type[VerbAction], Entry] = {}

    def add(self, action: type[VerbAction], entry: Entry) -> None:
        """Raises ValueError where there is one already."""
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
EDGE_AHEAD_M, EDGE_BEHIND_M = 100.0, 50.0  # bumper to bumper: beyond it a body may come to be, or cease to be, there


def sets_speed(action: Action) -> bool:
    """Whether it takes over from whatever ruled the body's speed."""
    return action.takes_speed if isinstance(action, VerbAction) else isinstance(action, _SPEED_ACTIONS)


def sets_path(action: Action) -> bool:
    """Whether it takes over from whatever ruled where the body goes."""
    return action.takes_path if isinstance(action, VerbAction) else isinstance(action, _PATH_ACTIONS)
