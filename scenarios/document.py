"""A YAML file as plain data: safe-loaded, bounded in size, with the line of every path."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from scenarios.faults import Fault, Faults, quoted

LARGEST_FILE = 256 * 1024  # bytes
DEEPEST = 24
MOST_NODES = 20_000  # counted with every alias expanded
_STR, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Document:
    """What a file holds; `lines` maps a dotted path to its line, counted from 1."""

    path: Path
    data: dict[str, object]
    lines: dict[str, int]

    def line(self, where: str) -> int:
        """Line of a path, or of the nearest thing around it that is written in the file; 0 for the file itself."""
        while where:
            if where in self.lines:
                return self.lines[where]
            where = where.rpartition(".")[0]
        return 0


class _Refused(Exception):
    """A fault that stops the reading: nothing beyond it can be trusted."""

    def __init__(self, where: str, found: str, wanted: str, line: int = 0):
        self.fault = Fault(where or "file", found, wanted, line)
        super().__init__(str(self.fault))


def read_document(path: str | Path) -> Document:
    """Read one file; raises Faults where it is unreadable, not a mapping, has a key twice, or is a YAML bomb."""
    path = Path(path)
    try:
        return parse_document(_text(path), path)
    except _Refused as refused:
        raise Faults(path, [refused.fault]) from refused


def parse_document(text: str, path: str | Path = "scenario.yaml") -> Document:
    """The same from text in hand."""
    path = Path(path)
    try:
        _bound_depth(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            raise _Refused("", "no mapping" if root is None else quoted(root.value), "keys such as name: and ego:")
        faults: list[Fault] = []
        _weigh(root, set(), {})
        lines: dict[str, int] = {}
        _survey(root, "", lines, faults)
        if faults:
            raise Faults(path, faults)
        return Document(path, _Plain("").construct_document(root), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        fault = Fault("file", f"text that is not YAML: {problem}", "YAML", mark.line + 1 if mark else 0)
        raise Faults(path, [fault]) from error
    except _Refused as refused:
        raise Faults(path, [refused.fault]) from refused


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _Refused("", f"{path.stat().st_size} bytes", f"a file of at most {LARGEST_FILE} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _Refused("", f"nothing that can be read ({error.strerror})", "a scenario file") from error
    except UnicodeDecodeError as error:
        raise _Refused("", "bytes that are not UTF-8 text", "a YAML file in UTF-8") from error


def _bound_depth(text: str) -> None:
    """The composer recurses, the parser does not: so nesting is bounded on the parser's events."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1
            raise _Refused("", f"more than {DEEPEST} levels of nesting", "a flatter file", line)


def _weigh(node: yaml.Node, above: set[int], known: dict[int, int]) -> int:
    """Nodes under this one with aliases expanded; refuses bombs, circles, and halves of characters."""
    if isinstance(node, yaml.ScalarNode) and any("\ud800" <= sign <= "\udfff" for sign in node.value):
        raise _Refused("", f"half a character in {quoted(node.value)}", "text; an escape such as \\ud800 is none")
    if id(node) in above:
        raise _Refused("", "an alias that contains itself", "no circles", node.start_mark.line + 1)
    if id(node) not in known:
        inner = above | {id(node)}
        known[id(node)] = 1 + sum(_weigh(child, inner, known) for child in _children(node))
    if known[id(node)] > MOST_NODES:
        wanted = f"at most {MOST_NODES}, with aliases expanded"
        raise _Refused("", "too many values", wanted, node.start_mark.line + 1)
    return known[id(node)]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _survey(node: yaml.Node, where: str, lines: dict[str, int], faults: list[Fault]) -> None:
    """Note every path's line; find keys that are not words, keys that come twice, and merge keys."""
    if where:
        lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            _survey(item, f"{where}.{i}" if where else str(i), lines, faults)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
            faults.append(Fault(where or "file", "a key that is not a word", "one word before the colon", line))
            continue
        inner = f"{where}.{key.value}" if where else key.value
        if key.value in first:
            found = f"the key a second time (first in line {first[key.value]})"
            faults.append(Fault(inner, found, "each key once", line))
        first[key.value] = line
        _survey(value, inner, lines, faults)
        lines[inner] = line


class _Plain(yaml.SafeLoader):
    """Mappings, lists, words, numbers: keys stay as written (`on`, `1`), dates stay text."""


def _mapping(loader: _Plain, node: yaml.MappingNode) -> dict[str, object]:
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


def _integer(loader: _Plain, node: yaml.ScalarNode) -> int | str:
    # YAML 1.1 reads 12:30 as base sixty, and Python refuses to read thousands of digits.
    plain = len(node.value) <= 18 and node.value.lstrip("+-").isdecimal()
    return int(node.value) if plain else node.value


_Plain.add_constructor("tag:yaml.org,2002:map", _mapping)
_Plain.add_constructor("tag:yaml.org,2002:int", _integer)
for _kind in ("timestamp", "binary", "set", "omap", "pairs"):
    _Plain.add_constructor(f"tag:yaml.org,2002:{_kind}", yaml.SafeLoader.construct_yaml_str)
