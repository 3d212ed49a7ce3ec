"""A first scenario file: a commented example, a draft from a phrase, or a copy of a shipped scenario."""

import re
from dataclasses import dataclass
from pathlib import Path

from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics
from pipeline.cli.display.catalog import nearest_shipped
from pipeline.cli.editor import MODELINE, first_line, schema_for
from pipeline.errors import UserError, refuse_unwritable
from pipeline.runs.safe_names import safe_name
from pipeline.runs.scenario_sources import NotFound, find
from scenarios.authoring.draft import Draft, NotDrafted, draft
from scenarios.load import loads, template
from scenarios.simulation.simulate import simulate


@dataclass(frozen=True)
class NewFile:
    """The written file, and the highest folder that was made for it, if any."""

    path: Path
    folder: Path | None = None


def write_new(path: Path, phrase: str | None = None) -> NewFile:
    """Write a scenario to `path`, which must not exist; `.yaml` is added if it is missing.

    `phrase`: English, or the name of a shipped scenario to copy; without it a commented example.
    """
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")
    if path.exists():
        raise UserError(f"{path} exists; give another name")
    refuse_unwritable(path, "new")
    missing = [folder for folder in path.parents if not folder.exists()]
    name = safe_name(path.stem)
    begun = _begun(phrase, name) if phrase is not None else Draft(template(name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        first = first_line(schema_for(path.parent), path.parent)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(f"{first}\n{begun.text}")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
    return NewFile(path, missing[-1] if missing else None)


def _begun(phrase: str, name: str) -> Draft:
    if (shipped := _shipped(phrase)) is not None:
        text = re.sub(rf"^{re.escape(MODELINE)}.*\n", "", shipped.read_text(encoding="utf-8"))
        return Draft(re.sub(r"^name: .*$", f"name: {name}", text, count=1, flags=re.MULTILINE))
    try:
        made = draft(phrase, name)
    except NotDrafted as error:
        near = nearest_shipped(phrase)
        raise UserError(f"{error}.\nNothing was written. Nearest shipped scenario: {_offer(near, name)}") from error
    _refuse_impossible(made.text, name)
    return made


def _offer(shipped: str, name: str) -> str:
    return f"{shipped}; `nearmiss new {name}.yaml --from {shipped}` copies it"


def _shipped(name: str) -> Path | None:
    if " " in name.strip() or Path(name).exists():
        return None
    try:
        (path,) = find((name,))
    except (NotFound, ValueError):
        return None
    return path


def _refuse_impossible(text: str, name: str) -> None:
    """Refuse a draft whose motion is physically impossible."""
    for scenario in loads(text, f"{name}.yaml"):
        verdicts = check_physics(simulate(scenario), scenario)
        wrong = [v.reason for v in verdicts if v.gates and v.outcome is Outcome.FAIL]
        if wrong:
            raise UserError(f"the draft of this phrase is physically impossible: {'; '.join(wrong)}")
