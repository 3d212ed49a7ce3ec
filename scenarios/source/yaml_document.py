"""Reads a YAML file as plain data: safe, limited in size, with the line and column of every path."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol, runtime_checkable

import yaml

from scenarios.source.errors import SpecError, SpecErrors, quoted

LARGEST_FILE = 256 * 1024  # bytes
DEEPEST = 24
MOST_NODES = 20_000  # counted with every alias expanded
_YAML = "YAML: keys indented alike, brackets closed, text that holds ': ' or ' #' in quotes"
_Reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml if PyYAML has it: several times faster


Place = tuple[int, int]  # line and column, counted from 1; (0, 0) for the file itself


@dataclass(frozen=True)
class Document:
    """The content of a file; `places` maps a dotted path to the start of its key or list item.

    `hash`: SHA-256 (hex) of the file's bytes, comments included, as `sha256sum` prints it.
    """

    path: Path
    data: dict[str, object]
    places: dict[str, Place]
    hash: str

    def place(self, where: str) -> Place:
        """Place of a path, or of the nearest section around it in the file."""
        while where:
            if where in self.places:
                return self.places[where]
            where = where.rpartition(".")[0]
        return 0, 0

    def faults(self, found: Iterable[SpecError]) -> SpecErrors:
        """Faults with their places, in the order of the file."""
        placed = sorted(((self.place(fault.where), fault) for fault in found), key=lambda pair: pair[0])
        return SpecErrors(self.path, [replace(fault, line=at[0], column=at[1]) for at, fault in placed])


@runtime_checkable
class _Mark(Protocol):
    line: int
    column: int


def _place(mark: _Mark | None) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


class _Refused(Exception):
    """A fault after which the rest of the file cannot be read."""

    def __init__(self, where: str, found: str, wanted: str, mark: _Mark | None = None):
        self.fault = SpecError(where or "file", found, wanted, *_place(mark))
        super().__init__(str(self.fault))


def read_document(path: str | Path) -> Document:
    """Read a file; raises SpecErrors if it is unreadable, not a mapping, has a duplicate key, or expands too far."""
    path = Path(path)
    try:
        written = _written(path)
        return replace(parse_document(_text(written), path), hash=sha256(written).hexdigest())
    except _Refused as refused:
        raise SpecErrors(path, [refused.fault]) from refused


def parse_document(text: str, path: str | Path = "scenario.yaml") -> Document:
    """Parse a text."""
    path = Path(path)
    try:
        root = _root(text)
        if not isinstance(root, yaml.MappingNode):
            raise _Refused("", "an empty file" if root is None else quoted(root.value), "keys such as name: and ego:")
        faults: list[SpecError] = []
        _weigh(root, set(), {})
        places: dict[str, Place] = {}
        _survey(root, "", places, faults)
        if faults:
            raise SpecErrors(path, faults)
        return Document(path, _Plain("").construct_document(root), places, sha256(text.encode()).hexdigest())
    except yaml.YAMLError as error:
        raise SpecErrors(path, [_no_yaml(error)]) from error
    except _Refused as refused:
        raise SpecErrors(path, [refused.fault]) from refused


def _root(text: str) -> yaml.Node | None:
    """Parse with libyaml; if that fails, with PyYAML's own parser, whose messages state what it found."""
    try:
        return _composed(text, _Reader)
    except (yaml.YAMLError, UnicodeEncodeError):
        return _composed(text, yaml.SafeLoader)


def _composed(text: str, reader: type) -> yaml.Node | None:
    _bound(text, reader)
    return yaml.compose(text, Loader=reader)


_SAID = (  # the parser's messages, and their meaning for an author
    ("but found '<block mapping start>'", "a line that is indented farther than its neighbours", "the same indent"),
    ("but found '<scalar>'", "text after the end of a value", "one value after the colon, or quotes around all of it"),
    ("but found '-'", "a list item among keys", "keys, or items only, at one indent"),
    (
        "mapping values are not allowed",
        "a colon within a value",
        "the key at its neighbours' indent, or quotes around the text",
    ),
    (
        "expected ',' or '}'",
        "a { that goes on without a comma or its end",
        "commas between its keys and a } at its end",
    ),
    (
        "expected ',' or ']'",
        "a [ that goes on without a comma or its end",
        "commas between its items and a ] at its end",
    ),
)


def _no_yaml(error: yaml.YAMLError) -> SpecError:
    problem = getattr(error, "problem", None) or str(error)
    known = next(((found, wanted) for said, found, wanted in _SAID if said in problem), (problem, _YAML))
    return SpecError(
        "file", f"text that is not YAML: {known[0]}", known[1], *_place(getattr(error, "problem_mark", None))
    )


def _written(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _Refused("", f"{path.stat().st_size} bytes", f"a file of at most {LARGEST_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise _Refused("", f"nothing that can be read ({error.strerror})", "a scenario file") from error


def _text(written: bytes) -> str:
    try:
        return io.TextIOWrapper(io.BytesIO(written), encoding="utf-8").read()  # all line ends become \n
    except UnicodeDecodeError as error:
        raise _Refused("", "bytes that are not UTF-8 text", "a YAML file in UTF-8") from error


def _bound(text: str, reader: type) -> None:
    """Limits the nesting on parser events, because the composer is recursive; also limits the number of values."""
    depth = count = 0
    for event in yaml.parse(text, Loader=reader):
        count += isinstance(event, yaml.NodeEvent)
        if count > MOST_NODES:
            raise _Refused("", "too many values", f"at most {MOST_NODES}, with aliases expanded", event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _Refused("", f"more than {DEEPEST} levels of nesting", "a flatter file", event.start_mark)


def _weigh(node: yaml.Node, above: set[int], known: dict[int, int]) -> int:
    """Number of nodes under this one with aliases expanded; refuses expansion bombs, circles and lone surrogates."""
    if isinstance(node, yaml.ScalarNode) and any("\ud800" <= sign <= "\udfff" for sign in node.value):
        raise _Refused("", f"half a character in {quoted(node.value)}", "text; an escape such as \\ud800 is none")
    if id(node) in above:
        raise _Refused("", "an alias that contains itself", "no circles", node.start_mark)
    if id(node) not in known:
        inner = above | {id(node)}
        known[id(node)] = 1 + sum(_weigh(child, inner, known) for child in _children(node))
    if known[id(node)] > MOST_NODES:
        wanted = f"at most {MOST_NODES}, with aliases expanded"
        raise _Refused("", "too many values", wanted, node.start_mark)
    return known[id(node)]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _survey(node: yaml.Node, where: str, places: dict[str, Place], faults: list[SpecError]) -> None:
    """Collect the place of every path; find keys that are not words, duplicate keys, and merge keys."""
    if where:
        places[where] = _place(node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            _survey(item, f"{where}.{i}" if where else str(i), places, faults)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        place = _place(key.start_mark)
        if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge") or not key.value:
            faults.append(SpecError(where or "file", "a key that is not a word", "one word before the colon", *place))
            continue
        inner = f"{where}.{key.value}" if where else key.value
        if key.value in first:
            found = f"the key a second time (first in line {first[key.value]})"
            faults.append(SpecError(inner, found, "each key once", *place))
        first[key.value] = place[0]
        _survey(value, inner, places, faults)
        places[inner] = place


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
