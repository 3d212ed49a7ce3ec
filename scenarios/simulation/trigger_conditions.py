"""How near a trigger is to holding: the measured quantity and its difference from the requested value."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.metrics.courses import (
    BRAKES,
    COURSE,
    LENGTH,
    OFFSET,
    ON_FEET,
    SLIDING,
    SPEED,
    STATE_WIDTH,
    WIDTH,
    YAW,
    States,
    X,
    Y,
)
from scenarios.metrics.formulas import time_headway
from scenarios.metrics.pairs import road_gap, set_lines, time_to_contact
from scenarios.model.triggers import (
    AfterDistance,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    HasPassed,
    InLane,
    LaneRef,
    Trigger,
    singles,
)
from scenarios.roads.traffic_lines import traffic_lines
from scenarios.simulation.dynamics.body_state import BodyState, station

STANDSTILL_MPS = 0.01
Watched = AtGap | AtTTC | AtHeadway | AtSpeed | AtStandstill | AfterDistance | AtPlace | InLane | HasPassed


@dataclass(frozen=True)
class TriggerDistance:
    """The distance of a trigger from holding: it holds when `short` is 0 or less. `told` states the value in words."""

    short: float
    told: str


BodyLookup = Callable[[str], BodyState]  # a body by its id


def reading(when: Watched, look: BodyLookup) -> TriggerDistance | None:
    """How near `when` is to holding now; None while a body that it names is not in the scene."""
    bodies = [look(name) for name in bodies_of(when)]
    if not all(body.present for body in bodies):
        return None
    match when:
        case AtGap() | AtTTC() | AtHeadway():
            return _between(when, bodies[0], bodies[1])
        case AtSpeed(of, limit, below):
            speed = _pace(bodies[0])
            said = f"{of} was never {'slower' if below else 'faster'} than {speed * 3.6:.1f} km/h"
            return TriggerDistance(speed - limit if below else limit - speed, said)
        case AtStandstill(of):
            speed = _pace(bodies[0])
            return TriggerDistance(speed - STANDSTILL_MPS, f"{of} was never slower than {speed * 3.6:.1f} km/h")
        case AfterDistance(of, distance):
            way = bodies[0].travelled_m
            return TriggerDistance(distance - way, f"{of} travelled {way:.1f} m in all")
        case AtPlace(of, along):
            here = station(bodies[0])
            short = (along - here.front()) * here.facing
            return TriggerDistance(short, f"{of} stayed {short:.1f} m short of it")
        case InLane(of, lane):
            return _in_lane(of, lane, bodies[0])
        case HasPassed(of, what):
            own = station(bodies[0])
            other = station(bodies[1], bodies[0].road, near_m=own.near_m)
            short = other.far_m - own.near_m if own.facing > 0 else own.far_m - other.near_m
            return TriggerDistance(short, f"{of} stayed {short:.1f} m short of having passed {what}")
    raise TypeError(f"no such trigger: {when!r}")


def bodies_of(when: Trigger) -> tuple[str, ...]:
    """The bodies that a trigger refers to."""
    named = (getattr(single, key, None) for single in singles(when) for key in ("of", "to", "what"))
    return tuple(dict.fromkeys(name for name in named if name is not None))


def _pace(mover: BodyState) -> float:
    return math.hypot(*mover.velocity())


def _between(when: AtGap | AtTTC | AtHeadway, of: BodyState, to: BodyState) -> TriggerDistance:
    """The figures of `metrics.pairs`, the same ones that verdicts state."""
    nodes, rows = traffic_lines(of.main or of.road)
    states = np.stack([state_of(of), state_of(to)])
    set_lines(nodes, rows, states)
    names = f"{when.of} and {when.to}"
    if isinstance(when, AtTTC):
        ttc = time_to_contact(nodes, rows, *states)[0]
        told = f"the smallest TTC of {names} was {ttc:.2f} s" if ttc < math.inf else f"{names} were never about to meet"
        return TriggerDistance(ttc - when.ttc_s, told)
    gap, ahead = road_gap(nodes, rows, *states)
    extreme = "smallest" if when.below else "largest"
    if isinstance(when, AtGap):
        told = f"the {extreme} gap of {names} was {gap:.1f} m"
        return TriggerDistance(gap - when.gap_m if when.below else when.gap_m - gap, told)
    headway = float(time_headway(gap, of.speed)) if ahead else math.inf
    told = (
        f"the {extreme} headway of {names} was {headway:.2f} s" if headway < math.inf else f"{when.to} was never ahead"
    )
    short = headway - when.headway_s if when.below else when.headway_s - headway
    return TriggerDistance(short if ahead else math.inf, told)


def state_of(body: BodyState) -> States:
    """The state of a body as a row of `metrics.courses`."""
    row, size = np.zeros(STATE_WIDTH), body.body.size
    row[X], row[Y], row[YAW] = body.at
    row[ON_FEET] = body.on_foot
    row[OFFSET], row[LENGTH], row[WIDTH] = body.offset_m, size.length_m, size.width_m
    row[SPEED], row[COURSE], row[BRAKES] = body.speed, row[YAW], max(-body.accel * np.sign(body.speed), 0.0)
    if body.slides:
        vx, vy = body.velocity()
        row[SPEED], row[COURSE], row[SLIDING] = math.hypot(vx, vy), math.atan2(vy, vx), 1.0
    return row


def _in_lane(of: str, lane: LaneRef, body: BodyState) -> TriggerDistance:
    road = body.road
    number = lane.number + (road.lanes if lane.oncoming else 0)
    off = abs(road.locate(*body.centre())[1] - road.lane_centre(number))
    return TriggerDistance(off - road.width_of(number) / 2, f"{of} stayed {off:.1f} m from the middle of {lane}")
