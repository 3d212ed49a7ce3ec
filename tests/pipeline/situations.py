"""Scenarios for the tests of the pipeline."""

from scenarios.model.bodies import EGO_SIZE, USUAL_SIZE, Body, Kind
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road, RoadKind
from scenarios.scenario import Expect, HoldSpeed, OnLane, Placed, Scenario

CASE = """\
name: braking
intent: The car ahead brakes.
source: {{suite: test, type: lead vehicle decelerating}}
duration: {duration}
road: {{kind: straight, lanes: 2, lane_width: 3.5 m, surface: dry}}
environment: {{time: day, weather: clear}}
ego: {{lane: 0, speed: 36 km/h, drive: follow}}
actors:
  lead: {{kind: car, ahead: 12 m, lane: 0, speed: 36 km/h}}
sweep:
  actors.lead.ahead: [{gaps}]
"""


def car_ahead(duration_s: float = 1.0) -> Scenario:
    """Two cars at 10 m/s on a straight road, 15 m between their centres."""
    ego = Placed(Body("ego", Kind.CAR, EGO_SIZE), OnLane(0.0, 0.0), 10.0, HoldSpeed(10.0))
    lead = Placed(Body("lead", Kind.CAR, USUAL_SIZE[Kind.CAR]), OnLane(15.0, 0.0), 10.0, HoldSpeed(10.0))
    road = Road(RoadKind.STRAIGHT, 2, 0, 3.5, 0.0, 0)
    return Scenario(
        "car-ahead", "car ahead", "", {}, duration_s, road, Surface.DRY, 0.85, Environment(), (ego, lead), (), Expect()
    )  # fmt: skip


def case(gaps: int, duration: str = "1 s") -> str:
    """A scenario file that expands to `gaps` scenarios."""
    return CASE.format(duration=duration, gaps=", ".join(f"{12 + 2 * i} m" for i in range(gaps)))
