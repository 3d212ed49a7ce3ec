"""Checks as records: stable ids, no matching of texts, own limits, so that weights stay valid when a check is added."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from outputs.clips.manifest import ClipRecord, failed_checks
from outputs.clips.rejected import write_rejected
from outputs.registry import RegistryError
from outputs.verdict import Outcome, check_id
from pipeline.batch.generate import hold, make_plan
from pipeline.checks.baseline import BaselineError, calibrate, load_baseline
from pipeline.checks.physics import (
    PHYSICS_CHECKS,
    STORY,
    PhysicsCheck,
    check_physics,
    is_critical,
    is_expectation,
)
from pipeline.checks.pixels import judge_rules, judge_scene
from pipeline.checks.rules import PIXEL_CHECKS, RULES, CalibratedCheck, calibrated_checks
from pipeline.checks.scene import CheckedClip
from pipeline.networks import load_calibrated
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.search.severity import MEASURES
from scenarios.scenario import Expect
from scenarios.simulation.simulate import simulate
from tests.outputs.made import BAD, record
from tests.pipeline.seeing import behind_a_truck, drop, open_road, scene_of, strict_baseline
from tests.pipeline.situations import case
from tests.scenarios.situations import lead_brakes

PAGE = Path(__file__).resolve().parents[3] / "docs" / "extending" / "checks.md"


@pytest.fixture
def example(monkeypatch) -> dict[str, object]:
    """The names that the page's example defines; its checks are registered for one test."""
    monkeypatch.setattr(PHYSICS_CHECKS, "known", dict(PHYSICS_CHECKS.known))
    monkeypatch.setattr(PIXEL_CHECKS, "known", dict(PIXEL_CHECKS.known))
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102
    return names


@pytest.fixture(scope="module")
def road() -> CheckedClip:
    return scene_of(open_road())


def test_every_shipped_check_has_the_id_that_older_records_derive_from_its_name():
    checks = (*PHYSICS_CHECKS, *PIXEL_CHECKS)
    assert len(checks) == len({check.id for check in checks}) == 47
    assert [check.id for check in checks if check_id(check.check) != check.id] == []
    assert check_id("expect: min TTC") == "expect-min-ttc"


def test_a_check_is_registered_once():
    with pytest.raises(RegistryError, match="the physics check 'story' is there already"):
        PHYSICS_CHECKS.add(STORY)
    with pytest.raises(RegistryError, match="the pixel check 'label-recall' is there already"):
        PIXEL_CHECKS.add(RULES[0])


def test_a_record_without_ids_is_read_and_counted_by_id(tmp_path):
    told = json.loads(record("old", BAD).model_dump_json())
    for verdict in told["verdicts"]:
        del verdict["id"]
        verdict["check"] = {"physics check": "expect: min TTC"}.get(verdict["check"], "label recall")
    old = ClipRecord.model_validate_json(json.dumps(told))
    assert {v.id for v in old.verdicts} == {"expect-min-ttc", "label-recall"}
    assert set(failed_checks(old)) <= {"expect-min-ttc", "label-recall"}
    write_rejected(tmp_path, [old])
    assert f"`{failed_checks(old)[0]}`" in (tmp_path / "README.md").read_text()


def test_names_of_checks_have_no_effect(monkeypatch):
    """With other check names the same clip gives the same expectations, critical moments and search results."""
    made = replace(lead_brakes(12, 6), expect=Expect(collision=False))
    rollout = simulate(made)
    plain = check_physics(rollout, made)
    renamed = {id_: replace(check, check=f"Prüfung {i}") for i, (id_, check) in enumerate(PHYSICS_CHECKS.known.items())}
    monkeypatch.setattr(PHYSICS_CHECKS, "known", renamed)
    verdicts = check_physics(rollout, made)
    assert [v.id for v in verdicts] == [v.id for v in plain]
    assert all(v.check.startswith("Prüfung") for v in verdicts)
    assert is_critical(plain) and is_critical(verdicts)
    assert [v.id for v in verdicts if is_expectation(v)] == ["expect-collision", "events"]
    for name in ("ttc", "deceleration"):
        assert MEASURES[name].read(rollout, verdicts, None) == MEASURES[name].read(rollout, plain, None) is not None


def test_a_baseline_without_one_check_does_not_change_the_other_verdicts(tmp_path, road):
    full = strict_baseline()
    kept = {
        name: {key: value for key, value in getattr(full, name).items() if key != "ghosts"}
        for name in ("limits", "measured", "wrongly_failed")
    }
    replace(full, **kept).save(tmp_path / "baseline.json")
    short = load_baseline(tmp_path / "baseline.json")
    assert (short.uncalibrated, short.unknown) == (("ghosts",), ())
    for ours, theirs in zip(judge_rules(road, short), judge_rules(road, full), strict=True):
        if ours.id == "ghosts":
            assert (ours.outcome, ours.limit) == (Outcome.INCONCLUSIVE, None)
            assert "has no limit of this check" in ours.reason and "--calibrate" in ours.reason
            assert theirs.outcome is Outcome.PASS
        else:
            assert replace(ours, baseline="") == replace(theirs, baseline="")


def test_limits_of_an_unknown_check_are_kept_and_logged(tmp_path, speck_weights):
    shutil.copytree(speck_weights, tmp_path / "weights")
    path = tmp_path / "weights" / "speck" / "baseline.json"
    full = load_baseline(path)
    more = {name: getattr(full, name) | {"rain-drops": 1} for name in ("measured",)}
    more |= {name: getattr(full, name) | {"rain-drops": 0.5} for name in ("limits", "wrongly_failed")}
    replace(full, **more).save(path)
    assert load_calibrated("speck", tmp_path / "weights").baseline.unknown == ("rain-drops",)
    (tmp_path / "one.yaml").write_text(case(1))
    files = (str(tmp_path / "one.yaml"),)
    request = RunConfig(paths=files, out=tmp_path / "run", preset="speck", weights=tmp_path / "weights")
    with hold(request, make_plan(request), ExecutionConfig(use_ray=False)):
        pass
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    (entry,) = (line for line in lines if line["event"] == "baseline of other checks")
    assert (entry["level"], entry["unknown"], entry["uncalibrated"]) == ("warning", ["rain-drops"], [])


def test_a_baseline_whose_parts_have_different_check_ids_is_refused(tmp_path):
    full = strict_baseline()
    replace(full, measured={}).save(tmp_path / "baseline.json")
    with pytest.raises(BaselineError, match="not a complete baseline: limits and measurements"):
        load_baseline(tmp_path / "baseline.json")


@pytest.mark.weights
def test_the_shipped_baseline_has_a_limit_of_every_shipped_check(tiny_weights):
    shipped = load_baseline(tiny_weights / "baseline.json")
    assert (shipped.uncalibrated, shipped.unknown) == ((), ())


def test_the_example_of_the_page_judges_and_is_calibrated(example, road):
    top, sure = example["TOP_SPEED"], example["SURENESS"]
    assert isinstance(top, PhysicsCheck) and isinstance(sure, CalibratedCheck)
    made = lead_brakes(12, 6)
    rollout = simulate(made)
    (slow,) = (v for v in check_physics(rollout, made) if v.id == "top-speed")
    assert slow.outcome is Outcome.PASS
    fast = replace(rollout, speed_mps=rollout.speed_mps + 40.0)
    (verdict,) = (v for v in check_physics(fast, made) if v.id == "top-speed")
    assert verdict.outcome is Outcome.FAIL and verdict.against
    assert sure in calibrated_checks()
    baseline = calibrate([road, scene_of(behind_a_truck())], "perfect", "by hand")
    assert baseline.calibrations["sureness"].limit == 0.5
    (seen,) = (v for v in judge_scene(road, None, frozenset(), baseline) if v.id == "sureness")
    assert seen.outcome is Outcome.PASS
    faint = tuple(replace(found, scores=found.scores * 0 + 0.35) for found in road.sight.found)
    unsure = replace(road, sight=replace(road.sight, found=faint))
    (seen,) = (v for v in judge_scene(unsure, None, frozenset(), baseline) if v.id == "sureness")
    assert seen.outcome is Outcome.FAIL


def test_frames_that_are_the_source_pictures_are_compared_with_the_baseline_s_recall(road):
    """A comparison with themselves could not detect that an actor is rarely visible."""
    baseline, lead = strict_baseline(), road.rollout.index("lead")

    def lead_in(frames: int) -> CheckedClip:
        found = list(road.sight.found)
        for t in range(frames, len(found)):
            found[t] = drop(found[t], [i != road.loose[t, lead] for i in range(len(found[t].scores))])
        return replace(road, sight=replace(road.sight, found=tuple(found)))

    def outcome(scene: CheckedClip, source) -> Outcome:
        verdicts = judge_scene(scene, source, frozenset({"lead"}), baseline)
        return next(v for v in verdicts if v.id == "key-actor" and v.reason.startswith("lead")).outcome

    hardly = lead_in(5)
    assert outcome(hardly, hardly.sight.found) is Outcome.PASS  # the comparison with itself
    assert outcome(hardly, None) is Outcome.INCONCLUSIVE
    assert outcome(lead_in(0), None) is Outcome.FAIL
    assert outcome(road, None) is Outcome.PASS
    verdict = next(v for v in judge_scene(road, None, frozenset(), baseline) if v.id == "key-actor")
    assert verdict.baseline == baseline.id
    assert "held-out source pictures" in verdict.reason
