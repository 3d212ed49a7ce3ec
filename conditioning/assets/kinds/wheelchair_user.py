"""How somebody in a wheelchair is drawn."""

import numpy as np

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from conditioning.assets.people import arm, head, leg
from scenarios.model.bodies import Body, Size
from scenarios.model.kinds.listed import Kind

P = BodyPart
_PUSH_M = 0.9  # the way of one push at the rims


def _push_m(size: Size) -> float:
    return _PUSH_M


def wheelchair_user(size: Size, phase: float, moving: bool) -> Mesh:
    """A manual wheelchair and the person in it, whose hands push the rims; `phase` in radians of one push."""
    make = Sculptor()
    hub = _chair(make, size)
    _person(make, size, hub, phase if moving else 0.0)
    return make.finish(size.length_m, size.width_m, size.height_m)


def _chair(make: Sculptor, size: Size) -> np.ndarray:
    """The wheelchair; returns the middle between its two large wheels."""
    length, half, h = size.length_m, size.width_m / 2, size.height_m
    r = min(0.305, 0.23 * h)
    back = -length / 2 + r
    for side in (1, -1):
        make.thin_wheel(back, r, 0.04, 0.88, side * (half - 0.03))
        make.thin_wheel(length / 2 - 0.34 * length, 0.08 * length, 0.04, 0.5, side * 0.62 * half)
        y = side * 0.72 * half
        make.limb((back - 0.05, y, 0.4 * h), (back - 0.12, y, 0.72 * h), 0.018, 0.018, P.METAL, 4)
        make.limb((back - 0.12, y, 0.72 * h), (back - 0.22, y, 0.73 * h), 0.02, 0.02, P.TRIM, 4)  # push handles
        make.limb((back, y, 0.4 * h), (0.22 * length, y, 0.4 * h), 0.018, 0.018, P.METAL, 4)
        make.limb((0.22 * length, y, 0.4 * h), (0.42 * length, y * 0.7, 0.1 * h), 0.018, 0.018, P.METAL, 4)
    make.box((back - 0.06, -0.7 * half, 0.36 * h), (0.18 * length, 0.7 * half, 0.4 * h), P.PAINT)
    make.box((back - 0.12, -0.7 * half, 0.4 * h), (back - 0.07, 0.7 * half, 0.68 * h), P.PAINT)
    make.box((0.34 * length, -0.55 * half, 0.05 * h), (0.49 * length, 0.55 * half, 0.07 * h), P.TRIM)  # footrest
    return np.array([back, 0.0, r])


def _person(make: Sculptor, size: Size, hub: np.ndarray, phase: float) -> None:
    length, half, h = size.length_m, size.width_m / 2, size.height_m
    head_r, seat = 0.095 * h, 0.46 * h
    hip_x, shoulder_x, shoulder_z = hub[0] + 0.02, hub[0] + 0.04, 0.76 * h
    for side in (1, -1):
        knee = (0.25 * length, side * 0.3 * half, 0.5 * h)
        foot = (0.37 * length, side * 0.3 * half, 0.12 * h)
        leg(make, (hip_x, side * 0.3 * half, seat), knee, foot, 0.06 * h, P.TROUSERS)
        shoulder = np.array([shoulder_x, side * 0.6 * half, shoulder_z - 0.04 * h])
        turn = np.radians(75) - 0.6 * np.sin(phase)  # of the hand round the hub
        hand = hub + np.array([hub[2] * np.cos(turn), side * (half - 0.045), hub[2] * np.sin(turn)])
        elbow = (shoulder + hand) / 2 + [-0.1 * h, side * 0.02, 0.02 * h]
        arm(make, shoulder, elbow, hand, 0.038 * h)
    make.limb((hip_x, 0, seat - 0.03 * h), (hip_x, 0, seat + 0.08 * h), 0.1 * h, 0.105 * h, P.TROUSERS, 8)
    make.limb((hip_x, 0, seat + 0.04 * h), (shoulder_x, 0, shoulder_z - 0.02 * h), 0.1 * h, 0.12 * h, P.TOP, 8)
    make.blob((shoulder_x, 0, shoulder_z - 0.04 * h), (0.09 * h, 0.62 * half, 0.06 * h), P.TOP)
    make.limb((shoulder_x, 0, shoulder_z), (shoulder_x + 0.01, 0, 0.84 * h), 0.04 * h, 0.04 * h, P.SKIN)
    head(make, (shoulder_x + 0.02, 0, h - head_r * 1.2), head_r, False)


def _pushing(body: Body, phase: float, moving: bool) -> Mesh:
    return wheelchair_user(body.size, phase, moving)


# Shown in the layer of people. The shipped detector was taught none, and is not asked.
DRAWN = (DrawnKind(Kind.WHEELCHAIR_USER, ControlClass.PERSON, None, "pedestrian", _pushing, _push_m),)
