"""Reads untrusted XML: a tree with line numbers, or SpecErrors. References are not followed, expanded or executed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from scenarios.source.errors import SpecError, SpecErrors, quoted

LARGEST_XML = 24 * 1024 * 1024  # bytes; maps of towns have about ten million
DEEPEST = 64  # levels; OpenSCENARIO has less than thirty
MOST_ELEMENTS = 400_000
_ENCODINGS = ("utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass
class Element:
    """One element, with a record of the parts that were read: an import reports the rest."""

    tag: str
    line: int
    file: Path
    attributes: dict[str, str]
    children: list["Element"]
    read: set[str] = field(default_factory=set)  # names of attributes
    seen: bool = False
    left_out: str = ""  # the reason why the whole element has no effect

    def walk(self) -> Iterator["Element"]:
        """The element and all elements below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class XmlFile:
    """A parsed file: the lxml tree for schemas, and the elements for reading."""

    path: Path
    tree: etree._ElementTree
    root: Element


def read_xml(path: str | Path) -> XmlFile:
    """Reads a file; raises SpecErrors if it is unreadable, too large, or not plain XML."""
    path = Path(path)
    try:
        if not path.is_file():
            raise SpecErrors(path, [SpecError("file", "no such file", "an XML file")])
        if (size := path.stat().st_size) > LARGEST_XML:
            raise SpecErrors(path, [SpecError("file", f"{size} bytes", f"a file of at most {LARGEST_XML} bytes")])
        return parse_xml(path.read_bytes(), path)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "a name that no file can have"
        raise SpecErrors(path, [SpecError("file", f"nothing that can be read ({said})", "an XML file")]) from error


def parse_xml(content: bytes, path: str | Path) -> XmlFile:
    """Parses bytes; `path` is only used in messages."""
    path = Path(path)
    if (refused := _refused(content)) is not None:
        raise SpecErrors(path, [refused])
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position if error.position[0] else (0, 0)
        found = f"text that is not XML: {_said(error.msg or 'nothing in it')}"
        raise SpecErrors(path, [SpecError("file", found, "well-formed XML", line, max(column, 0))]) from error
    tree = root.getroottree()
    if tree.docinfo.doctype:
        raise SpecErrors(path, [_DOCTYPE])
    return XmlFile(path, tree, _elements(root, path))


_DOCTYPE = SpecError("file", "a document type or an entity of its own", "plain XML without <!DOCTYPE and <!ENTITY")


def _refused(content: bytes) -> SpecError | None:
    """Refuses what must not reach the parser: entities, and encodings that could hide them."""
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in content or (declared and declared[1].decode().lower() not in _ENCODINGS):
        found = f"the encoding {quoted(declared[1].decode())}" if declared else "bytes that are not UTF-8 text"
        return SpecError("file", found, "an XML file in UTF-8")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        line = content[: content.find(b"<!")].count(b"\n") + 1
        return SpecError("file", _DOCTYPE.found, _DOCTYPE.wanted, line, 1)
    return None


def _said(message: str) -> str:
    """libxml2's message without its position, which is reported separately."""
    return quoted(re.sub(r", line \d+, column \d+$", "", " ".join(message.split())))[1:-1]


def _elements(root: etree._Element, path: Path) -> Element:
    """The tree of elements, built without recursion and with limits."""
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        found_ = f"more than {MOST_ELEMENTS} elements"
        raise SpecErrors(path, [SpecError("file", found_, "a smaller file", root.sourceline or 0, 1)])
    top = _element(root, path)
    waiting = [(root, top, 1)]
    while waiting:
        found, made, depth = waiting.pop()
        for child in found:
            if not isinstance(child.tag, str):
                raise SpecErrors(path, [SpecError("file", "an entity", "plain elements", child.sourceline or 0, 1)])
            below = _element(child, path)
            made.children.append(below)
            waiting.append((child, below, depth + 1))
        if depth > DEEPEST:
            found_ = f"more than {DEEPEST} levels of nesting"
            raise SpecErrors(path, [SpecError("file", found_, "a flatter file", made.line, 1)])
    return top


def _element(found: etree._Element, path: Path) -> Element:
    tag = etree.QName(found).localname
    return Element(tag, found.sourceline or 0, path, {str(k): str(v) for k, v in found.attrib.items()}, [])
