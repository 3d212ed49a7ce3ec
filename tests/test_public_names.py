"""`import nearmiss`: it is quick, typed, and its names work."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import nearmiss

ROOT = Path(__file__).resolve().parent.parent


def test_import_is_lazy_for_every_package():
    code = (
        "import sys, nearmiss; assert not {'numpy', 'torch', 'pydantic', 'scenarios'} & set(sys.modules); "
        "from nearmiss import load; assert 'torch' not in sys.modules; assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_every_public_name_exists_and_is_the_one_that_type_checkers_see():
    tree = ast.parse((ROOT / "nearmiss" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module not in ("importlib", "typing", "importlib.metadata")
        for alias in node.names
    }
    assert set(typed) | {"__version__"} == set(nearmiss.__all__)
    for name, (module, member) in typed.items():
        assert getattr(nearmiss, name) is getattr(sys.modules[module], member)
    assert (ROOT / "nearmiss" / "py.typed").is_file()


def test_an_unknown_name_is_refused_with_the_list_of_names():
    with pytest.raises(AttributeError, match=r"no attribute 'lod'.*load"):
        _ = nearmiss.lod


def test_a_case_can_be_loaded_simulated_and_checked():
    (scenario,) = nearmiss.loads((ROOT / "scenarios/library/nhtsa/lead-brake.yaml").read_text(encoding="utf-8"))
    rollout = nearmiss.simulate(scenario)
    verdicts = nearmiss.check(rollout, scenario)
    assert not [v for v in verdicts if v.gates and v.outcome is nearmiss.Outcome.FAIL]
    scenery, camera = nearmiss.build_scenery(rollout), nearmiss.RIG[0].resized(72, 128)
    assert nearmiss.draw_layers(rollout, scenery, camera, [0]).values.shape[-2:] == (72, 128)
    assert nearmiss.render_procedural(rollout, scenery, camera, 0, [0]).shape == (1, 72, 128, 3)


@pytest.mark.parametrize("start", [["-m", "nearmiss"], ["-m", "pipeline.cli.main"]])
def test_the_version_is_that_of_the_package(start):
    told = subprocess.run([sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == f"nearmiss {version('nearmiss')}\n"
    assert nearmiss.__version__ == version("nearmiss")
