"""The kinds of bodies a scenario can hold, with their usual sizes."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.source.identity import ADDED


class Kind(StrEnum):
    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    MOTORCYCLE = "motorcycle"
    CYCLIST = "cyclist"
    PEDESTRIAN = "pedestrian"
    CHILD = "child"
    CONSTRUCTION = "construction"
    TRAILER = "trailer"
    CONE = "cone"
    BARRIER = "barrier"
    ANIMAL = "animal"
    DEBRIS = "debris"


class Livery(StrEnum):
    """What a vehicle's paint and lamps say it is there for; PLAIN of all others."""

    PLAIN = "plain"
    POLICE = "police"
    AMBULANCE = "ambulance"
    FIRE = "fire brigade"
    SCHOOL = "school"


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


@dataclass(frozen=True)
class Size:
    """A box's extent in metres."""

    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True)
class KindVariant:
    """A sort of a kind that has a name, and a size or a livery of its own."""

    kind: Kind
    size: Size
    livery: Livery = Livery.PLAIN


# Words that may be written for a kind; they say how large it is. A white-tailed deer with its head up and a large dog;
# a drive wheel of a lorry (315/70 R 22.5) and a EUR pallet, lying; a crate of goods. Vehicles on duty are as high as
# the lamps on their roofs.
VARIANTS: dict[str, KindVariant] = {
    "deer": KindVariant(Kind.ANIMAL, Size(1.7, 0.5, 1.4)),
    "dog": KindVariant(Kind.ANIMAL, Size(0.95, 0.3, 0.7)),
    "crate": KindVariant(Kind.DEBRIS, Size(0.9, 0.7, 0.7)),
    "tyre": KindVariant(Kind.DEBRIS, Size(1.0, 1.0, 0.315)),
    "pallet": KindVariant(Kind.DEBRIS, Size(1.2, 0.8, 0.144)),
    "police car": KindVariant(Kind.CAR, Size(4.7, 1.85, 1.65), Livery.POLICE),
    "ambulance": KindVariant(Kind.VAN, Size(6.0, 2.05, 2.75), Livery.AMBULANCE),
    "fire engine": KindVariant(Kind.TRUCK, Size(8.6, 2.5, 3.4), Livery.FIRE),
    "school bus": KindVariant(Kind.BUS, Size(10.7, 2.45, 3.1), Livery.SCHOOL),
}
LIVERIED: dict[Livery, tuple[Kind, ...]] = {
    Livery.POLICE: (Kind.CAR, Kind.VAN, Kind.MOTORCYCLE),
    Livery.AMBULANCE: (Kind.VAN, Kind.CAR),
    Livery.FIRE: (Kind.TRUCK, Kind.VAN),
    Livery.SCHOOL: (Kind.BUS,),
}
# Other words for a kind or a variant, in stories and in messages.
CALLED: dict[str, str] = {
    "lorry": Kind.TRUCK,
    "coach": Kind.BUS,
    "motorbike": Kind.MOTORCYCLE,
    "motorcyclist": Kind.MOTORCYCLE,
    "bicycle": Kind.CYCLIST,
    "bike": Kind.CYCLIST,
    "adult": Kind.PEDESTRIAN,
    "man": Kind.PEDESTRIAN,
    "woman": Kind.PEDESTRIAN,
    "kid": Kind.CHILD,
    "boy": Kind.CHILD,
    "girl": Kind.CHILD,
    "excavator": Kind.CONSTRUCTION,
    "stag": "deer",
    "tire": "tyre",
    "wheel": "tyre",
    "cargo": Kind.DEBRIS,
    "fire truck": "fire engine",
}
FOUR_WHEELS = frozenset({Kind.CAR, Kind.VAN, Kind.TRUCK, Kind.BUS, Kind.CONSTRUCTION, Kind.TRAILER})
TWO_WHEELS = frozenset({Kind.MOTORCYCLE, Kind.CYCLIST})
PEOPLE = frozenset({Kind.PEDESTRIAN, Kind.CHILD})
ON_FOOT = PEOPLE | {Kind.ANIMAL}
STATIC = frozenset({Kind.CONE, Kind.BARRIER, Kind.DEBRIS})


# Car, adult, child, motorcycle: Euro NCAP test targets (physical targets, 2023 protocols); a cyclist and a
# motorcycle are as tall as their rider. The others are usual European vehicles.
USUAL_SIZE: dict[Kind, Size] = {
    Kind.CAR: Size(4.4, 1.8, 1.5),
    Kind.VAN: Size(5.4, 2.0, 2.3),
    Kind.TRUCK: Size(8.0, 2.5, 3.2),
    Kind.BUS: Size(12.0, 2.55, 3.1),
    Kind.MOTORCYCLE: Size(2.08, 0.79, 1.7),
    Kind.CYCLIST: Size(1.89, 0.6, 1.75),
    Kind.PEDESTRIAN: Size(0.6, 0.6, 1.8),
    Kind.CHILD: Size(0.5, 0.45, 1.154),
    Kind.CONSTRUCTION: Size(6.5, 2.5, 3.0),
    Kind.TRAILER: Size(8.0, 2.5, 3.2),
    Kind.CONE: Size(0.4, 0.4, 0.75),
    Kind.BARRIER: Size(0.6, 2.4, 1.0),
    Kind.ANIMAL: VARIANTS["deer"].size,
    Kind.DEBRIS: VARIANTS["crate"].size,
}
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


# The front door of a car as an upright box that opens along its length; its body is called after the car.
DOOR_SIZE = Size(0.09, 1.0, 1.35)
DOOR_SUFFIX = "-door"


def variant_of(kind: Kind, size: Size, livery: Livery = Livery.PLAIN) -> str:
    """Which variant a body looks like, whatever it was called; "" for one that is none."""
    if livery is not Livery.PLAIN:
        return next((name for name, sort in VARIANTS.items() if (sort.kind, sort.livery) == (kind, livery)), "")
    if kind is Kind.ANIMAL:
        return "dog" if size.height_m < 0.9 else "deer"
    if kind is not Kind.DEBRIS:
        return ""
    if size == DOOR_SIZE:
        return "door"
    thin, middle, long = sorted((size.length_m, size.width_m, size.height_m))
    if thin > 0.5 * middle:
        return "crate"
    return "tyre" if middle > 0.85 * long else "pallet"
