"""What a verb's action is in ASAM OpenSCENARIO, for verbs that the standard can express; the exporter writes it."""

from dataclasses import dataclass

from scenarios.roads.road import Road


@dataclass(frozen=True)
class ExportContext:
    """The body of an action: the deceleration that its tyres can give, and its first lane, counted from the right over
    both directions, in which it faces along (1) or against (-1) the road; its first speed, and whether it walks.
    """

    grip_mps2: float
    road: Road
    lane: int
    facing: int
    speed_mps: float = 0.0
    on_foot: bool = False


@dataclass(frozen=True)
class ExportedSpeed:
    """A SpeedAction: to a speed, in the standard's `shape`, a `value` of its `dimension` (rate, time, distance).

    `delay_s`: half of the time in which brakes or engine build their rate up. The standard's rate has no build-up: the
    body moves as if at that rate from `delay_s` later on.
    """

    speed_mps: float
    shape: str
    dimension: str
    value: float | None
    delay_s: float = 0.0


@dataclass(frozen=True)
class ExportedLaneChange:
    """A LaneChangeAction: to a lane, counted from the right over both directions."""

    lane: int
    within_s: float


@dataclass(frozen=True)
class ExportedOffset:
    """A LaneOffsetAction: to an offset to the left of the lane's centre, along the road."""

    offset_m: float
    within_s: float


ExportedAction = ExportedSpeed | ExportedLaneChange | ExportedOffset
