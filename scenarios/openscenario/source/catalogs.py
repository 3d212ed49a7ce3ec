"""Catalog references: the entry that they name, with their parameter assignments."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from scenarios.openscenario.source.files import sibling_file
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import assignments, declared, refuse_unknown
from scenarios.openscenario.source.schemas import check_schema
from scenarios.source.errors import SpecErrors, nearest, quoted
from scenarios.source.xml_document import Element, read_xml

MOST_FILES = 200  # in one catalog folder


@dataclass
class Catalogs:
    """The folders of CatalogLocations, read when first needed."""

    home: Path
    root: Path | None = None  # the folder that all files must be in
    folders: list[Node] = field(default_factory=list)
    used: list[Element] = field(default_factory=list)
    _entries: dict[str, dict[str, Element]] | None = None
    _broken: list[SpecErrors] = field(default_factory=list)

    def entry(self, reference: Node) -> Node:
        """The element of a CatalogReference; raises Unsupported, or SpecErrors for a faulty catalog."""
        catalog, name = reference.word("catalogName"), reference.word("entryName")
        known = self._all()
        if catalog not in known:
            self._raise_broken()
            wanted = nearest(catalog, known) if known else "a catalog in one of the folders of CatalogLocations"
            raise reference.wrong(f"catalogName={quoted(catalog)}", wanted)
        if name not in known[catalog]:
            raise reference.wrong(f"entryName={quoted(name)} in {catalog}", nearest(name, known[catalog]))
        found = replace(reference, element=known[catalog][name], scope={})
        self.used.append(found.element)
        given = assignments(reference.child("ParameterAssignments"))
        entry = declared(found, given)
        refuse_unknown(reference, given, entry.scope)
        return entry

    def _all(self) -> dict[str, dict[str, Element]]:
        if self._entries is None:
            known: dict[str, dict[str, Element]] = {}
            self._entries = known
            for folder in self.folders:
                for file in _files(folder, self.home, self.root):
                    self._read(file, known)
        return self._entries

    def _raise_broken(self) -> None:
        """Raises the fault of an unreadable file, which may contain the requested entry."""
        if self._broken:
            raise self._broken[0]

    def _read(self, path: Path, known: dict[str, dict[str, Element]]) -> None:
        try:
            file = read_xml(path)
            catalog = next((child for child in file.root.children if child.tag == "Catalog"), None)
            if catalog is None:
                return  # a scenario in the catalog folder
            check_schema(file)
        except SpecErrors as faults:
            self._broken.append(faults)
            return
        entries = known.setdefault(catalog.attributes.get("name", ""), {})
        entries |= {entry.attributes.get("name", ""): entry for entry in catalog.children}


def catalogs_of(locations: Node | None, home: Path, root: Path | None = None) -> Catalogs:
    """The catalogs of a scenario at `home`, in folders within `root`."""
    folders = [d for c in locations.children() for d in c.children("Directory")] if locations else []
    for folder in folders:
        folder.ignore("path")  # read when an entry is needed
    return Catalogs(home, root, folders)


def _files(folder: Node, home: Path, root: Path | None) -> list[Path]:
    place = sibling_file(folder, "path", home, root)
    if place.is_file():  # some tools give the file instead of its folder
        return [place]
    if not place.is_dir():
        folder.differs(f"path={quoted(folder.word('path'))}: no such folder; nothing is taken from it")
        return []
    return sorted(place.glob("*.xosc"))[:MOST_FILES]
