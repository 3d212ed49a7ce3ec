"""Everything that is known at one instant of a played storyboard, and the interface of an action in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node, Reported
from scenarios.openscenario.source.positions import Positions, WorldPosition
from scenarios.openscenario.source.routes import positions_of
from scenarios.rollout import FRAME_RATE_HZ
from scenarios.source.errors import nearest, quoted

SUBSTEPS = 10
STEP_S = 1 / (FRAME_RATE_HZ * SUBSTEPS)
SPEED, PATH = frozenset({"speed"}), frozenset({"path"})
NONE: frozenset[str] = frozenset()
BOTH = SPEED | PATH


@dataclass
class World:
    """The movers at one instant; `values` holds parameters and variables, which actions may set."""

    movers: dict[str, PlayedEntity]
    groups: Mapping[str, tuple[str, ...]]  # EntitySelections
    known: RoadMap | None
    catalogs: Catalogs
    values: dict[str, str] = field(default_factory=dict)
    t_s: float = 0.0

    @property
    def positions(self) -> Positions:
        """Reads positions as they are now."""
        return positions_of(self.known, lambda name, node: self.mover_named(name, node).pose, self.catalogs)

    def mover_named(self, name: str, node: Node) -> PlayedEntity:
        if name in node.report.absent:
            raise Reported(node.remark(f"entity {quoted(name)}"))
        if name not in self.movers:
            raise node.wrong(f"entity {quoted(name)}", nearest(name, self.movers))
        return self.movers[name]

    def mover(self, node: Node, attribute: str = "entityRef") -> PlayedEntity:
        """The entity that an attribute names; raises Unsupported."""
        return self.mover_named(node.word(attribute), node)

    def members(self, node: Node) -> list[PlayedEntity]:
        """The entities of an EntityRef, which may name a selection."""
        name = node.word("entityRef")
        return [self.mover_named(one, node) for one in self.groups.get(name, (name,))]


@runtime_checkable
class PlayedAction(Protocol):
    """A running action: what it controls, and its motion. `over` becomes true when it has ended by itself."""

    domains: frozenset[str]
    over: bool

    @property
    def mover(self) -> PlayedEntity | None:
        """The entity that it moves, if it moves one."""

    def begin(self, world: World) -> None:
        """Start now; raises Unsupported."""

    def step(self, world: World, dt: float) -> None:
        """Act for one step that begins at the world's time."""


@dataclass
class Instant:
    """An action that is over as soon as it has begun."""

    act: Callable[[World], None]
    domains: frozenset[str] = NONE
    over: bool = False
    mover: None = None

    def begin(self, world: World) -> None:
        self.act(world)
        self.over = True

    def step(self, world: World, dt: float) -> None:
        """Nothing is left to do."""


@dataclass(frozen=True)
class StartState:
    """The state of one entity when an action starts."""

    pose: WorldPosition
    speed: float


@dataclass
class ActionRecord:
    """An action of one entity that has been played: times, how it ended, and the state of all entities at its start."""

    node: Node
    entity: Entity
    begins_s: float
    states: dict[str, StartState]
    ends_s: float | None = None
    cut_off: bool = False  # another event or a stop ended it
    end: StartState | None = None


def by_action(records: list[ActionRecord]) -> dict[tuple[str, int], list[ActionRecord]]:
    """The records by the name of the entity and the identity of the action's element, in the order of time."""
    found: dict[tuple[str, int], list[ActionRecord]] = {}
    for record in records:
        found.setdefault((record.entity.name, id(record.node.element)), []).append(record)
    return found
