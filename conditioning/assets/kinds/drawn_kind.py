"""The record of how a kind of actor is drawn, and what pictures are called by it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float

from conditioning.assets.mesh import Mesh
from conditioning.assets.paints import CAR_PAINTS, shade
from scenarios.model.bodies import Body, Size
from scenarios.model.kinds.listed import Kind


class ControlClass(StrEnum):
    """The control layers that show actors, which are the detector's classes as well. Networks have learnt them in this
    order: another one would end the shipped weights.
    """

    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    TWO_WHEELER = "two_wheeler"
    PERSON = "person"
    OBSTACLE = "obstacle"


def car_paint(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """The linear colour of a car on a European street."""
    return shade(rng, CAR_PAINTS)


def keep(rng: np.random.Generator, colours: Float[np.ndarray, "part 3"], body: Body) -> None:
    """The colours of parts as they were drawn."""


@dataclass(frozen=True)
class DrawnKind:
    """How one kind of actor is drawn.

    `layer`: the control layer that shows it. `detector_class`: None for a kind that the detector was not taught: it is
    neither asked for nor blamed for it. `caption_word`: one of the words that captions have. `mesh`: the body's
    triangles from the phase of its movement (radians) and whether it moves. `cycle_m`: the way of one cycle of that
    movement; None for a body whose shape does not change. `paint`: draws the linear colour of its painted parts.
    `dye`: changes colours of its other parts, in place, after all were drawn. `parks`: it is called parked, not
    standing. `lit_windows`: they shine by night while it is in service. `beacon_x`: where the lamps of a vehicle on
    duty are, in shares of its length from the middle; `band`: whether its flanks have room for a stripe.
    """

    kind: Kind
    layer: ControlClass
    detector_class: ControlClass | None
    caption_word: str
    mesh: Callable[[Body, float, bool], Mesh]
    cycle_m: Callable[[Size], float] | None = None
    paint: Callable[[np.random.Generator], Float[np.ndarray, "3"]] = car_paint
    dye: Callable[[np.random.Generator, Float[np.ndarray, "part 3"], Body], None] = keep
    parks: bool = False
    lit_windows: bool = False
    beacon_x: float = 0.0
    band: bool = True
