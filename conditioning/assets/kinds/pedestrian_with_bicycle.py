"""How a pedestrian who pushes a bicycle is drawn."""

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import Mesh, Sculptor, assembled
from conditioning.assets.people import bicycle, stride_m, walker
from scenarios.model.bodies import Body, Size
from scenarios.model.kinds.listed import Kind

_PERSON_SHARE, _BICYCLE_SHARE = 0.5, 0.6  # of the width: the handlebar reaches before the person


def _pushing(body: Body, phase: float, moving: bool) -> Mesh:
    """Somebody who walks on the left of a bicycle, both hands on its bar; its wheels stand beside the feet."""
    size, make = body.size, Sculptor()
    wheels = Size(size.length_m, _BICYCLE_SHARE * size.width_m, size.height_m)
    _, (grip_x, reach, grip_z), _ = bicycle(make, wheels, 0.0)
    person = Size(0.6 * size.length_m, _PERSON_SHARE * size.width_m, size.height_m)
    left, right = (size.width_m - person.width_m) / 2, (wheels.width_m - size.width_m) / 2
    behind = -0.12 * size.length_m
    hands = [(grip_x - behind, right - left + side * 0.85 * reach, grip_z + 0.02) for side in (1, -1)]
    walking = walker(person, phase, moving, (hands[0], hands[1]))
    beside = make.finish(wheels.length_m, wheels.width_m, wheels.height_m)
    return assembled(size, (walking, (behind, left, 0.0)), (beside, (0.0, right, 0.0)))


# Shown in the layer of people. The shipped detector was taught none: it may find a person, a two-wheeler or both.
DRAWN = (DrawnKind(Kind.PEDESTRIAN_WITH_BICYCLE, ControlClass.PERSON, None, "pedestrian", _pushing, stride_m),)
