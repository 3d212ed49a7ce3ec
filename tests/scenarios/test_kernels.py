"""Compiled loops are kept apart for every state of the files that they come from."""

import subprocess
import sys

import pytest

from scenarios.kernels import ROOT, sources, state

LOOP = """\
from numba import njit

from scenarios.bounds import MOST


@njit(cache=True)
def most():
    return MOST
"""
ASKED = "import scenarios\nfrom scenarios.loop import most\nprint(most())"


@pytest.fixture
def project(tmp_path):
    """A project of one loop and its constant, with our way of keeping loops."""
    (tmp_path / "conditioning").mkdir()
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "kernels.py").write_text((ROOT / "scenarios" / "kernels.py").read_text())
    (folder / "__init__.py").write_text("from scenarios import kernels\n\nkernels.keep()\n")
    (folder / "loop.py").write_text(LOOP)
    (folder / "bounds.py").write_text("MOST = 1\n")
    (folder / "other.py").write_text("MOST = 1\n")
    return tmp_path


def asked(project) -> str:
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=project, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_constant_of_another_file_is_not_taken_from_an_old_loop(project):
    assert asked(project) == "1"
    (project / "scenarios" / "bounds.py").write_text("MOST = 2\n")
    assert asked(project) == "2"


def test_the_loops_are_used_again_and_other_files_do_not_matter(project):
    asked(project)
    before = state(project)
    (project / "scenarios" / "other.py").write_text("MOST = 3\n")
    assert state(project) == before
    (kept,) = (project / "scenarios" / "__pycache__").glob("loops-*")
    first = {path: path.stat().st_mtime_ns for path in kept.rglob("*.nbc")}
    assert first
    asked(project)
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*.nbc")} == first


def test_every_compiled_file_and_what_it_imports_counts():
    names = {path.relative_to(ROOT).as_posix() for path in sources()}
    assert {"scenarios/perception.py", "scenarios/reference_line.py", "conditioning/raster.py"} <= names
    assert "scenarios/explain.py" not in names
