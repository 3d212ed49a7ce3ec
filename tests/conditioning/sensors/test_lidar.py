"""LiDAR: returns are on the surfaces of the scene, and surfaces occlude each other."""

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY, Scenery
from conditioning.sensors.lidar import AZIMUTHS, BEAMS, LIDAR_TO_EGO, RANGE_M, cast_lidar
from scenarios.model.bodies import Kind
from tests.conditioning.situations import building, situation, still, tree


def sweep(*actors, scenery=NO_SCENERY, seed=0):
    """The points in the map frame, and the sweep itself."""
    rollout = situation(*actors)
    points = cast_lidar(rollout, scenery, 0, seed)
    pose = rollout.ego_to_map[0] @ LIDAR_TO_EGO
    return points[:, :3] @ pose[:3, :3].T + pose[:3, 3], points


def on_body(places: np.ndarray, actor: tuple) -> int:
    body, x, y, _, _ = actor
    half = np.array([body.size.length_m, body.size.width_m, body.size.height_m]) / 2 + 1e-3
    return int((np.abs(places - [x, y, body.size.height_m / 2]) <= half).all(axis=1).sum())


def test_columns_are_those_of_nuscenes():
    _, points = sweep(still(15, 0, Kind.CAR))
    assert points.dtype == np.float32
    assert points.shape[1] == 5
    assert 0 <= points[:, 3].min() <= points[:, 3].max() <= 255
    assert set(points[:, 4]) <= set(range(BEAMS))
    assert np.linalg.norm(points[:, :3], axis=1).max() <= RANGE_M + 0.1
    assert len(points) <= BEAMS * AZIMUTHS


def test_an_empty_scene_gives_flat_ground():
    places, _ = sweep()
    assert len(places) > 10_000
    np.testing.assert_allclose(places[:, 2], 0, atol=0.08)  # range noise along a steep ray


def test_ahead_is_the_sensors_y():
    _, points = sweep(still(20, 0, Kind.TRUCK))
    high = points[points[:, 2] > -0.5]
    assert len(high) > 20
    assert (high[:, 1] > 10).all()
    assert np.abs(high[:, 0]).max() < 1.3


def test_a_face_is_at_its_distance_and_every_return_is_inside_the_box():
    truck = still(20, 0, Kind.TRUCK)
    places, _ = sweep(truck)
    raised = places[places[:, 2] > 0.2]
    assert raised[:, 0].min() == pytest.approx(16.0, abs=0.01)
    assert on_body(raised, truck) == len(raised)


def test_nearer_bodies_get_more_points():
    near, far = (on_body(sweep(c)[0], c) for c in (still(10, 0, Kind.CAR), still(30, 0, Kind.CAR)))
    assert near > 4 * far > 0


@pytest.mark.parametrize(
    "scenery",
    [Scenery((building(15, 0, 0, 2, 8, 6),), (), ()), Scenery((), (tree(10, 0, 4, 3.5),), ())],
    ids=["wall", "tree"],
)
def test_hidden_bodies_get_no_points(scenery):
    person = still(25, 0, Kind.PEDESTRIAN)
    assert on_body(sweep(person)[0], person) > 0
    assert on_body(sweep(person, scenery=scenery)[0], person) == 0


def test_a_body_behind_another_gets_no_points():
    child = still(22, 0, Kind.CHILD)
    assert on_body(sweep(child, still(12, 0, Kind.TRUCK))[0], child) == 0


def test_it_covers_all_directions():
    behind, left = still(-15, 0, Kind.CAR), still(0, 12, Kind.CAR)
    places, _ = sweep(behind, left)
    assert min(on_body(places, behind), on_body(places, left)) > 20


def test_the_seed_moves_points_by_centimetres_only():
    (a, raw), (b, _), (c, _) = (
        sweep(still(12, 0, Kind.CAR)),
        sweep(still(12, 0, Kind.CAR)),
        sweep(still(12, 0, Kind.CAR), seed=1),
    )
    np.testing.assert_array_equal(a, b)
    assert len(raw) == pytest.approx(len(c), rel=0.01)
    assert (a[:1000] != c[:1000]).any()


@pytest.mark.parametrize("kind", [Kind.ANIMAL, Kind.DEBRIS])
def test_animals_and_debris_get_points(kind):
    thing = still(12, 1.0, kind, yaw=np.pi / 2)
    places, _ = sweep(thing)
    assert on_body(places[places[:, 2] > 0.1], thing) >= 5
