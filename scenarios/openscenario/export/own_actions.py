"""Actions of this project in an exported file: their own words, and how long their acceleration builds up.

A player changes speeds at a constant rate from the first instant. Brakes and engines build their rate up, which moves a
body like a constant rate that begins half of the build-up later.
"""

import json

from scenarios.model.actions import (
    Action,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    CutIn,
    CutOut,
    HoldSpeed,
    LaneOffset,
    Profile,
    Stop,
)
from scenarios.model.bodies import ON_FOOT, Kind
from scenarios.model.sides import Side
from scenarios.openscenario.source.yaml_text import quantity_text, speed
from scenarios.simulation.dynamics.longitudinal_control import BRAKE_JERK, DRIVE_JERK, LIT_DECEL

HOLDING_MPS2 = 2.0  # rate with which a held speed is reached


def own_action(action: Action, delay_s: float) -> str:
    """The action as a story says it, and the delay that its exported trigger adds, in JSON; "" if it has no words."""
    do = _do(action)
    return json.dumps({"do": do, "delay": round(delay_s, 6)}, sort_keys=True) if do else ""


def _do(action: Action) -> dict[str, object]:
    match action:
        case Brake(decel, until):
            return {"brake": {"decel": quantity_text(decel, "m/s^2")} | ({"until": speed(until)} if until else {})}
        case BrakeHardest(until):
            return {"brake": {"decel": "hardest"} | ({"until": speed(until)} if until else {})}
        case ChangeSpeed(to, rate, profile, within):
            pace = (
                {"rate": quantity_text(rate, "m/s^2")} if rate is not None else {"within": quantity_text(within, "s")}
            )
            return {"change_speed": {"to": speed(to)} | pace | {"profile": str(profile)}}
        case HoldSpeed(to, None):
            return {"hold_speed": {"speed": speed(to)}}
        case Stop(None, within, 0.0):
            return {"stop": {"within": quantity_text(within, "m")}}
        case CutIn(within):
            return {"cut_in": {"within": quantity_text(within, "s")}}
        case CutOut(side, within):
            return {"cut_out": ({"to": str(side)} if side else {}) | {"within": quantity_text(within, "s")}}
        case ChangeLane(to, within):
            lane = f"oncoming {to.number}" if not isinstance(to, Side) and to.oncoming else None
            named = str(to) if isinstance(to, Side) else lane or to.number
            return {"change_lane": {"to": named, "within": quantity_text(within, "s")}}
        case LaneOffset(to, within):
            return {"offset": {"to": quantity_text(to, "m"), "within": quantity_text(within, "s")}}
    return {}


def build_up_s(action: Action, kind: Kind, grip_mps2: float, faster: bool) -> float:
    """Half of the time in which the acceleration of an action builds up, seconds; `faster`: whether it speeds up."""
    if kind in ON_FOOT:
        return 0.0
    match action:
        case Brake(decel, _):
            return min(decel, grip_mps2) / (2 * BRAKE_JERK)
        case BrakeHardest():
            return grip_mps2 / (2 * BRAKE_JERK)
        case ChangeSpeed(_, rate, Profile.LINEAR, None):
            assert rate is not None
            return rate / (2 * (BRAKE_JERK if not faster and rate > LIT_DECEL else DRIVE_JERK))
        case HoldSpeed(_, None):
            return HOLDING_MPS2 / (2 * (DRIVE_JERK if faster else BRAKE_JERK))
    return 0.0
