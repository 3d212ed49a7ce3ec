"""A straight road for tests of single verbs, and helpers that simulate story lines on it."""

import numpy as np
from jaxtyping import Float

from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import check_physics, is_expectation
from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate

ACTORS = (
    "red: {kind: car, lane: 0, ahead: 20 m, speed: 50 km/h}",
    "truck: {kind: truck, lane: 0, ahead: 50 m, speed: 36 km/h}",
    "walker: {kind: pedestrian, side: right, ahead: 60 m, offset: 1 m}",
    "rider: {kind: cyclist, side: right, ahead: 80 m, offset: 1 m}",
    "oncoming: {kind: car, lane: oncoming 0, ahead: 120 m, speed: 50 km/h}",
)
EGO = "{lane: 0, speed: 0 km/h, drive: hold speed}"


def lanes(
    *lines: str,
    road: str = "{lanes: 2, opposite_lanes: 1}",
    actors: tuple[str, ...] = ACTORS[:1],
    ego: str = EGO,
    duration: str = "12 s",
) -> Scenario:
    """The scenario of these story lines."""
    text = f"name: lanes\nintent: One verb.\nduration: {duration}\nroad: {road}\nego: {ego}\nactors:\n"
    text += "".join(f"  {actor}\n" for actor in actors) + "story:\n" + "".join(f"  - {line}\n" for line in lines)
    (scenario,) = loads(text)
    return scenario


def story_of(scenario: Scenario) -> list[str]:
    """The lines of the story as `explain` prints them."""
    return [line[4:] for line in told((scenario,)).splitlines() if line.startswith("  - ")]


def impossible(scenario: Scenario, rollout: Rollout) -> list[str]:
    """Failed checks of possible motion; events that fall short of what they asked are no part of them."""
    return [v.reason for v in _failed(scenario, rollout) if not is_expectation(v)]


def _failed(scenario: Scenario, rollout: Rollout) -> list[Verdict]:
    """The verdicts that reject a rollout."""
    return [v for v in check_physics(rollout, scenario) if v.gates and v.outcome is Outcome.FAIL]


def driven(scenario: Scenario) -> Rollout:
    """Its rollout, which has no failed check and no collision: every event also did what it was asked."""
    rollout = simulate(scenario)
    assert [v.reason for v in _failed(scenario, rollout)] == []
    assert [h for h in rollout.happenings if h.other] == []
    assert rollout.unfired == ()
    return rollout


def offsets(rollout: Rollout, who: str) -> Float[np.ndarray, "time"]:
    """Lateral distance of a body's centre from the ego's lane, metres to the left."""
    return rollout.road.project(rollout.centre[:, rollout.index(who), :2])[:, 1]


def speeds(rollout: Rollout, who: str) -> Float[np.ndarray, "time"]:
    return rollout.speed_mps[:, rollout.index(who)]


def said_at(rollout: Rollout, what: str) -> float:
    """Time of the first event with this text."""
    return next(h.t_s for h in rollout.happenings if what in h.what)
