"""Silhouettes: the parts of bodies in the layers agree with the rendered pictures."""

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.layers.part_masks import COLOURS, PARTS
from conditioning.renderer.procedural import render_procedural
from scenarios.model.bodies import Kind
from tests.conditioning.situations import moving, situation, still

CAMERA = FRONT.resized(144, 256)


def parts(rollout, frame: int = 0) -> dict[str, np.ndarray]:
    values = draw_layers(rollout, NO_SCENERY, CAMERA, [frame]).values[0]
    return {name: values[LAYERS.index(name)].astype(int) for name in PARTS}


def rows_of(mask: np.ndarray) -> float:
    """The mean row of a mask, counted from the top."""
    return float(np.nonzero(mask)[0].mean())


@pytest.mark.parametrize("kind", list(Kind))
def test_parts_of_a_body_do_not_overlap_and_are_inside_its_cuboid(kind):
    rollout = situation(still(12, 1.0, kind, yaw=0.4))
    values = draw_layers(rollout, NO_SCENERY, CAMERA, [0]).values[0]
    covered = sum(parts(rollout).values())
    assert covered.max() in range(254, 258)  # some pixel is fully covered; shares are rounded
    box = values[LAYERS.index("foreground_nearness")] > 0
    rows, columns = np.nonzero(covered > 128)
    assert box[rows, columns].all()


@pytest.mark.parametrize("kind", [Kind.CAR, Kind.BUS, Kind.PEDESTRIAN, Kind.CYCLIST])
def test_the_pixels_that_a_body_changes_are_its_silhouette(kind):
    scenes = situation(still(9, 2, kind)), situation()
    with_body, without = (render_procedural(scene, NO_SCENERY, CAMERA, 3, [0])[0] for scene in scenes)
    changed = np.abs(with_body.astype(int) - without.astype(int)).max(-1) > 12
    covered = sum(parts(situation(still(9, 2, kind))).values())
    assert changed[covered == 255].mean() > 0.9
    assert changed[:68][covered[:68] == 0].mean() < 0.01  # above the horizon there are no shadows


def test_a_car_has_its_red_lamps_behind_and_its_bright_ones_in_front():
    away, towards = (parts(situation(still(12, 0, Kind.CAR, yaw=yaw))) for yaw in (0.0, np.pi))
    assert away["red"].any() and not towards["red"].any()
    assert towards["bright"].sum() > away["bright"].sum()
    assert rows_of(away["glass"] > 128) < rows_of(away["red"] > 128) < rows_of(away["dark"] > 128)


def test_a_walker_has_head_above_top_above_trousers_and_makes_steps():
    rollout = situation(moving(9, 0, Kind.PEDESTRIAN, 1.4, yaw=np.pi / 2), frames=7)
    first, later = parts(rollout), parts(rollout, 6)
    assert rows_of(first["skin"] > 100) < rows_of(first["trousers"] > 100)
    assert rows_of(first["cover"] > 100) < rows_of(first["trousers"] > 100)
    width = lambda drawn: np.ptp(np.nonzero(drawn["trousers"] > 100)[1])  # noqa: E731
    assert width(first) != width(later)


def test_the_nearer_body_hides_the_farther_one_only_where_it_is():
    alone = parts(situation(still(22, 0, Kind.BUS)))
    both = parts(situation(still(22, 0, Kind.BUS), still(10, 0, Kind.PEDESTRIAN)))
    person = sum(parts(situation(still(10, 0, Kind.PEDESTRIAN))).values())
    np.testing.assert_array_equal(both["paint"][person == 0], alone["paint"][person == 0])
    assert (both["paint"][person >= 254] <= 1).all()


def colours(rollout, look: int | None) -> np.ndarray:
    values = draw_layers(rollout, NO_SCENERY, CAMERA, [0], look).values[0]
    return values[[LAYERS.index(name) for name in COLOURS]].astype(int)


def test_the_colour_layers_are_set_on_bodies_and_empty_for_unknown_colours():
    rollout = situation(still(10, 0, Kind.VAN))
    covered = sum(parts(rollout).values())
    told = colours(rollout, 0)
    np.testing.assert_array_equal(told[3], 255 * (covered > 0))
    assert not told[:, covered == 0].any()
    assert not colours(rollout, None).any()


def test_another_look_has_other_colours_in_the_same_places():
    rollout = situation(still(10, 0, Kind.CAR), still(14, 4, Kind.PEDESTRIAN))
    drawn = [colours(rollout, look) for look in range(6)]
    assert all((one[3] == drawn[0][3]).all() for one in drawn)
    assert len({one.tobytes() for one in drawn}) == 6


@pytest.mark.parametrize("kind", [Kind.CAR, Kind.VAN, Kind.PEDESTRIAN])
def test_the_colour_layers_agree_with_the_picture(kind):
    """Over many appearances, redder layers have redder pictures."""
    rollout = situation(still(9, 0, kind))
    solid = sum(parts(rollout).values()) >= 254
    told, seen = [], []
    for look in range(8):
        told.append(colours(rollout, look)[:3, solid].mean(1))
        seen.append(render_procedural(rollout, NO_SCENERY, CAMERA, look, [0])[0][solid].mean(0))
    redder = lambda colour: np.array([c[0] - c[2] for c in colour])  # noqa: E731
    assert np.corrcoef(redder(told), redder(seen))[0, 1] > 0.9
