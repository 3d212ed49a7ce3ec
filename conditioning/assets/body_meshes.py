"""Which mesh a body wears at a frame: its style from its name, its pose from the distance it has gone."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.liveries import below_lamps, liveried
from conditioning.assets.mesh import Mesh
from scenarios.model.bodies import Body, Livery
from scenarios.rollout import Rollout

_POSES = 16  # of one walking or pedalling cycle


@lru_cache(maxsize=512)
def _posed(body: Body, pose: int, moving: bool) -> Mesh:
    if body.livery is not Livery.PLAIN:
        plain = replace(body, livery=Livery.PLAIN, size=below_lamps(body.size))
        return liveried(_posed(plain, pose, moving), body.kind, body.size, body.livery)
    phase = 2 * np.pi * pose / _POSES
    return DRAWN[body.kind].mesh(body, phase, moving)


def distance_gone(rollout: Rollout) -> Float[np.ndarray, "time actor"]:
    """Metres each body has gone since the start."""
    steps = np.where(rollout.valid, np.abs(rollout.speed_mps), 0.0)
    return np.cumsum(steps * np.gradient(rollout.t_s)[:, None], axis=0) if len(rollout.t_s) > 1 else 0 * steps


def body_mesh(body: Body, gone_m: float = 0.0, moving: bool = False) -> Mesh:
    """The mesh of a body that has gone `gone_m`, in its own frame, inside its cuboid."""
    cycle_m = DRAWN[body.kind].cycle_m
    cycle = gone_m / cycle_m(body.size) if cycle_m is not None else 0.0
    return _posed(body, int(np.floor(cycle * _POSES)) % _POSES, moving)


def worn(
    rollout: Rollout, gone_m: Float[np.ndarray, "time actor"], frame: int, row: int
) -> tuple[Float[np.ndarray, "triangle 3 3"], Int[np.ndarray, "triangle"]]:
    """A body's triangles in the map frame at a frame, and the part that each belongs to."""
    moving = bool(abs(rollout.speed_mps[frame, row]) > 0.15)
    mesh = body_mesh(rollout.bodies[row], float(gone_m[frame, row]), moving)
    c, s = np.cos(rollout.yaw_rad[frame, row]), np.sin(rollout.yaw_rad[frame, row])
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    return mesh.points @ turn + rollout.centre[frame, row], mesh.part
