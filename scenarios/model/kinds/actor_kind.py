"""The record of an actor kind for scenarios: size, mass, dynamics, words, names in other formats."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.model.kinds.listed import Kind


class Livery(StrEnum):
    """The paint and lamps of a vehicle by its service; PLAIN for all others."""

    PLAIN = "plain"
    POLICE = "police"
    AMBULANCE = "ambulance"
    FIRE = "fire brigade"
    SCHOOL = "school"


@dataclass(frozen=True)
class Size:
    """Extent of a box in metres."""

    length_m: float
    width_m: float
    height_m: float


class Footing(StrEnum):
    """The contact of a body with the ground. FOUR_WHEELS: four wheels or more."""

    FOOT = "on foot"
    TWO_WHEELS = "two wheels"
    FOUR_WHEELS = "four wheels"
    STATIC = "static"


class MassPer(StrEnum):
    """The quantity that a mass refers to: the whole body, a metre of its length, or a cubic metre of its box."""

    BODY = "body"
    METRE = "metre of length"
    CUBIC_METRE = "cubic metre of the box"


@dataclass(frozen=True)
class Mass:
    """A typical mass, used for collisions."""

    kg: float
    per: MassPer = MassPer.BODY

    def of(self, size: Size) -> float:
        """Kilograms of a body of this size."""
        match self.per:
            case MassPer.METRE:
                return self.kg * size.length_m
            case MassPer.CUBIC_METRE:
                return self.kg * size.length_m * size.width_m * size.height_m
        return self.kg


@dataclass(frozen=True)
class Dynamics:
    """The motion limits of a kind. The usual rates apply if the story does not give others.

    `hardest_mps2`: the limit of its brakes and balance, if it is below that of tyres and road. `fastest_mps`: its
    maximum speed. `crossing_mps`: its speed across a road; None: the story must give it. `running_mps`: the speed of
    "at a run".
    """

    speeding_up_mps2: float = 1.5  # usual traffic
    slowing_down_mps2: float = 2.0
    stopping_mps2: float = 4.0  # Euro NCAP's lead of 2026
    at_line_mps2: float = 3.0  # an ordinary stop at a line
    pulling_out_mps: float = 30 / 3.6
    hardest_mps2: float | None = None
    fastest_mps: float | None = None
    crossing_mps: float | None = None
    running_mps: float = 8 / 3.6  # Euro NCAP's running adult

    def grip(self, road_mps2: float) -> float:
        """The maximum change of velocity, m/s^2, on a road that gives `road_mps2`."""
        return road_mps2 if self.hardest_mps2 is None else min(road_mps2, self.hardest_mps2)

    def limited(self, rate_mps2: float, faster: bool) -> float:
        """A car's rate of an action that gives none, for this kind: a kind that usually speeds up, or slows down, less
        quickly than a car does not exceed its usual rate."""
        own, car = (
            d.speeding_up_mps2 if faster else d.slowing_down_mps2 for d in (self, Dynamics())
        )  # fmt: skip
        return min(rate_mps2, own) if own < car else rate_mps2


class AttributeGroup(StrEnum):
    """The group of nuScenes attributes of a category."""

    NONE = ""
    VEHICLE = "vehicle"
    CYCLE = "cycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True)
class NuScenesNames:
    """The names of a kind in nuScenes.

    `category`: the written category. `reads`: categories of a log's boxes that are read as this kind; a longer name
    with this prefix counts as well, unless another kind has a longer prefix of it. `at_rest`: the attribute of a
    PEDESTRIAN that does not move.
    """

    category: str
    attributes: AttributeGroup
    reads: tuple[str, ...] = ()
    at_rest: str = "pedestrian.standing"


class OpenScenarioElement(StrEnum):
    """OpenSCENARIO XML elements for actors."""

    VEHICLE = "Vehicle"
    PEDESTRIAN = "Pedestrian"
    MISC_OBJECT = "MiscObject"


@dataclass(frozen=True)
class OpenScenarioNames:
    """The names of a kind in OpenSCENARIO.

    `category`: the written category. `reads`: categories of that element that are read as this kind, each with the text
    of the report ("" for none). `stands_in`: the category only resembles the kind; files of this project are read by
    their property `nearmiss:kind`. `rear_axle`: the reference point is under the rear axle instead of the centre.
    `below_m`: only bodies lower than this are read as this kind.
    """

    element: OpenScenarioElement
    category: str
    reads: Mapping[str, str] = field(default_factory=dict)
    stands_in: bool = False
    rear_axle: bool = True
    mass_kg: float = 50.0  # of a pedestrian or an object
    below_m: float = float("inf")


class Manner(StrEnum):
    """Usual behaviour of a kind in a scene; `nearmiss new` places actors by it."""

    DRIVES = "drives"
    RIDES = "rides"
    WALKS = "walks"
    STANDS = "stands"
    LIES = "lies"


@dataclass(frozen=True)
class KindVariant:
    """A named variant of a kind with its own size or livery; `words` are synonyms."""

    kind: Kind
    size: Size
    livery: Livery = Livery.PLAIN
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActorKind:
    """All properties of one kind in scenarios.

    `words`: synonyms in stories and messages. `variants`: variants by name; `variant_of` gives the variant of a size.
    `groups`: nouns for several kinds, such as "vehicle". `alive`: such actors are not cargo. `towed`: does not start by
    itself. `on_rails`: cannot leave its track. `brake_lamp`: has one.
    """

    kind: Kind
    size: Size
    mass: Mass
    footing: Footing
    nuscenes: NuScenesNames
    openscenario: OpenScenarioNames
    manner: Manner
    dynamics: Dynamics = Dynamics()
    words: tuple[str, ...] = ()
    variants: Mapping[str, KindVariant] = field(default_factory=dict)
    variant_of: Callable[[Size], str] | None = None
    liveries: tuple[Livery, ...] = ()
    groups: tuple[str, ...] = ()
    alive: bool = False
    towed: bool = False
    on_rails: bool = False
    brake_lamp: bool = True
