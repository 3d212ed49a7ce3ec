"""OpenSCENARIO and OpenDRIVE inputs: valid files, catalogs and roads with inserted mistakes."""

import random
import shutil
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from scenarios.load import loads
from scenarios.openscenario.distributions import import_scenarios
from scenarios.openscenario.import_file import ImportOptions
from scenarios.scenario import Scenario
from tests.scenarios.openscenario.situations import FILES, TWO_CARS, after, event, scenario_xml, speed_action

SMALL = scenario_xml(
    TWO_CARS, event("e", speed_action(5, "linear", "rate", 3), after(1)), road="../roads/three-lanes.xodr"
)
SMALL = SMALL.replace(b'path="catalogs"', b'path="../catalogs"')
STRANGE = [
    "0", "-1", "1e308", "nan", "INF", "", "$x", "${1/0}", "Ego", "../../x", "<", "true", "9" * 40, "linear", "rate",
    "distance", "é", "${" + "(" * 60 + "}", "1e6", "1e-9", "0.5", "1", "-3", "1e9", "${2 * 3}", "a" * 2000,
]  # fmt: skip


@dataclass(frozen=True)
class Exchanged:
    """One file of several with mistakes, and the scenario that is imported."""

    path: str  # of the file with mistakes, relative to their folder
    content: bytes
    scenario: str
    partial: bool

    def __str__(self) -> str:
        return f"{self.path}, imported by {self.scenario}:\n{self.content.decode(errors='backslashreplace')}"


def made_xosc(chance: random.Random) -> Exchanged:
    """A scenario with mistakes, sometimes in its catalog."""
    names = sorted(path.name for path in (FILES / "xosc").glob("*.xosc"))
    scenario = f"xosc/{chance.choice([*names, 'small.xosc', 'small.xosc'])}"
    path = chance.choice([scenario] * 5 + ["catalogs/vehicles.xosc"])
    return Exchanged(path, mangled(_content(path), chance), scenario, chance.random() < 0.5)


def made_xodr(chance: random.Random) -> Exchanged:
    """A road with mistakes and a scenario on it."""
    scenario, road = chance.choice(sorted(ROADS.items()))
    return Exchanged(road, mangled(_content(road), chance), f"xosc/{scenario}", chance.random() < 0.5)


ROADS = {
    "cut-in.xosc": "roads/three-lanes.xodr", "lead-brake.xosc": "roads/bend.xodr",
    "winding.xosc": "roads/winding.xodr", "small.xosc": "roads/three-lanes.xodr",
}  # fmt: skip


def read(given: Exchanged) -> tuple[Scenario, ...]:
    """Import the file as `nearmiss import` does, and read the written scenario."""
    with tempfile.TemporaryDirectory(prefix="nearmiss-fuzz-") as folder:
        top = Path(folder)
        shutil.copytree(FILES, top, dirs_exist_ok=True)
        for name in ("small.xosc", "winding.xosc"):
            (top / "xosc" / name).write_bytes(_content(f"xosc/{name}"))
        (top / given.path).write_bytes(given.content)
        found = import_scenarios(top / given.scenario, ImportOptions(partial=given.partial)).scenarios
        return tuple(scenario for one in found for scenario in loads(one.text))


def mangled(content: bytes, chance: random.Random) -> bytes:
    """Insert mistakes: mostly wrong values and elements in well-formed XML, sometimes wrong bytes."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        content = _garbled(content, chance) if chance.random() < 0.15 else _reshaped(content, chance)
    return content


def _garbled(content: bytes, chance: random.Random) -> bytes:
    """Replace or delete some bytes, or delete a tag."""
    at = chance.randrange(len(content))
    if chance.random() < 0.5:
        return content[:at] + bytes([chance.randrange(256)]) + content[at + chance.randrange(3) :]
    parts = content.split(b"<")
    del parts[at % len(parts)]
    return b"<".join(parts)


def _reshaped(content: bytes, chance: random.Random) -> bytes:
    """Replace, delete, double or move a value, attribute or element."""
    try:
        root = etree.fromstring(content)
    except etree.XMLSyntaxError:
        return content
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    one, other = chance.choice(elements), chance.choice(elements)
    named, elsewhere = (sorted(element.attrib) for element in (one, other))
    match chance.randrange(8):
        case 0 | 1 | 2 if named:
            one.set(chance.choice(named), chance.choice(STRANGE))
        case 3 if named and elsewhere:
            one.set(chance.choice(named), other.get(chance.choice(elsewhere)))
        case 4 if named:
            del one.attrib[chance.choice(named)]
        case 5 if one is not root:
            one.getparent().remove(one)
        case 6 if one is not root:
            one.addnext(deepcopy(one))
        case 7 if one is not root and one not in other.iterancestors() and one is not other:
            other.append(one)
    return etree.tostring(root)


def _content(path: str) -> bytes:
    if path == "xosc/small.xosc":
        return SMALL
    if path == "xosc/winding.xosc":
        winding = (FILES / "xosc" / "cut-in.xosc").read_bytes().replace(b"three-lanes", b"winding")
        return winding.replace(b'roadId="7" laneId="-2" s="100"', b'roadId="w" laneId="-2" s="120"')
    return (FILES / path).read_bytes()
