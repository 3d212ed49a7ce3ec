"""Which mesh a body wears at a frame: its style from its name, its pose from the distance it has gone."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from conditioning.assets import animals
from conditioning.assets.cars import CAR_STYLES, car
from conditioning.assets.debris import debris
from conditioning.assets.liveries import below_lamps, liveried
from conditioning.assets.materials import drawn_from
from conditioning.assets.mesh import Mesh
from conditioning.assets.people import cyclist, motorcycle, stride_m, walker
from conditioning.assets.vehicles import barrier, bus, cone, construction, trailer, truck
from scenarios.model.bodies import Body, Kind, Livery
from scenarios.rollout import Rollout

_POSES = 16  # of one walking or pedalling cycle
_PEDAL_M = 5.0  # distance of one turn of the pedals
_FIXED = {
    Kind.TRUCK: truck, Kind.BUS: bus, Kind.TRAILER: trailer,
    Kind.CONSTRUCTION: construction, Kind.CONE: cone, Kind.BARRIER: barrier,
    Kind.DEBRIS: debris,
}  # fmt: skip


def car_style(body: Body) -> str:
    """Body style of a car: long ones are sedans or pickups, tall ones SUVs; drawn from the body's name."""
    size = body.size
    if body.kind is Kind.VAN or size.height_m > 1.95:
        return "van"
    if size.height_m > 0.385 * size.length_m:
        return "suv" if size.length_m > 4.0 else "hatchback"
    rng = drawn_from("style", body.id, round(size.length_m, 2))
    styles = [s for s in CAR_STYLES if s != "pickup" or size.length_m > 4.7]
    return str(rng.choice(styles))


@lru_cache(maxsize=512)
def _posed(body: Body, pose: int, moving: bool) -> Mesh:
    if body.livery is not Livery.PLAIN:
        plain = replace(body, livery=Livery.PLAIN, size=below_lamps(body.size))
        return liveried(_posed(plain, pose, moving), body.kind, body.size, body.livery)
    phase = 2 * np.pi * pose / _POSES
    if body.kind in (Kind.PEDESTRIAN, Kind.CHILD):
        return walker(body.size, phase, moving)
    if body.kind is Kind.ANIMAL:
        return animals.animal(body.size, phase, moving)
    if body.kind is Kind.CYCLIST:
        return cyclist(body.size, phase, bool(drawn_from("helmet", body.id).random() < 0.5))
    if body.kind is Kind.MOTORCYCLE:
        return motorcycle(body.size)
    if body.kind in (Kind.CAR, Kind.VAN):
        return car(body.size, car_style(body))
    return _FIXED[body.kind](body.size)


def distance_gone(rollout: Rollout) -> Float[np.ndarray, "time actor"]:
    """Metres each body has gone since the start."""
    steps = np.where(rollout.valid, np.abs(rollout.speed_mps), 0.0)
    return np.cumsum(steps * np.gradient(rollout.t_s)[:, None], axis=0) if len(rollout.t_s) > 1 else 0 * steps


def body_mesh(body: Body, gone_m: float = 0.0, moving: bool = False) -> Mesh:
    """The mesh of a body that has gone `gone_m`, in its own frame, inside its cuboid."""
    if body.kind in (Kind.PEDESTRIAN, Kind.CHILD):
        cycle = gone_m / stride_m(body.size)
    elif body.kind is Kind.ANIMAL:
        cycle = gone_m / animals.stride_m(body.size)
    elif body.kind is Kind.CYCLIST:
        cycle = gone_m / _PEDAL_M
    else:
        cycle = 0.0
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
