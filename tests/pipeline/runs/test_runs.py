"""Run folders: clips appear atomically and once, one run at a time, no name escapes from the folder."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from outputs.clips.coverage import coverage
from outputs.clips.manifest import ClipRecord, rejection_reasons, write_record
from outputs.verdict import Outcome, Verdict, accepted
from pipeline.datasets.publish import coverage_points
from pipeline.engine.lock import Locked, locked
from pipeline.runs.run_file import RunEnd
from pipeline.runs.run_folder import Job, Run, RunRefused, State, clip_id, open_run, reopen
from pipeline.runs.safe_names import safe_name
from pipeline.runs.stage_timer import Stopwatch
from pipeline.runs.status import RunPhase, lines, status
from scenarios.model.bodies import EGO_SIZE, Body, Kind
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road, RoadKind
from scenarios.scenario import Expect, HoldSpeed, OnLane, Placed, Scenario

MADE_WITH = {"preset": "tiny", "weights": "abc"}


def empty_road(name: str = "empty road", identity: str = "1") -> Scenario:
    ego = Placed(Body("ego", Kind.CAR, EGO_SIZE), OnLane(0.0, 0.0), 10.0, HoldSpeed(10.0))
    road = Road(RoadKind.STRAIGHT, 1, 0, 3.5, 0.0, 0)
    return Scenario(identity, name, "", {}, 1.0, road, Surface.DRY, 0.85, Environment(), (ego,), (), Expect())


def record(clip: str, outcome: Outcome = Outcome.PASS) -> ClipRecord:
    verdicts = tuple(Verdict("c", family, outcome, 1.0, 2.0, "m", "", "", "r") for family in ("physics", "pixels"))
    return ClipRecord(
        id=clip, scenario_id="1", family="f", name="n", caption="", spec_hash="", seed=0, parameters={}, preset="tiny",
        weights={}, code_version="", torch_version="", cpu_capability="", device="cpu", stage_s={}, verdicts=verdicts,
        accepted=accepted(verdicts), reasons=rejection_reasons(verdicts), cameras=("CAM_FRONT",), frame_rate_hz=12.0,
        happenings=(),
    )  # fmt: skip


def make(run: Run, clip: str, by: str = "", outcome: Outcome = Outcome.PASS) -> ClipRecord:
    """A finished clip that has only a record."""
    place = run.begin(clip)
    place.mkdir()
    (place / "by").write_text(by)
    write_record(place / "record.json", record(clip, outcome))
    return run.finish(place, record(clip, outcome))


def test_a_clip_exists_only_when_it_is_finished(tmp_path):
    with open_run(tmp_path / "out", MADE_WITH, {}) as run:
        place = run.begin("a")
        place.mkdir()
        write_record(place / "record.json", record("a"))
        assert run.state("a") is None
        assert run.records() == ()
        run.finish(place, record("a"))
        assert run.state("a") is State.ACCEPTED
        assert run.records() == (record("a"),)
        assert not list((tmp_path / "out" / ".unfinished").iterdir())


def test_a_second_attempt_that_finishes_a_clip_changes_nothing(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        make(run, "a", by="first")
        make(run, "a", by="second")
        assert (tmp_path / "clips" / "a" / "by").read_text() == "first"
        assert len(run.records()) == 1


def test_a_clip_that_ended_differently_in_another_attempt_exists_once(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        make(run, "a", by="first")
        late = run.begin("a")
        late.mkdir()
        write_record(late / "record.json", record("a", Outcome.FAIL))
        assert run.finish(late, record("a", Outcome.FAIL)).accepted
        assert run.folders(State.REJECTED) == ()
        assert len(run.records()) == 1


def test_a_worker_that_outlives_its_driver_cannot_finish_an_incomplete_clip(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        place = run.begin("a")
        place.mkdir()
        write_record(place / "record.json", record("a"))
    with open_run(tmp_path, MADE_WITH, {}) as run:
        with pytest.raises(FileNotFoundError):
            run.finish(place, record("a"))
        assert run.state("a") is None


def test_a_clip_with_missing_files_is_made_again(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        for clip in ("short", "gone", "empty", "good"):
            make(run, clip, by="somebody")
    (tmp_path / "clips" / "short" / "by").write_text("some")
    (tmp_path / "clips" / "gone" / "by").unlink()
    (tmp_path / "clips" / "empty" / "record.json").write_text("")
    with open_run(tmp_path, MADE_WITH, {}) as run:
        assert [folder.name for folder in run.folders(State.ACCEPTED)] == ["good"]
    found = json.loads((tmp_path / "run.json").read_text())["starts"][-1]["found_broken"]
    assert set(found) == {"short", "gone", "empty"}
    assert found["short"] == "1 of 2 files are missing or cut short, such as by"


def test_a_clip_with_a_permanent_failure_is_retried_only_on_request(tmp_path):
    jobs = tuple(Job(clip, empty_road(), 0) for clip in ("new", "hit", "broken", "made"))
    with open_run(tmp_path, MADE_WITH, {}) as run:
        run.fail(jobs[1], "its worker died", "", transient=True, attempts=3)
        run.fail(jobs[2], "ValueError: no such lane", "")
        make(run, "made")
        assert run.missing(jobs) == jobs[:3]
        assert run.untried(jobs) == jobs[:2]
        assert run.failed(jobs) == jobs[1:3]


def test_rejected_clips_have_their_own_folder_and_reasons(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        make(run, "a", outcome=Outcome.FAIL)
        assert run.state("a") is State.REJECTED
        assert not list((tmp_path / "clips").iterdir())
        assert run.records()[0].reasons[0] == "c: r"


def test_unfinished_clips_of_a_killed_run_are_deleted_and_made_again(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        run.begin("a").mkdir()
    with open_run(tmp_path, MADE_WITH, {}) as run:
        assert run.missing((Job("a", empty_road(), 0),)) == (Job("a", empty_road(), 0),)
        assert not list((tmp_path / ".unfinished").iterdir())


def test_failed_clips_are_retried_and_their_failure_is_deleted_once_made(tmp_path):
    job = Job("a", empty_road(), 0)
    with open_run(tmp_path, MADE_WITH, {}) as run:
        clock = Stopwatch(run.shown(run.begin("a")))
        with clock("make_nothing"):
            pass
        run.fail(job, "boom", "a long story")
        (failure,) = run.failures()
        assert failure.reason == "boom (in make_nothing)"
        assert failure.trace == "a long story"
        assert run.missing((job,)) == (job,)
        make(run, "a")
        assert run.failures() == ()
        assert run.missing((job,)) == ()


def test_other_weights_in_the_same_folder_are_refused_and_other_scenarios_are_added(tmp_path):
    with open_run(tmp_path, MADE_WITH, {"paths": ("a.yaml",)}):
        pass
    with open_run(tmp_path, MADE_WITH, {"paths": ("b.yaml",)}) as run:
        run.note(made_now=3)
    starts = json.loads((tmp_path / "run.json").read_text())["starts"]
    assert [s["paths"] for s in starts] == [["a.yaml"], ["b.yaml"]]
    assert starts[-1]["made_now"] == 3
    with open_run(tmp_path, MADE_WITH | {"weights": "def"}, {}) as run:  # allowed: no clip has other weights
        make(run, "a")
    with pytest.raises(RunRefused, match="made with weights def, this run has weights abc"):
        open_run(tmp_path, MADE_WITH, {}).__enter__()


def test_a_folder_with_other_files_is_refused_and_not_changed(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunRefused, match=r"thesis\.tex"):
        open_run(tmp_path, MADE_WITH, {}).__enter__()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_that_was_killed_before_it_wrote_run_json_is_resumed(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / ".run.json.0123456789ab.part").write_text("{")
    with open_run(tmp_path, MADE_WITH, {}) as run:
        make(run, "a")
    assert (tmp_path / "clips" / "a").is_dir()


def test_only_run_folders_can_be_reopened(tmp_path):
    with pytest.raises(RunRefused, match=r"no run\.json"):
        reopen(tmp_path).__enter__()
    with open_run(tmp_path / "a", MADE_WITH, {}) as run:
        make(run, "a")
    with reopen(tmp_path / "a") as run:
        assert len(run.records()) == 1


def test_a_second_concurrent_run_is_refused_and_the_process_is_named(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}), pytest.raises(Locked, match="in use by process"):
        open_run(tmp_path, MADE_WITH, {}).__enter__()
    with open_run(tmp_path, MADE_WITH, {}):
        pass


def test_a_lock_ends_with_its_process(tmp_path):
    code = "import os, sys; from pathlib import Path; from pipeline.engine.lock import locked\n"
    code += "with locked(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False).returncode == -9
    with locked(tmp_path):
        pass


def test_clip_ids_follow_from_content():
    scenario = empty_road()
    assert clip_id(scenario, 0, "abc") == clip_id(empty_road(), 0, "abc")
    others = [clip_id(scenario, 1, "abc"), clip_id(scenario, 0, "def"), clip_id(replace(scenario, id="2"), 0, "abc")]
    assert len({clip_id(scenario, 0, "abc"), *others}) == 4


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "..", "", "a\0b", "Ünïcode näme", "x" * 500, "con/../x"])
def test_no_name_escapes_from_the_folder(name, tmp_path):
    place = (tmp_path / clip_id(empty_road(name), 0, "w")).resolve()
    assert place.parent == tmp_path.resolve()
    assert safe_name(name)
    assert len(place.name) < 120


def test_a_damaged_manifest_and_an_invalid_path_are_refused(tmp_path):
    with pytest.raises(RunRefused, match="cannot be made"):
        open_run(Path("/proc/nowhere"), MADE_WITH, {}).__enter__()
    with open_run(tmp_path, MADE_WITH, {}):
        pass
    (tmp_path / "run.json").write_text('{"made_with"')
    with pytest.raises(RunRefused, match="damaged"):
        open_run(tmp_path, MADE_WITH, {}).__enter__()


def test_status_counts_damaged_clips_and_names_the_command_that_makes_them_again(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        for clip in ("whole", "cut"):
            make(run, clip, by="12345")
        run.note(ended=RunEnd(at="2026-11-30T00:00:00+00:00", why="done"))
    assert status(tmp_path).phase is RunPhase.COMPLETE
    (tmp_path / "clips" / "cut" / "by").write_text("123")
    told = status(tmp_path)
    assert told.phase is RunPhase.STOPPED
    assert [clip for clip, _ in told.damaged] == ["cut"] and "such as by" in told.damaged[0][1]
    assert told.next == f"nearmiss resume {tmp_path}"
    assert any("damaged" in line and "      1" in line for line in lines(told))


def test_requested_scenarios_are_kept_over_several_starts(tmp_path):
    swept = replace(empty_road("Brake, hard", "1"), parameters={"ego.speed": "50 km/h"})
    for wanted in ([swept], [empty_road("other", "2")]):
        with open_run(tmp_path, MADE_WITH, {}) as run:
            run.ask(wanted)
            asked = run.asked()
    assert [(one.scenario, one.family, one.parameters) for one in asked] == [
        ("1", "brake-hard", {"ego.speed": "50 km/h"}), ("2", "other", {}),
    ]  # fmt: skip
    (tmp_path / "asked.json").write_text("{")
    with reopen(tmp_path) as run, pytest.raises(RunRefused, match=r"asked\.json is damaged"):
        run.asked()


def test_coverage_counts_requested_made_accepted_and_critical_scenarios(tmp_path):
    wanted = [replace(empty_road("brake", str(i)), parameters={"ego.speed": f"{i}0 km/h"}) for i in (1, 2, 3)]
    tag = Verdict("critical moment: TTC", "physics", Outcome.FAIL, 0.7, 1.5, "s", "", "", "near", gates=False)
    with open_run(tmp_path, MADE_WITH, {}) as run:
        run.ask(wanted)
        for i, outcome in ((1, Outcome.PASS), (2, Outcome.FAIL)):
            place = run.begin(f"clip-{i}")
            place.mkdir()
            about = {"scenario_id": str(i), "family": "brake", "parameters": wanted[i - 1].parameters}
            made = record(f"clip-{i}", outcome)
            made = made.model_copy(update={**about, "verdicts": (*made.verdicts, tag)})
            write_record(place / "record.json", made)
            run.finish(place, made)
        (found,) = coverage(coverage_points(run.asked(), run.records()))
    (speed,) = found.parameters
    assert speed.values == ("10 km/h", "20 km/h", "30 km/h")
    assert [(t.asked, t.run, t.accepted, t.critical) for t in speed.tallies] == [
        (1, 1, 1, 1), (1, 1, 0, 1), (1, 0, 0, 0),
    ]  # fmt: skip


FAILURE = {"clip": "a", "scenario": "s", "name": "n", "seed": 0, "reason": "r", "trace": "t", "passing": True}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"clip": "a"', "Invalid JSON"),
        (json.dumps(FAILURE | {"seed": "0"}), "seed: Input should be"),
        (json.dumps(FAILURE | {"late": 1}), "late: Extra inputs"),
    ],
)
def test_a_damaged_failure_is_refused_by_path_and_field(tmp_path, content, words):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        path = tmp_path / "failed" / "a.json"
        path.write_text(content)
        with pytest.raises(RunRefused, match=f"{re.escape(str(path))} is damaged .*{words}.*move it away"):
            run.failures()


def test_a_failure_of_an_older_version_is_read_by_its_older_name(tmp_path):
    with open_run(tmp_path, MADE_WITH, {}) as run:
        (tmp_path / "failed" / "a.json").write_text(json.dumps(FAILURE))
        (failure,) = run.failures()
    assert failure.transient
    assert failure.attempts == 1
    assert failure.model_dump(by_alias=True) == FAILURE | {"attempts": 1}
