"""Scenery: the still things beside the road that are not actors and carry no label."""

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import shapely
from jaxtyping import Float

from conditioning.assets.shelters import Shelter, shelters_of
from scenarios.boxes import box_corners
from scenarios.model.sides import Side
from scenarios.roads.junction import CORNER_M
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.widening import all_beyond_strips
from scenarios.rollout import Rollout


@dataclass(frozen=True)
class Building:
    """An upright box: centre on the ground, map frame, metres, radians."""

    x_m: float
    y_m: float
    yaw_rad: float
    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True)
class Tree:
    x_m: float
    y_m: float
    height_m: float
    crown_radius_m: float


@dataclass(frozen=True)
class Lamp:
    """A street lamp: foot of the pole; the light hangs `reach_m` towards `yaw_rad`."""

    x_m: float
    y_m: float
    yaw_rad: float
    height_m: float
    reach_m: float


@dataclass(frozen=True)
class Scenery:
    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[Lamp, ...]
    shelters: tuple[Shelter, ...] = ()


NO_SCENERY = Scenery((), (), ())

_RING_ROOM_M = 3.0  # between a roundabout's sidewalk and what stands
_ISLAND_RIM_M = 4.0  # of an island that stays free
SHELTER_ROOM_M = 4.5  # around the middle of a shelter nothing else stands
_ARM_M = 30.0  # from the edge of the road to the first building of a side street
_BEHIND_M, _BEYOND_M = 30.0, 180.0  # what the ego can see before and after its travel


def _seed(text: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8], "little"))


def _turned(road: Road, s: float, d: float) -> tuple[float, float, float]:
    x, y, heading = road.pose(np.array(s), np.array(d))
    return float(x), float(y), float(heading)


def _reach(rollout: Rollout, road: Road) -> tuple[float, float]:
    s = road.project(rollout.ego_to_map[:, :2, 3])[:, 0]
    first, last = float(s.min()) - _BEHIND_M, float(s.max()) + _BEYOND_M
    if road.pieces:
        return first, last
    curvature = abs(road.curvature_per_m)
    # A tight bend must not meet itself: at most a third of the circle each way.
    limit = 2.1 / curvature if curvature > 1e-9 else np.inf
    return max(first, -limit), min(last, limit)


def _buildings(rng: np.random.Generator, road: Road, side: int, s: float, end: float) -> list[Building]:
    made = []
    setback = rng.uniform(0.0, 5.0)
    while s < end:
        if rng.random() < 0.18:  # a gap: a side street, a yard, a small park
            s += rng.uniform(8.0, 18.0)
            continue
        length, width = 3.0 * rng.integers(3, 9), 3.0 * rng.integers(3, 6)
        height = 3.0 * rng.integers(2, 7) + 0.6
        away = _verge(road, side, s, s + length) + setback + rng.choice([0.0, 0.0, 1.5]) + width / 2
        bend = road.curvature(s + length / 2)
        if side * bend > 0:  # on the inside of a bend the row is shorter than the road
            away += 0.5 * abs(bend) * (length / 2) ** 2
        x, y, yaw = _turned(road, s + length / 2, side * away)
        made.append(Building(x, y, yaw, float(length), float(width), float(height)))
        s += length * max(1.0, 1 / max(0.3, 1 - side * away * bend)) + rng.choice([0.1, 0.1, 2.0])
    return made


def _standing_free(scenery: Scenery, road: Road) -> Scenery:
    """Without what would stand on the road or its sidewalks where it bends towards it."""

    there = scenery.shelters

    def free(points: Float[np.ndarray, "point 2"], room_m: float) -> bool:
        if len(road.strips) and all_beyond_strips(road.project(points), road.strips).min() < road.sidewalk_m + room_m:
            return False
        if road.cross is not None and road.junction is not None and road.junction.ring_m:
            away = np.hypot(*(points - ring_centre(road)).T).min() - road.junction.ring_m
            if away < road.sidewalk_m + room_m + _RING_ROOM_M:
                return False
        return all(_beside(one, points, one.sidewalk_m + room_m, extent) for one, extent in _extents(road))

    def off_corner(thing: Tree | Lamp) -> bool:
        place = np.array([[thing.x_m, thing.y_m]])
        if any(np.hypot(thing.x_m - shelter.x_m, thing.y_m - shelter.y_m) < SHELTER_ROOM_M for shelter in there):
            return False
        return road.cross is None or _beside(road.cross, place, CORNER_M, road.cross_extent)

    return Scenery(
        tuple(b for b in scenery.buildings if free(_outline(b), 0.0)),
        tuple(t for t in scenery.trees if free(np.array([[t.x_m, t.y_m]]), -1.5) and off_corner(t)),
        tuple(x for x in scenery.lamps if free(np.array([[x.x_m, x.y_m]]), -road.sidewalk_m) and off_corner(x)),
        scenery.shelters,
    )


def _extents(road: Road) -> list[tuple[Road, tuple[float, float]]]:
    """Each road and from where to where it is one."""
    own = (road, (-np.inf, np.inf))
    return [own] if road.cross is None else [own, (road.cross, road.cross_extent)]


def _beside(road: Road, points: Float[np.ndarray, "point 2"], room_m: float, extent: tuple[float, float]) -> bool:
    s, d = road.project(points).T
    beside = (d >= road.left_edge + room_m) | (d <= road.right_edge - room_m)
    return bool((beside | (s < extent[0]) | (s > extent[1])).all())


def _side_streets(rng: np.random.Generator, road: Road, other: Road) -> list[Building]:
    """Rows along the arms of the crossing road, behind the buildings of the road itself."""
    begins, ends = road.cross_extent
    arms = [(max(begins, -90.0), road.right_edge - _ARM_M), (road.left_edge + _ARM_M, min(ends, 90.0))]
    rows = [(side, *arm) for arm in arms if arm[1] > arm[0] for side in (1, -1)]
    return [building for side, first, last in rows for building in _buildings(rng, other, side, first, last)]


def _outline(building: Building) -> Float[np.ndarray, "point 2"]:
    """Points around the foot of a building, at most some metres apart."""
    along, across = np.linspace(-0.5, 0.5, 5) * building.length_m, np.linspace(-0.5, 0.5, 5) * building.width_m
    a, b = (grid.ravel() for grid in np.meshgrid(along, across))
    cos, sin = np.cos(building.yaw_rad), np.sin(building.yaw_rad)
    return np.stack([building.x_m + cos * a - sin * b, building.y_m + sin * a + cos * b], axis=-1)


def _verge(road: Road, side: int, *stations: float) -> float:
    """|d| of the sidewalk's outer edge, the outermost where it differs between the stations."""
    on = Side.LEFT if side > 0 else Side.RIGHT
    return max(side * road.edge_at(on, float(s)) for s in np.linspace(stations[0], stations[-1], 4)) + road.sidewalk_m


def _trees(rng: np.random.Generator, road: Road, side: int, s: float, end: float) -> list[Tree]:
    made, spacing, chance = [], rng.uniform(9.0, 16.0), rng.uniform(0.25, 0.9)
    for at in np.arange(s + rng.uniform(0, spacing), end, spacing):
        if rng.random() < chance:
            height, radius = rng.uniform(4.5, 8.5), rng.uniform(1.1, 2.0)
            x, y, _ = _turned(road, float(at), side * (_verge(road, side, at) - 0.35 + rng.uniform(0, 0.6)))
            made.append(Tree(x, y, float(height), float(radius)))
    return made


def _lamps(rng: np.random.Generator, road: Road, side: int, s: float, end: float) -> list[Lamp]:
    made = []
    for at in np.arange(s + rng.uniform(0, 12), end, 26.0):
        x, y, heading = _turned(road, float(at), side * (_verge(road, side, at) - road.sidewalk_m + 0.45))
        made.append(Lamp(x, y, heading - side * np.pi / 2, 7.0, 1.6))
    return made


def _island_trees(rng: np.random.Generator, road: Road, island_m: float) -> list[Tree]:
    """Low ones in the middle of a roundabout, which hide what comes from beyond it as planted islands do."""
    x, y = ring_centre(road)
    reach = max(island_m - _ISLAND_RIM_M, 0.0)
    made = []
    for turn in np.arange(5) * 2 * np.pi / 5 + rng.uniform(0, 1):
        away, radius = rng.uniform(0.3, 0.9) * reach, rng.uniform(0.9, 1.5)
        place = x + away * np.cos(turn), y + away * np.sin(turn)
        made.append(Tree(float(place[0]), float(place[1]), float(rng.uniform(2.4, 4.2)), float(radius)))
    return made


def build_scenery(rollout: Rollout) -> Scenery:
    """Rows of buildings behind the sidewalks, trees and lamps along them, nothing over the carriageway's ground.

    Drawn from the rollout's id alone, so that layers, labels and pictures agree; empty for a log, whose map is unknown.
    No building stands where a body is at some time of the rollout.
    """
    if rollout.road is None:
        return NO_SCENERY
    made = _drawn_scenery(rollout)
    return replace(made, buildings=tuple(b for b in made.buildings if not _entered(b, rollout)))


def _entered(building: Building, rollout: Rollout) -> bool:
    """Whether any body is inside a building at any time."""
    reach = np.hypot(*rollout.sizes[:, :2].T) / 2
    cos, sin = np.cos(building.yaw_rad), np.sin(building.yaw_rad)
    dx, dy = rollout.centre[..., 0] - building.x_m, rollout.centre[..., 1] - building.y_m
    inside = np.abs(cos * dx + sin * dy) < building.length_m / 2 + reach
    inside &= np.abs(cos * dy - sin * dx) < building.width_m / 2 + reach
    frames, rows = np.nonzero(inside & rollout.valid)  # circles around the boxes; now the boxes themselves
    if not len(frames):
        return False
    foot = np.array([[building.length_m, building.width_m]]), np.array([building.yaw_rad])
    wall = shapely.Polygon(box_corners(np.array([[building.x_m, building.y_m]]), foot[1], foot[0])[0])
    xy, yaw = rollout.centre[frames, rows, :2], rollout.yaw_rad[frames, rows]
    return bool(shapely.intersects(shapely.polygons(box_corners(xy, yaw, rollout.sizes[rows])), wall).any())


def _drawn_scenery(rollout: Rollout) -> Scenery:
    rng, road = _seed(f"scenery {rollout.id}"), rollout.road
    assert road is not None
    first, last = _reach(rollout, road)
    buildings, trees, lamps = [], [], []
    for side in (1, -1):
        buildings += _buildings(rng, road, side, first, last)
        trees += _trees(rng, road, side, first, last)
        lamps += _lamps(rng, road, side, first + (13.0 if side > 0 else 0.0), last)
    if road.cross is not None:
        buildings += _side_streets(rng, road, road.cross)
    made = Scenery(tuple(buildings), tuple(trees), tuple(lamps), shelters_of(road))
    if road.junction is not None and road.junction.ring_m:
        made = _standing_free(made, road)
        return replace(made, trees=(*made.trees, *_island_trees(rng, road, road.junction.island_m)))
    return _standing_free(made, road) if road.pieces or road.cross is not None or len(road.strips) else made
