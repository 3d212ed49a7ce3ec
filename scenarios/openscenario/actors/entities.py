"""Entities: vehicles, pedestrians and objects as kinds and sizes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.model.bodies import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.parameters import declared
from scenarios.source.errors import quoted

EGO_NAMES = ("ego", "egovehicle", "ego_vehicle", "hero", "host", "vut", "sut")
KIND_PROPERTY = "nearmiss:kind"  # written by the export
HIT_PROPERTY = "nearmiss:hit-at"  # written by the export: the time in seconds from which an impact moves the body
_CATEGORY_KEY = {"Vehicle": "vehicleCategory", "Pedestrian": "pedestrianCategory", "MiscObject": "miscObjectCategory"}
OBJECT_TYPES = {"vehicle": "Vehicle", "pedestrian": "Pedestrian", "miscellaneous": "MiscObject"}
_DECIDES_NOTHING = {  # has no effect in our simulation
    "Axles": "bodies are boxes; where their wheels are does not matter",
    "Properties": "properties for other programs",
    "TrailerCoupler": "nothing is towed", "TrailerHitch": "nothing is towed",
}  # fmt: skip


@dataclass(frozen=True)
class Entity:
    """A body in the file. `forward_m` and `left_m` lead from its reference point to the centre of its box.

    `hit_s`: the time from which an impact moves it along its trajectory, in files of this project.
    """

    name: str
    id: str  # in the scenario file
    kind: Kind
    size: tuple[float, float, float]
    forward_m: float
    left_m: float
    controlled: bool  # by its own controller
    node: Node
    hit_s: float | None = None
    element: str = "Vehicle"
    most_speed: float = math.inf  # m/s; this and the next two by its Performance
    most_accel: float = math.inf
    most_decel: float = math.inf

    @property
    def nose_m(self) -> float:
        """Distance from the reference point to the front."""
        return self.forward_m + self.size[0] / 2

    @property
    def tail_m(self) -> float:
        """Distance from the reference point back to the rear."""
        return self.size[0] / 2 - self.forward_m


def read_entities(node: Node, catalogs: Catalogs, ego: str | None) -> dict[str, Entity]:
    """All entities by name, the ego first; refused ones are listed in the report."""
    objects = list(node.children("ScenarioObject"))
    names = [one.word("name") for one in objects]
    chosen = _ego(node, names, ego)
    taken: set[str] = set()
    found: dict[str, Entity] = {}
    for name, one in sorted(zip(names, objects, strict=True), key=lambda pair: pair[0] != chosen):
        try:
            found[name] = _entity(one, name, "ego" if name == chosen else _id(name, taken), catalogs, names)
        except Unsupported as reason:
            node.report.refuse(reason)
            node.report.absent.add(name)
            one.element.left_out = "told"
    return found


def read_groups(node: Node, entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    """The entities that an EntitySelection names, one by one or by their type."""
    found: dict[str, tuple[str, ...]] = {}
    for group in node.children("EntitySelection"):
        names: list[str] = []
        for member in group.need("Members").children():
            if member.tag == "EntityRef":
                names.append(member.word("entityRef"))
            else:
                kind = OBJECT_TYPES.get(member.word("objectType"), "")
                names += [name for name, entity in entities.items() if entity.element == kind]
        found[group.word("name")] = tuple(name for name in dict.fromkeys(names) if name in entities)
    return found


def _trailer(node: Node, names: list[str]) -> None:
    """Refuses a trailer that is there; an empty element, or one that names no entity, tows nothing."""
    for part in node.children():
        if part.tag == "TrailerRef" and part.word("entityRef", "") not in names:
            continue
        raise part.unsupported("a trailer that is towed", "Trailer")
    node.leave_out("it names no entity: nothing is towed")


def _ego(node: Node, names: list[str], asked: str | None) -> str:
    if not names:
        raise node.unsupported("no ScenarioObject; an ego is needed")
    if asked is not None:
        if asked not in names:
            raise node.unsupported(f"no entity {quoted(asked)} to be the ego; there are {', '.join(names)}")
        return asked
    known = next((n for wanted in EGO_NAMES for n in names if n.lower() == wanted), None)
    known = known or next((n for n in names if re.match("(?i)ego", n)), None)
    if known is None:
        node.differs(f"no entity is called Ego: {quoted(names[0])}, the first, is taken for it (--ego names another)")
    return known or names[0]


def _id(name: str, taken: set[str]) -> str:
    """A unique id in the scenario language's form of a name."""
    spelt = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-")[:28]
    spelt = spelt if re.match("[a-z]", spelt) and spelt != "ego" else f"a-{spelt}".rstrip("-")
    made, i = spelt, 2
    while made in taken:
        made, i = f"{spelt}-{i}", i + 1
    taken.add(made)
    return made


def _entity(node: Node, name: str, own_id: str, catalogs: Catalogs, names: list[str]) -> Entity:
    controllers = list(node.children("ObjectController"))
    for controller in controllers:
        controller.leave_out("a controller of another program")
    body = next((c for c in node.children() if c.tag != "ObjectController"), None)
    if body is None:
        raise node.unsupported(f"{quoted(name)} without a body")
    body = catalogs.entry(body) if body.tag == "CatalogReference" else declared(body, {})
    try:
        return _bodied(body, node, name, own_id, bool(controllers), names)
    except Unsupported:
        body.element.left_out = "told"
        raise


def _bodied(body: Node, node: Node, name: str, own_id: str, controlled: bool, names: list[str]) -> Entity:
    body.ignore("name", "mass", "model", "model3d", "role")
    for part in body.children(*_DECIDES_NOTHING):
        part.leave_out(_DECIDES_NOTHING[part.tag])
    for part in body.children("Trailer"):
        _trailer(part, names)
    box = body.need("BoundingBox")
    centre, extent = box.need("Center"), box.need("Dimensions")
    size = (extent.number("length"), extent.number("width"), extent.number("height"))
    if not all(0.05 <= side <= 30 for side in size):
        raise extent.unsupported(f"{quoted(name)} of {size[0]:g} x {size[1]:g} x {size[2]:g} m; here from 5 cm to 30 m")
    centre.number("z")
    kind = _kind(body, size[2])
    left = centre.number("y")
    limits = _performance(body.child("Performance"))
    return Entity(name, own_id, kind, size, centre.number("x"), left, controlled, node, _hit_s(body), body.tag, *limits)


def _performance(node: Node | None) -> tuple[float, float, float]:
    """The highest speed in m/s, acceleration and deceleration in m/s^2; an absent limit is infinite."""
    if node is None:
        return math.inf, math.inf, math.inf
    for name in ("maxAccelerationRate", "maxDecelerationRate"):
        node.number(name, 0.0)
    speed, up, down = (
        abs(limit) if (limit := node.number(name)) else math.inf
        for name in ("maxSpeed", "maxAcceleration", "maxDeceleration")
    )
    return speed, up, down


def _hit_s(body: Node) -> float | None:
    for properties in body.children("Properties"):
        for one in properties.children("Property"):
            if one.word("name", "") == HIT_PROPERTY:
                return one.number("value")
    return None


def _kind(body: Node, height: float) -> Kind:
    if body.tag not in _CATEGORY_KEY:
        raise body.unsupported("entities of that sort")
    said = body.word(_CATEGORY_KEY[body.tag])
    fitting = [
        kind
        for kind, record in KINDS.items()
        if body.tag == record.openscenario.element
        and said in record.openscenario.reads
        and height < record.openscenario.below_m
    ]
    if not fitting:
        raise body.unsupported(f"a {quoted(said)[1:-1]} as an entity", f"{body.tag}")
    if (own := _written_kind(body, said)) is not None:
        return own
    kind = min(fitting, key=lambda kind: KINDS[kind].openscenario.below_m)
    if remark := KINDS[kind].openscenario.reads[said]:
        body.differs(remark)
    return kind


def _written_kind(body: Node, category: str) -> Kind | None:
    """The kind that nearmiss' export wrote beside a category that only resembles it; None for other files."""
    for properties in body.children("Properties"):
        for one in properties.children("Property"):
            if one.word("name", "") != KIND_PROPERTY or (said := one.word("value", "")) not in list(Kind):
                continue
            names = KINDS[Kind(said)].openscenario
            if names.stands_in and (names.element, names.category) == (body.tag, category):
                return Kind(said)
    return None
