"""The cache of compiled loops: separate for every state of their source files, and only where it can be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.numba_cache import ROOT, TOLD, sources, state

LOOP = """\
from scenarios.roads.bounds import MOST
from scenarios.numba_cache import njit


@njit(cache=True)
def most():
    return MOST
"""
ASKED = "from scenarios.roads.loop import most\nprint(most())"


@pytest.fixture
def project(tmp_path):
    """A project with one loop and its constant, and this cache."""
    (tmp_path / "conditioning").mkdir()
    folder = tmp_path / "scenarios"
    (folder / "roads").mkdir(parents=True)
    (folder / "numba_cache.py").write_text((ROOT / "scenarios" / "numba_cache.py").read_text())
    for name in ("__init__.py", "roads/__init__.py", "other.py", "roads/loop.py", "roads/bounds.py"):
        (folder / name).write_text({"loop.py": LOOP, "__init__.py": ""}.get(Path(name).name, "MOST = 1\n"))
    return tmp_path


@pytest.fixture
def nowhere(project):
    """A project where neither the code's folder nor the user's home can be written: both are files."""
    (project / "scenarios" / "__pycache__").write_text("")
    (project / "home").write_text("")
    (project / "temporary").mkdir()
    return project


def run(project: Path, program: str = ASKED, **environment: Path) -> subprocess.CompletedProcess:
    """Runs Python as a user with home `home` and temporary files in `temporary`."""
    theirs = {"HOME": project / "home", "TMPDIR": project / "temporary", "PYTHONDONTWRITEBYTECODE": 1, **environment}
    mine = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", TOLD)}
    settings = mine | {name: str(value) for name, value in theirs.items()}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=project, env=settings, capture_output=True, text=True, check=True)


def asked(project: Path) -> str:
    return run(project).stdout.strip()


def kept_in(home: Path) -> list[Path]:
    return list(home.glob("loops-*/**/*.nbc"))


def test_a_changed_constant_of_another_file_invalidates_a_loop(project):
    assert asked(project) == "1"
    (project / "scenarios" / "roads" / "bounds.py").write_text("MOST = 2\n")
    assert asked(project) == "2"


def test_loops_are_reused_and_other_files_do_not_matter(project):
    asked(project)
    before = state(project)
    (project / "scenarios" / "other.py").write_text("MOST = 3\n")
    assert state(project) == before
    (kept,) = (project / "scenarios" / "__pycache__").glob("loops-*")
    first = {path: path.stat().st_mtime_ns for path in kept.rglob("*.nbc")}
    assert first
    asked(project)
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*.nbc")} == first


def test_every_compiled_file_and_its_imports_belong_to_the_state():
    names = {path.relative_to(ROOT).as_posix() for path in sources()}
    assert {
        "scenarios/simulation/traffic/driver_vision.py",
        "scenarios/roads/reference_line.py",
        "conditioning/geometry/raster.py",
    } <= names
    assert "scenarios/authoring/explain.py" not in names


def test_importing_writes_nothing(project):
    before = set(project.rglob("*"))
    run(project, "import scenarios.roads.loop")
    assert set(project.rglob("*")) == before


def test_without_a_writable_code_folder_or_home_loops_are_kept_in_the_users_temporary_files(nowhere):
    ours = nowhere / "temporary" / f"nearmiss-{os.getuid()}"
    first = run(nowhere)
    assert first.stdout.strip() == "1"
    beside, home = nowhere / "scenarios" / "__pycache__", nowhere / "home" / ".cache" / "nearmiss"
    assert first.stderr == f"{beside} and {home} cannot be written: compiled loops are kept in {ours}\n"
    assert ours.stat().st_mode & 0o777 == 0o700
    (kept,) = kept_in(ours)
    before = kept.stat().st_mtime_ns
    assert asked(nowhere) == "1"
    assert kept.stat().st_mtime_ns == before


def test_loops_that_other_users_could_have_written_are_not_used(nowhere):
    theirs = nowhere / "temporary" / f"nearmiss-{os.getuid()}"
    theirs.mkdir()
    theirs.chmod(0o777)
    done = run(nowhere)
    assert done.stdout.strip() == "1"
    assert "compiled loops are not kept, every process compiles them anew" in done.stderr
    assert not list(theirs.iterdir())


def test_the_warning_is_printed_once_for_all_child_processes(nowhere):
    again = f"{ASKED}\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {ASKED!r}], check=True)"
    done = run(nowhere, again)
    assert done.stdout.split() == ["1", "1"]
    assert done.stderr.count("cannot be written") == 1


def test_a_full_disk_does_not_stop_a_loop(project):
    full = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n{ASKED}"
    done = run(project, full)
    assert done.stdout.strip() == "1"
    assert "compiled loops are not kept (File too large)" in done.stderr
    assert not kept_in(project / "scenarios" / "__pycache__")


def test_the_users_folder_has_priority_and_a_warning_if_it_cannot_be_written(project):
    named = project / "named"
    assert run(project, NUMBA_CACHE_DIR=named).stderr == ""
    assert kept_in(named / "nearmiss")
    other = project / "scenarios" / "other.py"
    told = run(project, NUMBA_CACHE_DIR=other).stderr
    beside = project / "scenarios" / "__pycache__"
    assert told == f"{other}/nearmiss cannot be written: compiled loops are kept in {beside}\n"
    assert kept_in(beside)
