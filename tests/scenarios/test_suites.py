"""The suites of protocols: every file has a source, is possible, meets its `expect` and gives the published values."""

import re
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np
import pytest

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import FRONT
from conditioning.sensors.visibility import label_visibility
from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics
from scenarios.authoring.explain import told
from scenarios.load import groups, library, load, suites
from scenarios.metrics.criticality import encounters
from scenarios.rollout import Rollout
from scenarios.scenario import HoldSpeed, Scenario
from scenarios.simulation.simulate import simulate

FILES = suites()
ALL = {name: load(path) for name, path in FILES.items()}
VARIANTS = [scenario for scenarios in ALL.values() for scenario in scenarios]
NAMES = [f"{s.source['suite']}/{s.name}-{'-'.join(s.parameters.values())}" for s in VARIANTS]
CAMERA = FRONT.resized(144, 256)
MOST_CLIPS = 20  # of one suite: ten minutes on two cores


@lru_cache(maxsize=len(VARIANTS))
def rolled(scenario_id: str) -> Rollout:
    return simulate(next(s for s in VARIANTS if s.id == scenario_id))


def unbraked(scenario: Scenario) -> Rollout:
    """The same scenario with an ego that always keeps its speed."""
    ego, *others = scenario.placed
    return simulate(replace(scenario, placed=(replace(ego, behaviour=HoldSpeed(ego.speed_mps)), *others)))


def thinned(rollout: Rollout, step: int) -> Rollout:
    """Every `step`-th frame: enough to test visibility."""
    arrays = {field.name: getattr(rollout, field.name) for field in fields(rollout)}
    timed = {k: v[::step] for k, v in arrays.items() if isinstance(v, np.ndarray) and len(v) == len(rollout.t_s)}
    return replace(rollout, **timed)


def hit(rollout: Rollout) -> tuple[str, float, float] | None:
    """The first body that the ego hits, the time, and the closing speed in km/h."""
    for h in rollout.happenings:
        if h.other and "ego" in (h.actor, h.other):
            return (h.other if h.actor == "ego" else h.actor), h.t_s, float(h.what.split()[-2])
    return None


def test_every_shipped_name_exists_once():
    stems = [name.rpartition("/")[2] for name in (library() | FILES)]
    assert len(stems) == len(set(stems))
    assert len(stems) >= 70
    assert set(groups()) >= {
        "library",
        "suites",
        "euro_ncap_2023",
        "euro_ncap_2026",
        "un_r157",
        "nhtsa_precrash",
        "hazards",
        "roads",
    }
    assert len({s.id for s in VARIANTS}) == len(VARIANTS)


def test_a_whole_group_has_few_clips():
    assert sum(len(load(path)) for path in library().values()) <= 12
    for group, files in groups().items():
        if group != "suites":
            assert sum(len(load(path)) for path in files) <= MOST_CLIPS, group


@pytest.mark.parametrize("name", FILES)
def test_files_state_their_intent_and_source(name):
    for scenario in ALL[name]:
        assert name == f"{scenario.source['suite']}/{scenario.name}"
        assert scenario.source["type"]
        said = " ".join(scenario.source.values())
        assert re.search(r"\b20\d\d\b", said) or scenario.source.get("protocol") == "none"
        assert scenario.intent.endswith(".")
        assert 6.0 <= scenario.duration_s <= 8.0
    assert scenario.name in told(ALL[name])


@pytest.mark.parametrize("scenario", VARIANTS, ids=NAMES)
def test_a_file_is_possible_and_meets_its_expectations(scenario):
    rollout = rolled(scenario.id)
    verdicts = check_physics(rollout, scenario)
    assert [v.reason for v in verdicts if v.gates and v.outcome is Outcome.FAIL] == []
    asked = [v for v in verdicts if v.check.startswith("expect")]
    assert all(v.outcome is Outcome.PASS for v in asked)
    happened = [h for h in rollout.happenings if not h.what.startswith(("notices", "collision"))]
    for event in scenario.events:
        assert any(h.actor == event.actor and h.t_s == pytest.approx(event.when.t_s, abs=0.02) for h in happened)


@pytest.mark.parametrize("name", FILES)
def test_an_actor_is_clearly_visible(name):
    rollout = thinned(rolled(ALL[name][0].id), 4)
    labels = label_visibility(rollout, build_scenery(rollout), CAMERA)
    height = labels.amodal_box[..., 3] - labels.amodal_box[..., 1]
    clear = ((labels.visibility >= 0.6) & (height >= 8)).sum(axis=0)
    acting = {e.actor for e in ALL[name][0].events} - {"ego"} or {b.id for b in rollout.bodies[1:]}
    assert max(clear[rollout.index(who)] for who in acting) >= 2


IMPACTS = {
    "cpna-25": 0.25, "cpna-75": 0.75, "cpfa-50": 0.5, "cpnco-50": 0.5, "cbna-50": 0.5, "cbnao-50": 0.5, "cbfa-50": 0.5,
    "cpla-25": 0.25, "cpla-50": 0.5, "cbla-25": 0.25, "cbla-50": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(("name", "share"), IMPACTS.items())
def test_an_ego_that_does_not_brake_is_hit_where_the_protocol_states(name, share):
    """The share of the ego's width, from the side that the target comes from; for targets ahead from the right."""
    rollout = unbraked(ALL[f"euro_ncap_2023/{name}"][0])
    who, t_s, _ = hit(rollout)
    target = rollout.index(who)
    across = rollout.centre[:, target, 1]
    at = np.interp(t_s, rollout.t_s, across)
    from_right = across[0] <= at + 1e-6
    width = rollout.sizes[0, 1]
    assert (at if from_right else -at) / width + 0.5 == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(
    ("gap", "decel", "smallest_m"), [("12 m", 2, 10.2), ("40 m", 2, 38.2), ("40 m", 6, 27.8), ("12 m", 6, None)]
)
def test_ccrb_gives_the_published_gaps_and_the_one_collision(gap, decel, smallest_m):
    """UN R157's careful driver, both from 50 km/h: only 12 m and 6 m/s^2 collide, at 6.9 km/h."""
    wanted = {"actors.target.ahead": gap, "story.0": f"target brakes at {decel} m/s^2 after 1 s"}
    scenario = next(s for s in ALL["euro_ncap_2023/ccrb"] if s.parameters == wanted)
    rollout = rolled(scenario.id)
    if smallest_m is None:
        assert hit(rollout)[2] == pytest.approx(6.9, abs=0.7)
    else:
        assert hit(rollout) is None
        assert encounters(rollout).gap_m[:, 1].min() == pytest.approx(smallest_m, abs=0.15)


def test_cpnco_is_avoided_by_braking_early_and_hit_as_published_by_braking_late():
    attentive, careful = ALL["euro_ncap_2023/cpnco-50"]
    assert hit(rolled(attentive.id)) is None
    assert hit(rolled(careful.id))[2] == pytest.approx(29, abs=2)


def test_r157_decides_what_can_be_prevented():
    """A cut-in is preventable where the time to collision at its start exceeds v_rel / (2 * 6 m/s^2) + 0.35 s."""
    for name, preventable in (("cut-in-preventable", True), ("cut-in-unpreventable", False)):
        (scenario,) = ALL[f"un_r157/{name}"]
        free = unbraked(scenario)
        met = encounters(free)
        first = int(np.flatnonzero(np.isfinite(met.gap_m[:, 1]))[0])
        closing = met.closing_mps[first, 1]
        assert (met.gap_m[first, 1] / closing > closing / 12 + 0.35) == preventable
        assert (hit(rolled(scenario.id)) is None) == preventable
