"""Bodies of a scenario, and properties of all kinds."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.model.kinds.actor_kind import Footing, KindVariant, Livery, Size
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.source.identity import ADDED


class Colour(StrEnum):
    """Colour of paint, load, coat or jacket; ANY is drawn from the seed."""

    ANY = "any"
    WHITE = "white"
    SILVER = "silver"
    GREY = "grey"
    BLACK = "black"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    BROWN = "brown"
    BEIGE = "beige"


# Tables over all kinds, derived from their records.
USUAL_SIZE: dict[Kind, Size] = {kind: record.size for kind, record in KINDS.items()}
# Words that may be written for a kind; each defines a size.
VARIANTS: dict[str, KindVariant] = {
    name: variant for record in KINDS.values() for name, variant in record.variants.items()
}
# Synonyms of a kind or a variant, in stories and in messages.
CALLED: dict[str, str] = {
    **{word: kind for kind, record in KINDS.items() for word in record.words},
    **{word: name for name, variant in VARIANTS.items() for word in variant.words},
}
LIVERIED: dict[Livery, tuple[Kind, ...]] = {
    livery: tuple(kind for kind, record in KINDS.items() if livery in record.liveries)
    for livery in Livery
    if livery is not Livery.PLAIN
}


def _standing_on(footing: Footing) -> frozenset[Kind]:
    return frozenset(kind for kind, record in KINDS.items() if record.footing is footing)


FOUR_WHEELS, TWO_WHEELS = _standing_on(Footing.FOUR_WHEELS), _standing_on(Footing.TWO_WHEELS)
ON_FOOT, STATIC = _standing_on(Footing.FOOT), _standing_on(Footing.STATIC)
EGO_SIZE = Size(4.358, 1.815, 1.577)  # Euro NCAP's vehicle under test in the reference geometry
EGO_REAR_AXLE_TO_CENTRE_M = 1.35  # the ego frame is under the rear axle, a box's at its centre


@dataclass(frozen=True)
class Body:
    """A body with a box: its id within the scenario, kind and size."""

    id: str
    kind: Kind
    size: Size
    livery: Livery = field(default=Livery.PLAIN, metadata=ADDED)
    colour: Colour = field(default=Colour.ANY, metadata=ADDED)


def variant_of(kind: Kind, size: Size, livery: Livery = Livery.PLAIN) -> str:
    """The variant of a body by its properties; "" if it is none."""
    if livery is not Livery.PLAIN:
        return next((name for name, sort in VARIANTS.items() if (sort.kind, sort.livery) == (kind, livery)), "")
    told = KINDS[kind].variant_of
    return told(size) if told is not None else ""
