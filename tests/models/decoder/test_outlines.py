"""Regions: every pixel belongs to the surface in the layers, and colours do not cross region edges."""

import torch

from conditioning.layers.control_layers import LAYERS
from conditioning.layers.part_masks import COLOURS, PARTS
from models.decoder.regions import Regions, fill_regions, known_colours, regions
from models.presets import LAYERS as READ
from models.presets import REGIONS

WHICH = Regions(
    behind=(0, 1), paint=2, front=(3,), behind_nearness=4, front_nearness=5, place=(0, 0, 0), colours=(6, 7, 8, 9)
)


def layers(**drawn: tuple[slice, slice]) -> torch.Tensor:
    """Ground everywhere, with rectangles of wall, paint or car."""
    at = {"ground": 0, "wall": 1, "paint": 2, "car": 3, "car_nearness": 5}
    x = torch.full((1, 10, 64, 96), -1.0)
    x[:, 0] = 1.0
    for name, (rows, columns) in drawn.items():
        if name == "wall":
            x[:, 0, rows, columns] = -1.0
        x[:, at[name], rows, columns] = 1.0
        if name == "car":
            x[:, 5, rows, columns] = 0.5
    return x


def test_shares_sum_to_one_and_give_the_visible_surface():
    box = (slice(16, 48), slice(32, 64))
    shares = regions(layers(car=box, wall=(slice(0, 16), slice(None)), paint=(slice(60, 64), slice(None))), WHICH)
    assert torch.allclose(shares.sum(1), torch.ones(1, 64, 96))
    car, ground, wall, sky, paint = shares[0]
    assert car[20, 40] == 1 and ground[20, 40] == 0
    assert wall[5, 5] == 1 and ground[50, 5] == 1 and paint[62, 5] == 1
    assert sky.max() == 0


def test_a_body_behind_scenery_is_not_visible():
    x = layers(car=(slice(16, 48), slice(32, 64)))
    x[:, 4, :, 32:48] = 0.9
    car = regions(x, WHICH)[0, 0]
    assert car[20, 40] == 0 and car[20, 56] == 1


def test_a_known_colour_covers_the_visible_part_of_a_body():
    x = layers(car=(slice(16, 48), slice(32, 64)))
    x[:, 3, 20, 40] = 0.0  # half of this pixel
    x[:, 4, :, 32:36] = 0.9
    x[:, 6, 16:48, 32:64], x[:, 9, 16:40, 32:64] = 1.0, 1.0
    colour, cover = known_colours(x, WHICH)
    assert colour[0, :, 20, 41].tolist() == [1, 0, 0]
    assert [float(cover[0, 0, row, column]) for row, column in ((20, 41), (20, 40), (20, 33), (44, 41), (5, 5))] == [
        1, 0.5, 0, 0, 0,
    ]  # fmt: skip


def test_a_blurred_draft_is_sharp_at_the_outline():
    picture = torch.zeros(1, 3, 64, 96)
    picture[:, 0] = 1.0
    picture[:, :, :, 48:] = torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    soft = torch.nn.functional.avg_pool2d(picture, 17, 1, 8, count_include_pad=False)
    filled = fill_regions(soft, regions(layers(wall=(slice(None), slice(48, 96))), WHICH))
    assert (filled - picture).abs().mean() < 0.7 * (soft - picture).abs().mean()
    left, right = filled[0, :, 32, 47], filled[0, :, 32, 48]
    assert left[0] > 0.75 and right[2] > 0.75


def test_the_preset_s_layer_indices_have_the_right_names():
    named = lambda places: [LAYERS[i] for i in places]  # noqa: E731
    assert named(REGIONS.behind) == ["road", "sidewalk", "terrain", "building", "tree"]
    assert tuple(named(REGIONS.front)) == PARTS
    assert tuple(named(REGIONS.colours)) == COLOURS
    assert LAYERS == READ
    assert LAYERS[REGIONS.paint] == "marking"
    assert LAYERS[REGIONS.behind_nearness] == "background_nearness"
    assert LAYERS[REGIONS.front_nearness] == "foreground_nearness"
