"""Reprojection: a known frame as the camera of another instant would see it, and where the result is valid.

Each pixel of the target frame shows a surface of the layers. Static surfaces are reprojected with the layers' depth.
Bodies move: the layers give each pixel's position on its body, so the pixel is searched in the known frame at the same
position of a body of the same colour, by Gauss-Newton steps.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from models.decoder.regions import Regions, regions

NEARNESS_M = 3.0  # a nearness layer is sqrt(min(1, NEARNESS_M / depth)) as 0..1
SAME_NEARNESS = 0.02  # maximum nearness difference on one surface: about 10 % of depth at 20 m, 23 % (23 m) at 100 m
SAME_REGION = 0.6  # minimum share of two pixels that is of the same material or part
BODY_MOVES_M = 8.0  # maximum change of a body's distance in a window, two frames at 170 km/h; more: another body
SAME_COLOUR = 0.12  # maximum colour difference on one surface, 0..1; colours blend where two parts meet
SEARCH_STEPS = 4
LONGEST_STEP_PX = 4.0
NEIGHBOURHOOD_PX = 12  # radius within which pixels without a match use the motion of matched ones
CONVERGED_PX = 0.5  # a search whose next step would be longer has not converged


@dataclass(frozen=True)
class CameraPath:
    """Camera poses of a window of frames, in double precision, which autocast does not change."""

    poses: Float[Tensor, "batch time 4 4"]  # camera (x right, y down, z forward) to a fixed frame, metres
    intrinsic: Float[Tensor, "batch 3 3"]  # pixels of the layers

    def between(self, nearest: Tensor) -> Float[Tensor, "batch time 4 4"]:
        """The transform from each frame's camera to that of the frame at `nearest` (Int "batch time")."""
        targets = torch.take_along_dim(self.poses, nearest[:, :, None, None], dim=1)
        return torch.linalg.inv(targets) @ self.poses


@dataclass(frozen=True)
class Reprojected:
    """A known frame resampled for another camera. `agrees` is True where both show the same surface; elsewhere the
    known frame shows another surface there, or the surface is outside of it. `moved` is 0 where the surface stays on
    its pixel
    and 1 from half a pixel on, where interpolation loses sharpness."""

    picture: Float[Tensor, "frames 3 height width"]
    agrees: Bool[Tensor, "frames 1 height width"]
    moved: Float[Tensor, "frames 1 height width"]


@torch.no_grad()
def reproject(
    picture: Float[Tensor, "frames 3 height width"],
    source: Float[Tensor, "frames layer height width"],
    target: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Float[Tensor, "frames 3 3"],
    which: Regions,
) -> Reprojected:
    """Resample `picture`, whose layers are `source`, for the camera of the frame whose layers are `target`.

    `motion` maps the target camera to the source camera; layers are in [-1, 1].
    """
    source, target = source.float(), target.float()
    body, position, expected = _static_positions(target, motion, intrinsic, which)
    moved, matched = _body_positions(source, target, body, position, which)
    position = torch.where(body[:, None], moved, position)
    return _resample(
        picture,
        source,
        target,
        position,
        torch.where(body, matched, _background_visible(source, position, expected, which)),
        which,
    )


@torch.no_grad()
def reproject_background(
    picture: Float[Tensor, "frames 3 height width"],
    source: Float[Tensor, "frames layer height width"],
    target: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Float[Tensor, "frames 3 3"],
    which: Regions,
) -> Reprojected:
    """As `reproject`, for static surfaces only: over a second, people move their limbs."""
    source, target = source.float(), target.float()
    body, position, expected = _static_positions(target, motion, intrinsic, which)
    return _resample(
        picture, source, target, position, ~body & _background_visible(source, position, expected, which), which
    )


def _resample(
    picture, source, target, position, same_surface: Bool[Tensor, "frames height width"], which: Regions
) -> Reprojected:
    """Sample the picture at `position`. It agrees where surface and material are the same, inside of the picture."""
    same_material = (
        torch.minimum(regions(target, which), _sample(regions(source, which), position)).sum(1) > SAME_REGION
    )
    agrees = same_surface & same_material & _inside(position)
    resampled = _sample(picture.float(), position, "bicubic").clamp(-1, 1).to(picture.dtype)
    moved = (2 * (position - _pixels(position)).norm(dim=1, keepdim=True)).clamp(max=1)
    return Reprojected(resampled, agrees[:, None], moved)


def _background_visible(
    source: Float[Tensor, "frames layer height width"],
    position: Float[Tensor, "frames 2 height width"],
    expected: Float[Tensor, "frames height width"],
    which: Regions,
) -> Bool[Tensor, "frames height width"]:
    """Where the known frame shows a background at the expected nearness, and no body in front of it."""
    behind = _sample(_nearness(source, which)[:, :1], position, "nearest")[:, 0]
    hidden = _sample(_body_mask(source, which).float()[:, None], position, "nearest")[:, 0] > 0
    return ((behind - expected).abs() < SAME_NEARNESS) & ~hidden


def _body_mask(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> Bool[Tensor, "frames height width"]:
    """Pixels covered by parts of a body; elsewhere in its cuboid the background is visible."""
    behind, front = _nearness(layers, which).unbind(1)
    covered = ((layers[:, which.front] + 1) / 2).sum(1) > 0.5
    return covered & (front > 0) & (front >= behind)


def _nearness(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> Float[Tensor, "frames 2 height width"]:
    """Nearness of the background and of the body in front of it, 0..1."""
    return (layers[:, [which.behind_nearness, which.front_nearness]] + 1) / 2


def _other_colour(
    source: Float[Tensor, "frames layer height width"],
    target: Float[Tensor, "frames layer height width"],
    position: Float[Tensor, "frames 2 height width"],
    which: Regions,
) -> Bool[Tensor, "frames height width"]:
    """Where both frames know a body's colour and the colours differ: another body at the same position."""
    source_colour = _sample((source[:, which.colours] + 1) / 2, position, "nearest")
    target_colour = (target[:, which.colours] + 1) / 2
    differ = (source_colour[:, :-1] - target_colour[:, :-1]).abs().amax(1) > SAME_COLOUR
    return differ & (source_colour[:, -1] > 0.5) & (target_colour[:, -1] > 0.5)


def _depth(nearness: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Metres; surfaces nearer than the layers can express are at `NEARNESS_M`."""
    return NEARNESS_M / nearness.square().clamp(min=1e-3)


def _static_positions(
    layers: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Tensor,
    which: Regions,
) -> tuple[Bool[Tensor, "frames height width"], Float[Tensor, "frames 2 height width"], Float[Tensor, "frames _ _"]]:
    """Which pixels show a body (not only its cuboid), each pixel's position in the known frame in pixels if its surface
    is static, and the expected nearness there.

    Positions behind the camera are set far outside.
    """  # fmt: skip
    behind, front = _nearness(layers, which).unbind(1)
    body = _body_mask(layers, which)
    nearness = torch.where(body, front, behind)
    height, width = nearness.shape[-2:]
    pixels = _pixels(nearness)
    rays = torch.linalg.inv(intrinsic) @ torch.cat([pixels, torch.ones_like(pixels[:1])]).flatten(1).double()
    inverse_depth = nearness.double().square().flatten(1) / NEARNESS_M
    moved = motion[:, :3, :3] @ rays + motion[:, :3, 3:] * inverse_depth[:, None]
    projected = intrinsic @ moved
    ahead = projected[:, 2:].clamp(min=1e-3)
    position = (
        torch.where(projected[:, 2:] > 1e-3, projected[:, :2] / ahead, -1e4).unflatten(-1, (height, width)).float()
    )
    expected = (nearness / ahead[:, 0].unflatten(-1, (height, width)).sqrt()).clamp(max=1).float()
    return body, position, expected


def _body_positions(
    source: Float[Tensor, "frames layer height width"],
    target: Float[Tensor, "frames layer height width"],
    body: Bool[Tensor, "frames height width"],
    static: Float[Tensor, "frames 2 height width"],
    which: Regions,
) -> tuple[Float[Tensor, "frames 2 height width"], Bool[Tensor, "frames height width"]]:
    """The positions in the known frame of the same points of the same bodies, and whether they were found.

    The search starts from the static position, from the same pixel, and from the motion of neighbouring matches. Pixels
    without a body are unchanged.
    """
    position, matched = static.clone(), torch.zeros_like(body)
    map_ = torch.cat([source[:, which.place], *_slopes(source, which)], 1)
    pixels = _pixels(body)
    for frame, mask in enumerate(body):
        if mask.any():
            target_place = target[frame, which.place]
            guesses = (static[frame], pixels)
            position[frame], matched[frame] = _best_of(map_[frame], target_place, guesses, position[frame], mask)
            # A search that started beside the body starts again from the mean motion of the matches around.
            moved = pixels + _mean_around(position[frame] - pixels, matched[frame])
            unmatched = mask & ~matched[frame]
            if unmatched.any():
                position[frame], rematched = _best_of(map_[frame], target_place, (moved,), position[frame], unmatched)
                matched[frame] |= rematched
    their_front = _sample(_nearness(source, which)[:, 1:], position, "nearest")[:, 0]
    near = (_depth(their_front) - _depth(_nearness(target, which)[:, 1])).abs() < BODY_MOVES_M
    visible = _sample(_body_mask(source, which).float()[:, None], position, "nearest")[:, 0] > 0
    return position, matched & near & visible & ~_other_colour(source, target, position, which)


def _best_of(
    map_: Float[Tensor, "9 height width"],
    target_place: Float[Tensor, "3 height width"],
    guesses: tuple[Float[Tensor, "2 height width"], ...],
    position: Float[Tensor, "2 height width"],
    mask: Bool[Tensor, "height width"],
) -> tuple[Float[Tensor, "2 height width"], Bool[Tensor, "height width"]]:
    """Replace the masked pixels of `position` by the best result of the searches; and return which converged."""
    searched = [_gauss_newton(map_, target_place[:, mask], guess[:, mask]) for guess in guesses]
    best = searched[0]
    for candidate in searched[1:]:
        better = candidate.miss_px < best.miss_px
        choose = lambda a, b: torch.where(better, a, b)  # noqa: B023, E731
        best = PixelSearch(choose(candidate.position, best.position), choose(candidate.miss_px, best.miss_px))
    position, matched = position.clone(), torch.zeros_like(mask)
    position[:, mask], matched[mask] = best.position, best.miss_px < CONVERGED_PX
    return position, matched


def _mean_around(
    values: Float[Tensor, "2 height width"], valid: Bool[Tensor, "height width"]
) -> Float[Tensor, "2 height width"]:
    """Mean of the valid values within `NEIGHBOURHOOD_PX` of each pixel, zero if there are none."""
    mean = lambda x: F.avg_pool2d(x, 2 * NEIGHBOURHOOD_PX + 1, 1, NEIGHBOURHOOD_PX)  # noqa: E731
    weight = valid.float()[None]
    return mean(values * weight) / mean(weight).clamp(min=1e-6)


def _slopes(layers: Float[Tensor, "frames layer height width"], which: Regions) -> list[Tensor]:
    """The derivatives of the position on the body to the right and down, by central differences inside the body and
    one-sided ones at its edge."""
    place, on_body = layers[:, which.place], (layers[:, which.front_nearness, None] > -1).float()
    slopes = []
    for axis, before, after in ((3, (1, 0), (0, 1)), (2, (0, 0, 1, 0), (0, 0, 0, 1))):
        size = place.shape[axis] - 1
        steps = on_body.narrow(axis, 0, size) * on_body.narrow(axis, 1, size)
        rise = place.diff(dim=axis) * steps
        both = lambda x: F.pad(x, before) + F.pad(x, after)  # noqa: B023, E731
        slopes.append(both(rise) / both(steps).clamp(min=1))
    return slopes


@dataclass(frozen=True)
class PixelSearch:
    """The end of a search, and the length in pixels of its next step; infinite where the step is undetermined."""

    position: Float[Tensor, "2 point"]
    miss_px: Float[Tensor, "point"]


def _gauss_newton(
    map_: Float[Tensor, "9 height width"], target_place: Float[Tensor, "3 point"], start: Float[Tensor, "2 point"]
) -> PixelSearch:
    """Gauss-Newton search for the `target_place` in `map_` (three values, their derivatives right, and down)."""
    position = start
    for _ in range(SEARCH_STEPS):
        position = position + _newton_step(map_, target_place, position)[0].clamp(-LONGEST_STEP_PX, LONGEST_STEP_PX)
    step, determined = _newton_step(map_, target_place, position)
    return PixelSearch(position, torch.where(determined, step.norm(dim=0), torch.inf))


def _newton_step(
    map_: Float[Tensor, "9 height width"], target_place: Float[Tensor, "3 point"], position: Float[Tensor, "2 point"]
) -> tuple[Float[Tensor, "2 point"], Bool[Tensor, "point"]]:
    """The least-squares step, and whether the derivatives determine it in both directions."""
    place, right, down = _sample(map_[None], position[None, :, None])[0, :, 0].split(3)
    error = target_place - place
    a, b, d = ((x * y).sum(0) for x, y in ((right, right), (right, down), (down, down)))
    p, q = (right * error).sum(0), (down * error).sum(0)
    determinant = a * d - b * b
    determined = determinant > 1e-3 * a * d
    step = torch.stack([d * p - b * q, a * q - b * p]) / torch.where(determined, determinant, 1)
    return torch.where(determined, step, 0), determined


def _pixels(like: Tensor) -> Float[Tensor, "2 height width"]:
    """Column and row of the centre of each pixel."""
    height, width = like.shape[-2:]
    columns, rows = (torch.arange(n, device=like.device, dtype=torch.float32) + 0.5 for n in (width, height))
    return torch.stack([columns.expand(height, -1), rows[:, None].expand(-1, width)])


def _grid(
    position: Float[Tensor, "frames 2 row column"], height: int, width: int
) -> Float[Tensor, "frames row column 2"]:
    return position.movedim(1, -1) * 2 / torch.tensor([width, height], device=position.device) - 1


def _inside(position: Float[Tensor, "frames 2 height width"]) -> Bool[Tensor, "frames height width"]:
    return (_grid(position, *position.shape[-2:]).abs() <= 1).all(-1)


def _sample(
    values: Float[Tensor, "frames channel height width"], position: Float[Tensor, "frames 2 row column"],
    mode: str = "bilinear",
) -> Float[Tensor, "frames channel row column"]:  # fmt: skip
    """The values at positions in pixels."""
    grid = _grid(position, *values.shape[-2:])
    return F.grid_sample(values, grid, mode=mode, padding_mode="border", align_corners=False)
