"""The JSON schema of a sweep: its axes, rows, draws, conditions and limit.

The keys of a sweep are paths, so it is not a section with fields; the schema is composed here from those of its axes.
"""

from typing import Any

from scenarios.sweeps.axis_spec import MOST_VALUES, PATH
from scenarios.sweeps.sweep_spec import HIGHEST_CAP, USUAL_CAP, WORDS

_DEFS = "#/$defs/"
_DRAWS = {"type": "integer", "minimum": 1, "maximum": MOST_VALUES, "description": "how many values are drawn"}
_VALUE = {"type": ["string", "number", "boolean", "object", "array"]}
_CONDITION = {
    "type": "string",
    "minLength": 1,
    "pattern": r"[<>=!]",
    "examples": ["actors.lead.ahead / ego.speed >= 0.5 s"],
    "patternErrorMessage": "wanted a comparison such as actors.lead.ahead / ego.speed >= 0.5 s",
}


def sweep_schema(parts: dict[str, Any]) -> dict[str, Any]:
    """The section `sweep:`; adds the schemas of draws to `parts`, which has `Range` and `Draws`."""
    drawn = parts["Draws"]
    parts["DrawnAxis"] = drawn | {
        "title": "drawn values",
        "properties": {"draws": _DRAWS} | drawn["properties"],
        "required": [*drawn["required"], "draws"],
    }
    axis = {
        "description": "values to put at this path of the file",
        "if": {"type": "array"},
        "then": {"minItems": 1, "uniqueItems": True, "items": _VALUE},
        "else": {
            "if": {"type": "object", "anyOf": [{"required": [key]} for key in ("from", "to", "step")]},
            "then": {"$ref": f"{_DEFS}Range"},
            "else": {"$ref": f"{_DEFS}DrawnAxis"},
        },
    }
    return {
        "type": "object",
        "description": "paths of this file and the values to put there; every combination becomes a scenario",
        "examples": [{"actors.lead.ahead": ["8 m", "12 m"]}],
        "properties": _words(),
        "patternProperties": {_but(*WORDS): axis},
        "additionalProperties": False,
    }


def _but(*words: str) -> str:
    """The pattern of a path that is none of these words."""
    return rf"^(?!({'|'.join(words)})$){PATH[1:]}"


def _words() -> dict[str, Any]:
    row = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": PATH}, "additionalProperties": _VALUE}
    return {
        "rows": {
            "type": "array", "minItems": 1, "uniqueItems": True, "items": row,
            "description": "parameters varied together, one row per combination, all rows with the same paths",
        },
        "drawn": {
            "type": "object", "minProperties": 2, "required": ["draws"], "properties": {"draws": _DRAWS},
            "patternProperties": {_but("draws"): {"$ref": f"{_DEFS}Draws"}}, "additionalProperties": False,
            "description": "parameters drawn together, each from its own distribution",
        },
        "where": {
            "anyOf": [_CONDITION, {"type": "array", "minItems": 1, "items": _CONDITION}],
            "description": "conditions between parameters; scenarios that violate one are dropped and counted",
        },
        "at_most": {
            "type": "integer", "minimum": 1, "maximum": HIGHEST_CAP, "default": USUAL_CAP,
            "description": "the maximum number of scenarios of the file",
        },
        "seed": {"type": "integer", "minimum": 0, "maximum": 2**31, "description": "the seed of drawn values"},
    }  # fmt: skip
