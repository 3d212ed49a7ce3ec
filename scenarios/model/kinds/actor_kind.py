"""The record of a kind of actor, as far as the world knows it: size, mass, dynamics, words, names in other formats."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.model.kinds.listed import Kind


class Livery(StrEnum):
    """What a vehicle's paint and lamps say it is there for; PLAIN of all others."""

    PLAIN = "plain"
    POLICE = "police"
    AMBULANCE = "ambulance"
    FIRE = "fire brigade"
    SCHOOL = "school"


@dataclass(frozen=True)
class Size:
    """A box's extent in metres."""

    length_m: float
    width_m: float
    height_m: float


class Footing(StrEnum):
    """What carries a body over the ground. FOUR_WHEELS: four wheels or more."""

    FOOT = "on foot"
    TWO_WHEELS = "two wheels"
    FOUR_WHEELS = "four wheels"
    STATIC = "static"


class MassPer(StrEnum):
    """What a mass is of: the whole body, a metre of its length, or a cubic metre of its box."""

    BODY = "body"
    METRE = "metre of length"
    CUBIC_METRE = "cubic metre of the box"


@dataclass(frozen=True)
class Mass:
    """A usual mass: enough to tell who pushes whom in a collision."""

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
    """How a kind of actor moves. The usual rates hold where the story does not say others.

    `hardest_mps2`: the most that its brakes and its balance give, where that is less than tyres and road give.
    `fastest_mps`: what it can reach. `crossing_mps`: how fast it walks, rides or drives across a road; None: the story
    must say it. `running_mps`: the speed of "at a run".
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
        """The most by which it can change its velocity, m/s^2, where the road gives `road_mps2`."""
        return road_mps2 if self.hardest_mps2 is None else min(road_mps2, self.hardest_mps2)


class AttributeGroup(StrEnum):
    """Which of nuScenes' attributes a category has."""

    NONE = ""
    VEHICLE = "vehicle"
    CYCLE = "cycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True)
class NuScenesNames:
    """A kind in nuScenes' words.

    `category`: what it is written as. `reads`: categories that a log's boxes of this kind have; a longer name that
    begins so counts, too, unless another kind reads more of it. `at_rest`: the attribute of one of PEDESTRIAN that
    does not move.
    """

    category: str
    attributes: AttributeGroup
    reads: tuple[str, ...] = ()
    at_rest: str = "pedestrian.standing"


class OpenScenarioElement(StrEnum):
    """The elements of OpenSCENARIO XML that an actor can be."""

    VEHICLE = "Vehicle"
    PEDESTRIAN = "Pedestrian"
    MISC_OBJECT = "MiscObject"


@dataclass(frozen=True)
class OpenScenarioNames:
    """A kind in OpenSCENARIO's words.

    `category`: what it is written as. `reads`: categories of that element which are read as this kind, each with what
    the report says of it ("" for nothing). `stands_in`: the category is only near to it; what this project wrote is
    read back by its property `nearmiss:kind`. `rear_axle`: the reference point is under the rear axle, not under the
    middle. `below_m`: only bodies lower than this are read as this kind. `read_from`: the element that is read, where
    another one is written.
    """

    element: OpenScenarioElement
    category: str
    reads: Mapping[str, str] = field(default_factory=dict)
    stands_in: bool = False
    rear_axle: bool = True
    mass_kg: float = 50.0  # of a pedestrian or a thing
    below_m: float = float("inf")
    read_from: OpenScenarioElement | None = None


class Manner(StrEnum):
    """What a kind usually does in a scene where a phrase says no more: `nearmiss new` places it so."""

    DRIVES = "drives"
    RIDES = "rides"
    WALKS = "walks"
    STANDS = "stands"
    LIES = "lies"


@dataclass(frozen=True)
class KindVariant:
    """A sort of a kind that has a name, and a size or a livery of its own; `words` are other words for it."""

    kind: Kind
    size: Size
    livery: Livery = Livery.PLAIN
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActorKind:
    """All that the world knows of one kind of actor.

    `words`: other words for it in stories and messages. `variants`: sorts of it by name; `variant_of` says which one
    a body of a size is. `groups`: nouns that mean several kinds, such as "vehicle".
    `alive`: such actors are no cargo. `towed`: does not
    set off by itself. `on_rails`: cannot leave its track. `brake_lamp`: has one.
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
