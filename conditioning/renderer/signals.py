"""Traffic signals of a junction for the procedural camera: poles with three lights, one of them on."""

import numpy as np

from conditioning.assets.mesh import BodyPart, Sculptor
from conditioning.assets.posts import POLE_M, Signal, placed, signal_head, signal_pole, signals_of
from conditioning.renderer.scene_triangles import SceneTriangles, concatenate_triangles, no_triangles, uniform_triangles
from scenarios.roads.junction import SignalState
from scenarios.roads.road import Road

_POWER = {SignalState.RED: (3.2, 0.14, 0.08), SignalState.YELLOW: (3.0, 1.7, 0.1), SignalState.GREEN: (0.2, 2.6, 1.1)}
_DARK = {
    SignalState.RED: (0.10, 0.012, 0.01),
    SignalState.YELLOW: (0.09, 0.055, 0.008),
    SignalState.GREEN: (0.008, 0.07, 0.035),
}
_BLACK, _GREY = (0.02, 0.022, 0.02), (0.13, 0.135, 0.14)


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
    triangles = [
        uniform_triangles(placed(signal_pole(), signal), _GREY),
        uniform_triangles(placed(signal_head(), signal), _BLACK),
    ]
    for place, lamp in enumerate((SignalState.GREEN, SignalState.YELLOW, SignalState.RED)):
        light_mesh, foot = Sculptor(), POLE_M + 0.06 + 0.3 * place
        light_mesh.box((0.12, -0.11, foot), (0.14, 0.11, foot + 0.22), BodyPart.METAL)
        emission = _POWER[lamp] if lamp is light else (0.0, 0.0, 0.0)
        triangles.append(
            uniform_triangles(placed(light_mesh.triangles(), signal), _DARK[lamp], emission=np.array(emission))
        )
    return triangles
