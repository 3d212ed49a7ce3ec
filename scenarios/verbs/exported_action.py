"""What a verb's action is in ASAM OpenSCENARIO, for verbs that the standard can express; the exporter writes it."""

from dataclasses import dataclass

from scenarios.roads.road import Road


@dataclass(frozen=True)
class ExportContext:
    """The body of an action: the deceleration that its tyres can give, and its first lane, counted from the right over
    both directions, in which it faces along (1) or against (-1) the road.
    """

    grip_mps2: float
    road: Road
    lane: int
    facing: int


@dataclass(frozen=True)
class ExportedSpeed:
    """A SpeedAction: to a speed, in the standard's `shape`, a `value` of its `dimension` (rate, time, distance)."""

    speed_mps: float
    shape: str
    dimension: str
    value: float | None


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
