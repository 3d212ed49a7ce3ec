"""The speed of a body in a roundabout."""

import math

from scenarios.model.bodies import FOUR_WHEELS, Body
from scenarios.roads.ring_ways import EASING_M, ENTRY_RADIUS_M, driven_radius
from scenarios.roads.road import Road
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE
from scenarios.simulation.dynamics.turning import SIDEWAYS_MPS2, SIDEWAYS_SHARE


def ring_speed(main: Road, body: Body, grip: float) -> float:
    """The speed of a body in the roundabout, m/s."""
    sideways = min(SIDEWAYS_MPS2, SIDEWAYS_SHARE * grip)
    wheelbase = WHEELBASE_SHARE * body.size.length_m if body.kind in FOUR_WHEELS else 1.2
    steered = STEERING_RADPS * EASING_M / wheelbase / (1 / ENTRY_RADIUS_M + 1 / driven_radius(main))
    return min(math.sqrt(sideways * ENTRY_RADIUS_M), steered)
