"""How lost cargo is drawn."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.debris import debris
from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import BodyPart
from conditioning.assets.paints import shade
from scenarios.model.bodies import Body
from scenarios.model.kinds.listed import Kind

_WOOD = np.array([(186, 146, 94), (170, 130, 80), (198, 164, 112), (150, 122, 88)])


def _wood(rng: np.random.Generator, colours: Float[np.ndarray, "part 3"], body: Body) -> None:
    colours[BodyPart.CARGO] = shade(rng, _WOOD)
    colours[BodyPart.TROUSERS] = 0.72 * colours[BodyPart.CARGO]
    colours[BodyPart.RIM] = 0.3


# Shown in the layer of what lies in the way and belongs to nobody; no class of the detector's.
DRAWN = (
    DrawnKind(
        Kind.DEBRIS, ControlClass.OBSTACLE, None, "debris", lambda body, phase, moving: debris(body.size), dye=_wood
    ),
)
