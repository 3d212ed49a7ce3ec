"""Checks requested motion against the limits of an actor's kind: speed, braking, and paths on rails."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import asin, atan2, ceil, degrees, hypot, radians, sin
from typing import Any

import numpy as np

from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.roads.road import Road
from scenarios.source.errors import Inconsistency
from scenarios.source.units import ACCELERATION, LENGTH, SPEED, shown
from scenarios.spec.actor_references import ActorDescription
from scenarios.spec.appearance_spec import too_fast

ROUNDED_MPS = 0.02  # tolerance of a speed between points a frame apart that are rounded to a millimetre
ROUNDED_MPS2 = 0.3  # the same for an acceleration
# Assumptions of this project: rails run along the road, or straight across it at an angle of at least 30 degrees.
RAILS_ASIDE_M = 0.3
RAILS_ACROSS_RAD = radians(30)
RAILS_STRAIGHT_RAD = radians(1)
ALONG_ROAD_RAD = 0.05  # in the simulation a body with a smaller angle at its start drives along the road
MOVES_M = 0.5  # the direction of a shorter step is not reliable
Points = Sequence[tuple[float, float, float]]  # time in s, x and y in m


def check_limits(says: Any, actor: ActorDescription) -> Iterator[Inconsistency]:
    """Checks the keys `speed`, `decel` and `rate` of an action's section against the limits of its actor's kind."""
    yield from check_speed("speed", getattr(says, "speed", None), actor)
    hardest = KINDS[actor.kind].dynamics.hardest_mps2
    if hardest is None:
        return
    for key in ("decel", "rate"):
        rate = getattr(says, key, None)
        if rate is not None and rate > hardest:
            what, most = ("brakes", _brakes(hardest)) if key == "decel" else ("changes its speed", _at_most(hardest))
            yield key, f"{actor.a_kind} that {what} at {rate:g} m/s^2", most


def check_speed(key: str, asked_mps: float | None, actor: ActorDescription) -> Iterator[Inconsistency]:
    """Checks a requested speed against the fastest of the actor's kind."""
    fastest = KINDS[actor.kind].dynamics.fastest_mps
    if fastest is not None and asked_mps is not None and asked_mps > fastest + 1e-9:
        yield key, f"{actor.a_kind} at {shown(asked_mps, SPEED)}", too_fast(actor.kind)


def check_stop(key: str, within_m: float, actor: ActorDescription, speed_mps: float | None) -> Iterator[Inconsistency]:
    """Checks a stop within a distance; `speed_mps`: the actor's speed before, None if other events decide it."""
    hardest = KINDS[actor.kind].dynamics.hardest_mps2
    if not speed_mps or hardest is None or within_m >= speed_mps**2 / (2 * hardest):
        return
    needs = f"which needs {shown(speed_mps**2 / (2 * within_m), ACCELERATION)}"
    found = f"{actor.a_kind} at {shown(speed_mps, SPEED)} that stops within {shown(within_m, LENGTH)}, {needs}"
    yield key, found, f"at least {_rounded_up(speed_mps**2 / (2 * hardest))} m: {_brakes(hardest)}"


def check_change(
    key: str, to_mps: float, within_s: float, actor: ActorDescription, speed_mps: float | None
) -> Iterator[Inconsistency]:
    """Checks a change of speed within a time; `speed_mps` as in `check_stop`."""
    hardest = KINDS[actor.kind].dynamics.hardest_mps2
    if not speed_mps or hardest is None or (change := abs(to_mps - speed_mps)) <= within_s * hardest:
        return
    needs = f"which needs {shown(change / within_s, ACCELERATION)}"
    reaches = f"reaches {shown(to_mps, SPEED)} within {within_s:g} s"
    found = f"{actor.a_kind} at {shown(speed_mps, SPEED)} that {reaches}, {needs}"
    yield key, found, f"at least {_rounded_up(change / hardest)} s: {_at_most(hardest)}"


def _rounded_up(least: float) -> str:
    """Rounded up to a tenth, so that the printed value is possible."""
    return f"{ceil(10 * least - 1e-6) / 10:.1f}"


def _brakes(hardest_mps2: float) -> str:
    return f"at most {hardest_mps2:g} m/s^2, the limit of its brakes"


def _at_most(hardest_mps2: float) -> str:
    return f"at most {hardest_mps2:g} m/s^2, the hardest change of speed of that kind"


def check_path(kind: Kind, points: Points, begins_mps: float | None = None) -> Iterator[tuple[str, str]]:
    """Checks a given path against the kind's maximum speed and acceleration: what was found, what would be right.

    Some instant of a step between points has its mean speed, and some instant of two steps has an acceleration of
    twice their second divided difference: so the values found are minima of any motion through the points.
    `begins_mps`: the speed at the first point, None if unknown.
    """
    limits = KINDS[kind].dynamics
    if any(late <= early for (early, _, _), (late, _, _) in pairwise(points)):
        return  # reported by another check
    steps = [(hypot(x1 - x0, y1 - y0) / (t1 - t0), t0, t1) for (t0, x0, y0), (t1, x1, y1) in pairwise(points)]
    fastest = max(speed for speed, _, _ in steps)
    if limits.fastest_mps is not None and fastest > limits.fastest_mps + ROUNDED_MPS:
        yield f"at {shown(fastest, SPEED)}", too_fast(kind)
        return
    if limits.hardest_mps2 is None:
        return
    first = [(begins_mps, points[0][0], points[0][0])] if begins_mps is not None else []
    for (slow, begins, _), (speed, _, ends) in pairwise([*first, *steps]):
        needs = 2 * abs(speed - slow) / (ends - begins)
        if needs > limits.hardest_mps2 + ROUNDED_MPS2:
            change = f"from {shown(slow, SPEED)} to {shown(speed, SPEED)} between {begins:g} and {ends:g} s"
            yield f"{change}, which needs {shown(needs, ACCELERATION)} or more", _at_most(limits.hardest_mps2)
            return


def check_rail(points: Points, road: Road) -> Iterator[tuple[str, str]]:
    """Checks that a given path stays on possible rails: along the road, or straight across it."""
    xy = np.array([point[1:] for point in points], float)
    aside = float(np.ptp(road.project(xy)[:, 1]))
    if aside <= RAILS_ASIDE_M:
        return
    kept = [xy[0]]
    for place in xy[1:]:
        if hypot(*(place - kept[-1])) >= MOVES_M:
            kept.append(place)
    headings = np.unwrap([atan2(*(late - early)[::-1]) for early, late in pairwise(kept)])
    if len(headings) and np.ptp(headings) > RAILS_STRAIGHT_RAD:
        yield f"that moves {aside:.1f} m across the road on a bent line, off its rails", _ON_RAILS
    elif len(headings):
        yield from _check_angle(xy[0], float(headings[0]), road)


def check_heading(at: tuple[float, float], heading_rad: float, road: Road) -> Iterator[tuple[str, str]]:
    """Checks that a straight line from a position stays on possible rails."""
    if _angle(np.array(at), heading_rad, road) >= ALONG_ROAD_RAD:
        yield from _check_angle(np.array(at), heading_rad, road)


_ON_RAILS = "rails that keep their distance from the road's edge, or lead straight across at 30 degrees or more"


def _check_angle(at: np.ndarray, heading_rad: float, road: Road) -> Iterator[tuple[str, str]]:
    if (angle := _angle(at, heading_rad, road)) < RAILS_ACROSS_RAD:
        yield f"that leads across the road at {degrees(angle):.0f} degrees, off its rails", _ON_RAILS


def _angle(at: np.ndarray, heading_rad: float, road: Road) -> float:
    """Angle of a line through a position with the road there, from 0 to a right angle."""
    s, _ = road.locate(float(at[0]), float(at[1]))
    return asin(min(1.0, abs(sin(heading_rad - road.heading(s)))))
