"""Height and bank of a map's road: a constant slope of a straight road is kept, what is ignored is measured."""

import math
from dataclasses import dataclass, field

from scenarios.opendrive.chain import Chain
from scenarios.opendrive.geometry import derivatives, in_force
from scenarios.opendrive.remarks import MapRemark

FLAT, BANKED_RAD = 0.005, 0.005  # slope and bank that a flat road may approximate
NOTHING = 1e-6
STEEPEST = 0.3


@dataclass(frozen=True)
class HeightRemarks:
    """Keys of the road in the scenario language, and differences of its height from the map."""

    written: dict[str, object] = field(default_factory=dict)
    differs: tuple[MapRemark, ...] = ()
    refused: tuple[MapRemark, ...] = ()


def height_remarks(chain: Chain, places: list[float], straight: bool) -> HeightRemarks:
    """The slope of the road, and what of its height and bank is ignored or refused."""
    slopes, banks = zip(*(_slope_and_bank(chain, at) for at in places), strict=True)
    written: dict[str, object] = {}
    mean = (max(slopes) + min(slopes)) / 2
    if straight and max(slopes) - min(slopes) <= NOTHING and FLAT < abs(mean) <= STEEPEST:
        written["slope"] = f"{100 * mean:.6g} %"
        slopes = tuple(slope - mean for slope in slopes)
    found: list[tuple[MapRemark, bool]] = []
    worst = max(range(len(places)), key=lambda i: abs(slopes[i]))
    if abs(slopes[worst]) > NOTHING:
        leg = chain.leg(places[worst])
        rise = _height_range(slopes, places)
        said = f"road {leg.road.id} has an elevation with a slope of up to {100 * abs(slopes[worst]):.2g} % "
        said += f"({math.degrees(math.atan(abs(slopes[worst]))):.2g} degrees), {rise:.2g} m of height over the stretch"
        found.append((MapRemark("elevation", leg.road.line, said), abs(slopes[worst]) > FLAT))
    worst = max(range(len(places)), key=lambda i: abs(banks[i]))
    if abs(banks[worst]) > NOTHING:
        leg = chain.leg(places[worst])
        said = f"road {leg.road.id} has a superelevation of up to {math.degrees(abs(banks[worst])):.2g} degrees "
        said += f"({math.sin(abs(banks[worst])) * 3.5:.2g} m of height over 3.5 m of width)"
        found.append((MapRemark("superelevation", leg.road.line, said), abs(banks[worst]) > BANKED_RAD))
    differs = tuple(MapRemark(r.name, r.line, f"{r.said}; here it is flat") for r, far in found if not far)
    refused = tuple(MapRemark(r.name, r.line, f"{r.said}; roads here are flat") for r, far in found if far)
    return HeightRemarks(written, differs, refused)


def _slope_and_bank(chain: Chain, along: float) -> tuple[float, float]:
    """Rise for a metre along the chain, and the bank in radians."""
    leg = chain.leg(along)
    s = leg.s(along)
    return leg.way * derivatives(leg.road.elevation, s)[1], in_force(leg.road.superelevation, s)


def _height_range(slopes: tuple[float, ...], places: list[float]) -> float:
    height, heights = 0.0, [0.0]
    for slope, before, after in zip(slopes[1:], places, places[1:], strict=False):
        height += slope * (after - before)
        heights.append(height)
    return max(heights) - min(heights)
