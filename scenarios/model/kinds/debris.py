"""Debris on the road: a wheel, a pallet, a crate."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Footing,
    KindVariant,
    Manner,
    Mass,
    MassPer,
    NuScenesNames,
    OpenScenarioElement,
    OpenScenarioNames,
    Size,
)
from scenarios.model.kinds.listed import Kind

LOAD_KG_PER_M3 = 300.0  # of mixed freight
CRATE = KindVariant(Kind.DEBRIS, Size(0.9, 0.7, 0.7))
TYRE = KindVariant(Kind.DEBRIS, Size(1.0, 1.0, 0.315), words=("tire", "wheel"))  # a lorry's drive wheel: 315/70 R 22.5
# The front door of a car as an upright box that opens along its length; the id of its body contains the car's.
DOOR_SIZE = Size(0.09, 1.0, 1.35)
DOOR_SUFFIX = "-door"
DOORED = (Kind.CAR, Kind.VAN)  # kinds with a door that a story can open
PALLET = KindVariant(Kind.DEBRIS, Size(1.2, 0.8, 0.144))  # a EUR pallet, lying


def car_of_door(body_id: str, size: Size) -> str:
    """The id of the car whose open door this body is; "" for any other piece of debris."""
    return body_id.removesuffix(DOOR_SUFFIX) if body_id.endswith(DOOR_SUFFIX) and size == DOOR_SIZE else ""


def debris_variant(size: Size) -> str:
    """The variant of a piece of debris of this size."""
    if size == DOOR_SIZE:
        return "door"
    thin, middle, long = sorted((size.length_m, size.width_m, size.height_m))
    if thin > 0.5 * middle:
        return "crate"
    return "tyre" if middle > 0.85 * long else "pallet"


DEBRIS = ActorKind(
    Kind.DEBRIS,
    CRATE.size,
    Mass(LOAD_KG_PER_M3, MassPer.CUBIC_METRE),
    Footing.STATIC,
    NuScenesNames("movable_object.debris", AttributeGroup.NONE, ("movable_object.debris",)),  # no detection class
    OpenScenarioNames(OpenScenarioElement.MISC_OBJECT, "obstacle", rear_axle=False),
    Manner.LIES,
    words=("cargo",),
    variants={"crate": CRATE, "tyre": TYRE, "pallet": PALLET},
    variant_of=debris_variant,
)
KINDS = (DEBRIS,)
