"""Ramps: a road that joins on the right, its acceleration lane, and the taper at the end of that lane."""

from dataclasses import dataclass

import numpy as np

from scenarios.roads.widening import between

REACH_M = 160.0  # length of the ramp before it is parallel to the road
RADIUS_M = 300.0  # of the last bend of the ramp
SLOPE = 0.12  # towards the main road, before that bend
_STEP_M = 4.0


@dataclass(frozen=True)
class Ramp:
    """The acceleration lane begins at `joins_m` along the road, has a lane's width for `length_m`, and narrows to zero
    over `taper_m`.
    """

    joins_m: float
    length_m: float
    taper_m: float

    @property
    def narrows_m(self) -> float:
        """s at which the taper begins."""
        return self.joins_m + self.length_m

    @property
    def ends_m(self) -> float:
        """s where the lane ends."""
        return self.narrows_m + self.taper_m

    @property
    def begins_m(self) -> float:
        """s beside which the ramp begins."""
        return self.joins_m - REACH_M

    def away(self, s: float) -> float:
        """Lateral distance of the ramp at s from its parallel position, metres to the right."""
        before = max(self.joins_m - s, 0.0)
        bent = min(before, SLOPE * RADIUS_M)
        return bent**2 / (2 * RADIUS_M) + SLOPE * (before - bent)

    def stations(self) -> np.ndarray:
        """s of sample points of the ramp; the last is the begin of the acceleration lane."""
        return np.arange(-REACH_M, _STEP_M / 2, _STEP_M) + self.joins_m

    def strips(self, right_edge: float, width_m: float) -> list[tuple[float, ...]]:
        """Strips of the ramp, the lane and its taper."""
        ramp = [(float(s), right_edge - self.away(float(s))) for s in self.stations()]
        rows = [(s, inner - width_m, inner) for s, inner in ramp]
        rows += [(self.narrows_m, right_edge - width_m, right_edge), (self.ends_m, right_edge, right_edge)]
        return between(rows)
