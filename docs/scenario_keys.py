"""The reference of scenario keys, from the JSON Schema of scenario files."""

import re
from collections.abc import Iterator
from typing import Any

from scenarios.compiler.json_schema import schema
from scenarios.source.units import MEASURES

_REF = "#/$defs/"
_UNIT = re.compile("wanted an? (.*?) with its unit")
_SCENARIO_HEAD = """\
# Scenario keys

Generated from the JSON Schema of scenario files (`nearmiss schema`). One section for each mapping of a file. A key
without a default is optional unless it is marked *required*. *Number with unit* is text such as `12 m`; a bare number
where a unit is needed is an error. Units: {units}.

What holds when an optional key is left out and no default is given here is in
[Defaults and sign conventions](../defaults.md).
"""


def scenario_page() -> str:
    """Every mapping of a scenario file with its keys."""
    units = "; ".join(f"{measure.name} in {measure.fits}" for measure in MEASURES)
    parts = [_SCENARIO_HEAD.format(units=units)]
    sections_of = schema()["$defs"]
    sections = list(_sections(sections_of))
    links = {name: f"[{name_of(name)}](#{_slug(title)})" for title, name, _ in sections}
    parts += [
        _section(title, sections_of[name], like and (like, sections_of[like]), links) for title, name, like in sections
    ]
    parts.append(_section("sweep", sections_of["WorldSpec"]["properties"]["sweep"], None, links))
    missing = set(sections_of) - set(links)
    assert not missing, f"sections that no key leads to: {missing}"
    return "\n".join(parts)


def _sections(parts: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """(title, name, name of the alternative it is compared with), each section once, outermost first."""
    waiting = [("A scenario on a road of its own", "WorldSpec", None), ("A scenario from a log", "LogSpec", None)]
    seen = {name for _, name, _ in waiting}
    while waiting:
        title, name, like = waiting.pop(0)
        yield title, name, like
        for key, said in parts[name].get("properties", {}).items():
            path = key if title.startswith("A scenario") else f"{title.split(':')[0]}.{key}".replace("story.N.", "")
            path = {"actors": "actors.ID", "story": "story.N"}.get(path, path)
            names = list(dict.fromkeys(_references(said)))
            for i, found in enumerate(names):
                if found not in seen:
                    seen.add(found)
                    kind = f": {parts[found]['title']}" if len(names) > 1 else ""
                    waiting.append((f"{path}{kind}", found, names[0] if i else None))


def _references(node: Any) -> Iterator[str]:
    """Names of the sections that a node leads to, in order, those of plain values left out."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix(_REF)
        for key, value in node.items():
            if key != "$ref":
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _section(title: str, part: dict[str, Any], like: tuple[str, dict[str, Any]] | None, links: dict[str, str]) -> str:
    lines = [f"## {title}", ""]
    if "description" in part:
        lines += [_text(part["description"]), ""]
    keys, required = part.get("properties", {}), set(part.get("required", ()))
    if like is not None:
        same = {k for k, v in like[1].get("properties", {}).items() if keys.get(k) == v}
        if len(same) > 2:
            lines += [f"Also the keys {_listed(same)}, as in {links[like[0]]}.", ""]
            keys = {k: v for k, v in keys.items() if k not in same}
    for choice in part.get("oneOf", ()):
        lines += [f"* with `{'`, `'.join(choice['required'])}`"] if "required" in choice else []
    if part.get("oneOf") and "required" in part["oneOf"][0]:
        lines.insert(len(lines) - len(part["oneOf"]), "Exactly one of:\n")
        lines.append("")
    if not keys:
        return "\n".join([*lines, "No keys of its own.", ""])
    lines += ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key, said in keys.items():
        default = "*required*" if key in required else _written(said)
        lines.append(f"| `{key}` | {_value(said, links)} | {default} | {_text(said.get('description', ''))} |")
    return "\n".join([*lines, ""])


def _written(said: dict[str, Any]) -> str:
    """A key's default as an author would write it."""
    if (default := said.get("default")) is None:
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def _slug(title: str) -> str:
    """The fragment of a heading, as GitHub and mkdocs build it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _text(text: str) -> str:
    return cell(text).replace("[", "\\[").replace("{", "&#123;")


def _value(said: dict[str, Any], links: dict[str, str]) -> str:
    """What may be written: a unit, words, a number's range, or the sections it leads to."""
    found = list(dict.fromkeys(_values(said, links)))
    return " or ".join(found) or "mapping"


def _values(said: dict[str, Any], links: dict[str, str]) -> Iterator[str]:
    if names := list(dict.fromkeys(_references(said))):
        kind = "list of " if said.get("type") == "array" else ""
        yield kind + ", ".join(links[name] for name in names)
        return
    if "anyOf" in said:
        for way in said["anyOf"]:
            yield from _values(way, links)
    elif "enum" in said or "const" in said:
        yield ", ".join(f"`{word}`" for word in said.get("enum", [said.get("const")]))
    elif "patternErrorMessage" in said:
        unit = _UNIT.match(said["patternErrorMessage"])
        yield f"{unit[1]} with unit" if unit else cell(said["patternErrorMessage"].removeprefix("wanted "))
    elif said.get("type") in ("integer", "number"):
        ends = (said.get("minimum"), said.get("maximum"))
        yield "number" if None in ends else f"{said['type']}, {ends[0]} to {ends[1]}"
    elif said.get("type") == "array":
        items = said.get("items", {})
        items = items if isinstance(items, list) else [items]
        yield "list of " + ", ".join(value for item in items for value in _values(item, links))
    else:
        yield {"string": "text", "boolean": "`true`, `false`", "object": "mapping"}.get(said.get("type", ""), "text")


def name_of(name: str) -> str:
    """'brake do' of BrakeDo."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().removesuffix(" spec")


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
