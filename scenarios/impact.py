"""Contact between bodies: oriented boxes that touch, and the speeds with which they part."""

import numpy as np
from jaxtyping import Float

from scenarios.bodies import ON_FOOT, Body, Kind

# Kilograms per metre of length for vehicles, whole bodies otherwise: enough to say who pushes whom.
_VEHICLE_KG_PER_M = {
    Kind.CAR: 340.0, Kind.VAN: 420.0, Kind.TRUCK: 1200.0, Kind.BUS: 1100.0,
    Kind.CONSTRUCTION: 1800.0, Kind.TRAILER: 900.0,
}  # fmt: skip
_WHOLE_KG = {
    Kind.MOTORCYCLE: 280.0, Kind.CYCLIST: 95.0, Kind.PEDESTRIAN: 75.0, Kind.CHILD: 28.0,
    Kind.CONE: 4.0, Kind.BARRIER: 4000.0,
}  # fmt: skip
SLIDING_SHARE = 0.75  # of peak friction, once a body slides


def mass_kg(body: Body) -> float:
    """A usual mass for the kind and length of a body."""
    if body.kind in _WHOLE_KG:
        return _WHOLE_KG[body.kind]
    return _VEHICLE_KG_PER_M[body.kind] * body.size.length_m


def sliding_decel(body: Body, friction: float) -> float:
    """How hard a body slows after an impact, m/s^2: people roll and tumble, vehicles skid."""
    return 9.81 * friction * (0.7 if body.kind in ON_FOOT else SLIDING_SHARE)


def contact(a: Float[np.ndarray, "4 2"], b: Float[np.ndarray, "4 2"]) -> Float[np.ndarray, "2"] | None:
    """Unit normal from box `a` to box `b` where they overlap least, or None where they do not touch."""
    best, normal = np.inf, None
    for corners in (a, b):
        for edge in (corners[0] - corners[1], corners[1] - corners[2]):
            axis = np.array([-edge[1], edge[0]]) / np.hypot(*edge)
            pa, pb = a @ axis, b @ axis
            overlap = min(pa.max(), pb.max()) - max(pa.min(), pb.min())
            if overlap <= 0:
                return None
            if overlap < best:
                best, normal = overlap, axis
    assert normal is not None
    return normal if (b.mean(0) - a.mean(0)) @ normal >= 0 else -normal


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
