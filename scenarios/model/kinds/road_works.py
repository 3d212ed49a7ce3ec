"""Cones and barriers."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Footing,
    Manner,
    Mass,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

CONE = ActorKind(
    Kind.CONE,
    Size(0.4, 0.4, 0.75),
    Mass(4.0),
    Footing.STATIC,
    NuScenesNames("movable_object.trafficcone", AttributeGroup.NONE, ("movable_object.trafficcone",)),
    OpenScenarioNames(
        OpenScenarioElement.MISC_OBJECT, "obstacle", {"pole": "the pole is a cone here, of the same size"},
        rear_axle=False,
    ),
    Manner.STANDS,
)  # fmt: skip
BARRIER = ActorKind(
    Kind.BARRIER,
    Size(0.6, 2.4, 1.0),
    Mass(4000.0),
    Footing.STATIC,
    NuScenesNames("movable_object.barrier", AttributeGroup.NONE, ("movable_object.barrier",)),
    OpenScenarioNames(
        OpenScenarioElement.MISC_OBJECT, "barrier",
        {
            "barrier": "", "railing": "the railing is a barrier here, of the same size",
            "obstacle": "the obstacle is a barrier here, of the same size",
        },
        rear_axle=False,
    ),
    Manner.STANDS,
)  # fmt: skip
KINDS = (CONE, BARRIER)
