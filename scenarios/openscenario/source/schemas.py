"""Validation against ASAM's schema of a file's version; the schemas come with ASAM's quality checker."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from scenarios.source.errors import SpecError, SpecErrors, quoted
from scenarios.source.xml_document import XmlFile

# The folder `schema` of the package asam-qc-openscenarioxml; nothing else of it is used or imported.
VERSIONS = {"1.0": "1.0.0", "1.1": "1.1.1", "1.2": "1.2.0", "1.3": "1.3.0"}
MOST_FAULTS = 25


def check_schema(file: XmlFile) -> str:
    """The version of a valid file, such as '1.2'; raises SpecErrors with all violations of the schema."""
    version = _version(file)
    schema = _schema(version)
    if not schema.validate(file.tree):
        log = list(schema.error_log)
        faults = [SpecError(*_told(error.message), error.line, max(error.column, 1)) for error in log[:MOST_FAULTS]]
        raise SpecErrors(file.path, faults)
    return version


def schema_faults(tree: etree._ElementTree, version: str) -> list[str]:
    """The violations of a version's schema, as libxml2 states them."""
    schema = _schema(version)
    schema.validate(tree)
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


@lru_cache(maxsize=len(VERSIONS))
def _schema(version: str) -> etree.XMLSchema:
    package = find_spec("qc_openscenario")
    assert package is not None and package.origin is not None, "it is among the dependencies"
    path = Path(package.origin).parent / "schema" / VERSIONS[version] / "OpenSCENARIO.xsd"
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.XMLSchema(etree.fromstring(path.read_bytes(), parser))


def _version(file: XmlFile) -> str:
    root = file.root
    wanted = "an OpenSCENARIO XML file of version " + ", ".join(VERSIONS)
    if root.tag != "OpenSCENARIO":
        raise SpecErrors(file.path, [SpecError("file", f"<{quoted(root.tag)[1:-1]}>", wanted, root.line, 1)])
    header = next((child for child in root.children if child.tag == "FileHeader"), None)
    said = (header.attributes.get("revMajor", ""), header.attributes.get("revMinor", "")) if header else ("", "")
    version = ".".join(said)
    if version not in VERSIONS:
        found = f"version {quoted(version)[1:-1]}" if header else "no FileHeader"
        raise SpecErrors(file.path, [SpecError("FileHeader", found, wanted, header.line if header else root.line, 1)])
    return version


def _told(message: str) -> tuple[str, str, str]:
    """libxml2's message as (where, found, wanted)."""
    text = " ".join(message.split())
    element = text.split("'")[1] if text.startswith("Element '") and text.count("'") > 1 else "file"
    said, _, wanted = text.partition("Expected is")
    said = said.partition(": ")[2] or said
    return element[:60], said.strip()[:240], (wanted.strip(" (.)") or "what the OpenSCENARIO schema says")[:240]
