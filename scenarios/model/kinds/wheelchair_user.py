"""A person in a wheelchair.

Sources. Size: an adult's wheelchair is 0.66 m wide and 1.07 m long, of which the toes stand out by up to 0.15 m, and
the eyes are 1.09 to 1.3 m above the ground (ADA Standards, figure A3, https://www.ada.gov/descript/reg3a/figA3ds.htm).
Top speed: 15 km/h, EN 12184:2009 (https://genorma.com/en/project/show/cen:proj:31927) and, in Germany, FeV section 4
(https://mobilleben.de/vorschriften.html); the edition of 2022 goes to 20 km/h. On shared paths manual wheelchairs go
5 to 8 km/h and powered ones 5 to 11 km/h (15th to 85th percentile, FHWA 2004, table 12,
https://corada.com/documents/characteristics-road-trail-users-safety/speed). Mass, a slower 4 km/h over a road, and all
rates are assumptions of this project.
"""

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
    Size(1.1, 0.66, 1.32),  # as high as the head of an adult who sits
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
