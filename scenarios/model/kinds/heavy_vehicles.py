"""Trucks, buses, construction vehicles and trailers."""

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

TRUCK = ActorKind(
    Kind.TRUCK,
    Size(8.0, 2.5, 3.2),
    Mass(1200.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.truck", AttributeGroup.VEHICLE, ("vehicle.truck",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "truck", {"truck": ""}),
    Manner.DRIVES,
    groups=("vehicle",),
    words=("lorry",),
    variants={"fire engine": KindVariant(Kind.TRUCK, Size(8.6, 2.5, 3.4), Livery.FIRE, ("fire truck",))},
    liveries=(Livery.FIRE,),
)
BUS = ActorKind(
    Kind.BUS,
    Size(12.0, 2.55, 3.1),
    Mass(1100.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.bus.rigid", AttributeGroup.VEHICLE, ("vehicle.bus",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "bus", {"bus": ""}),
    Manner.DRIVES,
    groups=("vehicle",),
    words=("coach",),
    variants={"school bus": KindVariant(Kind.BUS, Size(10.7, 2.45, 3.1), Livery.SCHOOL)},
    liveries=(Livery.SCHOOL,),
)
CONSTRUCTION = ActorKind(
    Kind.CONSTRUCTION,
    Size(6.5, 2.5, 3.0),
    Mass(1800.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.construction", AttributeGroup.VEHICLE, ("vehicle.construction",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "truck"),
    Manner.DRIVES,
    groups=("vehicle",),
    words=("excavator",),
)
TRAILER = ActorKind(
    Kind.TRAILER,
    Size(8.0, 2.5, 3.2),
    Mass(900.0, MassPer.METRE),
    Footing.FOUR_WHEELS,
    NuScenesNames("vehicle.trailer", AttributeGroup.VEHICLE, ("vehicle.trailer",)),
    OpenScenarioNames(OpenScenarioElement.VEHICLE, "trailer", {"semitrailer": "", "trailer": ""}, rear_axle=False),
    Manner.STANDS,
    groups=("vehicle",),
    towed=True,
)
KINDS = (TRUCK, BUS, CONSTRUCTION, TRAILER)
