"""Disturbances for the checker's training: it sees source pictures only, and must read softer ones too."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

# Height and width of the part of a picture that a training step looks at, how much it is enlarged, and how often:
# small things are learned sooner when they are large now and then.
FOCI = (((96, 160), 1.0, 0.5), ((64, 96), 1.5, 0.25), ((48, 80), 2.0, 0.25))
ANYWHERE = 0.2  # share of these parts that are not placed on an object
WHOLE = 0.1  # share of the steps that look at whole pictures
REPAINTED = 0.15  # share of objects given another colour, and with it another identity
NEW_IDENTITY = 1 << 20  # above every instance number of a batch


def _uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor, generator: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) * (high - low) + low).to(like)


def disturb(
    pictures: Float[Tensor, "batch 3 height width"], generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Exposure, softness and grain, drawn for each picture; half of the pictures stay sharp. Hue is left alone."""
    each = (len(pictures), 1, 1, 1)
    gain, offset = _uniform(each, 0.85, 1.15, pictures, generator), _uniform(each, -0.08, 0.08, pictures, generator)
    softness = _uniform(each, -1.0, 1.0, pictures, generator).clamp(min=0)
    grain = _uniform(each, -0.06, 0.06, pictures, generator).clamp(min=0)
    blurred = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, 1)
    noise = torch.randn(pictures.shape, generator=generator).to(pictures)
    return ((pictures + softness * (blurred - pictures)) * gain + offset + grain * noise).clamp(-1, 1)


def flip(
    pictures: Float[Tensor, "batch 3 height width"], boxes: Float[Tensor, "batch n 4"], generator: torch.Generator
) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch n 4"]]:
    """Half of the pictures mirrored left to right, with their boxes."""
    width = pictures.shape[-1]
    turned = (torch.rand(len(pictures), generator=generator) < 0.5).to(pictures.device)
    mirrored = torch.stack([width - boxes[..., 2], boxes[..., 1], width - boxes[..., 0], boxes[..., 3]], -1)
    return (
        torch.where(turned[:, None, None, None], pictures.flip(-1), pictures),
        torch.where(turned[:, None, None], mirrored, boxes),
    )


def repaint(
    pictures: Float[Tensor, "batch 3 height width"],
    boxes: Float[Tensor, "batch n 4"],
    instances: Int[Tensor, "batch n"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 height width"], Int[Tensor, "batch n"]]:
    """Some objects in another colour count as others, so that a change of colour is a change of identity.

    A soft ellipse in the box is shifted towards a colour drawn for the identity; repainted pictures of one identity
    agree with each other and with none of the rest.
    """
    palette = _uniform((64, 3), -0.9, 0.9, pictures, generator)
    chosen = (torch.rand(instances.shape, generator=generator) < REPAINTED).to(instances.device) & (instances >= 0)
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
        shift = shift * (0.5 / shift.norm().clamp(min=1e-3)).clamp(min=1.0)  # a slight tint is no new identity
        painted[i] = painted[i] + mask * shift[:, None, None]
    return painted.clamp(-1, 1), torch.where(chosen, instances + NEW_IDENTITY, instances)


def focus(
    pictures: Float[Tensor, "batch 3 height width"],
    boxes: Float[Tensor, "batch n 4"],
    classes: Int[Tensor, "batch n"],
    weight: Float[Tensor, "batch n"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "batch 3 h w"], Float[Tensor, "batch n 4"], Int[Tensor, "batch n"], Float[Tensor, "batch n"]]:
    """A part of each picture, placed on an object of a class that is rare in the batch, at times enlarged.

    Without it the few people in a street are a thousandth of what is learned from. Objects cut to less than half
    may be missed, those outside are padding.
    """
    draw = torch.rand(2, generator=generator)
    kind = int((draw[0] > torch.tensor([f[2] for f in FOCI]).cumsum(0)).sum().clamp(max=len(FOCI) - 1))
    part, zoom, _ = FOCI[kind]
    height, width = pictures.shape[-2:]
    if draw[1] < WHOLE or height <= part[0] or width <= part[1]:
        return pictures, boxes, classes, weight
    rarity, wanted = _rarity(classes), torch.where(weight > 0, classes, -1)
    corners = torch.stack(
        [_corner(b, c, rarity, (height, width), part, generator) for b, c in zip(boxes, wanted, strict=True)]
    )
    parts = [p[:, y : y + part[0], x : x + part[1]] for p, (x, y) in zip(pictures, corners.tolist(), strict=True)]
    shifted = boxes - corners.to(boxes).repeat(1, 2)[:, None]
    cut = shifted.clamp(min=0).minimum(boxes.new_tensor([part[1], part[0]] * 2))
    area = lambda b: (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)  # noqa: E731
    left = area(cut) / area(boxes).clamp(min=1e-6)
    seen = torch.stack(parts)
    if zoom != 1.0:
        seen = F.interpolate(seen, scale_factor=zoom, mode="bilinear", align_corners=False)
    return seen, cut * zoom, torch.where(left > 0, classes, -1), torch.where(left >= 0.5, weight, 0.0)


def _rarity(classes: Int[Tensor, "batch n"]) -> Float[Tensor, "class"]:
    """One over each class's count in the batch."""
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
    """Left and top of the part to look at; classes are negative where there is nothing to be found."""
    draw = torch.rand(3, generator=generator)
    room = torch.tensor([size[1] - part[1], size[0] - part[0]])
    if draw[0] < ANYWHERE or not (classes >= 0).any():
        return (draw[1:] * room).long()
    chance = torch.where(classes >= 0, rarity[classes.clamp(min=0)], 0.0)
    chosen = boxes[torch.multinomial(chance.cpu(), 1, generator=generator)[0]]
    middle = (chosen[:2] + chosen[2:]).cpu() / 2 + (draw[1:] - 0.5) * torch.tensor([part[1], part[0]]) * 0.6
    return (middle - torch.tensor([part[1], part[0]]) / 2).long().clamp(min=0).minimum(room)
