"""Contact between bodies: oriented boxes that touch, and the speeds with which they part."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float

from scenarios.model.bodies import ON_FOOT, Body
from scenarios.model.kinds.registry import KINDS
from scenarios.numba_cache import njit
from scenarios.simulation.dynamics.boxes import box_centres, corners_of
from scenarios.simulation.dynamics.state_table import PRESENT, SLIDES, SPEED, Table

SLIDING_SHARE = 0.75  # of peak friction, once a body slides


Contact = tuple[int, int, Float[np.ndarray, "2"]]  # two places, and the unit normal from the first to the second


def mass_kg(body: Body) -> float:
    """A usual mass for the kind and size of a body."""
    return KINDS[body.kind].mass.of(body.size)


def sliding_decel(body: Body, friction: float) -> float:
    """How hard a body slows after an impact, m/s^2: people and animals roll and tumble, vehicles skid,
    and what is on rails has its brakes."""
    record = KINDS[body.kind]
    slide = 9.81 * friction * (0.7 if body.kind in ON_FOOT else SLIDING_SHARE)
    return record.dynamics.grip(slide) if record.on_rails else slide


def touching(
    xy: Float[np.ndarray, "actor 2"],
    yaw: Float[np.ndarray, "actor"],
    size: Float[np.ndarray, "actor 3"],
    moving: Bool[np.ndarray, "actor"],
    present: Bool[np.ndarray, "actor"],
) -> list[Contact]:
    """Pairs of boxes that are there and overlap, one of them moving, each with the unit normal from the first to the
    second where they overlap least."""
    return _pairs(_touching(xy, yaw, size, moving, present))


def contacts(table: Table, offset_m: Float[np.ndarray, "actor"], size: Float[np.ndarray, "actor 3"]) -> list[Contact]:
    """`touching` of the bodies of the simulation as they are."""
    return _pairs(_contacts(table, offset_m, size))


def _pairs(found: Float[np.ndarray, "pair 4"]) -> list[Contact]:
    return [(int(i), int(j), np.array([x, y])) for i, j, x, y in found] if len(found) else []


@njit(cache=True, nogil=True)
@no_type_check
def _contacts(table, offset_m, size):
    xy, yaw = box_centres(table, offset_m)
    return _touching(xy, yaw, size, (table[:, SPEED] != 0) | (table[:, SLIDES] > 0), table[:, PRESENT] > 0)


@njit(cache=True, nogil=True)
@no_type_check
def _touching(xy, yaw, size, moving, present):
    found, count = np.empty((len(xy) ** 2, 4)), 0
    reach, corners = np.hypot(size[:, 0], size[:, 1]) / 2, corners_of(xy, yaw, size)
    for i in range(len(xy)):
        for j in range(i + 1, len(xy)):
            if not (present[i] and present[j] and (moving[i] or moving[j])):
                continue
            if math.hypot(xy[i, 0] - xy[j, 0], xy[i, 1] - xy[j, 1]) >= reach[i] + reach[j]:
                continue
            overlap, x, y = _contact(corners[i], corners[j])
            if overlap > 0:
                towards = x * (corners[j, :, 0].mean() - corners[i, :, 0].mean())
                towards += y * (corners[j, :, 1].mean() - corners[i, :, 1].mean())
                sign = 1.0 if towards >= 0 else -1.0
                found[count, 0], found[count, 1], found[count, 2], found[count, 3] = i, j, sign * x, sign * y
                count += 1
    return found[:count]


@njit(cache=True, nogil=True)
@no_type_check
def _contact(a, b):
    """How deep two boxes overlap where they do so least, and the unit axis of that; 0 where they do not touch."""
    best, best_x, best_y = np.inf, 0.0, 0.0
    for box in (a, b):
        for side in range(2):
            edge_x, edge_y = box[side, 0] - box[side + 1, 0], box[side, 1] - box[side + 1, 1]
            length = math.hypot(edge_x, edge_y)
            x, y = -edge_y / length, edge_x / length
            on_a, on_b = a[:, 0] * x + a[:, 1] * y, b[:, 0] * x + b[:, 1] * y
            overlap = min(on_a.max(), on_b.max()) - max(on_a.min(), on_b.min())
            if overlap <= 0:
                return 0.0, 0.0, 0.0
            if overlap < best:
                best, best_x, best_y = overlap, x, y
    return best, best_x, best_y


def impact_speed(va: Float[np.ndarray, "2"], vb: Float[np.ndarray, "2"]) -> float:
    """How fast two bodies move against each other where they touch, m/s: the length of the difference of velocities.

    The one meaning of "collision at 50 km/h". A glancing contact counts in full: who walks into a passing car's side
    is hit at the car's speed, though the two hardly close in along the contact's normal.
    """
    return math.hypot(*(va - vb))


def parting_velocities(
    normal: Float[np.ndarray, "2"],
    va: Float[np.ndarray, "2"],
    vb: Float[np.ndarray, "2"],
    mass_a: float,
    mass_b: float,
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Velocities after a plastic impact: momentum is kept, the closing speed along the normal is spent."""
    closing = float((va - vb) @ normal)
    if closing <= 0:
        return va, vb
    push = closing * mass_a * mass_b / (mass_a + mass_b)
    return va - normal * push / mass_a, vb + normal * push / mass_b
