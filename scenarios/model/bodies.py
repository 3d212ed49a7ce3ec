"""The bodies that a scenario holds, and what all kinds have in common."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.model.kinds.actor_kind import Footing, KindVariant, Livery, Size
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.source.identity import ADDED


class Colour(StrEnum):
    """Of the paint, the load, the coat or the jacket; ANY is drawn from the seed."""

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


# Views of the records, for what asks of all kinds at once.
USUAL_SIZE: dict[Kind, Size] = {kind: record.size for kind, record in KINDS.items()}
# Words that may be written for a kind; they say how large it is.
VARIANTS: dict[str, KindVariant] = {
    name: variant for record in KINDS.values() for name, variant in record.variants.items()
}
# Other words for a kind or a variant, in stories and in messages.
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
EGO_REAR_AXLE_TO_CENTRE_M = 1.35  # the ego frame sits under the rear axle, boxes at their centre


@dataclass(frozen=True)
class Body:
    """One thing that has a box: its id within the scenario, kind and size."""

    id: str
    kind: Kind
    size: Size
    livery: Livery = field(default=Livery.PLAIN, metadata=ADDED)
    colour: Colour = field(default=Colour.ANY, metadata=ADDED)


def variant_of(kind: Kind, size: Size, livery: Livery = Livery.PLAIN) -> str:
    """Which variant a body looks like, whatever it was called; "" for one that is none."""
    if livery is not Livery.PLAIN:
        return next((name for name, sort in VARIANTS.items() if (sort.kind, sort.livery) == (kind, livery)), "")
    told = KINDS[kind].variant_of
    return told(size) if told is not None else ""
