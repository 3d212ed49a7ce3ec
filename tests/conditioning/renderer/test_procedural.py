"""The procedural camera: required content of pictures of known scenes."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.body_meshes import body_mesh
from conditioning.assets.scenery import NO_SCENERY, Scenery, build_scenery
from conditioning.geometry.cuboids import render_cuboids
from conditioning.geometry.rigs import FRONT
from conditioning.ground.markings import DASH_M, GAP_M, NONE, WHITE, YELLOW, marking_at
from conditioning.renderer.procedural import render_procedural
from conditioning.renderer.scene_triangles import BodyMeshes, concatenate_triangles, static_triangles
from conditioning.renderer.weather import light_of
from scenarios.model.bodies import EGO_SIZE, USUAL_SIZE, Body, Kind, Size
from scenarios.model.environment import Environment, Surface, TimeOfDay, Weather
from scenarios.roads.road import Road, RoadKind
from scenarios.rollout import Rollout, RolloutEnd

CAMERA = FRONT.resized(144, 256)
STREET = Road(RoadKind.STRAIGHT, 2, 1, 3.5, 0.0, 0)
BEND = Road(RoadKind.CURVE, 2, 0, 3.5, 1 / 120, 0)


def street_with(*bodies: tuple[Kind, float, float], road: Road | None = STREET, frames: int = 3, **changes) -> Rollout:
    """The ego at the origin at 6 m/s, and bodies at (x, y) at rest with their heading along x."""
    t = np.arange(frames) / 12.0
    made = [Body("ego", Kind.CAR, EGO_SIZE), *(Body(f"b{i}", k, USUAL_SIZE[k]) for i, (k, _, _) in enumerate(bodies))]
    centre = np.zeros((frames, len(made), 3))
    for i, (kind, x, y) in enumerate(bodies, 1):
        centre[:, i] = (x, y, USUAL_SIZE[kind].height_m / 2)
    pose = np.tile(np.eye(4), (frames, 1, 1))
    pose[:, 0, 3] = 6.0 * t
    still = np.zeros((frames, len(made)))
    rollout = Rollout(
        id="a street", name="a street", t_s=t, bodies=tuple(made), centre=centre, yaw_rad=still, speed_mps=still,
        acceleration_mps2=still, valid=still == 0, brake_light=still != 0, sliding=still != 0,
        ego_to_map=pose, map_to_global=np.eye(4),
        road=road, surface=Surface.DRY, friction=0.85, environment=Environment(), happenings=(),
        ended=RolloutEnd.DURATION,
    )  # fmt: skip
    return replace(rollout, **changes)


def first(rollout: Rollout, seed: int = 3, scenery: Scenery = NO_SCENERY) -> np.ndarray:
    return render_procedural(rollout, scenery, CAMERA, seed, [0])[0].astype(float)


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_frames():
    rollout = street_with((Kind.CAR, 15, 0), (Kind.PEDESTRIAN, 12, -3))
    scenery = build_scenery(rollout)
    whole = render_procedural(rollout, scenery, CAMERA, 7)
    assert whole.shape == (3, 144, 256, 3) and whole.dtype == np.uint8
    assert np.array_equal(render_procedural(rollout, scenery, CAMERA, 7, [2, 0]), whole[[2, 0]])


def test_another_seed_changes_colours_and_no_shape():
    rollout = street_with((Kind.CAR, 14, 0), (Kind.PEDESTRIAN, 11, -3))
    scenery, rows = build_scenery(rollout), np.array([1, 2])
    inside = render_cuboids(rollout, CAMERA, 0).actor == 1
    assert np.abs(first(rollout, 1) - first(rollout, 2))[inside].mean() > 12
    casts = []
    for seed in (1, 2):
        light = light_of(rollout, seed)
        casts.append(
            concatenate_triangles(
                [static_triangles(scenery, light, seed)[0], *BodyMeshes(rollout, light, seed).at(0, rows)]
            )
        )
    assert np.array_equal(casts[0].points, casts[1].points)
    assert not np.array_equal(casts[0].albedo, casts[1].albedo)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("scale", [0.85, 1.0, 1.2])
def test_meshes_stay_inside_their_cuboids_and_nearly_fill_them(kind: Kind, scale: float):
    usual = USUAL_SIZE[kind]
    size = Size(usual.length_m * scale, usual.width_m * scale, usual.height_m * scale)
    for gone in (0.0, 0.4, 0.9):
        mesh = body_mesh(Body("x", kind, size), gone, moving=True)
        extent = np.array([size.length_m, size.width_m, size.height_m])
        low, high = mesh.points.min((0, 1)), mesh.points.max((0, 1))
        assert (low >= -extent / 2 - 1e-9).all() and (high <= extent / 2 + 1e-9).all()
        assert ((high - low)[1:] > 0.75 * extent[1:]).all()
        if gone == 0.0 and kind not in (Kind.PEDESTRIAN, Kind.CHILD):
            assert (high - low)[0] > 0.75 * extent[0]


def test_walkers_move_their_legs():
    body = Body("p", Kind.PEDESTRIAN, USUAL_SIZE[Kind.PEDESTRIAN])
    assert not np.allclose(body_mesh(body, 0.0, True).points, body_mesh(body, 0.5, True).points)


def test_pixels_outside_every_cuboid_do_not_show_the_body():
    """Without sun, a body may only change its cuboid's own pixels, its contact shadow and its glow."""
    grey = Environment(TimeOfDay.DAY, Weather.RAIN)
    with_car = street_with((Kind.CAR, 14, 0), environment=grey)
    without = replace(with_car, valid=with_car.valid & (np.arange(2) == 0))
    far = np.abs(first(with_car) - first(without)).max(axis=2) > 25
    rows, columns = np.nonzero(render_cuboids(with_car, CAMERA, 0).actor == 1)
    above = np.zeros_like(far)
    above[: rows.min() - 2] = True
    above[:, : columns.min() - 8] = True
    assert not (far & above).any()


BRAKING = [
    *((Kind.CAR, t) for t in TimeOfDay), (Kind.VAN, TimeOfDay.DAY), (Kind.TRUCK, TimeOfDay.DUSK),
    (Kind.BUS, TimeOfDay.NIGHT),
    (Kind.MOTORCYCLE, TimeOfDay.DAY), (Kind.CYCLIST, TimeOfDay.NIGHT),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "time"), BRAKING)
def test_brake_lights_redden_the_rear(kind: Kind, time: TimeOfDay):
    off = street_with((kind, 16, 0), environment=Environment(time))
    on = replace(off, brake_light=np.broadcast_to(np.arange(2) == 1, (3, 2)))
    inside = render_cuboids(off, CAMERA, 0).actor == 1
    rise = (first(on) - first(off))[inside]
    assert rise[:, 0].max() > 40
    assert rise[:, 0].sum() > 1.5 * rise[:, 2].sum()


def test_night_is_darker_than_dusk_and_dusk_than_day():
    means = [first(street_with((Kind.CAR, 15, 0), environment=Environment(t))).mean() for t in TimeOfDay]
    day, dusk, night = means
    assert day > dusk + 10 > night + 20


def test_a_pedestrian_at_night_is_brighter_in_the_headlights():
    scene = street_with((Kind.PEDESTRIAN, 18, -1), environment=Environment(TimeOfDay.NIGHT))
    without = replace(scene, valid=scene.valid & (np.arange(2) == 0))
    inside = render_cuboids(scene, CAMERA, 0).actor == 1
    assert np.abs(first(scene) - first(without))[inside].mean() > 10


def test_fog_reduces_contrast_with_distance():
    rollout = street_with()
    foggy = replace(rollout, environment=Environment(TimeOfDay.DAY, Weather.FOG))
    far = (slice(60, 71), slice(110, 146))
    scenery = build_scenery(rollout)
    assert first(foggy, 3, scenery)[far].std() < 0.5 * first(rollout, 3, scenery)[far].std()


def test_snow_whitens_the_ground_and_rain_darkens_the_picture():
    clear, ground = first(street_with()), (slice(110, 144), slice(200, 256))
    snow = first(street_with(environment=Environment(TimeOfDay.DAY, Weather.SNOW), surface=Surface.SNOW))
    rain = first(street_with(environment=Environment(TimeOfDay.DAY, Weather.RAIN), surface=Surface.WET))
    assert np.ptp(snow[ground], axis=2).mean() < np.ptp(clear[ground], axis=2).mean() + 5
    assert rain.mean() < clear.mean()


def test_a_wet_road_reflects_bodies():
    grey = Environment(TimeOfDay.NIGHT, Weather.CLEAR)
    wet = street_with((Kind.BUS, 25, 0), environment=grey, surface=Surface.WET)
    braking = replace(wet, brake_light=np.broadcast_to(np.arange(2) == 1, (3, 2)))
    below = np.nonzero(render_cuboids(wet, CAMERA, 0).actor == 1)[0].max() + 4
    road = (slice(below, below + 30), slice(100, 156))
    shine = {
        s: (first(replace(braking, surface=s)) - first(replace(wet, surface=s)))[road][..., 0].max() for s in Surface
    }
    assert shine[Surface.WET] > shine[Surface.DRY] + 10


def test_the_shadow_has_the_direction_of_the_sun():
    """The centre of a truck's side is 2 m high: its shadow is 2 m / tan(elevation) away, opposite to the sun."""
    scene = street_with((Kind.TRUCK, 16, 0), road=None)
    seed = next(s for s in range(50) if abs(light_of(scene, s).sun_direction[1]) > 0.6)
    sun = light_of(scene, seed).sun_direction
    side = USUAL_SIZE[Kind.TRUCK].width_m / 2 * -np.sign(sun[1])
    x, y = np.array([14.0, side]) - 2.0 * sun[:2] / sun[2]
    column, row = CAMERA.project(np.array([-y, 1.51, x - 1.7])).astype(int)
    without = replace(scene, valid=scene.valid & (np.arange(2) == 0))
    darker = first(without, seed) - first(scene, seed)
    assert darker[row, column].mean() > 25


def test_a_log_has_plain_ground_and_no_scenery():
    rollout = street_with((Kind.CAR, 15, 0), road=None)
    assert build_scenery(rollout) == NO_SCENERY
    picture = first(rollout)
    assert np.ptp(picture[100:, :60].reshape(-1, 3).mean(axis=0)) < 15  # asphalt is grey
    assert picture[:40].mean() > picture[100:].mean()


@pytest.mark.parametrize("road", [STREET, BEND])
def test_scenery_depends_on_the_id_and_is_not_on_the_carriageway(road: Road):
    rollout = street_with(road=road)
    scenery = build_scenery(rollout)
    assert scenery == build_scenery(rollout) != build_scenery(replace(rollout, id="another street"))
    assert scenery.buildings and scenery.trees and scenery.lamps
    lo, hi = road.right_edge - road.sidewalk_m, road.left_edge + road.sidewalk_m
    for b in scenery.buildings:
        along, across = (
            (np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 9), np.linspace(-0.5, 0.5, 9)), -1)).reshape(-1, 2).T
        )
        c, s = np.cos(b.yaw_rad), np.sin(b.yaw_rad)
        x = b.x_m + c * along * b.length_m - s * across * b.width_m
        y = b.y_m + s * along * b.length_m + c * across * b.width_m
        d = road.project(np.stack([x, y], -1))[:, 1]
        assert (d < lo + 0.3).all() or (d > hi - 0.3).all()
    for thing in (*scenery.trees, *scenery.lamps):
        d = road.project(np.array([thing.x_m, thing.y_m]))[1]
        assert not road.right_edge <= d <= road.left_edge


def test_markings_are_at_the_lane_borders():
    road = Road(RoadKind.STRAIGHT, 2, 2, 3.5, 0.0, 0)
    s = np.array([0.5, DASH_M + 0.5, DASH_M + GAP_M + 0.5])
    assert marking_at(road, s, np.full(3, 1.75)).tolist() == [WHITE, NONE, WHITE]
    assert (marking_at(road, s, np.full(3, 5.25 + 0.15)) == YELLOW).all()
    assert (marking_at(road, s, np.full(3, 0.0)) == NONE).all()


def test_markings_are_visible_in_the_picture():
    """Roads with and without the centre line differ at the line and not far from it."""
    picture = first(street_with())
    s = np.linspace(9.2, 11.8, 40)
    on, beside = (
        CAMERA.project(np.stack([np.full(40, -d), np.full(40, 1.51), s - 1.7], -1)).astype(int) for d in (1.75, 0.9)
    )
    assert picture[on[:, 1], on[:, 0]].mean() > picture[beside[:, 1], beside[:, 0]].mean() + 20
