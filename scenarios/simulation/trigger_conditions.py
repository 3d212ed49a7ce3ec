"""How near a trigger is to holding: the measured quantity and its difference from the requested value."""

import math
from collections.abc import Callable
from dataclasses import dataclass

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
from scenarios.simulation.dynamics.body_state import BodyState, Station, station

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
            return _between(when, station(bodies[0]), station(bodies[1], bodies[0].road), abs(bodies[0].speed))
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
            own, other = station(bodies[0]), station(bodies[1], bodies[0].road)
            short = other.far_m - own.near_m if own.facing > 0 else own.far_m - other.near_m
            return TriggerDistance(short, f"{of} stayed {short:.1f} m short of having passed {what}")
    raise TypeError(f"no such trigger: {when!r}")


def bodies_of(when: Trigger) -> tuple[str, ...]:
    """The bodies that a trigger refers to."""
    named = (getattr(single, key, None) for single in singles(when) for key in ("of", "to", "what"))
    return tuple(dict.fromkeys(name for name in named if name is not None))


def _pace(mover: BodyState) -> float:
    return math.hypot(*mover.velocity())


def _between(when: AtGap | AtTTC | AtHeadway, of: Station, to: Station, pace: float) -> TriggerDistance:
    ahead = to.near_m - of.far_m >= of.near_m - to.far_m
    gap = max(to.near_m - of.far_m, of.near_m - to.far_m, 0.0) * of.stretch
    names = f"{when.of} and {when.to}"
    if isinstance(when, AtGap):
        extreme = "smallest" if when.below else "largest"
        return TriggerDistance(
            gap - when.gap_m if when.below else when.gap_m - gap, f"the {extreme} gap of {names} was {gap:.1f} m"
        )
    if isinstance(when, AtTTC):
        closing = (of.along_mps - to.along_mps) * (1 if ahead else -1)
        ttc = gap / closing if closing > 1e-6 else math.inf
        told = f"the smallest TTC of {names} was {ttc:.2f} s" if ttc < math.inf else f"{names} never closed in"
        return TriggerDistance(ttc - when.ttc_s, told)
    in_front = ahead == (of.facing > 0)
    headway = gap / pace if in_front and pace > 0.1 else math.inf
    extreme = "smallest" if when.below else "largest"
    told = (
        f"the {extreme} headway of {names} was {headway:.2f} s" if headway < math.inf else f"{when.to} was never ahead"
    )
    short = headway - when.headway_s if when.below else when.headway_s - headway
    return TriggerDistance(short if in_front else math.inf, told)


def _in_lane(of: str, lane: LaneRef, body: BodyState) -> TriggerDistance:
    road = body.road
    number = lane.number + (road.lanes if lane.oncoming else 0)
    off = abs(road.locate(*body.centre())[1] - road.lane_centre(number))
    return TriggerDistance(off - road.width_of(number) / 2, f"{of} stayed {off:.1f} m from the middle of {lane}")
