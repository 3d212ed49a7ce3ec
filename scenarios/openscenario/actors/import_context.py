"""The context of an import: what is known of every actor when its actions are read."""

from dataclasses import dataclass, field

from scenarios.openscenario.actors.course import Course, Spotted, centre_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node, Report
from scenarios.openscenario.source.positions import Positions, WorldPosition
from scenarios.source.errors import nearest, quoted


@dataclass
class ImportContext:
    """All actors before the story; speeds and lanes are updated by actions in the order of the file."""

    course: Course
    entities: dict[str, Entity]
    positions: Positions
    starts: dict[str, WorldPosition]
    catalogs: Catalogs
    report: Report
    initial: dict[str, float]
    speeds: dict[str, float | None]  # None: unknown from here on
    driven: set[str] = field(default_factory=set)  # actors with a controller from Init
    lanes: dict[str, tuple[int, bool] | None] = field(default_factory=dict)

    def entity(self, node: Node, attribute: str = "entityRef") -> Entity:
        """The entity that an attribute names; raises Unsupported."""
        name = node.word(attribute)
        if name not in self.entities or name not in self.starts:
            raise node.wrong(f"{attribute}={quoted(name)}", nearest(name, self.starts))
        return self.entities[name]

    def start(self, entity: Entity) -> Spotted:
        """The centre of its box at the start, on our road."""
        return self.course.spotted(centre_of(entity, self.starts[entity.name]))

    def lane(self, entity: Entity) -> tuple[int, bool] | None:
        return self.lanes.get(entity.name, self.start(entity).lane)

    def facing(self, entity: Entity) -> int:
        """+1 if it starts in the ego's direction, -1 against it, 0 across the road."""
        turn = abs(self.start(entity).turn_rad)
        return 1 if turn < 0.8 else -1 if turn > 2.34 else 0
