"""Junctions: a road that crosses the ego's at a right angle, or meets it from one side, and traffic signals."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.source.identity import ADDED

CORNER_M = 5.0  # kerb radius between the roads
STOP_LINE_M = 6.0  # distance of the stop line from the other road's edge
YIELD_LINE_M = 0.8  # distance of the yield line from the edge of a roundabout
RING_WIDTH_M = 7.0  # carriageway width of a roundabout
LEVEL_M = 25.0  # the ego's road must be straight this far on either side of the centre


class SignalState(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Arms(StrEnum):
    """The directions of the other road, as seen by the ego."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class SignalInterval:
    """Signals along the ego's road and across it for a duration; the last interval has no end."""

    along: SignalState
    across: SignalState
    for_s: float


@dataclass(frozen=True)
class Junction:
    """The other road's `lanes` lead from the ego's right to its left, its `opposite_lanes` back.

    Its centre, between the two directions, is at `at_m` along the ego's road. Without `signals` there is no right of
    way. With `ring_m` it is a roundabout of that outer radius around the crossing of both road centres.
    """

    at_m: float
    lanes: int
    opposite_lanes: int
    lane_width_m: float
    arms: Arms = Arms.BOTH
    signals: tuple[SignalInterval, ...] = ()
    ring_m: float = field(default=0.0, metadata=ADDED)

    @property
    def island_m(self) -> float:
        """Radius of a roundabout's central island."""
        return self.ring_m - RING_WIDTH_M

    @property
    def begins_m(self) -> float:
        """s of the near edge of the other road, or of the roundabout."""
        return self.at_m - (self.ring_m or self.opposite_lanes * self.lane_width_m)

    @property
    def ends_m(self) -> float:
        """s of the far edge."""
        return self.at_m + (self.ring_m or self.lanes * self.lane_width_m)

    @property
    def line_m(self) -> float:
        """Distance of the stop or yield line from the edge of the crossed road, metres."""
        return YIELD_LINE_M if self.ring_m else STOP_LINE_M

    def shows(self, t_s: float, across: bool) -> SignalState | None:
        """The signal at a time, along the ego's road or across it; None without signals."""
        for phase in self.signals:
            if t_s < phase.for_s or phase is self.signals[-1]:
                return phase.across if across else phase.along
            t_s -= phase.for_s
        return None
