"""Augmentation for the checker's training: it sees only source pictures, but must also work on softer ones."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

# Crops of a training step: height and width, enlargement, and probability. Small objects are learned faster if they
# are sometimes large.
CROPS = (((96, 160), 1.0, 0.5), ((64, 96), 1.5, 0.25), ((48, 80), 2.0, 0.25))
RANDOM_CROP_SHARE = 0.2  # share of the crops that are not placed on an object
WHOLE_PICTURE_SHARE = 0.1  # share of the steps on whole pictures
RECOLOURED_SHARE = 0.15  # share of objects that get another colour, and with it another identity
NEW_IDENTITY = 1 << 20  # larger than every instance number of a batch


def _uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor, generator: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) * (high - low) + low).to(like)


def augment_appearance(
    pictures: Float[Tensor, "batch 3 height width"], generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Change exposure, sharpness and noise, drawn per picture; half of the pictures stay sharp. Hue is unchanged."""
    each = (len(pictures), 1, 1, 1)
    gain, offset = _uniform(each, 0.85, 1.15, pictures, generator), _uniform(each, -0.08, 0.08, pictures, generator)
    softness = _uniform(each, -1.0, 1.0, pictures, generator).clamp(min=0)
    grain = _uniform(each, -0.06, 0.06, pictures, generator).clamp(min=0)
    blurred = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    noise = torch.randn(pictures.shape, generator=generator).to(pictures)
    return ((pictures + softness * (blurred - pictures)) * gain + offset + grain * noise).clamp(-1, 1)


def flip_horizontally(
    pictures: Float[Tensor, "batch 3 height width"], boxes: Float[Tensor, "batch n 4"], generator: torch.Generator
) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch n 4"]]:
    """Mirror half of the pictures left to right, with their boxes."""
    width = pictures.shape[-1]
    turned = (torch.rand(len(pictures), generator=generator) < 0.5).to(pictures.device)
    mirrored = torch.stack([width - boxes[..., 2], boxes[..., 1], width - boxes[..., 0], boxes[..., 3]], -1)
    return (
        torch.where(turned[:, None, None, None], pictures.flip(-1), pictures),
        torch.where(turned[:, None, None], mirrored, boxes),
    )


def recolour_objects(
    pictures: Float[Tensor, "batch 3 height width"],
    boxes: Float[Tensor, "batch n 4"],
    instances: Int[Tensor, "batch n"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 height width"], Int[Tensor, "batch n"]]:
    """Recolour some objects and give them a new identity, so that the embedding depends on colour.

    A soft ellipse in the box is shifted towards a colour drawn for the identity. Recoloured pictures of one identity
    have the same colour, different from all others.
    """
    palette = _uniform((64, 3), -0.9, 0.9, pictures, generator)
    chosen = (torch.rand(instances.shape, generator=generator) < RECOLOURED_SHARE).to(instances.device) & (
        instances >= 0
    )
    y = torch.arange(pictures.shape[-2], device=pictures.device) + 0.5
    x = torch.arange(pictures.shape[-1], device=pictures.device) + 0.5
    painted = pictures.clone()
    for i, j in chosen.nonzero().tolist():
        x0, y0, x1, y1 = boxes[i, j].tolist()
        across = ((x - (x0 + x1) / 2) / max(x1 - x0, 1.0) * 2).square()
        down = ((y - (y0 + y1) / 2) / max(y1 - y0, 1.0) * 2).square()
        mask = ((1.2 - across - down[:, None]) * 3).clamp(0, 1)
        mean = (painted[i] * mask).sum((-1, -2)) / mask.sum().clamp(min=1e-3)
        shift = palette[int(instances[i, j]) % 64] - mean
        shift = shift * (0.5 / shift.norm().clamp(min=1e-3)).clamp(min=1.0)  # a slight tint is not a new identity
        painted[i] = painted[i] + mask * shift[:, None, None]
    return painted.clamp(-1, 1), torch.where(chosen, instances + NEW_IDENTITY, instances)


def crop_on_objects(
    pictures: Float[Tensor, "batch 3 height width"],
    boxes: Float[Tensor, "batch n 4"],
    classes: Int[Tensor, "batch n"],
    weight: Float[Tensor, "batch n"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 h w"], Float[Tensor, "batch n 4"], Int[Tensor, "batch n"], Float[Tensor, "batch n"]]:
    """Crop each picture around an object, with a preference for classes that are rare in the batch; sometimes enlarge.

    Without it the few people in a street would be a thousandth of the training signal. Objects cut to less than half
    get weight 0; those outside become padding.
    """
    draw = torch.rand(2, generator=generator)
    kind = int((draw[0] > torch.tensor([f[2] for f in CROPS]).cumsum(0)).sum().clamp(max=len(CROPS) - 1))
    part, zoom, _ = CROPS[kind]
    height, width = pictures.shape[-2:]
    if draw[1] < WHOLE_PICTURE_SHARE or height <= part[0] or width <= part[1]:
        return pictures, boxes, classes, weight
    rarity, usable = _rarity(classes), torch.where(weight > 0, classes, -1)
    corners = torch.stack(
        [_corner(b, c, rarity, (height, width), part, generator) for b, c in zip(boxes, usable, strict=True)]
    )
    parts = [p[:, y : y + part[0], x : x + part[1]] for p, (x, y) in zip(pictures, corners.tolist(), strict=True)]
    shifted = boxes - corners.to(boxes).repeat(1, 2)[:, None]
    clipped = shifted.clamp(min=0).minimum(boxes.new_tensor([part[1], part[0]] * 2))
    area = lambda b: (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)  # noqa: E731
    remaining = area(clipped) / area(boxes).clamp(min=1e-6)
    crops = torch.stack(parts)
    if zoom != 1.0:
        crops = F.interpolate(crops, scale_factor=zoom, mode="bilinear", align_corners=False)
    return crops, clipped * zoom, torch.where(remaining > 0, classes, -1), torch.where(remaining >= 0.5, weight, 0.0)


def _rarity(classes: Int[Tensor, "batch n"]) -> Float[Tensor, "class"]:
    """One over the count of each class in the batch."""
    counts = torch.bincount(classes[classes >= 0].flatten(), minlength=1)
    return 1.0 / counts.clamp(min=1)


def _corner(
    boxes: Float[Tensor, "n 4"],
    classes: Int[Tensor, "n"],
    rarity: Float[Tensor, "class"],
    size: tuple[int, int],
    part: tuple[int, int],
    generator: torch.Generator,
) -> Int[Tensor, "2"]:
    """Left and top of the crop; classes are negative for objects that must not be detected."""
    draw = torch.rand(3, generator=generator)
    room = torch.tensor([size[1] - part[1], size[0] - part[0]])
    if draw[0] < RANDOM_CROP_SHARE or not (classes >= 0).any():
        return (draw[1:] * room).long()
    chance = torch.where(classes >= 0, rarity[classes.clamp(min=0)], 0.0)
    chosen = boxes[torch.multinomial(chance.cpu(), 1, generator=generator)[0]]
    middle = (chosen[:2] + chosen[2:]).cpu() / 2 + (draw[1:] - 0.5) * torch.tensor([part[1], part[0]]) * 0.6
    return (middle - torch.tensor([part[1], part[0]]) / 2).long().clamp(min=0).minimum(room)
