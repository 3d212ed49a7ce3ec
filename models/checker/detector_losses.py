"""Losses of the detector: heat at object centres, boxes around them, one embedding per identity."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.checker.detections import intersection_and_union

SPREAD = 0.54 / 6  # TTFNet: sigma of the Gaussian over the size of the box
REGRESSED = 0.3  # cells with a Gaussian of at least this height learn the object's box
TEMPERATURE = 0.1


@dataclass(frozen=True)
class CentreTargets:
    """`heat` is 1 at centres; `loss_mask` is 0 where neither a detection nor a miss counts as an error.

    `owner` is the object of each cell, `share` the cell's weight in that object's box loss (they sum to one per
    object), `cell` the index of the object's centre in the flattened map.
    """

    heat: Float[Tensor, "batch class row column"]
    loss_mask: Float[Tensor, "batch 1 row column"]
    owner: Int[Tensor, "batch row column"]
    share: Float[Tensor, "batch row column"]
    cell: Int[Tensor, "batch n"]
    required: Bool[Tensor, "batch n"]


def centre_targets(
    boxes: Float[Tensor, "batch n 4"],
    classes: Int[Tensor, "batch n"],
    weight: Float[Tensor, "batch n"],
    count: int,
    stride: int,
    shape: tuple[int, int],
) -> CentreTargets:
    """Gaussians on the output grid; boxes in pixels."""
    rows, columns = shape
    required = (classes >= 0) & (weight > 0)
    centre = ((boxes[..., :2] + boxes[..., 2:]) / 2 / stride).floor()
    centre = centre.clamp(min=0).minimum(centre.new_tensor([columns - 1, rows - 1]))
    sigma = ((boxes[..., 2:] - boxes[..., :2]) / stride * SPREAD).clamp(min=0.35)
    dx = torch.arange(columns, device=boxes.device) - centre[..., 0, None]
    dy = torch.arange(rows, device=boxes.device) - centre[..., 1, None]
    across = torch.exp(-0.5 * (dx / sigma[..., 0, None]).square())
    down = torch.exp(-0.5 * (dy / sigma[..., 1, None]).square())
    bumps = required[..., None, None] * down[..., None] * across[..., None, :]
    heat = torch.stack([(bumps * (classes == c)[..., None, None]).amax(1) for c in range(count)], 1)
    height, owner = bumps.max(1)
    learns = torch.where(height >= REGRESSED, height, 0.0)
    per_object = torch.zeros_like(weight).scatter_add(1, owner.flatten(1), learns.flatten(1))
    share = learns / per_object.gather(1, owner.flatten(1)).view_as(learns).clamp(min=1e-6)
    cell = (centre[..., 1] * columns + centre[..., 0]).long()
    loss_mask = _outside(boxes, (classes >= 0) & ~required, stride, shape)
    return CentreTargets(
        heat, torch.maximum(loss_mask, (heat.amax(1, keepdim=True) > 0.999).float()), owner, share, cell, required
    )


def _outside(
    boxes: Float[Tensor, "batch n 4"], ignored: Bool[Tensor, "batch n"], stride: int, shape: tuple[int, int]
) -> Float[Tensor, "batch 1 row column"]:
    """0 in cells with their centre in an ignored box (enlarged by half a cell), else 1."""
    x = (torch.arange(shape[1], device=boxes.device) + 0.5) * stride
    y = (torch.arange(shape[0], device=boxes.device) + 0.5) * stride
    x0, y0, x1, y1 = (edge[..., None] for edge in boxes.unbind(-1))
    inside_x = (x >= x0 - stride / 2) & (x <= x1 + stride / 2)
    inside_y = (y >= y0 - stride / 2) & (y <= y1 + stride / 2)
    inside = inside_y[..., None] & inside_x[..., None, :] & ignored[..., None, None]
    return 1.0 - inside.any(1, keepdim=True).float()


def heat_loss(logits: Float[Tensor, "batch class row column"], targets: CentreTargets) -> Float[Tensor, ""]:
    """CenterNet's focal loss per object, reduced for cells near a centre."""
    p = logits.sigmoid()
    centre = targets.heat > 0.999
    positive = (1 - p) * F.logsigmoid(logits) * centre  # not squared: rare classes would stay near probability 0.5
    negative = (1 - targets.heat).pow(4) * p.square() * F.logsigmoid(-logits) * ~centre * targets.loss_mask
    return -(positive.sum() + negative.sum()) / targets.required.sum().clamp(min=1)


def class_loss(
    logits: Float[Tensor, "batch class row column"], classes: Int[Tensor, "batch n"], targets: CentreTargets
) -> Float[Tensor, ""]:
    """Cross entropy between the classes in the cells of each object, independent of the objectness."""
    owners = classes.gather(1, targets.owner.flatten(1)).clamp(min=0)
    each = F.cross_entropy(logits.flatten(2), owners, reduction="none") * targets.share.flatten(1)
    return each.sum() / targets.required.sum().clamp(min=1)


def box_loss(
    edges_px: Float[Tensor, "batch 4 row column"],
    boxes: Float[Tensor, "batch n 4"],
    targets: CentreTargets,
    stride: int,
) -> Float[Tensor, ""]:
    """Generalised IoU (arXiv 1902.09630), averaged over objects."""
    rows, columns = edges_px.shape[-2:]
    x = (torch.arange(columns, device=boxes.device) + 0.5) * stride
    y = (torch.arange(rows, device=boxes.device) + 0.5)[:, None] * stride
    left, top, right, bottom = edges_px.unbind(1)
    predicted = torch.stack([x - left, y - top, x + right, y + bottom], -1).flatten(1, 2)
    truth = boxes.gather(1, targets.owner.flatten(1)[..., None].expand(-1, -1, 4))
    intersection, union = intersection_and_union(predicted, truth)
    hull = (torch.maximum(predicted[..., 2:], truth[..., 2:]) - torch.minimum(predicted[..., :2], truth[..., :2])).prod(
        -1
    )
    giou = intersection / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)
    return ((1 - giou) * targets.share.flatten(1)).sum() / targets.required.sum().clamp(min=1)


def identity_loss(
    embedding: Float[Tensor, "batch embedding row column"],
    targets: CentreTargets,
    instances: Int[Tensor, "batch n"],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Supervised contrastive loss (arXiv 2004.11362): the same object in other pictures is near, all others far.

    Half of the time the embedding is read one cell beside the centre, as at a detected peak.
    """
    rows, columns = embedding.shape[-2:]
    step = torch.randint(-1, 3, (2, *targets.cell.shape), generator=generator).to(targets.cell.device).clamp(max=1)
    step = step * (torch.rand(targets.cell.shape, generator=generator).to(step.device) < 0.5)
    row = (targets.cell // columns + step[0]).clamp(0, rows - 1)
    column = (targets.cell % columns + step[1]).clamp(0, columns - 1)
    place = (row * columns + column)[:, None].expand(-1, embedding.shape[1], -1)
    embeddings = rearrange(embedding.flatten(2).gather(2, place), "batch embedding n -> batch n embedding")[
        targets.required
    ]
    identities = instances[targets.required]
    with torch.autocast(embeddings.device.type, enabled=False):  # bf16 is too coarse for similar embeddings
        similarity = embeddings @ embeddings.T / TEMPERATURE
    itself = torch.eye(len(identities), dtype=torch.bool, device=identities.device)
    same = (identities[:, None] == identities) & ~itself
    log_share = similarity - similarity.masked_fill(itself, -1e4).logsumexp(1, keepdim=True)
    has_partner = same.any(1)
    per_object = -(log_share.masked_fill(~same, 0.0)).sum(1) / same.sum(1).clamp(min=1)
    return (per_object * has_partner).sum() / has_partner.sum().clamp(min=1)
