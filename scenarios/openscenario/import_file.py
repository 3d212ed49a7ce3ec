"""Imports OpenSCENARIO XML files to scenario files, or lists everything that the scenario language cannot express."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from scenarios.load import loads
from scenarios.opendrive.read_map import read_map
from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.actors.course import Course, EgoStart, NoCourse, course_on, no_map
from scenarios.openscenario.actors.entities import Entity, read_entities, read_groups
from scenarios.openscenario.actors.first_actions import Init, read_init
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.kept_motion import kept_motion
from scenarios.openscenario.player.play import Player
from scenarios.openscenario.player.played import Played
from scenarios.openscenario.player.played_entity import mover_at
from scenarios.openscenario.player.world import World, by_action
from scenarios.openscenario.source.catalogs import Catalogs, catalogs_of
from scenarios.openscenario.source.files import sibling_file
from scenarios.openscenario.source.node import ImportRemark, Node, Report, Reported, Unsupported, unread
from scenarios.openscenario.source.parameters import declared, read_variables, refuse_unknown
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.routes import positions_of
from scenarios.openscenario.source.schemas import check_schema
from scenarios.openscenario.story.stopping import Length, read_length
from scenarios.openscenario.story.storyboard import OWN_ACTION, ImportedEvent, StoryboardState
from scenarios.openscenario.write_file import Drafted, draft_text
from scenarios.rollout import frame_count
from scenarios.source.errors import SpecError, SpecErrors
from scenarios.source.xml_document import XmlFile, read_xml

BACK_M, ROOM_M = 60.0, 60.0  # of road behind the last and ahead of the first body


@dataclass(frozen=True)
class ImportOptions:
    """Options of an import: the ego, the clip's duration, whether a partial result is allowed, the folder that all
    files must be in, and how many combinations of a larger distribution are taken.
    """

    ego: str | None = None
    duration_s: float | None = None
    partial: bool = False
    root: Path | None = None
    count: int | None = None


@dataclass(frozen=True)
class Imported:
    """One imported scenario file: its name, its text, and what of the original is not in it.

    `actors`: the id of each entity that is in it. `origin`: world x, y and heading of the scenario's map.
    """

    name: str
    text: str
    report: Report
    actors: dict[str, str] = field(default_factory=dict)
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def to_world(self, x_m: float, y_m: float) -> tuple[float, float]:
        """A place on the scenario's map in the world of the file, metres."""
        x, y, heading = self.origin
        cos, sin = math.cos(heading), math.sin(heading)
        return x + cos * x_m - sin * y_m, y + sin * x_m + cos * y_m


def import_file(path: str | Path, asked: ImportOptions, given: Mapping[str, str], name: str = "") -> Imported:
    """The scenario of one file; `given` replaces defaults of its parameters.

    Raises SpecErrors with everything that cannot be expressed, unless `asked.partial`.
    """
    file = read_xml(path)
    return import_parsed(file, asked, given, name)


def import_parsed(file: XmlFile, asked: ImportOptions, given: Mapping[str, str], name: str = "") -> Imported:
    """The scenario of a file that is parsed already."""
    version = check_schema(file)
    report = Report()
    root = Node(file.root, {}, report, file.path.name)
    try:
        drafted = _drafted(root, file, asked, given)
    except Unsupported as reason:
        raise refused(file.path, Report([reason.remark, *report.refused])) from reason
    for read in (file.root, *drafted.stage.catalogs.used):
        report.refused += unread(read, file.path.name)
    drafted = replace(drafted, name=name or _slug(file.path.stem), version=version, source=file.path.name)
    text = _sound(drafted, report)
    if text and not report.refused:
        text = kept_motion(drafted, report) and _sound(drafted, report)
    found = report.sorted()
    if found.refused and not asked.partial:
        raise refused(file.path, found)
    if not text:
        raise refused(file.path, report)
    actors = {entity.name: entity.id for entity in drafted.stage.entities.values()}
    return Imported(drafted.name, draft_text(drafted, found), found, actors, drafted.stage.course.pose)


def refused(path: Path, report: Report) -> SpecErrors:
    """Refused parts as faults with their lines."""
    wanted = "something that our language can say; --partial writes the rest and lists this"
    return SpecErrors(path, [
        SpecError(r.name if not r.file else f"{r.file}:{r.line}: {r.name}", r.said, r.wanted or wanted,
              0 if r.file else r.line, 1)
        for r in report.sorted().refused
    ])  # fmt: skip


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-") or "imported"


# -- reading -------------------------------------------------------------------------------------------------------


def _drafted(root: Node, file: XmlFile, asked: ImportOptions, given: Mapping[str, str]) -> Drafted:
    header = root.need("FileHeader")
    header.ignore("revMajor", "revMinor", "date", "description", "author")
    own_actions = read_own_actions(header)
    for part in header.children():
        part.leave_out("licence and properties of the file")
    root.ignore(*(key for key in root.element.attributes))
    scenario = declared(root, given)
    refuse_unknown(root, given, scenario.scope)
    for part in scenario.children("MonitorDeclarations"):
        part.leave_out("nothing that is supported reads it")
    variables = read_variables(scenario)
    if scenario.child("Catalog") is not None or scenario.child("Storyboard") is None:
        raise root.unsupported("a catalog or a distribution, not a scenario")
    catalogs = catalogs_of(scenario.child("CatalogLocations"), file.path, asked.root)
    entities = read_entities(scenario.need("Entities"), catalogs, asked.ego)
    ego = next((e for e in entities.values() if e.id == "ego"), None)
    if ego is None:
        raise Unsupported(root.report.refused[0])  # it is read first
    groups = read_groups(scenario.need("Entities"), entities)
    known = _map(scenario, file.path, asked)
    storyboard = scenario.need("Storyboard")
    init = read_init(storyboard.need("Init"), entities, known, catalogs)
    starts = _starts(init, entities)
    if ego.name not in starts:
        raise Unsupported(root.report.refused[0])
    played = _played(init, entities, starts, groups, known, catalogs, scenario, variables)
    length = read_length(storyboard, played, ego.name, asked.duration_s)
    course = _course(scenario, known, ego, starts, played, length)
    positions = positions_of(known, lambda name, node: _placed(starts, name, node), catalogs)
    stage = ImportContext(
        course, entities, positions, starts, catalogs, root.report, _at_start(played, init), {}, groups, own_actions
    )  # fmt: skip
    board = StoryboardState(stage, by_action(played.records))
    for action, of in init.others:
        board._guarded(action, lambda action=action, of=of: board.at_start(action, of))
    board.read(storyboard)
    described = header.element.attributes.get("description", "")
    if known is not None and course.chain is not None and (why := EgoStart(known, ego, starts[ego.name]).aside()):
        board.motions[ego.name] = ego.node.unsupported(why)
    for name, speed in stage.initial.items():
        if speed < 0 and name in played.tracks:
            board.motions[name] = entities[name].node.unsupported("it starts in reverse")
    tracks = {name: track for name, track in played.tracks.items() if len(track)}
    return Drafted("", "", "", described, length, stage, board, ego, init, tracks)


def read_own_actions(header: Node) -> dict[str, tuple[dict[str, object], float]]:
    """The actions of an exported file in their own words; what is not in their form is passed over."""
    found: dict[str, tuple[dict[str, object], float]] = {}
    for properties in header.children("Properties"):
        for one in properties.children("Property"):
            name = one.element.attributes.get("name", "")
            if not name.startswith(OWN_ACTION):
                continue
            try:
                said = json.loads(one.element.attributes.get("value", ""))
                do, delay = said["do"], float(said["delay"])
            except (ValueError, KeyError, TypeError):
                continue
            if isinstance(do, dict) and len(do) == 1 and 0 <= delay <= 1:
                found[name.removeprefix(OWN_ACTION)] = do, delay
    return found


def _at_start(played: Played, init: Init) -> dict[str, float]:
    """The speeds after the actions of Init."""
    return init.speeds | {name: float(track[0, 3]) for name, track in played.tracks.items() if len(track)}


def _played(
    init: Init,
    entities: dict[str, Entity],
    starts: dict[str, WorldPosition],
    groups: dict[str, tuple[str, ...]],
    known: RoadMap | None,
    catalogs: Catalogs,
    scenario: Node,
    variables: dict[str, str],
) -> Played:
    """The storyboard as the standard's rules play it; what cannot be played is refused."""
    movers = {
        name: mover_at(entity, starts[name], init.places.get(name), known)
        for name, entity in entities.items() if name in starts
    }  # fmt: skip
    world = World(movers, groups, known, catalogs, {**scenario.scope, **variables})
    others = [(node, entity) for node, entity in init.others if entity.name in movers]
    played = Player(world, scenario.need("Storyboard"), others, init.globals).play()
    for reason in played.refused:
        scenario.report.refuse(reason)
    return played


def _placed(starts: Mapping[str, WorldPosition], name: str, node: Node) -> WorldPosition:
    if name in node.report.absent:
        raise Reported(node.remark(f"a place relative to '{name}'"))
    if name not in starts:
        raise node.unsupported(f"a place relative to '{name}', which has none")
    return starts[name]


def _starts(init: Init, entities: Mapping[str, Entity]) -> dict[str, WorldPosition]:
    found: dict[str, WorldPosition] = {}
    for name, entity in entities.items():
        try:
            found[name] = init.spot(name, entity.node)
        except Unsupported as reason:
            if name in init.places:
                init.places[name].element.left_out = "told"
            entity.node.report.refuse(reason)
            entity.node.report.absent.add(name)
    return found


def _map(scenario: Node, home: Path, asked: ImportOptions) -> RoadMap | None:
    network = scenario.need("RoadNetwork")
    for part in network.children("SceneGraphFile", "UsedArea"):
        part.leave_out("scenery is drawn by our own camera")
    for part in network.children("TrafficSignals"):
        part.refuse("the phases of traffic signals")
    logic = network.child("LogicFile")
    if logic is None:
        network.differs("no road in the file; here one lane on a flat plane, in which the ego starts")
        return None
    try:
        return read_map(sibling_file(logic, "filepath", home, asked.root))
    except Unsupported as reason:
        logic.report.refuse(reason)
    except SpecErrors as faults:
        if not asked.partial:
            raise
        for fault in faults.faults:
            logic.report.refused.append(
                ImportRemark(fault.where, fault.line, fault.found, faults.path.name, fault.wanted)
            )
    return None


def _course(
    scenario: Node,
    known: RoadMap | None,
    ego: Entity,
    starts: dict[str, WorldPosition],
    played: Played,
    length: Length,
) -> Course:
    spot = starts[ego.name]
    if known is None:
        return no_map(spot, ego)
    report, far = scenario.report, _along_the_way(spot, played, length)
    try:
        begun = EgoStart(known, ego, spot)
        course, differs, cannot = course_on(begun, BACK_M - max(min(far), -600.0), ROOM_M + min(max(far), 1500.0))
    except NoCourse as reason:
        ego.node.refuse(str(reason), "Ego")
        return no_map(spot, ego)
    logic = scenario.inner("RoadNetwork", "LogicFile")
    file = logic.word("filepath").replace("\\", "/").rpartition("/")[2] if logic is not None else ""
    report.approximated += [ImportRemark(r.name, r.line, r.said, file) for r in differs]
    report.refused += [ImportRemark(r.name, r.line, r.said, file) for r in cannot]
    return course


def _along_the_way(spot: WorldPosition, played: Played, length: Length) -> list[float]:
    """How far ahead of the ego's start (negative: behind) the bodies get, measured along their own ways."""
    far = [0.0]
    cos, sin = math.cos(spot.heading_rad), math.sin(spot.heading_rad)
    for track in filter(len, played.tracks.values()):
        track = track[: frame_count(length.seconds)]
        way = float(np.hypot(*np.diff(track[:, :2], axis=0).T).sum()) if len(track) > 1 else 0.0
        begins = cos * (track[0, 0] - spot.x_m) + sin * (track[0, 1] - spot.y_m)
        forward = 1 if math.cos(track[0, 2] - spot.heading_rad) >= 0 else -1
        far += [begins, begins + forward * way]
    return far


# -- validation of the written scenario ----------------------------------------------------------------------------


def _sound(drafted: Drafted, report: Report) -> bool:
    """Remove and report what the compiler refuses, until the rest is a scenario; False if nothing is left."""
    for _ in range(len(drafted.board.told) + len(drafted.stage.entities) + 2):
        try:
            loads(draft_text(drafted, Report()), "imported.yaml")
            return True
        except SpecErrors as faults:
            if not _dropped(drafted, faults, drafted.written(), report):
                report.refused += [ImportRemark(f.where, 0, f.found, wanted=f.wanted) for f in faults.faults]
                return False
    return False


def _dropped(drafted: Drafted, faults: SpecErrors, written: list[ImportedEvent], report: Report) -> bool:
    """Whether a part of the draft that causes a fault could be removed."""
    dropped = False
    for fault in faults.faults:
        parts = fault.where.split(".")
        said = f"{fault.found}; in our language wanted {fault.wanted}"
        if parts[0] == "story" and len(parts) > 1 and int(parts[1]) < len(written):
            told = written[int(parts[1])]
            if told.actor.name not in drafted.board.motions:
                drafted.board.motions[told.actor.name] = told.node.unsupported(said)
                dropped = True
        elif parts[0] == "actors" and len(parts) > 1 and parts[1] not in drafted.dropped_actors:
            entity = next(e for e in drafted.stage.entities.values() if e.id == parts[1])
            if entity.name in drafted.board.motions:
                said = f"{said} (its motion as the file is played)"
            drafted.dropped_actors.append(parts[1])
            report.refused.append(entity.node.remark(f"{parts[1]}: {said}"))
            dropped = True
    return dropped
