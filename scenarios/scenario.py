"""A concrete scenario: what a file means once units, sweeps and English are resolved. SI and radians."""

from dataclasses import dataclass, field

from scenarios.bodies import Body
from scenarios.environment import Environment, Surface
from scenarios.road import Road


@dataclass(frozen=True)
class OnLane:
    """Placed on a lane: s of the box centre along the road, d from its reference line, metres.

    `facing` is +1 along the ego's direction of travel, -1 against it.
    """

    s_m: float
    d_m: float
    facing: int = 1


@dataclass(frozen=True)
class AtPose:
    """Placed freely in the map frame: the box centre and heading."""

    x_m: float
    y_m: float
    yaw_rad: float


# What a body does until an event tells it otherwise.
@dataclass(frozen=True)
class HoldSpeed:
    """Keep lane and speed."""

    speed_mps: float


@dataclass(frozen=True)
class Follow:
    """IDM car following at a desired speed, by a named driver model that reacts late."""

    speed_mps: float
    driver: str  # a name in scenarios.drivers.DRIVERS


@dataclass(frozen=True)
class Parked:
    """Does not move."""


@dataclass(frozen=True)
class FollowTrajectory:
    """Map x, y of the body's reference (ego: rear axle, others: box centre) at given times."""

    points: tuple[tuple[float, float, float], ...]  # (t_s, x_m, y_m)


Behaviour = HoldSpeed | Follow | Parked | FollowTrajectory


# What an event makes it do.
@dataclass(frozen=True)
class Brake:
    """Decelerate at `decel_mps2` until the speed `until_mps` (0: standstill)."""

    decel_mps2: float
    until_mps: float = 0.0


@dataclass(frozen=True)
class ChangeSpeed:
    """Reach `speed_mps` at `rate_mps2`, then hold it."""

    speed_mps: float
    rate_mps2: float


@dataclass(frozen=True)
class CutIn:
    """Move into the ego's lane within `duration_s`."""

    duration_s: float = 2.0


@dataclass(frozen=True)
class Cross:
    """Cross the road at `speed_mps` perpendicular to it, towards the far side from where the body stands."""

    speed_mps: float


@dataclass(frozen=True)
class StepOut:
    """Walk out from behind another body, across the ego's lane, at `speed_mps`.

    The body's starting place is hidden behind `behind` as seen from the ego.
    """

    behind: str
    speed_mps: float


Action = HoldSpeed | Follow | Brake | ChangeSpeed | CutIn | Cross | StepOut


@dataclass(frozen=True)
class After:
    """Fires once, `t_s` seconds after the start."""

    t_s: float


Trigger = After


@dataclass(frozen=True)
class Event:
    actor: str
    when: Trigger
    do: Action


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

    With `from_log` the log says where everything is: `road` is None, `placed` and `events` are empty.
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
