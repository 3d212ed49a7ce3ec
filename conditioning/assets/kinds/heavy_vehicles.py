"""How trucks, buses, construction vehicles and trailers are drawn."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.paints import linear, shade
from conditioning.assets.vehicles import bus, construction, trailer, truck
from scenarios.model.kinds.listed import Kind

_BUS_PAINTS = np.array([(200, 30, 36), (230, 180, 36), (30, 92, 168), (226, 228, 226), (40, 128, 74), (210, 110, 34)])


def _bus_paint(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    return shade(rng, _BUS_PAINTS)


def _machine_paint(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    return linear(np.array([236, 170, 20])) * rng.uniform(0.8, 1.1)


# The layer of trucks shows trailers and construction vehicles, too.
DRAWN = (
    DrawnKind(
        Kind.TRUCK, ControlClass.TRUCK, ControlClass.TRUCK, "truck", lambda body, phase, moving: truck(body.size),
        parks=True, beacon_x=0.4, band=False,  # a lorry's box is as wide as its cuboid
    ),
    DrawnKind(
        Kind.BUS, ControlClass.BUS, ControlClass.BUS, "bus", lambda body, phase, moving: bus(body.size),
        paint=_bus_paint, parks=True, lit_windows=True,
    ),
    DrawnKind(
        Kind.CONSTRUCTION, ControlClass.TRUCK, ControlClass.TRUCK, "construction",
        lambda body, phase, moving: construction(body.size), paint=_machine_paint, parks=True,
    ),
    DrawnKind(
        Kind.TRAILER, ControlClass.TRUCK, ControlClass.TRUCK, "trailer",
        lambda body, phase, moving: trailer(body.size), parks=True,
    ),
)  # fmt: skip
