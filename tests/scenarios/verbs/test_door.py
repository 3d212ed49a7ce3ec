"""The verb registry: what it refuses, the example of its documentation page, and properties of all verbs."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from scenarios.event_text import sentence
from scenarios.model.actions import ActionTable, VerbAction
from scenarios.model.triggers import After
from scenarios.scenario import Event
from scenarios.story.parse_tree import clauses
from scenarios.verbs import VERBS
from scenarios.verbs.longitudinal.reverse import REVERSE, Reverse
from scenarios.verbs.story_verb import VerbRegistry

ROOT = Path(__file__).resolve().parents[3] / "scenarios"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "extending" / "story-verbs.md"
USES = """
import sys
from scenarios.verbs import VERBS
from creep import CREEP
VERBS.register(CREEP)
from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

TEXT = '''
name: creeping
intent: A car creeps.
duration: 8 s
road: {lanes: 1}
ego: {lane: 0, speed: 0 km/h, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 10 m, speed: 0 km/h}
  walker: {kind: pedestrian, side: right, ahead: 10 m, offset: 1 m}
story: ["LINE"]
'''
(scenario,) = loads(TEXT.replace("LINE", "the car creeps forward 3 m after 1 s"))
print(next(line for line in told((scenario,)).splitlines() if line.startswith("  - ")))
rollout = simulate(scenario)
print(f"{rollout.centre[-1, 1, 0] - rollout.centre[0, 1, 0]:.2f} m, {rollout.speed_mps[:, 1].max() * 3.6:.1f} km/h")
for line in ("walker creeps 3 m", "lead creeps 3 s", "lead creeps 3 m slyly"):
    try:
        loads(TEXT.replace("LINE", line))
    except SpecErrors as faults:
        print(faults.faults[0].found, "|", faults.faults[0].wanted)
try:
    VERBS.register(CREEP)
except ValueError as error:
    print(error)
"""


def test_the_example_of_the_page_works_as_a_verb(tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "creep.py").write_text(block)
    (tmp_path / "uses.py").write_text(USES)
    root = str(PAGE.parents[2])
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{root!r}, {str(tmp_path)!r}]; import uses"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told, moved, walker, unit, unknown, late = run.stdout.splitlines()
    assert told == "  - lead creeps 3 m at 5 km/h after 1 s"
    assert float(moved.split(" m")[0]) == pytest.approx(3.0, abs=0.1)
    assert float(moved.split(", ")[1].split(" ")[0]) == pytest.approx(5.0, abs=0.1)
    assert "a pedestrian | a vehicle or a cyclist" in walker
    assert "a length" in unit
    assert "not understood from 'slyly' on" in unknown
    assert "register it before a scenario is read" in late


def test_a_key_an_action_or_a_part_can_be_registered_once_only():
    class Other(VerbAction):
        """Another one."""

    registry = VerbRegistry()
    first = replace(REVERSE, key="first", action=Other)
    registry.register(first)
    with pytest.raises(ValueError, match="a second verb 'first'"):
        registry.register(first)
    with pytest.raises(ValueError, match="parts that another verb has: reversed_way"):
        registry.register(replace(first, key="second"))
    with pytest.raises(ValueError, match="Reverse has its words already"):
        registry.register(replace(REVERSE, key="third", parts={}))
    with pytest.raises(KeyError, match=r"no verb 'frist'.*did you mean first"):
        registry["frist"]
    with pytest.raises(KeyError, match="no verb makes Reverse"):
        registry.of(Reverse(1.0, None))
    assert registry.all() == (first,)
    with pytest.raises(ValueError, match="'late' comes too late"):
        registry.register(replace(first, key="late", parts={}))


def test_an_action_of_no_verb_has_no_words():
    with pytest.raises(TypeError, match=r"no motion for .*; there are those of"):
        ActionTable("motion").of(Reverse(1.0, None))


@pytest.mark.parametrize("verb", VERBS.all(), ids=lambda verb: verb.key)
def test_every_verb_is_complete(verb):
    assert verb.grammar.lstrip().startswith(f"{verb.key}:")
    assert verb.phrases
    assert {*verb.names, *verb.triggers} <= {field.name for field in fields(verb.action)}
    assert {*verb.names, *verb.triggers, *verb.own_names, *verb.cargo} <= set(verb.section.model_fields)
    assert len({(action.takes_speed, action.takes_path) for action in verb.actions}) == 1
    for phrase in verb.phrases:
        _, (clause,) = clauses(phrase.format(a="lead", b="truck", c="crate").lower())
        assert clause.verb == verb.key


def test_no_other_module_knows_a_single_verb():
    """A new verb needs no change elsewhere. Random scenarios choose among a few actions, which others need not join."""
    packages = {path.name for path in (ROOT / "verbs").iterdir() if (path / "__init__.py").exists()}
    single = re.compile(rf"scenarios\.verbs\.({'|'.join(packages)})\b")
    outside = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "verbs"]
    assert packages and {path.name for path in outside if single.search(path.read_text())} == {"random_scenarios.py"}
    own = {name for verb in VERBS.all() for name in (*verb.rules, *re.findall(r"^_?[A-Z_]+", verb.grammar, re.M))}
    shared = re.sub(r'"[^"]*"|//.*', "", (ROOT / "story" / "story.lark").read_text())
    assert own & set(re.findall(r"\w+", shared)) == set()


def test_the_words_of_an_action_come_from_its_verb():
    assert sentence(Event("lead", After(0.0), Reverse(2.5, 4.0))) == "lead reverses at 9 km/h for 4 m at the start"
