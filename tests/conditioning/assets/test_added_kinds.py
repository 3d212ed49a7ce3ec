"""E-scooters, pedestrians with a bicycle, trams and wheelchair users in pictures, layers, captions, checks and logs."""

import numpy as np
import pytest

from conditioning.assets.body_meshes import body_mesh
from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.materials import body_colours
from conditioning.assets.mesh import BodyPart
from conditioning.assets.scenery import NO_SCENERY
from conditioning.caption import VOCABULARY, caption
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.logs.tracks import body_id, kind_of_category
from conditioning.sensors.visibility import label_visibility
from outputs.nuscenes.taxonomy import CATEGORIES, attribute, category
from pipeline.checks.targets import detectable
from scenarios.model.bodies import USUAL_SIZE, Body, Kind
from tests.conditioning.situations import moving, situation, still

ADDED = (Kind.E_SCOOTER, Kind.PEDESTRIAN_WITH_BICYCLE, Kind.TRAM, Kind.WHEELCHAIR_USER)
CAMERA = FRONT.resized(144, 256)


def of(kind: Kind) -> Body:
    return Body("it", kind, USUAL_SIZE[kind])


def extent(body: Body, part: BodyPart) -> np.ndarray:
    """Length, width and height of the triangles of one part, and the height of their lowest corner: metres."""
    mesh = body_mesh(body, 0.0)
    corners = mesh.points[mesh.part == part].reshape(-1, 3)
    corners = corners + np.array([0, 0, body.size.height_m / 2])
    return np.array([*np.ptp(corners, axis=0), corners[:, 2].min()])


def test_the_rider_of_an_e_scooter_stands_on_its_deck():
    shoes, wheels = extent(of(Kind.E_SCOOTER), BodyPart.SHOES), extent(of(Kind.E_SCOOTER), BodyPart.TYRE)
    assert shoes[3] > 0.1 and wheels[3] == pytest.approx(0.0, abs=0.01)
    assert wheels[2] < 0.3 < extent(of(Kind.CYCLIST), BodyPart.TYRE)[2]


def test_a_pedestrian_with_a_bicycle_walks_beside_it():
    pusher = of(Kind.PEDESTRIAN_WITH_BICYCLE)
    shoes = body_mesh(pusher, 0.0)
    shoes, tyres = (shoes.points[shoes.part == part].reshape(-1, 3) for part in (BodyPart.SHOES, BodyPart.TYRE))
    assert shoes[:, 1].min() > tyres[:, 1].max()  # on the left of it
    assert shoes[:, 2].min() == pytest.approx(tyres[:, 2].min(), abs=0.06)  # on the ground
    stride = [body_mesh(pusher, gone, True).points for gone in (0.0, 0.3)]
    assert np.abs(stride[0] - stride[1]).max() > 0.1


def test_a_wheelchair_has_two_large_wheels_and_its_user_sits():
    tyres = extent(of(Kind.WHEELCHAIR_USER), BodyPart.TYRE)
    assert tyres[1] > 0.55 and tyres[2] == pytest.approx(0.61, abs=0.03)
    trousers = extent(of(Kind.WHEELCHAIR_USER), BodyPart.TROUSERS)
    assert trousers[0] > 0.4  # the thighs lie


def test_a_tram_is_two_coloured_and_has_a_pantograph():
    body = of(Kind.TRAM)
    paint, white, metal = (extent(body, part) for part in (BodyPart.PAINT, BodyPart.WHITE, BodyPart.METAL))
    assert paint[3] < 0.5 and white[3] > 1.0 and metal[3] > 3.0
    assert len({tuple(body_colours(seed, body)[BodyPart.PAINT].round(2)) for seed in range(12)}) > 5


@pytest.mark.parametrize("kind", ADDED)
def test_they_are_in_the_layer_of_similar_kinds_and_not_checked_by_the_detector(kind):
    rollout = situation(still(25, 0, kind, yaw=np.pi / 2))
    values = draw_layers(rollout, NO_SCENERY, CAMERA).values[0]
    shown = [str(name) for name in LAYERS[9:] if name in ("car", "truck", "bus", "two_wheeler", "person", "obstacle")
             and values[LAYERS.index(name)].any()]  # fmt: skip
    assert shown == [str(DRAWN[kind].layer)]
    assert detectable(rollout).tolist() == [True, False]
    assert label_visibility(rollout, NO_SCENERY, CAMERA).visibility[0, 1] > 0.9


@pytest.mark.parametrize(
    ("kind", "speed", "said"),
    [(Kind.E_SCOOTER, 4.0, "cyclist rides"), (Kind.PEDESTRIAN_WITH_BICYCLE, 1.2, "pedestrian walks"),
     (Kind.TRAM, 8.0, "bus drives"), (Kind.TRAM, 0.0, "bus stands"), (Kind.WHEELCHAIR_USER, 1.2, "pedestrian walks")],
)  # fmt: skip
def test_captions_use_known_words_for_them(kind, speed, said):
    assert caption(situation(moving(25, -1, kind, speed), frames=12)).endswith(said)
    assert set(said.split()) <= set(VOCABULARY)


@pytest.mark.parametrize(
    ("kind", "name", "moves", "rests"),
    [
        (Kind.E_SCOOTER, "human.pedestrian.personal_mobility", "pedestrian.moving", "pedestrian.standing"),
        (Kind.PEDESTRIAN_WITH_BICYCLE, "human.pedestrian.adult", "pedestrian.moving", "pedestrian.standing"),
        (Kind.TRAM, "vehicle.bus.rigid", "vehicle.moving", "vehicle.parked"),
        (Kind.WHEELCHAIR_USER, "human.pedestrian.wheelchair", "pedestrian.moving", "pedestrian.sitting_lying_down"),
    ],
)
def test_they_have_nuscenes_categories_and_attributes(kind, name, moves, rests):
    assert category(of(kind)) == name and name in CATEGORIES
    rollout = situation(moving(25, 0, kind, 1.5), still(45, 0, kind), frames=6)
    assert [attribute(rollout, row, 3) for row in (1, 2)] == [moves, rests]


def test_categories_keep_their_indices():
    assert CATEGORIES[8] == "vehicle.car" and CATEGORIES[14] == "vehicle.truck"
    assert CATEGORIES[15:] == ("human.pedestrian.personal_mobility", "human.pedestrian.wheelchair")


def test_they_are_read_from_a_log():
    assert kind_of_category("human.pedestrian.wheelchair") is Kind.WHEELCHAIR_USER
    assert kind_of_category("human.pedestrian.personal_mobility") is Kind.E_SCOOTER
    assert kind_of_category("human.pedestrian.stroller") is Kind.PEDESTRIAN
    assert body_id(Kind.WHEELCHAIR_USER, 1) == "wheelchair-user-1" and body_id(Kind.CAR, 2) == "car-2"
