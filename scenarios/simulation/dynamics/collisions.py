"""Contact of bodies: oriented boxes that overlap, and the velocities after an impact."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float

from scenarios.boxes import box_centres, corners_of
from scenarios.model.bodies import ON_FOOT, Body
from scenarios.model.kinds.registry import KINDS
from scenarios.numba_cache import njit
from scenarios.simulation.dynamics.state_table import PRESENT, SLIDES, SPEED, Table

SLIDING_SHARE = 0.75  # sliding friction as a share of peak friction


Contact = tuple[int, int, Float[np.ndarray, "2"]]  # two places and the unit normal from the first to the second


def mass_kg(body: Body) -> float:
    """A typical mass for the kind and size of a body."""
    return KINDS[body.kind].mass.of(body.size)


def sliding_decel(body: Body, friction: float) -> float:
    """Deceleration of a body after an impact, m/s^2: people and animals roll and tumble, vehicles skid, vehicles on
    rails brake.
    """
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
    """Pairs of present boxes that overlap, at least one of them moving, each with the unit normal from the first to
    the second along the axis of least overlap.
    """
    return _pairs(_touching(xy, yaw, size, moving, present))


def contacts(table: Table, offset_m: Float[np.ndarray, "actor"], size: Float[np.ndarray, "actor 3"]) -> list[Contact]:
    """`touching` for the present state of the simulation."""
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
    """The least overlap of two boxes over all axes, and the unit vector of that axis; 0 if they do not touch."""
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


def impact_speed(
    va: Float[np.ndarray, "2"], vb: Float[np.ndarray, "2"], a_yaw_rad: float
) -> tuple[float, float, float]:
    """The relative speed of two bodies at contact, m/s, and its components along the heading of a and to its left.

    This is the only definition of "collision at 50 km/h": the length of the difference of the velocities. A glancing
    contact counts in full: a pedestrian who walks into a passing car's side is hit at the car's speed, although the
    closing speed along the normal is small.
    """
    x, y = va - vb
    cos, sin = math.cos(a_yaw_rad), math.sin(a_yaw_rad)
    return math.hypot(x, y), float(cos * x + sin * y), float(cos * y - sin * x)


def parting_velocities(
    normal: Float[np.ndarray, "2"],
    va: Float[np.ndarray, "2"],
    vb: Float[np.ndarray, "2"],
    mass_a: float,
    mass_b: float,
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Velocities after a plastic impact: momentum is conserved, the closing speed along the normal becomes zero."""
    closing = float((va - vb) @ normal)
    if closing <= 0:
        return va, vb
    push = closing * mass_a * mass_b / (mass_a + mass_b)
    return va - normal * push / mass_a, vb + normal * push / mass_b
