"""A concrete scenario: what a file means once units, sweeps and English are resolved. SI and radians."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scenarios.model.actions import (
    Action,
    Appear,
    Behaviour,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    Disappear,
    Drop,
    Follow,
    FollowTrajectory,
    HoldSpeed,
    LaneOffset,
    Parked,
    Profile,
    StepOut,
    Stop,
    VerbAction,
)
from scenarios.model.bodies import Body
from scenarios.model.environment import Environment, Surface
from scenarios.model.triggers import (
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    HasPassed,
    InLane,
    LaneRef,
    Trigger,
)
from scenarios.roads.road import Road
from scenarios.source.identity import ADDED

__all__ = [  # a scenario with everything that it is made of
    "Action", "After", "AfterDistance", "AfterEvent", "Appear", "AtGap", "AtHeadway", "AtPlace", "AtPose",
    "AtSpeed", "AtStandstill", "AtTTC", "Behaviour", "Brake", "BrakeHardest", "ChangeLane", "ChangeSpeed",
    "Cross", "CutIn", "CutOut", "Disappear", "Drop", "Event", "Expect", "Follow",
    "FollowTrajectory", "FromLog", "HasPassed", "HoldSpeed", "InLane", "LaneOffset", "LaneRef",
    "OnLane", "Parked", "Placed", "Profile", "Scenario", "StepOut", "Stop", "Trigger",
]  # fmt: skip


@dataclass(frozen=True)
class OnLane:
    """Placed on a lane: s of the box centre along the road, d from its reference line, metres.

    `facing` is +1 along the ego's direction of travel, -1 against it. With `cross` it is the road that crosses the
    ego's, along which +1 leads from the ego's right to its left. With `ramp` it is `Road.ramp_way`.
    """

    s_m: float
    d_m: float
    facing: int = 1
    cross: bool = field(default=False, metadata=ADDED)
    ramp: bool = field(default=False, metadata=ADDED)


@dataclass(frozen=True)
class AtPose:
    """Placed freely in the map frame: the box centre and heading."""

    x_m: float
    y_m: float
    yaw_rad: float


@dataclass(frozen=True)
class Event:
    """`name` is how other events refer to it; it decides nothing by itself."""

    actor: str
    when: Trigger
    do: Action
    name: str = ""


@dataclass(frozen=True)
class Placed:
    """A body with its start and its behaviour."""

    body: Body
    start: OnLane | AtPose
    speed_mps: float
    behaviour: Behaviour


@dataclass(frozen=True)
class Expect:
    """What the author wants to happen; None where nothing was said. Bounds are (least, most)."""

    collision: bool | None = None  # True: must happen, False: must not, None: either
    min_ttc_s: tuple[float, float] | None = None
    min_gap_m: tuple[float, float] | None = None


@dataclass(frozen=True)
class FromLog:
    """Start from a scene of a nuScenes-format log; the folder is named when the scenario is run."""

    scene: str
    start_s: float
    split: str = ""


@dataclass(frozen=True)
class Scenario:
    """Concrete and complete. `placed[0]` is the ego. `id` is derived from the content.

    `spec_hash` says which file it was read from, and decides nothing: the SHA-256 of that file as written; "" where
    there is none. With `from_log` the log says where everything is: `road` is None, `placed` and `events` are empty.
    """

    id: str
    name: str
    intent: str
    source: dict[str, str]
    duration_s: float
    road: Road | None
    surface: Surface
    friction: float
    environment: Environment
    placed: tuple[Placed, ...]
    events: tuple[Event, ...]
    expect: Expect
    from_log: FromLog | None = None
    parameters: dict[str, str] = field(default_factory=dict)  # the sweep's values, as written
    spec_hash: str = field(default="", compare=False)


def carriers(events: Sequence[Event]) -> dict[str, str]:
    """Who carries each piece of cargo."""
    return {event.do.cargo: event.actor for event in events if isinstance(event.do, Drop)}


def brought(events: Sequence[Event]) -> dict[str, str]:
    """The bodies that events bring with them, and whose events these are; until then they are not there."""
    own = [(event.actor, event.do) for event in events if isinstance(event.do, VerbAction)]
    return {name: actor for actor, action in own for name in action.brought(actor)}


def own_road(placed: Placed, main: Road) -> Road:
    """The road on which a body is placed: the ego's, the one that crosses it, or the ramp."""
    if isinstance(placed.start, OnLane) and (placed.start.cross or placed.start.ramp):
        other = main.cross if placed.start.cross else main.ramp_way
        assert other is not None
        return other
    return main
