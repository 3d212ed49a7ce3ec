"""Shapes of animals and of lost things: inside their boxes, told apart by size, alive on their legs."""

import numpy as np
import pytest

from conditioning.assets.body_meshes import body_mesh, distance_gone
from conditioning.assets.mesh import BodyPart
from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.rigs import FRONT
from conditioning.layers.part_masks import PARTS, draw_parts
from conditioning.sensors.visibility import label_visibility
from scenarios.model.bodies import VARIANTS, Body, Kind, Size
from tests.conditioning.situations import moving, situation, still

CAMERA = FRONT.resized(144, 256)


def mesh_of(word: str, gone_m: float = 0.0, moves: bool = False):
    variant = VARIANTS[word]
    return body_mesh(Body(word, variant.kind, variant.size), gone_m, moves)


@pytest.mark.parametrize("word", VARIANTS)
def test_every_variant_fills_its_box_and_is_inside(word):
    size = VARIANTS[word].size
    extent = np.array([size.length_m, size.width_m, size.height_m])
    for gone in (0.0, 0.5, 1.1):
        points = mesh_of(word, gone, True).points
        assert (np.abs(points) <= extent / 2 + 1e-9).all()
        assert (np.ptp(points, axis=(0, 1)) > 0.8 * extent).all()


def test_an_animal_moves_its_legs_while_walking_and_stands_on_them_at_rest():
    assert not np.allclose(mesh_of("deer", 0.0, True).points, mesh_of("deer", 0.6, True).points)
    assert np.allclose(mesh_of("deer", 0.0).points, mesh_of("deer", 0.6).points)
    hooves = mesh_of("deer").points[mesh_of("deer").part == BodyPart.SHOES]
    assert hooves[..., 2].min() == pytest.approx(-VARIANTS["deer"].size.height_m / 2)


def test_a_deer_has_antlers_and_a_dog_has_none():
    assert (mesh_of("deer").part == BodyPart.HAIR).any()
    assert not (mesh_of("dog").part == BodyPart.HAIR).any()


@pytest.mark.parametrize("size", [Size(1.0, 1.0, 0.3), Size(1.0, 0.3, 1.0), Size(0.3, 1.0, 1.0)])
def test_a_wheel_has_the_orientation_of_its_box(size):
    """Seen along its axis it has a hub in the middle of a ring: the tyre leaves the middle free."""
    mesh = body_mesh(Body("w", Kind.DEBRIS, size))
    thin = int(np.argmin([size.length_m, size.width_m, size.height_m]))
    tyre = np.delete(mesh.points[mesh.part == BodyPart.TYRE], thin, axis=-1)
    assert np.linalg.norm(tyre, axis=-1).min() > 0.25
    rim = np.delete(mesh.points[mesh.part == BodyPart.RIM], thin, axis=-1)
    assert np.linalg.norm(rim, axis=-1).max() < 0.3


def test_a_deer_has_fur_and_legs_in_the_layers_of_parts():
    rollout = situation(still(10, 0, Kind.ANIMAL, yaw=np.pi / 2))
    drawn = draw_parts(rollout, distance_gone(rollout), CAMERA, 0)[: len(PARTS)]
    shown = dict(zip(PARTS, drawn.sum((1, 2)), strict=True))
    assert shown["cover"] > shown["trousers"] > 0
    assert shown["paint"] == shown["glass"] == 0


def test_a_deer_is_hidden_by_a_truck_and_appears_again():
    rollout = situation(
        still(14, 0, Kind.TRUCK), moving(24, -4.0, Kind.ANIMAL, 4.0, yaw=np.pi / 2), frames=30
    )  # fmt: skip
    visibility = label_visibility(rollout, NO_SCENERY, CAMERA).visibility[:, 2]
    assert visibility.min() < 0.1
    assert visibility[0] > 0.6 and visibility[-1] > 0.6
