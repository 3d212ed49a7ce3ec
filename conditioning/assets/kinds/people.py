"""How people on foot are drawn."""

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import Mesh
from conditioning.assets.people import stride_m, walker
from scenarios.model.bodies import Body
from scenarios.model.kinds.listed import Kind


def _walking(body: Body, phase: float, moving: bool) -> Mesh:
    return walker(body.size, phase, moving)


DRAWN = (
    DrawnKind(Kind.PEDESTRIAN, ControlClass.PERSON, ControlClass.PERSON, "pedestrian", _walking, stride_m),
    DrawnKind(Kind.CHILD, ControlClass.PERSON, ControlClass.PERSON, "child", _walking, stride_m),
)
