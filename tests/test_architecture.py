"""The structure of the project: imports between folders, sizes of functions, docstrings of packages."""

import ast
import builtins
import json
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("scenarios", "conditioning", "models", "outputs", "pipeline", "nearmiss")
SOURCES = [*sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py")), ROOT / "flows.py"]


def functions(source: Path) -> list[tuple[str, int]]:
    """Every function of a file with its length in lines, docstring included."""
    tree = ast.parse(source.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, node.end_lineno - node.lineno + 1) for node in ast.walk(tree) if isinstance(node, kinds)]


def test_imports_between_folders_go_one_way():
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


PACKAGES = sorted({source.parent for source in SOURCES} - {ROOT})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_package_states_what_it_owns_and_has_few_modules(package):
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    assert text
    assert "own" in text.lower()
    assert len([path for path in package.glob("*.py") if path.name != "__init__.py"]) <= 15


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_stay_readable(source):
    assert not [name for name, length in functions(source) if length > 80]


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_annotations_can_be_checked_and_nothing_is_unpickled(source):
    text = source.read_text()
    assert "from __future__ import annotations" not in text
    for unsafe in ("import pickle", "torch.load(", "yaml.load(", "allow_pickle=True"):
        assert unsafe not in text


def test_class_names_are_unique():
    places = defaultdict(list)
    for source in SOURCES:
        for node in ast.parse(source.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(source.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_docstrings_name_exceptions_that_there_are():
    texts = {source: source.read_text() for source in SOURCES}
    known = {name for text in texts.values() for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    known |= {name for name in dir(builtins) if name[0].isupper()} | {"UnexpectedInput"}  # the last is lark's
    raised = r"[Rr]aises\s+(?:lark's\s+)?`?([A-Z]\w+)`?"
    said = {(source, name) for source, text in texts.items() for name in re.findall(raised, text)}
    assert len(said) > 50
    assert sorted(f"{source.relative_to(ROOT)}: {name}" for source, name in said if name not in known) == []


@cache
def strings_of(source: Path) -> list[tokenize.TokenInfo]:
    with source.open("rb") as file:
        return [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.STRING]


def test_every_name_is_defined():
    """ruff's rule, which is switched off since it takes the axes in "actor 3" for names: here names in strings are let
    pass."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "F821", "--output-format", "json", "--exit-zero"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    unknown = []
    for one in found:
        path, row, column = Path(one["filename"]), one["location"]["row"], one["location"]["column"] - 1
        if not any(t.start <= (row, column) < t.end for t in strings_of(path)):
            unknown.append(f"{path.relative_to(ROOT)}:{row}: {one['message']}")
    assert unknown == []


def test_flows_imports_only_the_pipeline():
    tree = ast.parse((ROOT / "flows.py").read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = {name.split(".")[0] for name in names} & set(FOLDERS)
    assert ours <= {"pipeline"}


def test_generated_data_is_not_in_the_repository():
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/runs/", ".venv/"} <= set(ignored)
