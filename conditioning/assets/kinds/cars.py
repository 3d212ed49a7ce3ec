"""How cars and vans are drawn."""

from conditioning.assets.cars import CAR_STYLES, car
from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import Mesh
from conditioning.assets.paints import drawn_from
from scenarios.model.bodies import Body
from scenarios.model.kinds.listed import Kind


def car_style(body: Body) -> str:
    """Body style of a car: long ones are sedans or pickups, tall ones SUVs; drawn from the body's name."""
    size = body.size
    if body.kind is Kind.VAN or size.height_m > 1.95:
        return "van"
    if size.height_m > 0.385 * size.length_m:
        return "suv" if size.length_m > 4.0 else "hatchback"
    rng = drawn_from("style", body.id, round(size.length_m, 2))
    styles = [s for s in CAR_STYLES if s != "pickup" or size.length_m > 4.7]
    return str(rng.choice(styles))


def _styled(body: Body, phase: float, moving: bool) -> Mesh:
    return car(body.size, car_style(body))


DRAWN = (
    DrawnKind(Kind.CAR, ControlClass.CAR, ControlClass.CAR, "car", _styled, parks=True, beacon_x=-0.02),
    DrawnKind(Kind.VAN, ControlClass.CAR, ControlClass.CAR, "van", _styled, parks=True, beacon_x=0.2),
)
