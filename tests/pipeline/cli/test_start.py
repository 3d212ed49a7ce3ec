"""Commands that run no network do not wait for the libraries of those that do."""

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
        (["--help"], NETWORKS | PICTURES | {"numpy", "numba", "pydantic"}),
        (["explain", "nhtsa/lead-brake"], NETWORKS | PICTURES),
        (["check", "nhtsa/lead-brake"], NETWORKS | PICTURES),
        (["library"], NETWORKS | PICTURES - {"scipy.interpolate", "scipy.spatial"}),  # which drawn lines need
        (["schema", "{tmp}/nearmiss.schema.json"], NETWORKS | PICTURES),
        (["new", "{tmp}/case.yaml"], NETWORKS | PICTURES),
        (["preview", "nhtsa/lead-brake", "--out", "{tmp}"], NETWORKS),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_nothing_is_imported_that_the_command_does_not_need(arguments, heavy, tmp_path):
    code = CODE.format(arguments=[a.format(tmp=tmp_path) for a in arguments], heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "IMPORTED", done.stdout.splitlines()[-1]


def test_a_grammar_kept_from_an_earlier_start_reads_the_same_and_a_broken_one_is_made_anew(tmp_path):
    code = (
        "from scenarios.story.parse_tree import clauses; import scenarios.numba_cache as c; "
        "print(clauses('lead brakes hard after 2 s, then stops')); print(c.kept_file('story-grammar'))"
    )
    told = []
    for spoil in (False, False, True):
        if spoil:
            kept = Path(told[-1].splitlines()[-1])
            assert kept.stat().st_size > 1000
            kept.write_bytes(kept.read_bytes()[:500])
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env={"NUMBA_CACHE_DIR": str(tmp_path), "PATH": ""},
        )  # fmt: skip
        told.append(run.stdout)
    assert told[0] == told[1] == told[2]
    assert "brake" in told[0]
