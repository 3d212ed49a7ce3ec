"""Paths through a roundabout: from a lane of one arm round the island to a lane of another arm."""

import math
from dataclasses import dataclass
from functools import lru_cache

from scenarios.roads.junction import RING_WIDTH_M, Arms
from scenarios.roads.reference_line import Piece, nodes_of, place_on, smoothed
from scenarios.roads.road import Road, RoadKind, ring_centre
from scenarios.roads.turn_ways import NoTurn, PlaceInLane, Turn

ENTRY_RADIUS_M = 12.0  # of the entry and exit bends
EASING_M = 8.0  # distance in which the steering changes from one bend to the next
AFTER_M, STRAIGHT_M = 4.0, 60.0
INSIDE_M = 1.5  # the first exit's path comes this much inside the driven circle
EXIT_HEADINGS = {"right": -math.pi / 2, "ahead": 0.0, "left": math.pi / 2, "back": math.pi}  # relative to the entry


@dataclass(frozen=True)
class RingTurn(Turn):
    """A turn through a roundabout: s of the yield line and of the ring's begin and end; map angles around its centre
    at which the ring is entered and left.
    """

    yields_m: float = 0.0
    ring_from_m: float = 0.0
    ring_to_m: float = 0.0
    enters_rad: float = 0.0
    leaves_rad: float = 0.0


def driven_radius(main: Road) -> float:
    """Radius of the driven circle, metres."""
    assert main.junction is not None
    return main.junction.ring_m - RING_WIDTH_M / 2


def exits(main: Road, own: Road, facing: int) -> list[str]:
    """The exits for a body that comes along `own`, in the order in which it passes them."""
    assert main.junction is not None
    open_arms = {"ahead", "back"} if own is main else {"left", "right"}  # exits onto the ego's road
    arms = main.junction.arms
    if own is main:
        sides = {Arms.BOTH: {"left", "right"}, Arms.LEFT: {"left"}, Arms.RIGHT: {"right"}}[arms]
        mirrored = {"left": "right", "right": "left"}
        open_arms |= sides if facing > 0 else {mirrored[side] for side in sides}
    else:
        open_arms |= {"back"} | ({"ahead"} if arms is Arms.BOTH else set())
    return [name for name in EXIT_HEADINGS if name in open_arms]


def plan_ring(main: Road, own: Road, path: PlaceInLane, leave: str) -> RingTurn:
    """The path of a body on the road `own` before the roundabout that leaves to `right`, `ahead`, `left` or `back`.

    Raises NoTurn.
    """
    if leave not in exits(main, own, path.facing):
        raise NoTurn(f"no road leads {leave}")
    x, y, heading = own.place(path.s, path.d)
    heading += 0.0 if path.facing > 0 else math.pi
    cx, cy = ring_centre(main)
    to_x, to_y = cx - x, cy - y
    ahead = to_x * math.cos(heading) + to_y * math.sin(heading)
    shape = _shape(round(driven_radius(main), 6), round(own.lane_width_m / 2, 6), EXIT_HEADINGS[leave])
    straight = ahead - shape.tangent_m
    if straight < EASING_M / 2 + 0.5:
        raise NoTurn("it is too late")
    pieces = smoothed((Piece(straight), *shape.pieces, Piece(STRAIGHT_M)), EASING_M)
    way = Road(RoadKind.PATH, 1, 0, own.lane_width_m, 0.0, 0, 0.0, pieces, 0.0, (x, y, heading))
    curved = sum(piece.length_m for piece in shape.pieces)
    turned = heading + EXIT_HEADINGS[leave]
    into = own if leave in ("ahead", "back") else (main.cross if own is main else main)
    assert into is not None and main.junction is not None
    at = main.junction.at_m if into is main else main.middle_d
    facing = 1 if math.cos(turned - into.heading(at)) > 0 else -1
    entry, last = shape.pieces[0].length_m, shape.pieces[-1].length_m
    enters = heading + math.pi + shape.tilt_rad
    return RingTurn(
        way, straight - EASING_M / 2, straight + curved + EASING_M / 2 + AFTER_M, into, facing,
        straight + shape.tangent_m - main.junction.ring_m - main.junction.line_m, straight + entry,
        straight + curved - last, enters, turned - shape.tilt_rad,
    )  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Entry, ring and exit; the entry begins `tangent_m` before the centre, `tilt_rad` is the angle from the arm to
    the point where the ring is met.
    """

    pieces: tuple[Piece, ...]
    tangent_m: float
    tilt_rad: float


@lru_cache(maxsize=64)
def _shape(ring_m: float, aside_m: float, heading: float) -> Shape:
    """Two bends to the right that touch the circle from outside, and the arc between them."""
    if heading < 0:
        return _corner(ring_m, aside_m, heading)
    both = ENTRY_RADIUS_M + ring_m
    tilt = math.asin((aside_m + ENTRY_RADIUS_M) / both)
    bend, ring = ENTRY_RADIUS_M * (math.pi / 2 - tilt), ring_m * (heading + math.pi - 2 * tilt)
    out, round_ = -1 / ENTRY_RADIUS_M, 1 / ring_m
    pieces = (Piece(bend, out, out), Piece(ring, round_, round_), Piece(bend, out, out))
    tangent = both * math.cos(tilt)
    return Shape(pieces, tangent + _correction(pieces, tangent, aside_m, heading), tilt)


def _corner(ring_m: float, aside_m: float, heading: float) -> Shape:
    """The first exit: one bend to the right, which comes as near to the island as a circulating body."""
    reach = (ring_m - INSIDE_M) / math.sqrt(2) - aside_m
    radius = reach / (1 - math.sqrt(0.5))
    pieces = (Piece(radius * math.pi / 6, -1 / radius, -1 / radius),) * 3
    tangent = radius + aside_m
    return Shape(pieces, tangent + _correction(pieces, tangent, aside_m, heading), math.pi / 6)


def nearest_m(main: Road, first: bool) -> float:
    """The minimum distance of a body before the roundabout's centre, metres; for the `first` exit the turn begins
    earlier.
    """
    headings = (heading for heading in EXIT_HEADINGS.values() if first or heading >= 0)
    shapes = (_shape(round(driven_radius(main), 6), round(main.lane_width_m / 2, 6), h) for h in headings)
    return max(shape.tangent_m for shape in shapes) + EASING_M / 2 + 0.5


def _correction(pieces: tuple[Piece, ...], tangent_m: float, aside_m: float, heading: float) -> float:
    """Earlier start of the path such that, with transitions, it ends in the lane centre of a perpendicular road."""
    if abs(math.sin(heading)) < 0.5:
        return 0.0
    first = Piece(20.0)
    eased = smoothed((first, *pieces, Piece(20.0)), EASING_M)
    length = sum(piece.length_m for piece in eased)
    x, _, _, _ = place_on(nodes_of(eased, 0.0, (-tangent_m - first.length_m, -aside_m, 0.0)), length, 0.0)
    return x - math.sin(heading) * aside_m
