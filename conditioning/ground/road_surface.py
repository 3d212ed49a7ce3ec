"""The surface of roads with junctions, bays or ramps: carriageway, sidewalk and paint at any map point."""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float

from conditioning.ground.markings import DASH_M, GAP_M, LINE_WIDTH_M, lane_lines, partial_markings
from scenarios.model.environment import Surface, by_name
from scenarios.numba_cache import njit
from scenarios.roads.junction import CORNER_M, STOP_LINE_M, Junction
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.widening import beyond_strips, outer_edge


class GroundLook(NamedTuple):
    """How wet, snowy and frosted a surface looks, 0 to 1 (water that stands: more), and its colour from above."""

    name: Surface
    wet: float
    snow: float
    frost: float
    colour: str


GROUND_LOOKS = by_name(
    Surface,
    (
        GroundLook(Surface.DRY, 0.0, 0.0, 0.0, "#a5a7ac"),
        GroundLook(Surface.WET, 1.0, 0.0, 0.0, "#6f7f95"),
        GroundLook(Surface.FLOODED, 1.4, 0.0, 0.0, "#4d78b0"),
        GroundLook(Surface.SNOW, 0.0, 1.0, 0.0, "#eef1f6"),
        GroundLook(Surface.ICE, 0.8, 0.0, 1.0, "#b9dbe8"),
    ),
)
STRIPE_M, ZEBRA_LENGTH_M = 0.5, 4.0
STOP_WIDTH_M = 0.4
YIELD_TOOTH_M = 0.5  # length of the marks of a yield line
FLARE_M, NO_LINES_M, ISLAND_LINE_M = 9.0, 1.2, 0.3  # of a roundabout
EDGE_LINES_M = 0.6  # distance from a road's edge within which its edge lines are
PERIOD_M = DASH_M + GAP_M


class Crossing(NamedTuple):
    """The crossing road and the edges of the ego's road, for compiled loops; `there` is 0 without a crossing."""

    there: float
    x: float
    y: float
    cos: float
    sin: float
    right: float
    left: float
    begins: float
    ends: float
    lane_width: float
    main_right: float
    main_left: float
    ring: float  # outer radius of a roundabout; 0 if there is none
    island: float
    ring_x: float
    ring_y: float


NO_CROSSING = Crossing(*([0.0] * 16))
NO_LINES = np.zeros((0, 3))


def crossing_of(road: Road | None) -> Crossing:
    """The road that crosses `road`."""
    if road is None or road.cross is None:
        return NO_CROSSING
    other, junction, (begins, ends) = road.cross, road.junction, road.cross_extent
    assert junction is not None  # where there is a crossing road
    x, y, heading = other.origin
    return Crossing(
        1.0, x, y, float(np.cos(heading)), float(np.sin(heading)), other.right_edge, other.left_edge, begins, ends,
        other.lane_width_m, road.right_edge, road.left_edge, junction.ring_m, junction.island_m,
        *ring_centre(road),
    )  # fmt: skip


def cross_lines(road: Road | None) -> Float[np.ndarray, "line 3"]:
    """The lines along the crossing road, as `markings.lane_lines`."""
    return NO_LINES if road is None or road.cross is None else lane_lines(road.cross)


def bars_of(road: Road | None) -> Float[np.ndarray, "bar 5"]:
    """Stop lines and zebra stripes as (1 on the crossing road, s from, s to, d from, d to)."""
    rows = [] if road is None else [*_zebra_stripes(road), *_stop_lines(road)]
    return np.array(rows, float).reshape(-1, 5)


def _zebra_stripes(road: Road) -> list[tuple[float, ...]]:
    stripes = np.arange(road.right_edge + STRIPE_M, road.left_edge - 1.5 * STRIPE_M, 2 * STRIPE_M)
    half = ZEBRA_LENGTH_M / 2
    return [(0.0, at - half, at + half, float(d), float(d) + STRIPE_M) for at in road.zebras_m for d in stripes]


def _stop_lines(road: Road) -> list[tuple[float, ...]]:
    """Stop lines. The ego's road has them only at signals."""
    if road.junction is None or road.cross is None:
        return []
    junction, other = road.junction, road.cross
    if junction.ring_m:
        return _yield_lines(road, junction, other)
    rows: list[tuple[float, ...]] = []
    if junction.signals:
        middle = road.middle_d
        before, beyond = junction.begins_m - STOP_LINE_M, junction.ends_m + STOP_LINE_M
        rows.append((0.0, before, before + STOP_WIDTH_M, road.right_edge, middle))
        rows.append((0.0, beyond - STOP_WIDTH_M, beyond, middle, road.left_edge))
    middle = other.middle_d
    right, left = road.right_edge - STOP_LINE_M, road.left_edge + STOP_LINE_M
    if road.cross_extent[0] < right:
        rows.append((1.0, right, right + STOP_WIDTH_M, other.right_edge, middle))
    if road.cross_extent[1] > left:
        rows.append((1.0, left - STOP_WIDTH_M, left, middle, other.left_edge))
    return rows


def _yield_lines(road: Road, junction: Junction, other: Road) -> list[tuple[float, ...]]:
    """Teeth across each lane that enters a roundabout."""
    right, left = road.ring_edges
    offset, depth = junction.line_m, STOP_WIDTH_M
    rows = [
        (0.0, junction.begins_m - offset, road.right_edge, road),
        (0.0, junction.ends_m + offset - depth, road.middle_d, road),
    ]
    if road.cross_extent[0] < right:
        rows.append((1.0, right - offset, other.right_edge, other))
    if road.cross_extent[1] > left:
        rows.append((1.0, left + offset - depth, other.middle_d, other))
    return [
        (which, s, s + depth, float(d), float(d) + YIELD_TOOTH_M)
        for which, s, first, one in rows
        for d in np.arange(first + 0.3, first + one.lane_width_m - YIELD_TOOTH_M, 2 * YIELD_TOOTH_M)
    ]


def patches_of(road: Road | None) -> Float[np.ndarray, "patch 7"]:
    """Patches as (s from, s to, d from, d to, how wet, snowy and frosted they are)."""
    rows = [
        (p.s_from, p.s_to, p.d_from, p.d_to, *GROUND_LOOKS[p.surface][1:4])
        for p in (road.patches if road is not None else ())
    ]
    return np.array(rows, float).reshape(-1, 7)


@njit(cache=True, nogil=True)
@no_type_check
def cross_road_coordinates(x, y, crossing):
    """(s, d) on the crossing road."""
    dx, dy = x - crossing.x, y - crossing.y
    return dx * crossing.cos + dy * crossing.sin, dy * crossing.cos - dx * crossing.sin


@njit(cache=True, nogil=True)
@no_type_check
def arm_at(d, crossing):
    """Whether the crossing road has an arm on the side of the ego's road where d is."""
    if d > (crossing.main_left + crossing.main_right) / 2:
        return crossing.ends > crossing.main_left
    return crossing.begins < crossing.main_right


@njit(cache=True, nogil=True)
@no_type_check
def distance_beyond_edge(d, across_d, crossing):
    """Metres from the edge of the carriageways, with rounded corners; negative on the carriageways."""
    a = max(crossing.main_right - d, d - crossing.main_left)
    if not arm_at(d, crossing):
        return a
    b = max(crossing.right - across_d, across_d - crossing.left)
    if a > 0 and b > 0 and a < CORNER_M and b < CORNER_M:
        return CORNER_M - np.sqrt((CORNER_M - a) ** 2 + (CORNER_M - b) ** 2)
    return min(a, b)


@njit(cache=True, nogil=True)
@no_type_check
def distance_beyond_ring(x, y, edge, crossing):
    """The same with a roundabout: from its outer edge outwards, and from the kerb of its island inwards."""
    if crossing.ring <= 0:
        return edge
    rho = np.hypot(x - crossing.ring_x, y - crossing.ring_y)
    beyond = rho - crossing.ring
    blend = max(FLARE_M - abs(edge - beyond), 0.0)  # rounds the corners between arms and ring
    return max(min(edge, beyond) - blend * blend / (4 * FLARE_M), crossing.island - rho)


@njit(cache=True, nogil=True)
@no_type_check
def on_island_line(x, y, crossing):
    """Metres from the centre of the line around the island; infinite if there is none."""
    if crossing.ring <= 0:
        return np.inf
    return abs(np.hypot(x - crossing.ring_x, y - crossing.ring_y) - crossing.island - ISLAND_LINE_M)


@njit(cache=True, nogil=True)
@no_type_check
def line_owner(x, y, d, across_d, crossing):
    """The road whose lines are painted at a point: 0 none, as inside the junction; 1 the ego's road; 2 the crossing
    road."""
    if crossing.ring > 0:
        if np.hypot(x - crossing.ring_x, y - crossing.ring_y) < crossing.ring + NO_LINES_M:
            return 0
        return 1 if crossing.main_right <= d <= crossing.main_left else 2
    a = max(crossing.main_right - d, d - crossing.main_left)
    b = max(crossing.right - across_d, across_d - crossing.left)
    if a <= 0:
        return 0 if b < CORNER_M and (arm_at(d, crossing) or a < -EDGE_LINES_M) else 1
    return 2 if a > CORNER_M and b <= 0 and arm_at(d, crossing) else 0


@njit(cache=True, nogil=True)
@no_type_check
def widens(s, edge, side, strips):
    """Whether there is additional paved ground beside a road's edge on a side at s."""
    return len(strips) > 0 and side * (outer_edge(s, edge, side, strips) - edge) > 0.01


@njit(cache=True, nogil=True)
@no_type_check
def _grounds(points, s_d, edges, crossing, strips):
    out = np.empty(len(points))
    for i in range(len(points)):
        s, d = s_d[i, 0], s_d[i, 1]
        out[i] = max(edges[0] - d, d - edges[1])
        if crossing.there > 0:
            out[i] = distance_beyond_edge(d, cross_road_coordinates(points[i, 0], points[i, 1], crossing)[1], crossing)
            out[i] = distance_beyond_ring(points[i, 0], points[i, 1], out[i], crossing)
        out[i] = min(out[i], beyond_strips(s, d, strips))
    return out


@njit(cache=True, nogil=True)
@no_type_check
def on_stroke(s, d, stroke):
    """Whether a position is on a partial marking."""
    if not stroke[0] <= s <= stroke[2] or (stroke[5] > 0 and (s - stroke[0]) % stroke[5] > stroke[4]):
        return False
    slope = (stroke[3] - stroke[1]) / (stroke[2] - stroke[0])
    return abs(d - stroke[1] - slope * (s - stroke[0])) <= stroke[6] / 2 * np.sqrt(1 + slope * slope)


@njit(cache=True, nogil=True)
@no_type_check
def _painted(points, s_d, edges, crossing, along, across, bars, strips, drawn):
    out = np.zeros(len(points), np.bool_)
    for i in range(len(points)):
        cross_s, cross_d = cross_road_coordinates(points[i, 0], points[i, 1], crossing)
        where = line_owner(points[i, 0], points[i, 1], s_d[i, 1], cross_d, crossing) if crossing.there > 0 else 1
        s, d = (cross_s, cross_d) if where == 2 else (s_d[i, 0], s_d[i, 1])
        rows = across if where == 2 else along
        for k in range(len(rows) if where else 0):
            on = abs(d - rows[k, 0]) <= LINE_WIDTH_M / 2
            if where == 1 and k < 2:  # the edge lines
                on &= not widens(s, edges[k], 2 * k - 1, strips)
            out[i] |= on and (rows[k, 1] == 0 or s % PERIOD_M < DASH_M)
        for k in range(len(bars)):
            s, d = (cross_s, cross_d) if bars[k, 0] > 0 else (s_d[i, 0], s_d[i, 1])
            out[i] |= bars[k, 1] <= s <= bars[k, 2] and bars[k, 3] <= d <= bars[k, 4]
        out[i] |= on_island_line(points[i, 0], points[i, 1], crossing) <= LINE_WIDTH_M / 2
        for k in range(len(drawn)):
            out[i] |= on_stroke(s_d[i, 0], s_d[i, 1], drawn[k])
    return out


def has_only_lanes(road: Road) -> bool:
    """Whether a road has only lanes and their lines."""
    return road.cross is None and not (road.zebras_m or len(road.strips) or road.bus_stops)


def edge_distance(road: Road, points: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point"]:
    """Metres outwards from the edge of the carriageways of a road and of its crossing road, including bays."""
    flat = np.ascontiguousarray(points, float)
    edges = (road.right_edge, road.left_edge)
    return _grounds(flat, road.project(flat), edges, crossing_of(road), road.strips)


def is_painted(road: Road, points: Float[np.ndarray, "point 2"]) -> Bool[np.ndarray, "point"]:
    """Whether there is paint at map points."""
    flat = np.ascontiguousarray(points, float)
    edges, paint = (road.right_edge, road.left_edge), (lane_lines(road), cross_lines(road), bars_of(road))
    return _painted(flat, road.project(flat), edges, crossing_of(road), *paint, road.strips, partial_markings(road))
