"""Lamp posts and traffic signals as solid things: where they stand, and their triangles."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from jaxtyping import Float

from conditioning.assets.mesh import BodyPart, Sculptor
from conditioning.assets.scenery import Lamp, Scenery
from scenarios.roads.junction import STOP_LINE_M
from scenarios.roads.road import Road

KERB_M = 0.8  # distance of a signal's pole from the carriageway
POLE_M, HEAD_M = 2.3, 0.95  # height of the signal head's lower end, and of the head


@dataclass(frozen=True)
class Signal:
    """Foot of a pole, the direction that its lights face, and its road. Map frame, metres, radians."""

    x_m: float
    y_m: float
    yaw_rad: float
    across: bool


def signals_of(road: Road | None) -> tuple[Signal, ...]:
    """Each approach has one signal at its stop line and one beyond the junction, both on its right."""
    if road is None or road.junction is None or road.cross is None or not road.junction.signals:
        return ()
    junction, other = road.junction, road.cross
    begins, ends = road.cross_extent
    right, left = road.right_edge, road.left_edge
    signals = []
    for s in (junction.begins_m - STOP_LINE_M + 1, junction.ends_m + STOP_LINE_M - 1):
        signals.append(_beside(road, s, right - KERB_M, 1, False))
        if road.opposite_lanes:
            signals.append(_beside(road, s, left + KERB_M, -1, False))
    for s in (right - STOP_LINE_M + 1, left + STOP_LINE_M - 1):
        if begins < right:
            signals.append(_beside(other, s, other.right_edge - KERB_M, 1, True))
        if ends > left and other.opposite_lanes:
            signals.append(_beside(other, s, other.left_edge + KERB_M, -1, True))
    return tuple(signals)


def _beside(road: Road, s: float, d: float, facing: int, across: bool) -> Signal:
    """A signal for traffic in the direction `facing`; its lights face the opposite direction."""
    x, y, heading = road.place(s, d)
    return Signal(x, y, heading + (pi if facing > 0 else 0.0), across)


def signal_pole() -> Float[np.ndarray, "triangle 3 3"]:
    """A signal's pole, in its own frame: the foot at the origin, the lights towards x; metres."""
    pole = Sculptor()
    pole.limb((0, 0, 0), (0, 0, POLE_M), 0.06, 0.05, BodyPart.METAL, 5)
    return pole.triangles()


def signal_head() -> Float[np.ndarray, "triangle 3 3"]:
    """A signal's head without its lights, in its own frame."""
    head = Sculptor()
    head.box((-0.12, -0.17, POLE_M), (0.12, 0.17, POLE_M + HEAD_M), BodyPart.METAL)
    return head.triangles()


def placed(points: Float[np.ndarray, "triangle 3 3"], signal: Signal) -> Float[np.ndarray, "triangle 3 3"]:
    """Triangles of a signal's own frame, in the map frame."""
    c, s = cos(signal.yaw_rad), sin(signal.yaw_rad)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return points @ turn + np.array([signal.x_m, signal.y_m, 0.0])


def lamp_head(lamp: Lamp) -> Float[np.ndarray, "3"]:
    """Position of the light of a street lamp, map frame."""
    return np.array(
        [
            lamp.x_m + lamp.reach_m * np.cos(lamp.yaw_rad),
            lamp.y_m + lamp.reach_m * np.sin(lamp.yaw_rad),
            lamp.height_m - 0.15,
        ]
    )


def lamp_pole(lamp: Lamp) -> Float[np.ndarray, "triangle 3 3"]:
    """The pole of a street lamp and its arm, map frame."""
    foot = np.array([lamp.x_m, lamp.y_m, 0.0])
    pole, top = Sculptor(), np.add(foot, (0, 0, lamp.height_m))
    pole.limb(foot, top, 0.09, 0.05, BodyPart.METAL, 5)
    pole.limb(top, np.add(lamp_head(lamp), (0, 0, 0.15)), 0.045, 0.04, BodyPart.METAL, 4)
    return pole.triangles()


def lamp_shade(lamp: Lamp) -> Float[np.ndarray, "triangle 3 3"]:
    """The shade around the light of a street lamp, map frame."""
    shade, head = Sculptor(), lamp_head(lamp)
    shade.box(np.subtract(head, (0.28, 0.28, 0.06)), np.add(head, (0.28, 0.28, 0.1)), BodyPart.METAL)
    return shade.triangles()


def post_triangles(scenery: Scenery, road: Road | None) -> Float[np.ndarray, "triangle 3 3"]:
    """All lamp posts and signals, which hide what stands behind them; map frame."""
    lamps = [part for lamp in scenery.lamps for part in (lamp_pole(lamp), lamp_shade(lamp))]
    signals = [placed(part, one) for one in signals_of(road) for part in (signal_pole(), signal_head())]
    return np.concatenate([np.zeros((0, 3, 3)), *lamps, *signals])
