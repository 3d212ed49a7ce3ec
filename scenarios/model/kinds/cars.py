"""Cars and vans."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Footing,
    KindVariant,
    Livery,
    Manner,
    Mass,
    MassPer,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

# The height of vehicles on duty includes the lamps on the roof.
CAR = ActorKind(
    Kind.CAR,
    Size(4.4, 1.8, 1.5),  # Euro NCAP's global vehicle target (physical targets, 2023 protocols)
    Mass(340.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.car", AttributeGroup.VEHICLE, ("vehicle.car",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "car", {"car": ""}),
    Manner.DRIVES,
    groups=("vehicle",),
    variants={"police car": KindVariant(Kind.CAR, Size(4.7, 1.85, 1.65), Livery.POLICE)},
    liveries=(Livery.POLICE, Livery.AMBULANCE),
)
VAN = ActorKind(
    Kind.VAN,
    Size(5.4, 2.0, 2.3),
    Mass(420.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.car", AttributeGroup.VEHICLE, ("vehicle.emergency",)),  # vans are cars in nuScenes
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "van", {"van": ""}),
    Manner.DRIVES,
    groups=("vehicle",),
    variants={"ambulance": KindVariant(Kind.VAN, Size(6.0, 2.05, 2.75), Livery.AMBULANCE)},
    liveries=(Livery.POLICE, Livery.AMBULANCE, Livery.FIRE),
)
KINDS = (CAR, VAN)
