"""Motorcycles and bicycles with their riders; the height includes the rider."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Dynamics,
    Footing,
    Livery,
    Manner,
    Mass,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

MOTORCYCLE = ActorKind(
    Kind.MOTORCYCLE,
    Size(2.08, 0.79, 1.7),  # Euro NCAP's motorcyclist target
    Mass(280.0),
    Footing.TWO_WHEELS,
    NuScenesNames("vehicle.motorcycle", AttributeGroup.CYCLE, ("vehicle.motorcycle",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "motorbike", {"motorbike": ""}),
    Manner.DRIVES,
    groups=("vehicle",),
    words=("motorbike", "motorcyclist"),
    liveries=(Livery.POLICE,),
)
CYCLIST = ActorKind(
    Kind.CYCLIST,
    Size(1.89, 0.6, 1.75),
    Mass(95.0),
    Footing.TWO_WHEELS,
    NuScenesNames("vehicle.bicycle", AttributeGroup.CYCLE, ("vehicle.bicycle",)),  # nuScenes' box includes the rider
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "bicycle", {"bicycle": ""}),
    Manner.RIDES,
    Dynamics(crossing_mps=15 / 3.6, fastest_mps=90 / 3.6),  # Euro NCAP's crossing bicycle (CBNA); a fast descent
    words=("bicycle", "bike"),
    alive=True,
    brake_lamp=False,
)
KINDS = (MOTORCYCLE, CYCLIST)
