"""Shapes of a transition from one value to another (OpenSCENARIO's DynamicsShape)."""

import math
from dataclasses import dataclass

from scenarios.openscenario.source.node import Node
from scenarios.source.errors import quoted

# Peaks of the first and of the second derivative of a unit change over a unit of time. A linear change has no bound of
# the second one; the cubic's is used, as other players do.
PEAK_RATE = {"linear": 1.0, "cubic": 1.5, "sinusoidal": math.pi / 2}
PEAK_ACCELERATION = {"linear": 6.0, "cubic": 6.0, "sinusoidal": math.pi**2 / 2}


@dataclass(frozen=True)
class TransitionDynamics:
    """The dynamics that an action asks for: shape, dimension (time, distance or rate) and value."""

    shape: str
    dimension: str
    value: float

    @property
    def jumps(self) -> bool:
        """Whether the new value is reached at once."""
        return self.shape == "step" or (self.dimension != "rate" and self.value <= 1e-9)

    def lasts(self, change: float) -> float:
        """The seconds or metres that a change of the value takes."""
        if self.jumps or abs(change) < 1e-9:
            return 0.0
        if self.dimension == "rate" and self.value < 1e-9:
            return math.inf
        return PEAK_RATE[self.shape] * abs(change) / self.value if self.dimension == "rate" else self.value


def read_dynamics(node: Node) -> TransitionDynamics:
    """The dynamics of a SpeedAction or LaneChangeAction; at a rate of 0 nothing changes. Raises Unsupported."""
    shape, dimension = node.word("dynamicsShape"), node.word("dynamicsDimension")
    node.word("followingMode", "")
    if shape not in (*PEAK_RATE, "step"):
        raise node.unsupported(f"dynamicsShape={quoted(shape)}")
    value = abs(node.number("value"))
    return TransitionDynamics(shape, dimension, value)


def shaped(shape: str, share: float) -> float:
    """The share of a change that is done after a share of its duration."""
    share = min(max(share, 0.0), 1.0)
    match shape:
        case "linear":
            return share
        case "cubic":
            return share * share * (3 - 2 * share)
        case "sinusoidal":
            return (1 - math.cos(math.pi * share)) / 2
    return 1.0
