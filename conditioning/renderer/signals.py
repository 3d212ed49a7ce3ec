"""Signals of a junction as the procedural camera sees them: poles with three lights, of which one burns."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from jaxtyping import Float

from conditioning.assets.mesh import BodyPart, Sculptor
from conditioning.renderer.scene_triangles import SceneTriangles, joined, no_cast, plain
from scenarios.roads.junction import STOP_LINE_M, SignalState
from scenarios.roads.road import Road

KERB_M = 0.8  # of a pole from the carriageway
POLE_M, HEAD_M = 2.3, 0.95  # height of the head's foot, and of the head
_POWER = {SignalState.RED: (3.2, 0.14, 0.08), SignalState.YELLOW: (3.0, 1.7, 0.1), SignalState.GREEN: (0.2, 2.6, 1.1)}
_DARK = {
    SignalState.RED: (0.10, 0.012, 0.01),
    SignalState.YELLOW: (0.09, 0.055, 0.008),
    SignalState.GREEN: (0.008, 0.07, 0.035),
}
_BLACK, _GREY = (0.02, 0.022, 0.02), (0.13, 0.135, 0.14)


@dataclass(frozen=True)
class Signal:
    """Foot of a pole, the direction in which its lights look, and whose they are. Map frame, metres, radians."""

    x_m: float
    y_m: float
    yaw_rad: float
    across: bool


def signals_of(road: Road | None) -> tuple[Signal, ...]:
    """Each approach has one at its stop line and one beyond the junction, both on its right."""
    if road is None or road.junction is None or road.cross is None or not road.junction.signals:
        return ()
    there, other = road.junction, road.cross
    begins, ends = road.cross_extent
    right, left = road.right_edge, road.left_edge
    found = []
    for s in (there.begins_m - STOP_LINE_M + 1, there.ends_m + STOP_LINE_M - 1):
        found.append(_beside(road, s, right - KERB_M, 1, False))
        if road.opposite_lanes:
            found.append(_beside(road, s, left + KERB_M, -1, False))
    for s in (right - STOP_LINE_M + 1, left + STOP_LINE_M - 1):
        if begins < right:
            found.append(_beside(other, s, other.right_edge - KERB_M, 1, True))
        if ends > left and other.opposite_lanes:
            found.append(_beside(other, s, other.left_edge + KERB_M, -1, True))
    return tuple(found)


def _beside(road: Road, s: float, d: float, facing: int, across: bool) -> Signal:
    """One for those who drive in the direction `facing`: its lights look against it."""
    x, y, heading = road.place(s, d)
    return Signal(x, y, heading + (pi if facing > 0 else 0.0), across)


class SignalCasts:
    """The signals of a road, sculpted once for each light."""

    def __init__(self, road: Road | None) -> None:
        self.junction = None if road is None else road.junction
        self.poles = signals_of(road)
        self.made = {light: {a: self._showing(light, a) for a in (False, True)} for light in SignalState}

    def at(self, t_s: float) -> list[SceneTriangles]:
        """The triangles of all of them at a time."""
        if not self.poles or self.junction is None:
            return []
        return [self.made[self.junction.shows(t_s, across)][across] for across in (False, True)]

    def _showing(self, light: SignalState, across: bool) -> SceneTriangles:
        return joined([no_cast(), *(cast for s in self.poles if s.across is across for cast in _sculpted(s, light))])


def _sculpted(signal: Signal, light: SignalState) -> list[SceneTriangles]:
    pole, head = Sculptor(), Sculptor()
    pole.limb((0, 0, 0), (0, 0, POLE_M), 0.06, 0.05, BodyPart.METAL, 5)
    head.box((-0.12, -0.17, POLE_M), (0.12, 0.17, POLE_M + HEAD_M), BodyPart.METAL)
    casts = [plain(_turned(pole.triangles(), signal), _GREY), plain(_turned(head.triangles(), signal), _BLACK)]
    for place, lamp in enumerate((SignalState.GREEN, SignalState.YELLOW, SignalState.RED)):
        eye, foot = Sculptor(), POLE_M + 0.06 + 0.3 * place
        eye.box((0.12, -0.11, foot), (0.14, 0.11, foot + 0.22), BodyPart.METAL)
        emission = _POWER[lamp] if lamp is light else (0.0, 0.0, 0.0)
        casts.append(plain(_turned(eye.triangles(), signal), _DARK[lamp], emission=np.array(emission)))
    return casts


def _turned(points: Float[np.ndarray, "triangle 3 3"], signal: Signal) -> Float[np.ndarray, "triangle 3 3"]:
    c, s = cos(signal.yaw_rad), sin(signal.yaw_rad)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return points @ turn + np.array([signal.x_m, signal.y_m, 0.0])
