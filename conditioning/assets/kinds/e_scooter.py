"""How an electric kick scooter and its rider are drawn."""

import numpy as np

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from conditioning.assets.paints import drawn_from
from conditioning.assets.people import arm, head, leg
from scenarios.model.bodies import Body, Size
from scenarios.model.kinds.listed import Kind

P = BodyPart


def e_scooter(size: Size, helmet: bool) -> Mesh:
    """A scooter with somebody who stands on its deck, one foot before the other, hands on the bar."""
    make, deck = Sculptor(), min(0.15, 0.09 * size.height_m)
    grip = _scooter(make, size, deck)
    _rider(make, size, deck, grip, helmet)
    return make.finish(size.length_m, size.width_m, size.height_m)


def _scooter(make: Sculptor, size: Size, deck: float) -> np.ndarray:
    """The scooter; returns the place of the left grip."""
    length, r = size.length_m, 0.115
    rear, front = -length / 2 + r, length / 2 - r
    for x in (rear, front):
        make.thin_wheel(x, r, 0.055, 0.55)
    make.box((rear + 0.04, -0.085, deck - 0.05), (front - 0.2, 0.085, deck), P.PAINT)
    make.limb((front - 0.22, 0, deck - 0.02), (front - 0.1, 0, 0.24), 0.035, 0.035, P.PAINT, 6)
    bar, top = min(0.27, 0.45 * size.width_m), 0.6 * size.height_m
    stem = np.array([front - 0.2, 0.0, top])
    make.limb((front, 0, r), stem, 0.032, 0.026, P.PAINT, 6)
    across = np.array([0.0, bar, 0.0])
    make.limb(stem - across, stem + across, 0.02, 0.02, P.TRIM, 5)
    make.box((front - 0.13, -0.04, top - 0.16), (front - 0.07, 0.04, top - 0.07), P.HEAD_LIGHT)
    make.box((-length / 2, -0.05, 2 * r), (-length / 2 + 0.08, 0.05, 2 * r + 0.06), P.TAIL_LIGHT)
    return stem + 0.9 * across


def _rider(make: Sculptor, size: Size, deck: float, grip: np.ndarray, helmet: bool) -> None:
    h = size.height_m - deck  # of the rider
    half, head_r, middle = size.width_m / 2, 0.068 * h, -0.16 * size.length_m
    hip_z, shoulder_z = deck + 0.5 * h, deck + 0.815 * h
    shoulder_y = min(0.72 * half, 0.125 * h)
    for side, x in ((1, 0.1), (-1, -0.16)):
        foot = (middle + x, side * 0.04, deck + 0.035 * h)
        knee = (middle + 0.5 * x + 0.03 * h, side * 0.07, deck + 0.27 * h)
        leg(make, (middle, side * 0.06, hip_z), knee, foot, 0.048 * h, P.TROUSERS)
        shoulder = (middle + 0.02 * h, side * shoulder_y, shoulder_z - 0.03 * h)
        hand = grip * [1, side, 1]
        elbow = (np.asarray(shoulder) + hand) / 2 + [-0.04 * h, side * 0.03, -0.06 * h]
        arm(make, shoulder, elbow, hand, 0.03 * h)
    make.limb((middle, 0, hip_z - 0.03 * h), (middle, 0, hip_z + 0.06 * h), 0.075 * h, 0.08 * h, P.TROUSERS, 8)
    make.limb((middle, 0, hip_z + 0.04 * h), (middle + 0.02 * h, 0, shoulder_z), 0.08 * h, 0.095 * h, P.TOP, 8)
    make.blob((middle + 0.02 * h, 0, shoulder_z - 0.02 * h), (0.07 * h, shoulder_y, 0.045 * h), P.TOP)
    neck = (middle + 0.03 * h, 0, shoulder_z)
    make.limb(neck, np.add(neck, (0, 0, 0.07 * h)), 0.03 * h, 0.03 * h, P.SKIN)
    head(make, (middle + 0.035 * h, 0, size.height_m - head_r * 1.2), head_r, helmet)


def _standing(body: Body, phase: float, moving: bool) -> Mesh:
    return e_scooter(body.size, bool(drawn_from("helmet", body.id).random() < 0.25))


# Shown in the layer of two-wheelers. The shipped detector was taught none: it may take the rider for a person or for
# somebody on two wheels, and is not asked.
DRAWN = (DrawnKind(Kind.E_SCOOTER, ControlClass.TWO_WHEELER, None, "cyclist", _standing),)
