"""The scenario language as a JSON Schema for editors: keys, values, words and units.

Generated from the models that read a file. It does not contain rules that depend on two places of a file (lanes that
do not exist, actors that a story does not have, overlaps, values of a sweep that do not fit their path): `nearmiss
check` applies those.
"""

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from scenarios.compiler.opendrive_road import SHAPE, OnMap
from scenarios.events.event_spec import EventSpec
from scenarios.spec.base import SI_UNIT
from scenarios.spec.scenario_spec import LogSpec, WorldSpec
from scenarios.sweeps.axis_spec import Draws, Range
from scenarios.sweeps.sweep_schema import sweep_schema

SCHEMA = Path(__file__).parents[1] / "nearmiss.schema.json"
TITLE = "nearmiss scenario"
_DEFS = "#/$defs/"


def schema_text() -> str:
    """The schema as file text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema draft 7, the newest that the YAML support of editors implements completely."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in (WorldSpec, LogSpec, EventSpec, Range, Draws, OnMap)
    ]
    _, made = models_json_schema(models, schema_generator=_AsWritten)
    parts = {name: part for name, part in _bare(made["$defs"]).items() if name != "Number"}  # not the notation
    _let_lines_be_sentences(parts)
    _let_roads_come_from_maps(parts)
    _offer_all_keys(parts)
    _hold_to_ids(parts["WorldSpec"]["properties"]["actors"])
    sweep = sweep_schema(parts)
    for file in (parts["WorldSpec"], parts["LogSpec"]):
        file["properties"]["sweep"] = sweep
    return {
        "$schema": _AsWritten.schema_dialect,
        "title": TITLE,
        "description": "A written driving corner case. Every quantity carries its unit.",
        "type": "object",
        "if": {"required": ["from"]},
        "then": {"$ref": f"{_DEFS}LogSpec"},
        "else": {"$ref": f"{_DEFS}WorldSpec"},
        "$defs": parts,
    }


def _let_lines_be_sentences(parts: dict[str, Any]) -> None:
    """A story's line is a sentence or an event; an action without arguments may be its bare word."""
    sentence = {"type": "string", "minLength": 1, "examples": ["lead brakes hard after 1.5 s"]}
    parts["WorldSpec"]["properties"]["story"]["items"] = {"anyOf": [sentence, {"$ref": f"{_DEFS}EventSpec"}]}
    actions = parts["Do"]["properties"]
    parts["Do"] |= {"minProperties": 1, "maxProperties": 1}
    said = {word: parts[action["$ref"].removeprefix(_DEFS)] for word, action in actions.items()}
    bare = [word for word, part in said.items() if not {"required", "oneOf"} & set(part)]
    event = parts["EventSpec"]["properties"]
    event["do"] = {"description": event["do"]["description"], "anyOf": [{"$ref": f"{_DEFS}Do"}, {"enum": bare}]}


def _let_roads_come_from_maps(parts: dict[str, Any]) -> None:
    """A road of a map takes its length and width from the map; further keys are those of any road."""
    lying = {key: said for key, said in parts["StraightRoad"]["properties"].items() if key not in SHAPE}
    parts["OnMap"]["properties"] |= lying
    parts["WorldSpec"]["properties"]["road"]["oneOf"].append({"$ref": f"{_DEFS}OnMap"})


def _offer_all_keys(parts: dict[str, Any]) -> None:
    """Add all keys of the alternatives beside each choice of sections: editors else offer those of one only."""
    for section in (made for part in parts.values() for made in part["properties"].values()):
        choice = next(iter(section.get("patternProperties", {}).values()), section)
        if "oneOf" in choice:
            ways = [parts[way["$ref"].removeprefix(_DEFS)]["properties"] for way in choice["oneOf"]]
            keys = {key: said for way in reversed(ways) for key, said in way.items()}
            choice["properties"] = {key: {"description": said.get("description", key)} for key, said in keys.items()}


def _hold_to_ids(actors: dict[str, Any]) -> None:
    actors["additionalProperties"] = False
    actors["propertyNames"] |= {"not": {"const": "ego"}}


class _AsWritten(GenerateJsonSchema):
    """The notation of an author, not the parsed value: no nulls, titles in words, defaults with units."""

    schema_dialect = "http://json-schema.org/draft-07/schema#"

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> dict[str, Any]:
        made = super().model_schema(schema)
        return made | {"title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", made["title"]).lower().removesuffix(" spec")}

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def str_schema(self, schema: Any) -> dict[str, Any]:
        made = super().str_schema(schema)
        if "pattern" in made:
            made["pattern"] = made["pattern"].replace(r"\z", "$")  # equal in Rust's syntax; editors only know `$`
        return made

    def tuple_schema(self, schema: Any) -> dict[str, Any]:
        made = super().tuple_schema(schema)
        if "prefixItems" in made:  # draft 7 calls them items
            made["items"] = made.pop("prefixItems")
        return made

    def default_schema(self, schema: Any) -> dict[str, Any]:
        made, default = self.generate_inner(schema["schema"]), schema.get("default")
        if isinstance(default, Enum):
            return made | {"default": default.value}
        if isinstance(default, str | int):
            return made | {"default": default}
        if isinstance(default, float) and SI_UNIT in made:
            return made | {"default": f"{default:g} {made[SI_UNIT]}"}
        return made


def _bare(node: Any) -> Any:
    """The node without internal notes."""
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items() if key != SI_UNIT}
    return [_bare(item) for item in node] if isinstance(node, list) else node
