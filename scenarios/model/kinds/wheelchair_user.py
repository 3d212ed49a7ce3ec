"""A person in a wheelchair."""

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

WHEELCHAIR_USER = ActorKind(
    Kind.WHEELCHAIR_USER,
    Size(1.1, 0.66, 1.32),  # ISO 7176-5: at most 1.2 m long and 0.7 m wide; as high as the head of an adult who sits
    Mass(92.0),  # an adult of 75 kg in a manual wheelchair of 17 kg
    Footing.FOOT,  # it turns on the spot and uses sidewalks, as pedestrians do
    NuScenesNames(
        "human.pedestrian.wheelchair", AttributeGroup.PEDESTRIAN, ("human.pedestrian.wheelchair",),
        at_rest="pedestrian.sitting_lying_down",
    ),  # not a class of the detection task
    OpenScenarioNames(
        OpenScenarioElement.PEDESTRIAN, "wheelchair", {"wheelchair": ""}, rear_axle=False, mass_kg=92.0
    ),
    Manner.WALKS,
    # 15 km/h: the fastest wheelchairs of EN 12184; in a manual one usually 4 km/h.
    Dynamics(
        speeding_up_mps2=0.8, slowing_down_mps2=1.0, stopping_mps2=1.5, at_line_mps2=1.0, hardest_mps2=2.5,
        fastest_mps=15 / 3.6, crossing_mps=4 / 3.6, running_mps=8 / 3.6,
    ),
    words=("wheelchair", "person in wheelchair", "wheelchair rider"),
    groups=("person",),
    alive=True,
    brake_lamp=False,
)  # fmt: skip
KINDS = (WHEELCHAIR_USER,)
