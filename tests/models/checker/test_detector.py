"""The checker's networks: their losses, and that small networks learn from them."""

import pytest
import torch

from models.checker.augment import (
    CROPS,
    NEW_IDENTITY,
    augment_appearance,
    crop_on_objects,
    flip_horizontally,
    recolour_objects,
)
from models.checker.detections import Detections, iou, non_maximum_suppression
from models.checker.detector import STRIDE, Detector, DetectorConfig
from models.checker.detector_losses import box_loss, centre_targets, heat_loss, identity_loss
from models.checker.egomotion import EgoMotion, EgoMotionConfig
from models.checker.flow import flow_maps
from models.presets import PRESETS

SMALL = DetectorConfig(widths=(32, 32, 64), depths=(1, 1, 1), classes=2, embedding=8)
RED, BLUE = torch.tensor([0.9, -0.8, -0.8]), torch.tensor([-0.8, -0.8, 0.9])


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blocks(seed: int, batch: int = 6) -> dict[str, torch.Tensor]:
    """A wide red block (class 0) and a tall blue one (class 1) at random positions on grey noise."""
    chance = dice(seed)
    pictures = torch.rand(batch, 3, 64, 96, generator=chance) * 0.2 - 0.1
    boxes = torch.zeros(batch, 3, 4)
    for i in range(batch):
        x, y = torch.randint(2, 20, (2,), generator=chance).tolist()
        boxes[i, 0] = torch.tensor([x, y, x + 24, y + 14])
        boxes[i, 1] = torch.tensor([x + 44, y + 8, x + 58, y + 34])
        for box, colour in zip(boxes[i].int().tolist(), (RED, BLUE), strict=False):
            pictures[i, :, box[1] : box[3], box[0] : box[2]] = colour[:, None, None]
    rows = lambda values: torch.tensor(values).repeat(batch, 1)  # noqa: E731
    return {"pictures": pictures, "boxes": boxes, "classes": rows([0, 1, -1]), "instances": rows([0, 1, -1]),
            "weight": rows([1.0, 1.0, 0.0])}  # fmt: skip


def targets_of(batch: dict[str, torch.Tensor]):
    return centre_targets(batch["boxes"], batch["classes"], batch["weight"], 2, STRIDE, (16, 24))


def test_numbers_of_parameters_are_as_documented():
    preset = PRESETS["tiny"]
    count = lambda network: sum(p.numel() for p in network.parameters())  # noqa: E731
    assert 2e6 < count(Detector(preset.detector)) < 4e6
    assert count(EgoMotion(preset.egomotion)) < 1e6


def test_heat_is_one_at_centres_of_wanted_objects_only():
    targets = targets_of(blocks(0))
    assert (targets.heat == 1).sum() == targets.required.sum() == 12
    assert torch.allclose(targets.share.sum((1, 2)), torch.full((6,), 2.0), atol=1e-4)


def test_an_ignored_object_has_no_effect_on_the_loss():
    batch = blocks(0)
    batch["weight"][:, 1] = 0
    targets = targets_of(batch)
    centre = (batch["boxes"][0, 1, :2] + batch["boxes"][0, 1, 2:]) / 2 / STRIDE
    x, y = centre.int().tolist()
    silent, loud = torch.full((6, 2, 16, 24), -5.0), torch.full((6, 2, 16, 24), -5.0)
    loud[0, 1, y, x] = 5.0
    assert heat_loss(loud, targets) == heat_loss(silent, targets)
    loud[0, 1, 0, 23] = 5.0
    assert heat_loss(loud, targets) > heat_loss(silent, targets)


def test_exact_edges_have_no_loss():
    batch = blocks(1)
    targets = targets_of(batch)
    x, y = (torch.arange(24) + 0.5) * STRIDE, (torch.arange(16)[:, None] + 0.5) * STRIDE
    truth = batch["boxes"].gather(1, targets.owner.flatten(1)[..., None].expand(-1, -1, 4)).view(6, 16, 24, 4)
    edges = torch.stack([x - truth[..., 0], y - truth[..., 1], truth[..., 2] - x, truth[..., 3] - y], 1)
    assert box_loss(edges, batch["boxes"], targets, STRIDE) < 1e-5
    assert box_loss(edges + 3, batch["boxes"], targets, STRIDE) > 0.1


def test_the_identity_loss_is_low_for_similar_sightings_and_different_objects():
    batch = blocks(2)
    targets = targets_of(batch)
    told_apart = torch.zeros(6, 8, 16, 24)
    told_apart[:, 0] = targets.owner == 0
    told_apart[:, 1] = targets.owner == 1
    alike = torch.zeros(6, 8, 16, 24)
    alike[:, 0] = 1
    cost = lambda maps: identity_loss(maps, targets, batch["instances"], dice())  # noqa: E731
    assert cost(told_apart) < cost(alike)


def test_a_single_sighting_has_no_identity_loss():
    batch = {name: values[:1] for name, values in blocks(0).items()}
    maps = torch.rand(1, 8, 16, 24, requires_grad=True)
    loss = identity_loss(maps, targets_of(batch), batch["instances"], dice())
    loss.backward()
    assert loss == 0 and maps.grad.isfinite().all()


def test_recolouring_changes_the_box_only_and_gives_a_new_identity():
    batch = blocks(3)
    painted, instances = recolour_objects(batch["pictures"], batch["boxes"], batch["instances"], dice(1))
    changed = instances != batch["instances"]
    assert changed.any() and not changed.all()
    assert (instances[changed] >= NEW_IDENTITY).all()
    untouched = (~changed[:, :2]).all(1)
    assert torch.equal(painted[untouched], batch["pictures"][untouched])
    i, j = changed.nonzero()[0].tolist()
    x0, y0, x1, y1 = batch["boxes"][i, j].int().tolist()
    middle = (slice(None), (y0 + y1) // 2, (x0 + x1) // 2)
    assert (painted[i][middle] - batch["pictures"][i][middle]).norm() > 0.3


def test_a_mirrored_box_has_the_same_pixels():
    batch = blocks(4)
    pictures, boxes = flip_horizontally(batch["pictures"], batch["boxes"], dice())
    for i in range(len(boxes)):
        for j in range(2):
            cut = lambda p, b: p[:, int(b[1]) : int(b[3]), int(b[0]) : int(b[2])]  # noqa: E731
            was, now = cut(batch["pictures"][i], batch["boxes"][i, j]), cut(pictures[i], boxes[i, j])
            assert torch.equal(was, now) or torch.equal(was, now.flip(-1))
    assert not torch.equal(pictures, batch["pictures"])


def test_a_focus_shows_rare_classes_and_moves_boxes_with_the_picture():
    pictures = torch.zeros(60, 3, 144, 256)
    boxes = torch.tensor([[20.0, 40, 60, 60], [70, 40, 110, 60], [240, 100, 250, 130]]).repeat(60, 1, 1)
    classes, weight = torch.tensor([[0, 0, 1]]).repeat(60, 1), torch.ones(60, 3)
    pictures[:, 0, 40:60, 20:60] = 1.0
    pictures[:, 1, 100:130, 240:250] = 1.0
    shapes, rare = set(), []
    for seed in range(30):
        seen, moved, kinds, asked = crop_on_objects(pictures, boxes, classes, weight, dice(seed))
        shapes.add(tuple(seen.shape[-2:]))
        if seen.shape != pictures.shape:
            rare.append(((kinds == 1) & (asked > 0)).any(1).float().mean())
        for i in range(0, 60, 10):
            for j, channel in ((0, 0), (2, 1)):
                x0, y0, x1, y1 = moved[i, j].int().tolist()
                inside = seen[i, channel, max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2]
                assert inside.sum() == pytest.approx(float(seen[i, channel].sum()))
                assert (kinds[i, j] >= 0) == (seen[i, channel].sum() > 0)
    assert shapes == {(144, 256)} | {(int(h * z), int(w * z)) for (h, w), z, _ in CROPS}
    assert torch.stack(rare).mean() > 0.37  # its share of the objects is one third


def test_augmented_pictures_are_in_range_and_depend_on_the_seed():
    pictures = blocks(5)["pictures"]
    once, again = augment_appearance(pictures, dice(7)), augment_appearance(pictures, dice(7))
    assert torch.equal(once, again) and once.abs().max() <= 1 and not torch.equal(once, pictures)


def test_suppression_keeps_the_better_of_two_detections():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    found = Detections(boxes, torch.tensor([0, 1, 0]), torch.tensor([0.9, 0.8, 0.7]), torch.eye(3))
    assert non_maximum_suppression(found).scores.tolist() == pytest.approx([0.9, 0.7])
    assert iou(boxes, boxes).diagonal().tolist() == [1, 1, 1]


@pytest.fixture(scope="module")
def trained_detector() -> Detector:
    """A small detector after a few seconds of training on blocks."""
    torch.manual_seed(0)
    detector, chance = Detector(SMALL), dice()
    optimiser = torch.optim.AdamW(detector.parameters(), 3e-3)
    for step in range(120):
        optimiser.zero_grad()
        detector.loss(**blocks(100 + step), generator=chance)["total"].backward()
        optimiser.step()
    return detector.eval()


def test_a_small_detector_learns_position_class_and_identity(trained_detector):
    batch = blocks(1)
    looks: dict[int, list[torch.Tensor]] = {0: [], 1: []}
    for found, boxes in zip(trained_detector.detect(batch["pictures"], 0.3), batch["boxes"], strict=True):
        for kind in (0, 1):
            overlap = iou(boxes[kind][None], found.boxes)[0]
            assert overlap.max() > 0.5 and found.classes[overlap.argmax()] == kind
            looks[kind].append(found.embeddings[overlap.argmax()])
    red, blue = torch.stack(looks[0]), torch.stack(looks[1])
    assert (red @ red.T).min() > (red @ blue.T).max()


def test_nothing_is_detected_in_an_empty_picture(trained_detector):
    empty = torch.rand(2, 3, 64, 96, generator=dice()) * 0.2 - 0.1
    assert all(len(found) == 0 for found in trained_detector.detect(empty, 0.3))


def street(height: int = 200) -> torch.Tensor:
    """Blotches of a few pixels, as in a road's texture."""
    return torch.nn.functional.avg_pool2d(torch.rand(1, 3, height, 64, generator=dice(1)) * 8 - 4, 5, 1, 2).clamp(-1, 1)


def test_flow_follows_a_shift_at_its_own_size():
    picture = street()
    for shift, size in ((0, 1), (1, 1), (2, 4), (-2, 4)):
        maps = flow_maps(picture[:, :, 40:104], picture[:, :, 40 + shift : 104 + shift], (size,))
        right, down, trust = maps[0]
        assert down[2:-2, 2:-2].median() * size == pytest.approx(-shift, rel=0.45, abs=0.05)
        assert right.median().abs() < 0.3 and trust.min() >= 0 and trust.max() <= 1


def test_swapped_pictures_have_the_opposite_motion_and_equal_ones_have_none():
    network = EgoMotion(PRESETS["tiny"].egomotion)
    before, after = torch.rand(2, 2, 3, 144, 256, generator=dice()) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(network(before, after), -network(after, before), atol=1e-5)
        assert network(before, before).abs().max() < 1e-5


def test_ego_motion_learns_both_directions_from_one():
    torch.manual_seed(0)
    network, chance = EgoMotion(EgoMotionConfig(widths=(32, 32, 32), depth=1)), dice()
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    road = street()

    def pairs(size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        speed = torch.randint(0, 6, (size,), generator=chance)
        start = torch.randint(0, 120, (size,), generator=chance)
        cut = lambda at: torch.stack([road[0, :, a : a + 64] for a in at.tolist()])  # noqa: E731
        return cut(start), cut(start + speed), torch.stack([speed * 3.0, speed * 0.0], -1)

    for _ in range(80):
        optimiser.zero_grad()
        before, after, motion = pairs(16)
        network.loss(before, after, motion, chance)["total"].backward()
        optimiser.step()
    with torch.no_grad():
        before, after, motion = pairs(32)
        assert (network(before, after)[:, 0] - motion[:, 0]).abs().mean() < 2
        assert (network(after, before)[:, 0] + motion[:, 0]).abs().mean() < 2
