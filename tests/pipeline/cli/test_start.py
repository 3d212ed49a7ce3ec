"""Commands that run no network do not import the libraries of networks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = {"torch", "ray", "prefect", "pandas", "nuscenes", "cv2", "xformers"}
PICTURES = {"matplotlib", "PIL", "av", "scipy.stats", "scipy.interpolate", "scipy.spatial"}
CODE = """\
import sys
from pipeline.cli.main import app
try:
    app({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
print("IMPORTED", *sorted(set(sys.modules) & {heavy!r}))
"""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], NETWORKS | PICTURES | {"numpy", "numba"}),  # options are pydantic models
        (["explain", "nhtsa/lead-brake"], NETWORKS | PICTURES),
        (["check", "nhtsa/lead-brake"], NETWORKS | PICTURES),
        (["library"], NETWORKS | PICTURES - {"scipy.interpolate", "scipy.spatial"}),  # needed for roads drawn as lines
        (["schema", "{tmp}/nearmiss.schema.json"], NETWORKS | PICTURES),
        (["new", "{tmp}/case.yaml"], NETWORKS | PICTURES),
        (["preview", "nhtsa/lead-brake", "--out", "{tmp}"], NETWORKS),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_a_command_imports_only_what_it_needs(arguments, heavy, tmp_path):
    code = CODE.format(arguments=[a.format(tmp=tmp_path) for a in arguments], heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "IMPORTED", done.stdout.splitlines()[-1]
