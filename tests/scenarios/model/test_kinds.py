"""One record per kind: the registry refuses duplicate, missing, unknown and ambiguous ones."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conditioning.assets.kinds.registry import DRAWN
from scenarios.model.kinds.actor_kind import KindVariant, Size
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS, ActorKindError, KindRegistry, check_words, records_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "extending" / "actor-kinds.md"


def test_both_registries_have_every_kind_in_the_order_of_the_list():
    assert list(KINDS) == list(DRAWN) == list(Kind)
    assert all(KINDS[kind].kind is kind is DRAWN[kind].kind for kind in Kind)


def test_a_second_record_is_refused():
    twice = [*KINDS.items(), (Kind.CAR, KINDS[Kind.CAR])]
    with pytest.raises(ActorKindError, match=r"two records of the kind 'car'; there are car, van"):
        KindRegistry("record", twice)


def test_a_kind_without_a_record_is_refused_with_its_module():
    with pytest.raises(ActorKindError, match=r"no record of the kind 'debris' \(module debris\); there are car, van"):
        KindRegistry("record", [item for item in KINDS.items() if item[0] is not Kind.DEBRIS])


@pytest.mark.parametrize("registry", [KINDS, DRAWN], ids=["world", "drawing"])
def test_an_unknown_name_is_refused_with_the_known_ones(registry):
    with pytest.raises(ActorKindError, match=r"of 'zeppelin'; there are car, van, truck"):
        registry["zeppelin"]


@pytest.mark.parametrize("word", ["lorry", "deer", "van", "ego", "vehicle"])
def test_a_word_means_one_kind(word):
    records = [replace(KINDS[kind], words=(word,)) if kind is Kind.CONE else KINDS[kind] for kind in Kind]
    with pytest.raises(ActorKindError, match=f"'{word}' is a word for .*, and already one of"):
        check_words(records)


def test_words_are_lower_case_and_variants_count():
    with pytest.raises(ActorKindError, match="'Pylon', a word for cone; words are written small"):
        check_words([replace(KINDS[Kind.CONE], words=("Pylon",))])
    with pytest.raises(ActorKindError, match="'barrier' is a word for barrier, and already one of cone"):
        named = {"barrier": KindVariant(Kind.CONE, Size(1.0, 1.0, 1.0))}
        check_words([replace(KINDS[Kind.CONE], variants=named), KINDS[Kind.BARRIER]])


def test_a_missing_module_is_named():
    with pytest.raises(ActorKindError, match=r"no module scenarios\.model\.sides\.|no module scenarios\.roads\.cars"):
        list(records_of("scenarios.roads", "KINDS"))


# -- the page ------------------------------------------------------------------------------------------------------

RUN = """
import numpy as np
from conditioning.assets.body_meshes import body_mesh
from conditioning.caption import caption
from conditioning.layers.control_layers import CLASS_OF
from outputs.nuscenes.taxonomy import CATEGORIES, category
from pipeline.checks.targets import detectable
from scenarios.load import loads
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = '''
name: robot
intent: A delivery robot crosses.
duration: 4 s
road: {lanes: 2}
ego: {lane: 0, speed: 20 km/h, drive: follow}
actors:
  robot: {kind: delivery robot, side: right, ahead: 25 m, offset: 1 m}
story:
  - the parcel robot crosses LINE
'''
rollout = simulate(loads(FILE.replace("LINE", "after 0.5 s"))[0])
body = rollout.bodies[1]
half = np.array([body.size.length_m, body.size.width_m, body.size.height_m]) / 2
assert (np.abs(body_mesh(body, 1.0, True).points) <= half + 1e-9).all()
assert np.ptp(rollout.centre[:, 1, 1]) > 2.0
assert "debris crosses" in caption(rollout)
assert CLASS_OF[body.kind] == "obstacle" and not detectable(rollout)[1]
assert category(body) == CATEGORIES[-1] == "movable_object.pushable_pullable"
try:
    loads(FILE.replace("LINE", "at 30 km/h"))
except SpecErrors as faults:
    assert "at most 6 km/h" in str(faults)
else:
    raise AssertionError("30 km/h was not refused")
print("it runs")
"""


def test_the_example_of_the_page_runs_with_two_files_and_one_line(tmp_path):
    line, *files = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(files) == 2
    unneeded = shutil.ignore_patterns("__pycache__", "*.safetensors", "library", "suites")
    for folder in ("scenarios", "conditioning", "outputs", "pipeline"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unneeded)
    for text in files:
        target = tmp_path / re.match(r"# (\S+\.py)\n", text)[1]
        assert not target.exists()
        target.write_text(text)
    listed = tmp_path / "scenarios" / "model" / "kinds" / "listed.py"
    listed.write_text(listed.read_text().rstrip() + "\n" + line)
    loops = tmp_path / "loops"
    loops.mkdir()
    (loops / "nearmiss").symlink_to(ROOT / "scenarios" / "__pycache__")  # the compiled loops are the same
    run = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(loops)},
    )  # fmt: skip
    assert run.stdout.strip().endswith("it runs"), run.stderr
