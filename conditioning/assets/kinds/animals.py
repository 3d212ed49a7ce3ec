"""How animals are drawn."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.animals import animal, stride_m
from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import BodyPart, Mesh
from conditioning.assets.paints import shade
from scenarios.model.bodies import Body
from scenarios.model.kinds.animals import animal_variant
from scenarios.model.kinds.listed import Kind

_FUR = np.array([(150, 104, 62), (124, 86, 56), (168, 124, 80), (136, 96, 66)])
_COATS = np.array([(34, 30, 30), (70, 50, 36), (190, 150, 100), (216, 206, 190), (140, 92, 50)])


def _trotting(body: Body, phase: float, moving: bool) -> Mesh:
    return animal(body.size, phase, moving)


def _fur(rng: np.random.Generator, colours: Float[np.ndarray, "part 3"], body: Body) -> None:
    colours[BodyPart.TOP] = shade(rng, _COATS if animal_variant(body.size) == "dog" else _FUR)
    colours[BodyPart.TROUSERS] = 0.7 * colours[BodyPart.TOP]
    colours[BodyPart.SHOES] = 0.02
    colours[BodyPart.HAIR] = (0.35, 0.27, 0.17)  # antlers


# No layer of its own, which would end the shipped weights: an animal is what moves on legs of its own. Nor a class of
# the detector's: like nuScenes' detection task, it is neither asked for one nor blamed for it.
DRAWN = (DrawnKind(Kind.ANIMAL, ControlClass.PERSON, None, "animal", _trotting, stride_m, dye=_fur),)
