"""Camera pictures of a junction and of surface patches: layers and rendered frames."""

from dataclasses import replace

import numpy as np

from conditioning.assets.scenery import NO_SCENERY, build_scenery
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.renderer.procedural import render_procedural
from scenarios.model.environment import Surface
from scenarios.roads.friction import Patch
from scenarios.roads.junction import CORNER_M, Junction, SignalInterval, SignalState
from scenarios.roads.road import Road, RoadKind
from scenarios.rollout import Rollout
from tests.conditioning.situations import situation

CAMERA = FRONT.resized(72, 128)
PLAIN = Road(RoadKind.STRAIGHT, 1, 1, 3.5, 0.0, 0)
RED = (SignalInterval(SignalState.RED, SignalState.GREEN, 0.0),)
CROSSED = replace(PLAIN, junction=Junction(22.0, 1, 1, 3.5, signals=RED))


def on(road: Road) -> Rollout:
    return situation(frames=2, road=road)


def layer(road: Road, name: str) -> np.ndarray:
    return draw_layers(on(road), NO_SCENERY, CAMERA, [0]).values[0, LAYERS.index(name)]


def test_the_crossing_road_has_no_sidewalk_at_the_junction():
    more = (layer(CROSSED, "road") > 0) & (layer(PLAIN, "road") == 0)
    assert more.sum() > 100
    assert ((layer(PLAIN, "sidewalk") > 0) & more).any()
    assert not ((layer(CROSSED, "sidewalk") > 0) & (layer(CROSSED, "road") > 0)).any()


def test_every_ground_pixel_has_exactly_one_class():
    ground = [layer(CROSSED, name) > 0 for name in ("road", "sidewalk", "terrain")]
    plain = [layer(PLAIN, name) > 0 for name in ("road", "sidewalk", "terrain")]
    assert (np.sum(ground, axis=0) == np.sum(plain, axis=0)).all()
    assert np.sum(ground, axis=0).max() == 1


def test_no_scenery_is_on_the_crossing_road():
    scenery = build_scenery(on(CROSSED))
    assert scenery.buildings
    assert scenery.trees
    for thing in (*scenery.buildings, *scenery.trees, *scenery.lamps):
        s, d = CROSSED.cross.locate(thing.x_m, thing.y_m)
        assert not -1.75 - CORNER_M < d < 5.25 + CORNER_M or abs(s) > 150.0


def test_a_red_signal_is_red_in_the_picture():
    red = render_procedural(on(CROSSED), NO_SCENERY, FRONT.resized(288, 512), 0, [0])[0].astype(int)
    green_phase = replace(CROSSED.junction, signals=(SignalInterval(SignalState.GREEN, SignalState.RED, 0.0),))
    green = render_procedural(on(replace(CROSSED, junction=green_phase)), NO_SCENERY, FRONT.resized(288, 512), 0, [0])[
        0
    ]
    changed = np.abs(red - green).max(axis=-1) > 60
    assert 3 < changed.sum() < 400
    assert (red[changed] - green.astype(int)[changed])[:, 0].max() > 60
    assert (red[changed] - green.astype(int)[changed])[:, 1].min() < -60


def test_ice_and_water_are_visible_at_their_position():
    bare = render_procedural(on(PLAIN), NO_SCENERY, CAMERA, 0, [0])[0].astype(int)
    for surface in (Surface.ICE, Surface.FLOODED, Surface.SNOW):
        patch = Patch(surface, 0.1, 6.0, 16.0, -1.75, 1.75)
        seen = render_procedural(on(replace(PLAIN, patches=(patch,))), NO_SCENERY, CAMERA, 0, [0])[0]
        changed = np.abs(seen - bare).max(axis=-1) > 8
        assert changed.sum() > 100, surface
        assert not changed[: CAMERA.height // 2].any(), surface  # nothing above the horizon
        assert not changed[:, : CAMERA.width // 4][: 3 * CAMERA.height // 5].any(), surface
