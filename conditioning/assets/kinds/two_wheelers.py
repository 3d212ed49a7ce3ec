"""How motorcycles and bicycles are drawn, each with its rider."""

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import Mesh
from conditioning.assets.paints import drawn_from
from conditioning.assets.people import cyclist, motorcycle
from scenarios.model.bodies import Body, Size
from scenarios.model.kinds.listed import Kind

_PEDAL_M = 5.0  # distance of one turn of the pedals


def _cycling(body: Body, phase: float, moving: bool) -> Mesh:
    return cyclist(body.size, phase, bool(drawn_from("helmet", body.id).random() < 0.5))


def _pedalling_m(size: Size) -> float:
    return _PEDAL_M


DRAWN = (
    DrawnKind(
        Kind.MOTORCYCLE, ControlClass.TWO_WHEELER, ControlClass.TWO_WHEELER, "motorcycle",
        lambda body, phase, moving: motorcycle(body.size), parks=True, beacon_x=-0.42, band=False,
    ),
    DrawnKind(
        Kind.CYCLIST, ControlClass.TWO_WHEELER, ControlClass.TWO_WHEELER, "cyclist", _cycling, _pedalling_m
    ),
)  # fmt: skip
