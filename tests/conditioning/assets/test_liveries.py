"""What vehicles on duty and bodies of a said colour look like: their paint, their lamps, their place in the cuboid."""

import numpy as np
import pytest

from conditioning.assets.body_meshes import body_mesh
from conditioning.assets.materials import body_colours, linear
from conditioning.assets.mesh import BodyPart
from scenarios.model.bodies import LIVERIED, USUAL_SIZE, Body, Colour, Kind, Livery

WORN = [(livery, kind) for livery, kinds in LIVERIED.items() for kind in kinds]


@pytest.mark.parametrize(("livery", "kind"), WORN)
def test_lamps_are_on_the_roof_and_all_parts_inside_the_cuboid(livery, kind):
    size = USUAL_SIZE[kind]
    mesh = body_mesh(Body("it", kind, size, livery))
    half = np.array([size.length_m, size.width_m, size.height_m]) / 2
    assert (np.abs(mesh.points) <= half + 1e-9).all()
    lamps = mesh.points[mesh.part == BodyPart.AMBER]
    assert lamps[..., 2].max() == pytest.approx(size.height_m / 2)
    assert mesh.points[mesh.part != BodyPart.AMBER][..., 2].max() < lamps[..., 2].max() - 0.05
    assert mesh.points[..., 2].min() == pytest.approx(-size.height_m / 2, abs=0.02)


def test_liveries_have_the_same_paint_for_every_seed():
    for livery, kinds in LIVERIED.items():
        looks = [body_colours(seed, Body("it", kinds[0], USUAL_SIZE[kinds[0]], livery)) for seed in range(4)]
        assert np.ptp([look[BodyPart.PAINT] for look in looks], axis=0).max() == 0
    blue = body_colours(0, Body("it", Kind.CAR, USUAL_SIZE[Kind.CAR], Livery.POLICE))[BodyPart.AMBER]
    assert blue[2] > 4 * blue[0]


def test_a_given_colour_changes_only_the_colour():
    plain, red = (
        body_colours(3, Body("it", Kind.CAR, USUAL_SIZE[Kind.CAR], colour=c)) for c in (Colour.ANY, Colour.RED)
    )
    assert red[BodyPart.PAINT] == pytest.approx(linear(np.array([172, 22, 26])))
    worn = [BodyPart.PAINT, BodyPart.CARGO, BodyPart.TOP]
    others = [part for part in BodyPart if part not in worn]
    assert np.array_equal(plain[others], red[others])
