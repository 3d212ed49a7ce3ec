"""Meshes of animals on four legs, posed by the distance they have gone."""

from dataclasses import dataclass

import numpy as np

from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from scenarios.model.bodies import Kind, Size, variant_of

P = BodyPart


def _at(x: float, y: float, z: float) -> np.ndarray:
    return np.array([x, y, z])


@dataclass(frozen=True)
class _Build:
    """Where an animal's parts are: x in shares of its length from its middle, z in shares of its height."""

    back: float
    belly: float
    poll: tuple[float, float]  # x, z of the top of the neck
    nose: tuple[float, float]
    leg: float  # thickness at the top
    antlers: bool


_DEER = _Build(0.68, 0.42, (0.345, 0.84), (0.49, 0.76), 0.036, True)
_DOG = _Build(0.76, 0.42, (0.29, 0.86), (0.48, 0.76), 0.05, False)


def stride_m(size: Size) -> float:
    """Length of a full cycle of the four legs."""
    return 1.3 * size.height_m


def animal(size: Size, phase: float, moving: bool) -> Mesh:
    """A deer or a dog, as its size tells; `phase` in radians of the cycle of its legs."""
    build = _DOG if variant_of(Kind.ANIMAL, size) == "dog" else _DEER
    make = Sculptor()
    _trunk(make, size, build)
    _head(make, size, build)
    for x, side in ((0.17, 1), (0.17, -1), (-0.36, 1), (-0.36, -1)):
        opposite = np.pi if (x > 0) == (side > 0) else 0.0  # it trots: diagonal legs go together
        _leg(make, size, build, x, side, phase + opposite, moving)
    _tail(make, size, build)
    return make.finish(size.length_m, size.width_m, size.height_m)


def _oval(z: float, high: float, wide: float) -> list[tuple[float, float]]:
    """A cross section (y, z): half height `high`, half width `wide`."""
    angle = np.arange(8) * np.pi / 4 + np.pi / 8
    return [(wide * np.cos(a) / np.cos(np.pi / 8), z + high * np.sin(a) / np.sin(3 * np.pi / 8)) for a in angle]


def _trunk(make: Sculptor, size: Size, build: _Build) -> None:
    length, half, h = size.length_m, size.width_m / 2, size.height_m
    deep, middle = (build.back - build.belly) * h, (build.back + build.belly) / 2 * h
    sections = (
        (-0.47, 0.16, 0.24, 0.4), (-0.4, 0.06, 0.46, 0.86), (-0.16, 0.02, 0.43, 0.8),
        (0.1, -0.05, 0.52, 0.9), (0.2, 0.0, 0.46, 0.75), (0.26, 0.12, 0.24, 0.4),
    )  # fmt: skip
    make.hull([(x * length, _oval(middle + up * deep, high * deep, wide * half)) for x, up, high, wide in sections],
              P.TOP)  # fmt: skip


def _head(make: Sculptor, size: Size, build: _Build) -> None:
    length, half, h = size.length_m, size.width_m / 2, size.height_m
    poll, nose = (np.array([x * length, 0.0, z * h]) for x, z in (build.poll, build.nose))
    make.limb((0.17 * length, 0, (build.back - 0.09) * h), poll, 0.11 * h, 0.065 * h, P.TOP, 8)
    make.blob(poll, (0.085 * h, 0.06 * h, 0.07 * h), P.TOP)
    make.limb(poll, nose, 0.065 * h, 0.034 * h, P.TOP, 8)
    make.limb(nose + (poll - nose) * 0.12, nose, 0.037 * h, 0.03 * h, P.SHOES, 6)
    for side in (1, -1):
        tip = poll + _at(-0.04 * h, side * min(0.9 * half, 0.15 * h), 0.05 * h)
        if not build.antlers:
            tip = np.array([poll[0] - 0.02 * h, side * 0.07 * h, h])
        make.limb(poll + _at(-0.03 * h, side * 0.03 * h, 0.03 * h), tip, 0.038 * h, 0.008 * h, P.TOP, 5)
        if build.antlers:
            _antler(make, poll, side, half, h)


def _antler(make: Sculptor, poll: np.ndarray, side: int, half: float, h: float) -> None:
    root = poll + _at(-0.01 * h, side * 0.03 * h, 0.05 * h)
    bend = np.array([poll[0] - 0.08 * h, side * min(0.85 * half, 0.14 * h), 0.93 * h])
    top = np.array([poll[0] + 0.02 * h, side * min(0.8 * half, 0.12 * h), h])
    make.limb(root, bend, 0.014 * h, 0.011 * h, P.HAIR, 5)
    make.limb(bend, top, 0.011 * h, 0.006 * h, P.HAIR, 5)
    make.limb(
        (root + bend) / 2, np.array([poll[0] + 0.08 * h, side * 0.07 * h, 0.98 * h]), 0.01 * h, 0.006 * h, P.HAIR, 5
    )


def _leg(make: Sculptor, size: Size, build: _Build, x: float, side: int, phase: float, moving: bool) -> None:
    """Hip, knee and hoof of a leg that swings about its hip and lifts as it comes forward."""
    h, thick = size.height_m, build.leg * size.height_m
    swing, lift = (0.5 * np.sin(phase), max(0.0, np.cos(phase))) if moving else (0.0, 0.0)
    top = (build.belly + 0.1) * h
    y = side * 0.55 * size.width_m / 2
    hip = np.array([x * size.length_m, y, top])
    forward = 1.0 if x > 0 else -0.6  # hind knees bend backwards
    knee = hip + _at(0.5 * top * np.sin(swing) + forward * 0.06 * h * lift, 0.0, -0.5 * top * np.cos(swing))
    foot = np.array([hip[0] + 0.95 * top * np.sin(swing) - 0.08 * h * lift, y, 0.035 * h + 0.1 * h * lift])
    make.limb(hip + _at(0.0, 0.0, 0.06 * h), knee, 1.7 * thick, 0.8 * thick, P.TROUSERS)
    make.limb(knee, foot, 0.8 * thick, 0.55 * thick, P.TROUSERS)
    make.limb(foot, foot + _at(0.01 * h, 0.0, -0.035 * h), 0.7 * thick, 0.8 * thick, P.SHOES)


def _tail(make: Sculptor, size: Size, build: _Build) -> None:
    length, half, h = size.length_m, size.width_m / 2, size.height_m
    if not build.antlers:
        make.limb(
            (-0.45 * length, 0, (build.back - 0.05) * h), (-0.5 * length, 0, 0.97 * h), 0.035 * h, 0.02 * h, P.TOP
        )
        return
    make.blob((-0.46 * length, 0, (build.back - 0.12) * h), (0.03 * length, 0.42 * half, 0.09 * h), P.WHITE)
    make.limb(
        (-0.47 * length, 0, (build.back - 0.04) * h),
        (-0.495 * length, 0, (build.back - 0.15) * h),
        0.02 * h,
        0.015 * h,
        P.TOP,
    )
