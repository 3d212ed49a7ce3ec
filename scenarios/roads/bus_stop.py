"""Bus stops: the position of a bus at the kerb or in a bay, and of its shelter."""

from dataclasses import dataclass
from enum import StrEnum

from scenarios.model.sides import Side
from scenarios.roads.widening import beside

BAY_M = 3.0  # depth of a bay
TAPER_IN_M, TAPER_OUT_M = 20.0, 15.0
KERB_GAP_M = 0.25  # between the bus and the kerb
SPARE_M = 1.0  # full depth of a bay before and behind the bus


class StopKind(StrEnum):
    KERB = "kerb"
    BAY = "bay"


@dataclass(frozen=True)
class BusStop:
    """A bus stands with its front at `head_m` along the road; `facing` is -1 if it drives against the ego."""

    side: Side
    head_m: float
    length_m: float
    facing: int
    bay_m: float  # depth of the bay; 0 at the kerb
    shelter: bool

    @property
    def tail_m(self) -> float:
        """s of the other end of the stop."""
        return self.head_m - self.facing * self.length_m

    @property
    def extent(self) -> tuple[float, float]:
        """Range of s, tapers included."""
        before, beyond = (TAPER_IN_M + SPARE_M, TAPER_OUT_M + SPARE_M) if self.bay_m else (0.0, 0.0)
        ends = self.tail_m - self.facing * before, self.head_m + self.facing * beyond
        return min(ends), max(ends)

    def strips(self, right_edge: float, left_edge: float) -> list[tuple[float, ...]]:
        """The bay as strips beside the lanes."""
        if not self.bay_m:
            return []
        spare = self.facing * SPARE_M
        full = sorted((self.tail_m - spare, self.head_m + spare))
        begins, ends = self.extent
        depths = zip((begins, *full, ends), (0.0, self.bay_m, self.bay_m, 0.0), strict=True)
        return beside(self.side, depths, right_edge, left_edge)

    def standing_d(self, right_edge: float, left_edge: float, width_m: float) -> float:
        """d of the centre of a standing bus."""
        off = KERB_GAP_M + width_m / 2 - self.bay_m
        return right_edge + off if self.side is Side.RIGHT else left_edge - off
