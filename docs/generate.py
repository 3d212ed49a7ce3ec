"""Writes the documentation pages that follow from the program: `python -m docs.generate`.

A test compares the files with what these functions return.
"""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, get_args

from typer.models import ArgumentInfo, OptionInfo

from docs.conventions import defaults_page
from docs.scenario_keys import cell, scenario_page
from pipeline.cli.main import app
from scenarios.story.phrase_catalog import page as phrases

FOLDER = Path(__file__).parent
_COMMANDS_HEAD = """\
# Command line

Generated from the program (`nearmiss --help`, `nearmiss COMMAND --help`). `PATH` is a scenario file, a folder, or the
name of a [shipped scenario](../how-to/shipped.md).
"""


def commands_page() -> str:
    """Every command with its arguments, options and defaults, in the order of `nearmiss --help`."""
    commands = {(c.name or c.callback.__name__): c.callback for c in app.registered_commands}
    overview = ["| command | does |", "| --- | --- |"]
    overview += [
        f"| [`nearmiss {name}`](#nearmiss-{name}) | {_first(call.__doc__)} |" for name, call in commands.items()
    ]
    parts = [_COMMANDS_HEAD, "\n".join(overview) + "\n", *(_command(name, call) for name, call in commands.items())]
    return "\n".join(parts)


def _first(text: str) -> str:
    return cell(text.strip().partition("\n\n")[0])


def _command(name: str, call: Callable[..., Any]) -> str:
    parameters = [_Parameter.of(parameter) for parameter in signature(call).parameters.values()]
    usage = " ".join(["nearmiss", name, *(p.name for p in parameters if p.argument), "[OPTIONS]"])
    lines = [f"## nearmiss {name}", "", "```text", usage, "```", "", _paragraphs(call.__doc__), ""]
    rows = [p.row() for p in parameters if not p.hidden]
    head = ["| argument or option | value | default | meaning |", "| --- | --- | --- | --- |"]
    lines += [*head, *rows] if rows else ["No argument, and no option but `--help`."]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


@dataclass(frozen=True)
class _Parameter:
    """An argument or an option of a command, read from the annotations that typer reads."""

    name: str
    argument: bool
    value: str
    default: str
    meaning: str
    hidden: bool

    @classmethod
    def of(cls, written: inspect.Parameter) -> "_Parameter":
        kind, info = get_args(written.annotation)
        argument = isinstance(info, ArgumentInfo)
        spelt = (info.default, *(info.param_decls or ()))  # in an annotation the first spelling stands as the default
        option = ", ".join(s for s in spelt if isinstance(s, str)) or "--" + written.name.replace("_", "-")
        name = (info.metavar or written.name.upper()) if argument else option
        default = "*required*" if written.default is written.empty else _default(written.default)
        return cls(name, argument, "" if argument else _kind(kind, info), default, info.help or "", info.hidden)

    def row(self) -> str:
        return f"| `{self.name}` | {cell(self.value)} | {self.default} | {cell(self.meaning)} |"


def _kind(kind: Any, info: OptionInfo) -> str:
    """'path', 'whole number, at least 1', 'text, repeatable'; nothing for a flag."""
    several = getattr(kind, "__origin__", None) is list
    kinds = [k for k in (get_args(kind) or (kind,)) if k is not type(None)]
    several = several or any(getattr(k, "__origin__", None) is list for k in kinds)
    plain = next((get_args(k)[0] if get_args(k) else k for k in kinds), str)
    if plain is bool:
        return ""
    name = info.metavar or {int: "whole number", float: "number", str: "text", Path: "path"}[plain]
    if info.min is not None:
        name += f", at least {info.min:g}" if info.max is None else f", {info.min:g} to {info.max:g}"
    return name + ", repeatable" * several


def _default(default: Any) -> str:
    if default is None or default is False or callable(default) or default in ((), []):
        return ""
    return ", ".join(f"`{one}`" for one in default) if isinstance(default, list) else f"`{default}`"


PAGES = {
    "defaults.md": defaults_page,
    "reference/commands.md": commands_page,
    "reference/scenario.md": scenario_page,
    "phrases.md": phrases,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
        sys.stdout.write(f"wrote docs/{name}\n")


if __name__ == "__main__":
    main()
