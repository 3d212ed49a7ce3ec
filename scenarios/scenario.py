"""A concrete scenario: a file after units, sweeps and English are resolved. SI units and radians."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scenarios.model.actions import Action, Behaviour, Follow, FollowTrajectory, HoldSpeed, Parked
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

__all__ = [  # a scenario and all its parts; the actions are in scenarios.verbs
    "Action", "After", "AfterDistance", "AfterEvent", "AtGap", "AtHeadway", "AtPlace", "AtPose", "AtSpeed",
    "AtStandstill", "AtTTC", "Behaviour", "Event", "Expect", "Follow", "FollowTrajectory", "FromLog", "HasPassed",
    "HoldSpeed", "InLane", "LaneRef", "OnLane", "Parked", "Placed", "Scenario", "Trigger",
]  # fmt: skip


@dataclass(frozen=True)
class OnLane:
    """Placed on a lane: s of the box centre along the road, d from its reference line, metres.

    `facing` is +1 along the ego's direction of travel, -1 against it. With `cross` the road is the crossing road, along
    which +1 leads from the ego's right to its left. With `ramp` it is `Road.ramp_way`.
    """

    s_m: float
    d_m: float
    facing: int = 1
    cross: bool = field(default=False, metadata=ADDED)
    ramp: bool = field(default=False, metadata=ADDED)


@dataclass(frozen=True)
class AtPose:
    """Placed at a pose in the map frame: the box centre and heading."""

    x_m: float
    y_m: float
    yaw_rad: float


@dataclass(frozen=True)
class Relation:
    """A place relative to other bodies: ahead of one, behind one, or between two of them (`of` has two)."""

    of: tuple[str, ...]
    ahead: bool = True


@dataclass(frozen=True)
class Event:
    """`name` is used by other events to refer to it; it has no effect by itself. `where`: the place at which the actor
    must come into the path of others; None if the event says none.
    """

    actor: str
    when: Trigger
    do: Action
    name: str = ""
    where: Relation | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Placed:
    """A body with its start and its behaviour."""

    body: Body
    start: OnLane | AtPose
    speed_mps: float
    behaviour: Behaviour


@dataclass(frozen=True)
class Expect:
    """The author's expectations; None for none. Bounds are (minimum, maximum)."""

    collision: bool | None = None  # True: required, False: forbidden, None: allowed
    min_ttc_s: tuple[float, float] | None = None
    min_gap_m: tuple[float, float] | None = None
    events_may_fall_short: bool = field(default=False, metadata=ADDED)


@dataclass(frozen=True)
class FromLog:
    """The start in a scene of a nuScenes-format log; the log's folder is given when the scenario is run."""

    scene: str
    start_s: float
    split: str = ""


@dataclass(frozen=True)
class Scenario:
    """Concrete and complete. `placed[0]` is the ego. `id` is derived from the content.

    `spec_hash` identifies the source file and has no effect: the SHA-256 of the file's bytes; "" without a file. With
    `from_log` the log defines all motion: `road` is None, `placed` and `events` are empty.
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
    """The carrier of each piece of cargo."""
    return {cargo: event.actor for event in events for cargo in event.do.carried()}


def brought(events: Sequence[Event]) -> dict[str, str]:
    """The bodies that events add to the scene, with the actor of the event; before it they are not present."""
    return {name: event.actor for event in events for name in event.do.brought(event.actor)}


def own_road(placed: Placed, main: Road) -> Road:
    """The road on which a body is placed: the ego's, the crossing road, or the ramp."""
    if isinstance(placed.start, OnLane) and (placed.start.cross or placed.start.ramp):
        other = main.cross if placed.start.cross else main.ramp_way
        assert other is not None
        return other
    return main
