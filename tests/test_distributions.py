"""The two distributions, as `pip` builds them: the code, and the weights."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest

from models.weights import SHIPPED

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nearmiss", "scenarios", "conditioning", "models", "outputs", "pipeline")
MAY_WEIGH = 3_000_000  # bytes of the code's wheel; 0.9 MB were measured
UNTRACKED = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "*.unfinished")

RUN = """
import json, sys
import models
from typer.testing import CliRunner
from pipeline.cli.main import app

told = {}
for command in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, command.split())
    told[command] = [result.exit_code, " ".join(result.output.split())]
print(json.dumps({"models": models.__file__, "told": told}))
"""


def built(source: Path, into: Path) -> ZipFile:
    """Build the wheel of a source folder with setuptools, as pip does, without downloads."""
    build = "import sys, setuptools.build_meta as b; b.build_wheel(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", build, into], cwd=source, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = into.glob("*.whl")
    return ZipFile(wheel)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the sources, since the build writes files beside them."""
    if int(version("setuptools").split(".")[0]) < 77:
        pytest.skip(f"setuptools {version('setuptools')} is here, wheels are built with 77 and later")
    copy = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=UNTRACKED)
    for name in ("pyproject.toml", "README.md", "LICENSE", "flows.py"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def code(source, tmp_path_factory) -> ZipFile:
    return built(source, tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def weights(source, tiny_weights, tmp_path_factory) -> ZipFile:
    return built(source / "models" / "weights", tmp_path_factory.mktemp("weights"))


def files_of(wheel: ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


def run_from(folder: Path, *commands: str) -> dict[str, tuple[int, str]]:
    """Exit code and output of every command, run with the code in `folder` and this Python's dependencies."""
    place = dict(os.environ, PYTHONPATH=str(folder), COLUMNS="200")
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)], cwd=folder.parent, env=place, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert Path(answer["models"]).is_relative_to(folder), "this is not the code of the wheel"
    return {command: (code, told) for command, (code, told) in answer["told"].items()}


def test_the_code_s_wheel_has_all_its_data_and_no_weights(source, code):
    assert Path(code.filename).stat().st_size < MAY_WEIGH
    tree = {
        str(path.relative_to(source))
        for name in PACKAGES for path in (source / name).rglob("*")
        if path.is_file() and not path.is_relative_to(source / "models" / "weights")
    }  # fmt: skip
    assert files_of(code) == tree | {"flows.py"}


def test_the_weights_wheel_has_no_code(source, weights):
    tiny = source / "models" / "weights" / "tiny"
    assert files_of(weights) == {f"nearmiss_weights/tiny/{path.name}" for path in tiny.iterdir()}
    (licence,) = (name for name in weights.namelist() if name.endswith("LICENSE"))
    assert weights.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_messages_name_the_distribution_of_the_weights():
    named = tomllib.loads((ROOT / "models" / "weights" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [named["name"]] == list(SHIPPED.values())
    assert all((ROOT / "models" / "weights" / preset).is_dir() for preset in SHIPPED)


def test_without_weights_commands_that_need_them_name_the_missing_distribution(code, tmp_path):
    code.extractall(tmp_path / "site")
    needing = [
        "generate nhtsa/lead-brake --inline --out clips",
        "generate nhtsa/lead-brake --inline --out clips --renderer procedural",  # its checks are networks
        "evaluate", "evaluate --calibrate 1", "train world --clips 1 --steps 1 --weights own",
    ]  # fmt: skip
    told = run_from(
        tmp_path / "site", "explain nhtsa/lead-brake", "train detector --clips 1 --steps 1", *needing
    )  # fmt: skip
    assert told["explain nhtsa/lead-brake"][0] == 0
    for command in needing[:-1]:
        assert told[command][0] == 2
        assert "weights of the preset tiny are not installed" in told[command][1]
        assert "pip install ./models/weights" in told[command][1]
    assert told[needing[-1]][0] == 2
    assert "no weights at own/tiny/tokenizer.safetensors" in told[needing[-1]][1]
    assert told["train detector --clips 1 --steps 1"][0] == 2
    assert "--weights FOLDER" in told["train detector --clips 1 --steps 1"][1]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_installed_weights_are_found_and_not_written_to(code, weights, tmp_path):
    code.extractall(tmp_path / "site")
    weights.extractall(tmp_path / "site")
    before = files_of(weights)
    told = run_from(tmp_path / "site", "train detector --clips 1 --steps 1", "evaluate --calibrate 1")
    for code_of_exit, words in told.values():
        assert code_of_exit == 2
        assert "no new weights are written into an installation" in words
    found = (tmp_path / "site" / "nearmiss_weights").rglob("*")
    assert {str(path.relative_to(tmp_path / "site")) for path in found if path.is_file()} == before
