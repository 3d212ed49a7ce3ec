"""Pedestrians."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Dynamics,
    Footing,
    Manner,
    Mass,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

# Euro NCAP's walking adult and child (CPNA, CPNCO); the fastest sprint on record reached 44.7 km/h.
WALKING = Dynamics(crossing_mps=5 / 3.6, fastest_mps=45 / 3.6)
CHILD_BELOW_M = 1.4
PEDESTRIAN = ActorKind(
    Kind.PEDESTRIAN,
    Size(0.6, 0.6, 1.8),  # Euro NCAP's adult target
    Mass(75.0),
    Footing.FOOT,
    NuScenesNames("human.pedestrian.adult", AttributeGroup.PEDESTRIAN, ("human.pedestrian",)),
    OpenScenarioNames(
        OpenScenarioElement.PEDESTRIAN,
        "pedestrian",
        {"pedestrian": ""},
        rear_axle=False,
        mass_kg=75.0,
    ),
    Manner.WALKS,
    WALKING,
    words=("adult", "man", "woman"),
    groups=("person",),
    alive=True,
    brake_lamp=False,
)
CHILD = ActorKind(
    Kind.CHILD,
    Size(0.5, 0.45, 1.154),  # Euro NCAP's child target
    Mass(28.0),
    Footing.FOOT,
    NuScenesNames("human.pedestrian.child", AttributeGroup.PEDESTRIAN, ("human.pedestrian.child",)),
    OpenScenarioNames(
        OpenScenarioElement.PEDESTRIAN, "pedestrian", {"pedestrian": ""}, rear_axle=False, mass_kg=35.0,
        below_m=CHILD_BELOW_M,
    ),
    Manner.WALKS,
    WALKING,
    words=("kid", "boy", "girl"),
    groups=("person",),
    alive=True,
    brake_lamp=False,
)  # fmt: skip
KINDS = (PEDESTRIAN, CHILD)
