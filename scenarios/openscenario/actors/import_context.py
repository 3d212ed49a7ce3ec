"""The context of an import: what is known of every actor when its actions are read."""

from dataclasses import dataclass, field

from scenarios.openscenario.actors.course import Course, Spotted, centre_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node, Report, Reported
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
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # EntitySelections
    own_actions: dict[str, tuple[dict[str, object], float]] = field(default_factory=dict)  # of exported files
    own_delay_s: float = 0.0  # of the trigger that is being read, in an exported file
    driven: set[str] = field(default_factory=set)  # actors with a controller from Init
    lanes: dict[str, tuple[int, bool] | None] = field(default_factory=dict)
    offsets: dict[str, float] = field(default_factory=dict)  # from the lane's centre, left of the road's direction

    def entity(self, node: Node, attribute: str = "entityRef") -> Entity:
        """The entity that an attribute names; raises Unsupported."""
        name = node.word(attribute)
        if name in node.report.absent:
            raise Reported(node.remark(f"entity {quoted(name)}"))
        if name not in self.entities or name not in self.starts:
            raise node.wrong(f"{attribute}={quoted(name)}", nearest(name, self.starts))
        return self.entities[name]

    def members(self, node: Node) -> list[Entity]:
        """The entities of an EntityRef, which may name a selection."""
        names = self.groups.get(node.word("entityRef"))
        if names is None:
            return [self.entity(node)]
        return [self.entities[name] for name in names if name in self.starts]

    def start(self, entity: Entity) -> Spotted:
        """The centre of its box at the start, on our road."""
        return self.course.spotted(centre_of(entity, self.starts[entity.name]))

    def reset(self) -> None:
        """Go back to the state at the start."""
        self.speeds, self.lanes, self.offsets = dict(self.initial), {}, {}

    def put(self, entity: Entity, pose: WorldPosition, mps: float) -> None:
        """Take over the state of an entity at the instant at which an action is read."""
        found = self.course.spotted(centre_of(entity, pose))
        self.speeds[entity.name], self.lanes[entity.name], self.offsets[entity.name] = mps, found.lane, found.off_m

    def lane(self, entity: Entity) -> tuple[int, bool] | None:
        return self.lanes.get(entity.name, self.start(entity).lane)

    def off_m(self, entity: Entity) -> float:
        """Metres from its lane's centre to the left of the ego's direction."""
        return self.offsets.get(entity.name, self.start(entity).off_m)

    def facing(self, entity: Entity) -> int:
        """+1 if it starts in the ego's direction, -1 against it, 0 across the road."""
        turn = abs(self.start(entity).turn_rad)
        return 1 if turn < 0.8 else -1 if turn > 2.34 else 0
