"""A known frame as it would look from another instant's camera, and where that can be trusted.

Every pixel of the frame to be drawn shows a surface of the layers. What stands still moves as the layers' depth says.
A body moves on its own: the layers tell each pixel's place on its body, so the pixel is looked for in the known frame
at the same place of a body of the same colour, by Gauss-Newton steps on these places.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from models.decoder.regions import Regions, regions

NEARNESS_M = 3.0  # a nearness layer holds sqrt(min(1, NEARNESS_M / depth)) as 0..1
SAME_NEARNESS = 0.02  # most difference of nearness on one surface: about 10 % of depth at 20 m, 23 % (23 m) at 100 m
SAME_REGION = 0.6  # least share of two pixels that is of the same material or part
BODY_MOVES_M = 8.0  # most change of a body's distance in a window, two frames at 170 km/h; another body is elsewhere
SAME_COLOUR = 0.12  # most difference of a surface's colour, 0..1, which blends where two parts meet
SEARCH_STEPS = 4
LONGEST_STEP_PX = 4.0
AROUND_PX = 12  # how far the motion of what was found is lent to what was not
FOUND_PX = 0.5  # a search that would still go on by more than this has found nothing


@dataclass(frozen=True)
class CameraPath:
    """Where the camera of a window of frames is, in double precision, which autocast leaves alone."""

    poses: Float[Tensor, "batch time 4 4"]  # camera (x right, y down, z forward) to a fixed frame, metres
    intrinsic: Float[Tensor, "batch 3 3"]  # pixels of the layers

    def between(self, nearest: Tensor) -> Float[Tensor, "batch time 4 4"]:
        """From every frame's camera to that of the frame at `nearest` (Int "batch time")."""
        theirs = torch.take_along_dim(self.poses, nearest[:, :, None, None], dim=1)
        return torch.linalg.inv(theirs) @ self.poses


@dataclass(frozen=True)
class Reprojected:
    """A known frame seen by another frame's camera; `agrees` where both show the same surface, else the known frame
    shows something else there, or that surface lies outside of it; `moved` is 0 where the surface stayed on its pixel,
    1 from half a pixel on, where a picture looked up between pixels loses sharpness."""

    picture: Float[Tensor, "frames 3 height width"]
    agrees: Bool[Tensor, "frames 1 height width"]
    moved: Float[Tensor, "frames 1 height width"]


@torch.no_grad()
def reproject(
    picture: Float[Tensor, "frames 3 height width"],
    theirs: Float[Tensor, "frames layer height width"],
    ours: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Float[Tensor, "frames 3 3"],
    which: Regions,
) -> Reprojected:
    """Another frame's `picture`, whose layers are `theirs`, seen by the camera of the frame whose layers are `ours`.

    `motion` leads from our camera to theirs; layers are in [-1, 1].
    """
    theirs, ours = theirs.float(), ours.float()
    body, there, expected = _standing(ours, motion, intrinsic, which)
    moved, found = _on_bodies(theirs, ours, body, there, which)
    there = torch.where(body[:, None], moved, there)
    return _carried(
        picture, theirs, ours, there, torch.where(body, found, _shown(theirs, there, expected, which)), which
    )


@torch.no_grad()
def reproject_background(
    picture: Float[Tensor, "frames 3 height width"],
    theirs: Float[Tensor, "frames layer height width"],
    ours: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Float[Tensor, "frames 3 3"],
    which: Regions,
) -> Reprojected:
    """As `reproject`, for what stands still alone: from a frame of a second ago people have moved their limbs."""
    theirs, ours = theirs.float(), ours.float()
    body, there, expected = _standing(ours, motion, intrinsic, which)
    return _carried(picture, theirs, ours, there, ~body & _shown(theirs, there, expected, which), which)


def _carried(picture, theirs, ours, there, same: Bool[Tensor, "frames height width"], which: Regions) -> Reprojected:
    """The picture looked up at `there`, agreeing where the surface is the same one, of one material, and in sight."""
    alike = torch.minimum(regions(ours, which), _look(regions(theirs, which), there)).sum(1) > SAME_REGION
    agrees = same & alike & _inside(there)
    seen = _look(picture.float(), there, "bicubic").clamp(-1, 1).to(picture.dtype)
    moved = (2 * (there - _pixels(there)).norm(dim=1, keepdim=True)).clamp(max=1)
    return Reprojected(seen, agrees[:, None], moved)


def _shown(
    theirs: Float[Tensor, "frames layer height width"],
    there: Float[Tensor, "frames 2 height width"],
    expected: Float[Tensor, "frames height width"],
    which: Regions,
) -> Bool[Tensor, "frames height width"]:
    """Where the known frame shows a background as near as expected, and no body before it."""
    behind = _look(_nearness(theirs, which)[:, :1], there, "nearest")[:, 0]
    hidden = _look(_body(theirs, which).float()[:, None], there, "nearest")[:, 0] > 0
    return ((behind - expected).abs() < SAME_NEARNESS) & ~hidden


def _body(layers: Float[Tensor, "frames layer height width"], which: Regions) -> Bool[Tensor, "frames height width"]:
    """Pixels that parts of a body cover; inside its cuboid but beside its shape the background shows."""
    behind, front = _nearness(layers, which).unbind(1)
    covered = ((layers[:, which.front] + 1) / 2).sum(1) > 0.5
    return covered & (front > 0) & (front >= behind)


def _nearness(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> Float[Tensor, "frames 2 height width"]:
    """Of the background and of the body in front of it, 0..1."""
    return (layers[:, [which.behind_nearness, which.front_nearness]] + 1) / 2


def _other_colour(
    theirs: Float[Tensor, "frames layer height width"],
    ours: Float[Tensor, "frames layer height width"],
    there: Float[Tensor, "frames 2 height width"],
    which: Regions,
) -> Bool[Tensor, "frames height width"]:
    """Where both frames tell a body's colour and it is not the same one: somebody else at the same place of a body."""
    they = _look((theirs[:, which.colours] + 1) / 2, there, "nearest")
    we = (ours[:, which.colours] + 1) / 2
    differ = (they[:, :-1] - we[:, :-1]).abs().amax(1) > SAME_COLOUR
    return differ & (they[:, -1] > 0.5) & (we[:, -1] > 0.5)


def _depth(nearness: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Metres; what is nearer than the layers tell is at `NEARNESS_M`."""
    return NEARNESS_M / nearness.square().clamp(min=1e-3)


def _standing(
    layers: Float[Tensor, "frames layer height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Tensor,
    which: Regions,
) -> tuple[Bool[Tensor, "frames height width"], Float[Tensor, "frames 2 height width"], Float[Tensor, "frames _ _"]]:
    """Which pixels show a body, not merely its cuboid; where in the known frame, in pixels, each pixel's surface is if
    it stands still, and how near it is there.

    What would be behind the camera is put far outside.
    """  # fmt: skip
    behind, front = _nearness(layers, which).unbind(1)
    body = _body(layers, which)
    nearness = torch.where(body, front, behind)
    height, width = nearness.shape[-2:]
    here = _pixels(nearness)
    rays = torch.linalg.inv(intrinsic) @ torch.cat([here, torch.ones_like(here[:1])]).flatten(1).double()
    inverse_depth = nearness.double().square().flatten(1) / NEARNESS_M
    moved = motion[:, :3, :3] @ rays + motion[:, :3, 3:] * inverse_depth[:, None]
    seen = intrinsic @ moved
    ahead = seen[:, 2:].clamp(min=1e-3)
    there = torch.where(seen[:, 2:] > 1e-3, seen[:, :2] / ahead, -1e4).unflatten(-1, (height, width)).float()
    expected = (nearness / ahead[:, 0].unflatten(-1, (height, width)).sqrt()).clamp(max=1).float()
    return body, there, expected


def _on_bodies(
    theirs: Float[Tensor, "frames layer height width"],
    ours: Float[Tensor, "frames layer height width"],
    body: Bool[Tensor, "frames height width"],
    standing: Float[Tensor, "frames 2 height width"],
    which: Regions,
) -> tuple[Float[Tensor, "frames 2 height width"], Bool[Tensor, "frames height width"]]:
    """Where in the known frame the same place of the same body is, and whether it was found.

    Searched from where the body is if it stands still, from the same pixel, and from where its other pixels have gone;
    pixels that show no body are left as they are.
    """
    there, found = standing.clone(), torch.zeros_like(body)
    map_ = torch.cat([theirs[:, which.place], *_slopes(theirs, which)], 1)
    here = _pixels(body)
    for frame, mask in enumerate(body):
        if mask.any():
            wanted = ours[frame, which.place]
            guesses = (standing[frame], here)
            there[frame], found[frame] = _best_of(map_[frame], wanted, guesses, there[frame], mask)
            # Whoever started beside the body starts again, moved by as much as what was found around.
            moved = here + _mean_around(there[frame] - here, found[frame])
            left = mask & ~found[frame]
            if left.any():
                there[frame], more = _best_of(map_[frame], wanted, (moved,), there[frame], left)
                found[frame] |= more
    their_front = _look(_nearness(theirs, which)[:, 1:], there, "nearest")[:, 0]
    near = (_depth(their_front) - _depth(_nearness(ours, which)[:, 1])).abs() < BODY_MOVES_M
    shown = _look(_body(theirs, which).float()[:, None], there, "nearest")[:, 0] > 0
    return there, found & near & shown & ~_other_colour(theirs, ours, there, which)


def _best_of(
    map_: Float[Tensor, "9 height width"],
    wanted: Float[Tensor, "3 height width"],
    guesses: tuple[Float[Tensor, "2 height width"], ...],
    there: Float[Tensor, "2 height width"],
    mask: Bool[Tensor, "height width"],
) -> tuple[Float[Tensor, "2 height width"], Bool[Tensor, "height width"]]:
    """`there` with the masked pixels where the best search from any of the guesses ended; and which were found."""
    searched = [_search(map_, wanted[:, mask], guess[:, mask]) for guess in guesses]
    best = searched[0]
    for other in searched[1:]:
        better = other.miss_px < best.miss_px
        choose = lambda a, b: torch.where(better, a, b)  # noqa: B023, E731
        best = Searched(choose(other.there, best.there), choose(other.miss_px, best.miss_px))
    there, found = there.clone(), torch.zeros_like(mask)
    there[:, mask], found[mask] = best.there, best.miss_px < FOUND_PX
    return there, found


def _mean_around(
    values: Float[Tensor, "2 height width"], valid: Bool[Tensor, "height width"]
) -> Float[Tensor, "2 height width"]:
    """Mean of the valid values within `AROUND_PX` of each pixel, zero where there are none."""
    mean = lambda x: F.avg_pool2d(x, 2 * AROUND_PX + 1, 1, AROUND_PX)  # noqa: E731
    weight = valid.float()[None]
    return mean(values * weight) / mean(weight).clamp(min=1e-6)


def _slopes(layers: Float[Tensor, "frames layer height width"], which: Regions) -> list[Tensor]:
    """How the place on a body changes a pixel to the right and a pixel down, by central differences on the body and
    by one-sided ones at its rim."""
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
class Searched:
    """Where a search ended, and by how many pixels it would have gone on; infinite where nothing points on."""

    there: Float[Tensor, "2 point"]
    miss_px: Float[Tensor, "point"]


def _search(
    map_: Float[Tensor, "9 height width"], wanted: Float[Tensor, "3 point"], start: Float[Tensor, "2 point"]
) -> Searched:
    """Gauss-Newton to where `map_` (three values, their slopes to the right, their slopes down) is as wanted."""
    there = start
    for _ in range(SEARCH_STEPS):
        there = there + _newton(map_, wanted, there)[0].clamp(-LONGEST_STEP_PX, LONGEST_STEP_PX)
    step, determined = _newton(map_, wanted, there)
    return Searched(there, torch.where(determined, step.norm(dim=0), torch.inf))


def _newton(
    map_: Float[Tensor, "9 height width"], wanted: Float[Tensor, "3 point"], there: Float[Tensor, "2 point"]
) -> tuple[Float[Tensor, "2 point"], Bool[Tensor, "point"]]:
    """The least-squares step, and whether the slopes determine it in both directions."""
    place, right, down = _look(map_[None], there[None, :, None])[0, :, 0].split(3)
    error = wanted - place
    a, b, d = ((x * y).sum(0) for x, y in ((right, right), (right, down), (down, down)))
    p, q = (right * error).sum(0), (down * error).sum(0)
    determinant = a * d - b * b
    determined = determinant > 1e-3 * a * d
    step = torch.stack([d * p - b * q, a * q - b * p]) / torch.where(determined, determinant, 1)
    return torch.where(determined, step, 0), determined


def _pixels(like: Tensor) -> Float[Tensor, "2 height width"]:
    """Columns and rows of the centres of all pixels."""
    height, width = like.shape[-2:]
    columns, rows = (torch.arange(n, device=like.device, dtype=torch.float32) + 0.5 for n in (width, height))
    return torch.stack([columns.expand(height, -1), rows[:, None].expand(-1, width)])


def _grid(there: Float[Tensor, "frames 2 row column"], height: int, width: int) -> Float[Tensor, "frames row column 2"]:
    return there.movedim(1, -1) * 2 / torch.tensor([width, height], device=there.device) - 1


def _inside(there: Float[Tensor, "frames 2 height width"]) -> Bool[Tensor, "frames height width"]:
    return (_grid(there, *there.shape[-2:]).abs() <= 1).all(-1)


def _look(
    values: Float[Tensor, "frames channel height width"], there: Float[Tensor, "frames 2 row column"],
    how: str = "bilinear",
) -> Float[Tensor, "frames channel row column"]:  # fmt: skip
    """The values at places in pixels."""
    grid = _grid(there, *values.shape[-2:])
    return F.grid_sample(values, grid, mode=how, padding_mode="border", align_corners=False)
