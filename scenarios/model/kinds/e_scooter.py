"""An electric kick scooter with its standing rider.

Sources. Top speed: EN 17128:2020 is not for vehicles with a design speed above 25 km/h
(https://standardsdevelopment.bsigroup.com/projects/9021-06503); in Germany 20 km/h, eKFV section 1. Braking: both
brakes together 3.5 m/s^2 at least, eKFV section 4 (https://www.buzer.de/s1.htm?g=eKFV&a=4-7). Crossing at 12 km/h: the
mean of kick scooters without a motor on shared paths, FHWA 2004, table 12
(https://corada.com/documents/characteristics-road-trail-users-safety/speed). Size, mass, ordinary rates, and that no
rider brakes harder than 5 m/s^2, are assumptions of this project.
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

E_SCOOTER = ActorKind(
    Kind.E_SCOOTER,
    Size(1.2, 0.6, 1.85),  # the rider stands on a deck 15 cm above the ground; the handlebar is 60 cm wide
    Mass(90.0),  # an adult of 75 kg on a vehicle of 15 kg
    Footing.TWO_WHEELS,
    # nuScenes' category of skateboards, segways and scooters; its box includes the rider. It is a pedestrian category,
    # and not a class of the detection task.
    NuScenesNames(
        "human.pedestrian.personal_mobility", AttributeGroup.PEDESTRIAN, ("human.pedestrian.personal_mobility",)
    ),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "bicycle", stands_in=True),  # OpenSCENARIO has no closer category
    Manner.RIDES,
    # At harder braking the rider of so short a vehicle falls over the handlebar.
    Dynamics(
        speeding_up_mps2=1.0, slowing_down_mps2=1.5, stopping_mps2=3.0, at_line_mps2=2.0, pulling_out_mps=15 / 3.6,
        hardest_mps2=5.0, fastest_mps=25 / 3.6, crossing_mps=12 / 3.6, running_mps=20 / 3.6,
    ),
    words=("e-scooter rider", "escooter", "electric scooter", "kick scooter"),
    alive=True,
)  # fmt: skip
KINDS = (E_SCOOTER,)
