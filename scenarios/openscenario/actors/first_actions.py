"""The Init section: start positions, speeds and environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.surroundings import Surroundings, read_environment
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node, Reported, Unsupported
from scenarios.openscenario.source.polyline import read_trajectory
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.routes import positions_of
from scenarios.source.errors import quoted


@dataclass
class Init:
    """Everything in Init, by entity name."""

    known: RoadMap | None
    places: dict[str, Node] = field(default_factory=dict)
    speeds: dict[str, float] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)
    globals: list[Node] = field(default_factory=list)  # actions that set values
    others: list[tuple[Node, Entity]] = field(default_factory=list)  # actions that continue after the start
    trajectories: dict[str, Node] = field(default_factory=dict)  # of those that have no other place
    catalogs: Catalogs | None = None
    _spots: dict[str, WorldPosition] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)
    _failed: dict[str, Unsupported] = field(default_factory=dict)

    def spot(self, name: str, node: Node) -> WorldPosition:
        """The start of an entity; raises Unsupported without a position, or with one that depends on itself."""
        if name in node.report.absent:
            raise Reported(node.remark(f"a place relative to {quoted(name)}"))
        if name not in self.places and name not in self.trajectories:
            raise node.wrong(f"{quoted(name)} without a place", "a TeleportAction of it in Init")
        if name not in self._spots:
            if name in self._failed:  # reported once: entities that start relative to it have no position either
                raise self._failed[name]
            if name in self._asked:
                raise node.unsupported(f"the place of {quoted(name)}, which in the end is relative to itself")
            self._asked.append(name)
            try:
                assert self.catalogs is not None
                positions = positions_of(self.known, self.spot, self.catalogs)
                if name in self.places:
                    self._spots[name] = positions.read(self.places[name])
                else:
                    self._spots[name] = read_trajectory(self.trajectories[name], positions, self.catalogs)[0].spot
            except Unsupported as reason:
                self._failed[name] = reason
                raise
        return self._spots[name]


def read_init(
    node: Node, entities: Mapping[str, Entity], known: RoadMap | None, catalogs: Catalogs
) -> Init:  # fmt: skip
    """Reads Init; what cannot be expressed is listed in the report."""
    init = Init(known, speeds=dict.fromkeys(entities, 0.0), catalogs=catalogs)
    for part in node.need("Actions").children():
        try:
            if part.tag == "GlobalAction":
                _global(part, part.only(), init, catalogs)
            elif part.tag == "Private":
                _private(part, init, entities)
            else:
                raise part.unsupported("actions of that sort")
        except Unsupported as reason:
            node.report.refuse(reason)
            part.element.seen, part.element.left_out = True, "told"
    return init


def _global(node: Node, action: Node, init: Init, catalogs: Catalogs) -> None:
    if action.tag in ("ParameterAction", "VariableAction", "InfrastructureAction"):
        init.globals.append(node)
        return
    if action.tag != "EnvironmentAction":
        inner = next(action.children(), action)
        raise inner.unsupported("actions of that sort", f"{action.tag} {inner.tag}")
    read_environment(action, catalogs, init.surroundings)


def _private(node: Node, init: Init, entities: Mapping[str, Entity]) -> None:
    name = node.word("entityRef")
    if name in node.report.absent:
        node.element.left_out = "told"
        return
    if name not in entities:
        raise node.unsupported(f"{quoted(name)}, which is none of the entities that can be said")
    for action in node.children("PrivateAction"):
        teleport = action.child("TeleportAction")
        if teleport is not None:
            init.places[name] = teleport.need("Position")
            continue
        followed = action.inner("RoutingAction", "FollowTrajectoryAction")
        if followed is not None:
            init.trajectories.setdefault(name, followed)
        init.others.append((action, entities[name]))
