"""The kinds of bodies a scenario can hold, with their usual sizes."""

from dataclasses import dataclass
from enum import StrEnum


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


# Other words for a kind, in stories and in messages.
CALLED: dict[str, Kind] = {
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
}
FOUR_WHEELS = frozenset({Kind.CAR, Kind.VAN, Kind.TRUCK, Kind.BUS, Kind.CONSTRUCTION, Kind.TRAILER})
TWO_WHEELS = frozenset({Kind.MOTORCYCLE, Kind.CYCLIST})
ON_FOOT = frozenset({Kind.PEDESTRIAN, Kind.CHILD})
STATIC = frozenset({Kind.CONE, Kind.BARRIER})


@dataclass(frozen=True)
class Size:
    """A box's extent in metres."""

    length_m: float
    width_m: float
    height_m: float


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
}
EGO_SIZE = Size(4.358, 1.815, 1.577)  # Euro NCAP's vehicle under test in the reference geometry
EGO_REAR_AXLE_TO_CENTRE_M = 1.35  # the ego frame sits under the rear axle, boxes at their centre


@dataclass(frozen=True)
class Body:
    """One thing that has a box: its id within the scenario, kind and size."""

    id: str
    kind: Kind
    size: Size
