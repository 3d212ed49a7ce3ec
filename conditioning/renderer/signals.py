"""Traffic signals of a junction for the procedural camera: poles with three lights, one of them on."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from jaxtyping import Float

from conditioning.assets.mesh import BodyPart, Sculptor
from conditioning.renderer.scene_triangles import SceneTriangles, concatenate_triangles, no_triangles, uniform_triangles
from scenarios.roads.junction import STOP_LINE_M, SignalState
from scenarios.roads.road import Road

KERB_M = 0.8  # distance of a pole from the carriageway
POLE_M, HEAD_M = 2.3, 0.95  # height of the signal head's lower end, and of the head
_POWER = {SignalState.RED: (3.2, 0.14, 0.08), SignalState.YELLOW: (3.0, 1.7, 0.1), SignalState.GREEN: (0.2, 2.6, 1.1)}
_DARK = {
    SignalState.RED: (0.10, 0.012, 0.01),
    SignalState.YELLOW: (0.09, 0.055, 0.008),
    SignalState.GREEN: (0.008, 0.07, 0.035),
}
_BLACK, _GREY = (0.02, 0.022, 0.02), (0.13, 0.135, 0.14)


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


class SignalTriangles:
    """The triangles of a road's signals, built once for each light."""

    def __init__(self, road: Road | None) -> None:
        self.junction = None if road is None else road.junction
        self.poles = signals_of(road)
        self.by_light = {light: {a: self._showing(light, a) for a in (False, True)} for light in SignalState}

    def at(self, t_s: float) -> list[SceneTriangles]:
        """The triangles of all signals at a time."""
        if not self.poles or self.junction is None:
            return []
        shown = [(self.junction.shows(t_s, across), across) for across in (False, True)]
        return [self.by_light[light][across] for light, across in shown if light is not None]

    def _showing(self, light: SignalState, across: bool) -> SceneTriangles:
        return concatenate_triangles(
            [no_triangles(), *(cast for s in self.poles if s.across is across for cast in _signal_triangles(s, light))]
        )


def _signal_triangles(signal: Signal, light: SignalState) -> list[SceneTriangles]:
    pole, head = Sculptor(), Sculptor()
    pole.limb((0, 0, 0), (0, 0, POLE_M), 0.06, 0.05, BodyPart.METAL, 5)
    head.box((-0.12, -0.17, POLE_M), (0.12, 0.17, POLE_M + HEAD_M), BodyPart.METAL)
    triangles = [
        uniform_triangles(_placed(pole.triangles(), signal), _GREY),
        uniform_triangles(_placed(head.triangles(), signal), _BLACK),
    ]
    for place, lamp in enumerate((SignalState.GREEN, SignalState.YELLOW, SignalState.RED)):
        light_mesh, foot = Sculptor(), POLE_M + 0.06 + 0.3 * place
        light_mesh.box((0.12, -0.11, foot), (0.14, 0.11, foot + 0.22), BodyPart.METAL)
        emission = _POWER[lamp] if lamp is light else (0.0, 0.0, 0.0)
        triangles.append(
            uniform_triangles(_placed(light_mesh.triangles(), signal), _DARK[lamp], emission=np.array(emission))
        )
    return triangles


def _placed(points: Float[np.ndarray, "triangle 3 3"], signal: Signal) -> Float[np.ndarray, "triangle 3 3"]:
    c, s = cos(signal.yaw_rad), sin(signal.yaw_rad)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    return points @ turn + np.array([signal.x_m, signal.y_m, 0.0])
