"""Junctions: where another road crosses the ego's at a right angle, or meets it from one side, and its signals."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.source.identity import ADDED

CORNER_M = 5.0  # radius of the kerb from one road into the other
STOP_LINE_M = 6.0  # of the stop line from the other road's edge
YIELD_LINE_M = 0.8  # of the line at which one gives way, from the edge of a roundabout
RING_WIDTH_M = 7.0  # of a roundabout's carriageway
LEVEL_M = 25.0  # so far on either side of the middle the ego's road must be straight


class SignalState(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Arms(StrEnum):
    """Where the other road leads, as the ego comes."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class SignalInterval:
    """What the signals show along the ego's road and across it, for so long; of the last one without end."""

    along: SignalState
    across: SignalState
    for_s: float


@dataclass(frozen=True)
class Junction:
    """The other road's `lanes` lead from the ego's right to its left, its `opposite_lanes` back.

    Its middle, between the two directions, is at `at_m` along the ego's road. Without `signals` nothing is ruled. With
    `ring_m` it is a roundabout of that outer radius, round the place where the middles of both roads meet.
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
        """s of the nearer edge of the other road, or of the roundabout."""
        return self.at_m - (self.ring_m or self.opposite_lanes * self.lane_width_m)

    @property
    def ends_m(self) -> float:
        """s of its farther edge."""
        return self.at_m + (self.ring_m or self.lanes * self.lane_width_m)

    @property
    def line_m(self) -> float:
        """Of the line at which one stops, or gives way, from the edge of what is crossed."""
        return YIELD_LINE_M if self.ring_m else STOP_LINE_M

    def shows(self, t_s: float, across: bool) -> SignalState | None:
        """What the signals show at a time, along the ego's road or across it; None where there are none."""
        for phase in self.signals:
            if t_s < phase.for_s or phase is self.signals[-1]:
                return phase.across if across else phase.along
            t_s -= phase.for_s
        return None
