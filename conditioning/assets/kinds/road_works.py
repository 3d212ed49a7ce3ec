"""How cones and barriers are drawn."""

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.vehicles import barrier, cone
from scenarios.model.kinds.listed import Kind

DRAWN = (
    DrawnKind(
        Kind.CONE, ControlClass.OBSTACLE, ControlClass.OBSTACLE, "cone", lambda body, phase, moving: cone(body.size)
    ),
    DrawnKind(
        Kind.BARRIER, ControlClass.OBSTACLE, ControlClass.OBSTACLE, "barrier",
        lambda body, phase, moving: barrier(body.size),
    ),
)  # fmt: skip
