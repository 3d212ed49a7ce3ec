"""The list of all kinds of actors: a new kind has one line here."""

from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """Each kind: its name as authors write it, and the module that holds its record.

    Modules of that name are in `scenarios.model.kinds` (the world's half of the record) and in
    `conditioning.assets.kinds` (the half that draws). Names are part of scenario ids: none ever changes.
    """

    module: str

    def __new__(cls, name: str, module: str = "") -> "Kind":
        """A member that is its name. `Kind(name)` is a look-up; a member that is declared without a module is none."""
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
