"""Search: known optima are reached, infeasible points are left out, and the files reproduce the result."""

import json
import math
import re
from pathlib import Path

import pytest
from rich.console import Console

from outputs.searches.records import Fate
from pipeline.checks.physics import check_physics
from pipeline.cli.authoring.checking import check_files
from pipeline.cli.search_command import search_file
from pipeline.errors import UserError
from pipeline.search.search import SearchResult, search
from pipeline.search.search_options import SearchOptions
from pipeline.search.severity import MEASURES, first_impact, sight_before_conflict
from scenarios.load import load
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from tests.scenarios.situations import child_between_cars

STANDING = """\
name: standing
intent: The ego drives towards a standing car and does nothing.
duration: 1 s
road: {lanes: 1, opposite_lanes: 1}
ego: {lane: 0, speed: 8 m/s, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 50 m, speed: 0 km/h}
"""
OPEN = "sweep: {actors.lead.ahead: [40 m, 80 m], ego.speed: {from: 5 m/s, to: 10 m/s, step: 1 m/s}}\n"
LAST_FRAME_S = 1.0


def written(folder: Path, sweep: str = OPEN, text: str = STANDING) -> Path:
    path = folder / "case.yaml"
    path.write_text(text + sweep)
    return path


def found(folder: Path, measure: str = "ttc", sweep: str = OPEN, text: str = STANDING, **effort) -> SearchResult:
    return search(written(folder, sweep, text), SearchOptions(**{"measures": (measure,), "rollouts": 45} | effort))


def fates(answer: SearchResult) -> dict[Fate, int]:
    return {fate: count for fate in Fate if (count := sum(t.fate is fate for t in answer.trials))}


def number(written: object) -> float:
    return float(str(written).split()[0])


# -- search results ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> SearchResult:
    """The open search, shared by several tests."""
    return found(tmp_path_factory.mktemp("search"), keep=6)


def test_the_worst_case_between_listed_values_agrees_with_the_formula(answered):
    """The smallest TTC is at the last frame: (gap - v t) / v, lowest for the shortest gap and the highest speed."""
    worst = answered.frontier[0]
    assert number(worst.values["actors.lead.ahead"]) == pytest.approx(40, abs=0.2)
    assert number(worst.values["ego.speed"]) == pytest.approx(10, abs=0.05)
    gap, speed = number(worst.values["actors.lead.ahead"]), number(worst.values["ego.speed"])
    assert worst.value == pytest.approx(gap / speed - LAST_FRAME_S, abs=1e-3)


def test_the_worst_required_deceleration_agrees_with_the_formula(tmp_path):
    worst = found(tmp_path, "deceleration").frontier[0]
    assert worst.value == pytest.approx(10**2 / (2 * (40 - 10 * LAST_FRAME_S)), rel=0.03)


def test_the_worst_case_may_be_inside_the_ranges(tmp_path):
    """A standing car in the oncoming lane is in the ego's path only with offsets around 3.5 m to the right."""
    text = STANDING.replace("lane: 0, ahead: 50 m", "lane: oncoming 0, ahead: 20 m")
    sweep = "sweep: {actors.lead.offset: {between: [-6.5 m, -0.5 m], draws: 3}, ego.speed: [8 m/s]}\n"
    answer = found(tmp_path, sweep=sweep, text=text)
    assert -3.5 - 1.9 < number(answer.frontier[0].values["actors.lead.offset"]) < -3.5 + 1.9
    assert Fate.NO_CONFLICT in fates(answer)


def test_a_collision_is_worse_than_any_miss_and_a_faster_one_is_worse(tmp_path):
    sweep = "sweep: {actors.lead.ahead: [8 m, 30 m], ego.speed: [5 m/s, 15 m/s]}\n"
    frontier = found(tmp_path, sweep=sweep, keep=12).frontier
    assert frontier[0].impact_mps == pytest.approx(15, abs=0.05)
    assert frontier[0].value == 0
    hits = [t.impact_mps for t in frontier if t.impact_mps is not None]
    assert hits == sorted(hits, reverse=True)
    misses = [t.value for t in frontier if t.impact_mps is None]
    assert frontier == tuple([t for t in frontier if t.impact_mps] + [t for t in frontier if t.impact_mps is None])
    assert misses == sorted(misses)


def test_the_cases_of_the_result_differ(answered):
    frontier = answered.frontier
    assert len(frontier) == 6
    places = [(number(t.values["actors.lead.ahead"]) / 40, number(t.values["ego.speed"]) / 5) for t in frontier]
    for i, (a, v) in enumerate(places):
        assert all(max(abs(a - b), abs(v - w)) >= 0.0999 for b, w in places[:i])


def test_a_small_finite_space_is_tried_completely(tmp_path):
    sweep = "sweep: {road.lanes: [1, 2], rows: [{ego.speed: 5 m/s}, {ego.speed: 9 m/s}], environment.weather: [fog]}\n"
    answer = found(tmp_path, sweep=sweep)
    assert {(t.values["road.lanes"], t.values["ego.speed"]) for t in answer.trials} == {
        (1, "5 m/s"), (1, "9 m/s"), (2, "5 m/s"), (2, "9 m/s"),
    }  # fmt: skip
    assert answer.frontier[0].values["ego.speed"] == "9 m/s"


def test_the_same_seed_finds_the_same_with_any_number_of_workers(tmp_path):
    one, other = (found(tmp_path, rollouts=20, workers=workers) for workers in (1, 2))
    assert one.trials == other.trials
    assert one.frontier == other.frontier
    assert found(tmp_path, rollouts=20, seed=1).trials != one.trials


# -- excluded trials -----------------------------------------------------------------------------------------------


def test_combinations_excluded_by_a_constraint_are_not_simulated(tmp_path):
    answer = found(tmp_path, sweep=OPEN.replace("}}", "}, where: actors.lead.ahead / ego.speed >= 6 s}"), rollouts=90)
    assert fates(answer)[Fate.DROPPED] > 0
    assert all(number(t.values["actors.lead.ahead"]) / number(t.values["ego.speed"]) >= 6 for t in answer.frontier)
    assert answer.frontier[0].value == pytest.approx(6 - LAST_FRAME_S, abs=0.4)


def test_invalid_placements_are_counted_and_left_out(tmp_path):
    answer = found(tmp_path, sweep="sweep: {actors.lead.ahead: [-6 m, 20 m]}\n")
    assert fates(answer)[Fate.FAULTY] > 0
    assert any("inside the ego" in t.why for t in answer.trials)
    assert all(number(t.values["actors.lead.ahead"]) > 0 for t in answer.frontier)


def test_physically_impossible_cases_are_counted_and_left_out(tmp_path):
    """A trajectory that reaches 58 m/s within half a second exceeds the friction limit."""
    text = STANDING.replace(
        "{kind: car, lane: 0, ahead: 50 m, speed: 0 km/h}",
        "{kind: car, trajectory: [[0 s, 40 m, 0 m], [0.5 s, 41 m, 0 m], [1 s, 42 m, 0 m]]}",
    )
    answer = found(tmp_path, text=text, sweep="sweep: {actors.lead.trajectory.2.1: [42 m, 70 m]}\n")
    assert fates(answer)[Fate.IMPOSSIBLE] > 0
    assert all(number(t.values["actors.lead.trajectory.2.1"]) < 52 for t in answer.frontier)


def test_cases_against_the_expectation_are_left_out_so_that_the_nearest_miss_is_found(tmp_path):
    sweep = "sweep: {actors.lead.ahead: [4 m, 30 m]}\nexpect: {collision: never}\n"
    answer = found(tmp_path, sweep=sweep)
    assert fates(answer)[Fate.UNEXPECTED] > 0
    assert all(t.impact_mps is None for t in answer.frontier)
    assert answer.frontier[0].value < 0.2


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("", "parameters to search in"),
        ("sweep: {ego.speed: 3}\n", "a list of values"),
        ("sweep: {ego.speed: [8 m/s, 9 m/s], where: ego.sped > 8 m/s}\n", "ego.sped, which is not written"),
    ],
)
def test_a_file_without_parameters_to_search_is_refused(tmp_path, sweep, said):
    with pytest.raises(SpecErrors, match=said):
        found(tmp_path, sweep=sweep, workers=2 if "where" in sweep else 1)


def test_a_log_is_refused(tmp_path, library):
    text = (library / "logs" / "street-behind-white-car.yaml").read_text()
    with pytest.raises(SpecErrors, match="starts from a log"):
        found(tmp_path, text=text, sweep="\nsweep: {environment.weather: [clear, fog]}\n")


# -- output files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [name for name, each in MEASURES.items() if each.dangerous])
def test_a_written_case_is_the_found_scenario_with_the_same_measure(tmp_path, measure):
    file, out = written(tmp_path), tmp_path / "out"
    assert search_file(str(file), SearchOptions(measures=(measure,), rollouts=20, keep=3), out, Console(quiet=True))
    trials = [t for t in json.loads((out / "search.json").read_text())["trials"] if t["frontier"]]
    assert sorted(t["frontier"] for t in trials) == [1, 2, 3]
    for trial in trials:
        (scenario,) = load(out / "frontier" / f"worst-{trial['frontier']}.yaml")
        rollout = simulate(scenario)
        verdicts = check_physics(rollout, scenario)
        assert scenario.id == trial["scenario"]
        assert scenario.parameters == trial["values"]
        assert MEASURES[measure].read(rollout, verdicts, first_impact(rollout)) == trial["value"]
    assert (out / "search.png").read_bytes().startswith(b"\x89PNG")


def test_a_search_replaces_its_own_folder_and_no_other(tmp_path):
    file, out = written(tmp_path), tmp_path / "out"
    for _ in range(2):
        search_file(str(file), SearchOptions(rollouts=20, keep=2), out, Console(quiet=True))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="not the folder of a search"):
        search_file(str(file), SearchOptions(rollouts=20), tmp_path / "mine", Console(quiet=True))
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_an_unknown_measure_is_named(tmp_path):
    with pytest.raises(UserError, match="no measure 'pet'; there are ttc, deceleration, visibility"):
        search_file(str(written(tmp_path)), SearchOptions(measures=("pet",)), tmp_path / "out", Console(quiet=True))


# -- measures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ego_kmh", [20, 40, 60])
def test_the_child_of_euro_ncap_is_visible_about_one_and_a_half_seconds_before_the_impact(ego_kmh):
    """CPNCO, worked value: 40 % of the child is visible about 1.5 s before impact at 20-60 km/h."""
    rollout = simulate(child_between_cars(ego_kmh, driver=""))
    impact = first_impact(rollout)
    assert impact is not None
    assert rollout.bodies[impact.row].id == "child"
    assert impact.speed_mps == pytest.approx((ego_kmh**2 + 5**2) ** 0.5 / 3.6, rel=0.02)
    assert sight_before_conflict(rollout, impact) == pytest.approx(1.5, abs=0.25)


SIDE = """\
name: into-the-side
intent: A walker walks into the side of the passing ego.
source: {suite: tests, type: side}
duration: 3 s
road: {kind: straight, lanes: 1, opposite_lanes: 1, lane_width: 3.5 m, surface: dry}
environment: {time: day, weather: clear}
ego: {lane: 0, speed: 64 km/h, drive: hold speed}
actors:
  walker: {kind: pedestrian, side: right, ahead: 32 m, offset: 0.3 m}
story:
  - walker crosses at 5 km/h after 0.95 s
sweep: {actors.walker.ahead: [32 m, 33 m]}
expect: {collision: required}
"""


def test_check_search_and_record_have_the_same_impact_speed(tmp_path, capsys):
    file = tmp_path / "side.yaml"
    file.write_text(SIDE)
    assert check_files((str(file),), None, False, Console(width=200))
    told = re.findall(r"collision with walker at ([0-9.]+) km/h", capsys.readouterr().out)
    worst = search(file, SearchOptions(rollouts=10)).frontier[0]
    hit = next(h for h in simulate(load(file)[0]).happenings if h.other)
    assert set(told) == {f"{math.hypot(64, 5):.1f}"}
    assert f"hit at {told[0]} km/h" in worst.result(("s",))
    assert worst.impact_mps == hit.impact_mps == pytest.approx(math.hypot(64, 5) / 3.6, abs=1e-3)


def test_an_object_in_the_open_is_visible_from_the_start(tmp_path):
    (scenario,) = load(written(tmp_path, ""))
    rollout = simulate(scenario)
    assert sight_before_conflict(rollout, None) == pytest.approx(LAST_FRAME_S)
