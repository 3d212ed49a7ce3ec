"""Four-legged animals."""

from scenarios.model.kinds.actor_kind import (
    ActorKind,
    AttributeGroup,
    Dynamics,
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

DEER = KindVariant(Kind.ANIMAL, Size(1.7, 0.5, 1.4), words=("stag",))  # a white-tailed deer with its head up
DOG = KindVariant(Kind.ANIMAL, Size(0.95, 0.3, 0.7))  # a large one


def animal_variant(size: Size) -> str:
    """The variant of an animal of this size."""
    return "dog" if size.height_m < 0.9 else "deer"


ANIMAL = ActorKind(
    Kind.ANIMAL,
    DEER.size,
    Mass(75.0, MassPer.CUBIC_METRE),  # of the box: 90 kg for a deer, 15 for a dog
    Footing.FOOT,
    NuScenesNames("animal", AttributeGroup.NONE, ("animal",)),  # not a class of the detection task
    OpenScenarioNames(OpenScenarioElement.PEDESTRIAN, "animal", {"animal": ""}, rear_axle=False),
    Manner.WALKS,
    Dynamics(crossing_mps=10 / 3.6, running_mps=30 / 3.6, fastest_mps=90 / 3.6),  # a trot; a startled deer; a horse
    variants={"deer": DEER, "dog": DOG},
    variant_of=animal_variant,
    alive=True,
    brake_lamp=False,
)  # fmt: skip
KINDS = (ANIMAL,)
