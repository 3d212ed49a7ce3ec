"""Camera pictures of bays, shelters, ramps and roundabouts: layers, paint and rendered frames."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Point

from conditioning.assets.scenery import NO_SCENERY, Scenery, build_scenery
from conditioning.assets.shelters import shelters_of
from conditioning.geometry.rigs import FRONT
from conditioning.ground.road_surface import edge_distance, is_painted
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.lidar import cast_lidar
from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BusStop
from scenarios.roads.junction import Junction
from scenarios.roads.ramp import Ramp
from scenarios.roads.road import Road, RoadKind, ring_centre
from scenarios.roads.road_polygons import road_area
from tests.conditioning.situations import situation

CAMERA = FRONT.resized(72, 128)
PLAIN = Road(RoadKind.STRAIGHT, 1, 1, 3.5, 0.0, 0)
BAY = replace(PLAIN, bus_stops=(BusStop(Side.RIGHT, 32.0, 14.0, 1, 3.0, True),))
LEFT_BAY = replace(PLAIN, bus_stops=(BusStop(Side.LEFT, 20.0, 14.0, -1, 3.0, True),))
RAMP = Road(RoadKind.STRAIGHT, 2, 0, 3.5, 0.0, 0, ramp=Ramp(20.0, 60.0, 30.0))
RING = replace(PLAIN, junction=Junction(40.0, 1, 1, 3.5, ring_m=17.0))
BEND = Road(RoadKind.CURVE, 2, 0, 3.5, -1 / 200, 0, ramp=Ramp(20.0, 60.0, 30.0))


def layer(road: Road, name: str, scenery: Scenery = NO_SCENERY) -> np.ndarray:
    return draw_layers(situation(road=road), scenery, CAMERA, [0]).values[0, LAYERS.index(name)]


def beyond(road: Road, x: float, y: float) -> float:
    return float(edge_distance(road, np.array([[x, y]]))[0])


def paint(road: Road, x: float, y: float) -> bool:
    return bool(is_painted(road, np.array([[x, y]]))[0])


@pytest.mark.parametrize("road", [BAY, LEFT_BAY, RAMP, BEND], ids=["bay", "left bay", "ramp", "ramp in a bend"])
def test_the_road_layer_is_the_area_of_the_road(road):
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(0, 120, 2000), rng.uniform(-30, 15, 2000)], axis=-1)
    drawn = edge_distance(road, points)
    area = road_area(road, -80.0, 160.0)
    clear = np.abs(drawn) > 0.1
    inside = np.array([area.contains(Point(p)) for p in points])
    assert (inside == (drawn <= 0))[clear].all()
    assert 0.1 < inside.mean() < 0.9


def test_beyond_the_kerb_of_a_bay_the_pavement_begins():
    assert beyond(BAY, 25.0, -4.75) == pytest.approx(0.0, abs=1e-9)
    assert beyond(BAY, 25.0, -5.75) == pytest.approx(1.0)
    assert beyond(BAY, 25.0, -3.0) < 0 < beyond(BAY, 90.0, -3.0)


def test_a_bay_is_road_and_its_stop_is_marked():
    more = (layer(BAY, "road") > 0) & (layer(PLAIN, "road") == 0)
    assert more.sum() > 30
    assert not ((layer(BAY, "sidewalk") > 0) & (layer(BAY, "road") > 0)).any()
    assert not paint(BAY, 25.0, -1.5)  # no edge line between lane and bay
    assert paint(BAY, 25.0, -4.5)  # but along the kerb of the bay
    zigzag = [paint(BAY, x, y) for x in np.arange(18.5, 31.5, 0.25) for y in np.arange(-4.3, -2.7, 0.1)]
    assert 0.03 < np.mean(zigzag) < 0.2


def test_the_acceleration_lane_has_a_broken_line_and_ends():
    on = [paint(RAMP, x, -1.75) for x in np.arange(20, 110, 0.25)]
    assert 0.35 < np.mean(on) < 0.65
    assert paint(RAMP, 50.0, -5.25 + 0.25)
    assert beyond(RAMP, 50.0, -5.0) < 0 < beyond(RAMP, 108.0, -5.0)
    assert paint(RAMP, 120.0, -1.5)  # beyond the taper there is an edge line again


def test_the_ring_of_a_roundabout_is_road_and_its_island_is_not():
    centre = np.array(ring_centre(RING))
    assert centre == pytest.approx([40.0, 1.75])
    assert beyond(RING, *centre) == pytest.approx(10.0)
    for turn in np.arange(8) * np.pi / 4:
        ahead = np.array([np.cos(turn), np.sin(turn)])
        assert beyond(RING, *(centre + 13.5 * ahead)) < -2.0
        assert beyond(RING, *(centre + 9.0 * ahead)) > 0
    assert beyond(RING, *(centre + 22.0 * np.array([1, 1]) / np.sqrt(2))) > 2.0
    terrain = layer(RING, "terrain") > 0
    assert terrain[:, 40:90][34:44].any()  # the island, in the middle of the picture
    assert np.sum([layer(RING, name) > 0 for name in ("road", "sidewalk", "terrain")], axis=0).max() == 1


def test_every_entry_of_a_roundabout_has_a_give_way_line():
    x = 40 - 17 - 0.8 + 0.2
    teeth = [paint(RING, x, y) for y in np.arange(-1.7, 1.7, 0.05)]
    assert 0.3 < np.mean(teeth) < 0.7
    assert not any(paint(RING, x, y) for y in np.arange(2.0, 4.9, 0.1))  # not on the exit lane


def test_a_shelter_is_in_layers_labels_lidar_and_picture():
    scenery = Scenery((), (), (), shelters_of(BAY))
    (shelter,) = scenery.shelters
    assert (shelter.x_m, shelter.y_m) == pytest.approx((26.0, -4.75 - 1.1 - 0.65))
    seen = layer(BAY, "building", scenery) > 0
    assert 10 < seen.sum() < 2000
    rollout = situation(road=BAY)
    bare, with_it = (render_procedural(rollout, s, CAMERA, 0, [0])[0].astype(int) for s in (NO_SCENERY, scenery))
    changed = np.abs(bare - with_it).max(axis=-1) > 12
    assert (changed & seen).sum() > 0.5 * seen.sum()
    near = cast_lidar(rollout, scenery, 0, 0)
    nothing = cast_lidar(rollout, NO_SCENERY, 0, 0)
    assert not np.array_equal(near, nothing)


@pytest.mark.parametrize("road", [BAY, RAMP, RING], ids=["bay", "ramp", "roundabout"])
def test_no_scenery_is_on_paved_ground(road):
    scenery = build_scenery(situation(road=road))
    assert scenery.buildings
    for thing in (*scenery.buildings, *scenery.lamps):
        assert beyond(road, thing.x_m, thing.y_m) > 0
    if road is RING:
        assert len([t for t in scenery.trees if np.hypot(t.x_m - 40.0, t.y_m - 1.75) < 10.0]) == 5
    for tree in scenery.trees:
        assert beyond(road, tree.x_m, tree.y_m) > 0


def test_the_picture_of_a_plain_road_is_unchanged():
    """Bays and rings use the same kernel: without them, only the lanes have paint."""
    assert paint(PLAIN, 25.0, -1.5)
    assert not paint(PLAIN, 25.0, 0.0)
    assert not PLAIN.strips.size
