"""Plays a file that has no catalogs, such as an exported one."""

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.actors.entities import read_entities
from scenarios.openscenario.actors.first_actions import read_init
from scenarios.openscenario.player.play import Player
from scenarios.openscenario.player.played import Played
from scenarios.openscenario.player.played_entity import mover_at
from scenarios.openscenario.player.world import World
from scenarios.openscenario.source.catalogs import catalogs_of
from scenarios.openscenario.source.node import Node, Report
from scenarios.source.xml_document import XmlFile


def play_file(file: XmlFile, known: RoadMap) -> Played:
    """The motion of all entities of a scenario file on its map."""
    root = Node(file.root, {}, Report(), file.path.name)
    catalogs = catalogs_of(None, file.path)
    entities = read_entities(root.need("Entities"), catalogs, None)
    storyboard = root.need("Storyboard")
    init = read_init(storyboard.need("Init"), entities, known, catalogs)
    starts = {name: init.spot(name, entity.node) for name, entity in entities.items()}
    movers = {name: mover_at(entity, starts[name], init.places.get(name), known) for name, entity in entities.items()}
    return Player(World(movers, {}, known, catalogs), storyboard, init.others, init.globals).play()
