"""The list of all actor kinds: a new kind adds one line here."""

from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """Each kind: its name in scenario files, and the module of its record.

    A module of that name is in `scenarios.model.kinds` (the record for scenarios) and in
    `conditioning.assets.kinds` (the record for drawing). Names are part of scenario ids and never change.
    """

    module: str

    def __new__(cls, name: str, module: str = "") -> "Kind":
        """A member that equals its name. `Kind(name)` is a look-up; a declaration without a module is refused."""
        if not module:
            raise TypeError(f"'{name}': name the module of its record")
        kind = str.__new__(cls, name)
        kind._value_, kind.module = name, module
        return kind

    CAR = "car", "cars"
    VAN = "van", "cars"
    TRUCK = "truck", "heavy_vehicles"
    BUS = "bus", "heavy_vehicles"
    MOTORCYCLE = "motorcycle", "two_wheelers"
    CYCLIST = "cyclist", "two_wheelers"
    PEDESTRIAN = "pedestrian", "people"
    CHILD = "child", "people"
    CONSTRUCTION = "construction", "heavy_vehicles"
    TRAILER = "trailer", "heavy_vehicles"
    CONE = "cone", "road_works"
    BARRIER = "barrier", "road_works"
    ANIMAL = "animal", "animals"
    DEBRIS = "debris", "debris"
    E_SCOOTER = "e-scooter", "e_scooter"
    PEDESTRIAN_WITH_BICYCLE = "pedestrian with bicycle", "pedestrian_with_bicycle"
    TRAM = "tram", "tram"
    WHEELCHAIR_USER = "wheelchair user", "wheelchair_user"
