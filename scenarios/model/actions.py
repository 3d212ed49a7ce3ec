"""What bodies do by themselves, and what a story can tell them to do. SI units and radians."""

from dataclasses import dataclass, field
from enum import StrEnum

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


@dataclass(frozen=True)
class Reverse:
    """Stop if need be, then go backwards at `speed_mps`, for `distance_m` or until told otherwise."""

    speed_mps: float
    distance_m: float | None


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


@dataclass(frozen=True)
class PullOut:
    """From a standstill into the nearest lane of one's direction, speeding up to `speed_mps`."""

    speed_mps: float


@dataclass(frozen=True)
class DriveTrajectory:
    """Through points (t_s, forward_m, left_m), all counted from where and when it begins; then straight on."""

    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class LoseControl:
    """The tyres lose the road: slide to rest under friction alone, turning by `turn_rad` in all, left positive."""

    turn_rad: float


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


Behaviour = HoldSpeed | Follow | Parked | FollowTrajectory
Action = (
    HoldSpeed | Follow | Brake | BrakeHardest | ChangeSpeed | Stop | StopAtLine | RunRed | Reverse
    | CutIn | CutOut | ChangeLane | LaneOffset | TurnAt | TakeExit | Merge
    | Cross | StepOut | PullOut | DriveTrajectory | LoseControl
    | Drop | Appear | Disappear
)  # fmt: skip

_BOTH = (Cross, StepOut, PullOut, DriveTrajectory, LoseControl)
_SPEED_ACTIONS = (HoldSpeed, Follow, Brake, BrakeHardest, ChangeSpeed, Stop, StopAtLine, Reverse, *_BOTH)
_PATH_ACTIONS = (CutIn, CutOut, ChangeLane, LaneOffset, TurnAt, TakeExit, Merge, *_BOTH)
EDGE_AHEAD_M, EDGE_BEHIND_M = 100.0, 50.0  # bumper to bumper: beyond it a body may come to be, or cease to be, there


def sets_speed(action: Action) -> bool:
    """Whether it takes over from whatever ruled the body's speed."""
    return isinstance(action, _SPEED_ACTIONS)


def sets_path(action: Action) -> bool:
    """Whether it takes over from whatever ruled where the body goes."""
    return isinstance(action, _PATH_ACTIONS)


def ends_by_itself(action: Action) -> bool:
    """Whether it is over at some time even if nothing takes its place."""
    match action:
        case HoldSpeed(for_s=None) | Follow(for_s=None) | Reverse(distance_m=None):
            return False
    return True
