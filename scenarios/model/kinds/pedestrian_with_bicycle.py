"""A pedestrian who pushes a bicycle.

Size, mass and speeds are assumptions of this project: no measurements of people beside a bicycle were found. The top
speed of 10 km/h is the 85th percentile of all pedestrians on shared paths (FHWA 2004, table 12,
https://corada.com/documents/characteristics-road-trail-users-safety/speed).
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

PEDESTRIAN_WITH_BICYCLE = ActorKind(
    Kind.PEDESTRIAN_WITH_BICYCLE,
    Size(1.8, 1.0, 1.75),  # the bicycle's length; the person walks on its left
    Mass(90.0),  # an adult of 75 kg with a bicycle of 15 kg
    Footing.FOOT,
    # One box for both. nuScenes would annotate two: a pedestrian, and a bicycle without a rider. A model trained on
    # this learns a pedestrian, which is the one that acts; the box is wider than that of a pedestrian alone.
    NuScenesNames("human.pedestrian.adult", AttributeGroup.PEDESTRIAN),
    OpenScenarioNames(OpenScenarioElement.PEDESTRIAN, "pedestrian", stands_in=True, rear_axle=False, mass_kg=90.0),
    Manner.WALKS,
    Dynamics(fastest_mps=10 / 3.6, crossing_mps=4 / 3.6, running_mps=7 / 3.6),  # slower than without a bicycle
    words=(
        "pedestrian pushing bicycle", "person pushing bicycle", "person with bicycle", "pedestrian with bike",
        "pedestrian pushing bike", "bicycle pusher",
    ),
    groups=("person",),
    alive=True,
    brake_lamp=False,
)  # fmt: skip
KINDS = (PEDESTRIAN_WITH_BICYCLE,)
