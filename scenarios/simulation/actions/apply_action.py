"""Start the actions of a story: check that the body can act, then call the motion of the action's verb."""

import math

from scenarios.model.actions import Action
from scenarios.simulation.actions.lane_change import ALONG_RAD, STEEPEST_RAD, across_road
from scenarios.simulation.actions.motions import MOTIONS, ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.longitudinal_control import Target


def perform(mover: BodyState, action: Action, context: ActionContext) -> RunningAction:
    """Start an event's action."""
    if not action.acts:
        return MOTIONS.of(action)(action, mover, context)
    if mover.struck_once:
        return decline("cannot act any more after the impact")
    if mover.skid is not None:
        return decline("cannot act while it slides")
    if not mover.present:
        return decline("cannot act: it is not in the scene")
    if why := across_road(mover, _steepest(action)):
        return decline(f"does not take it up: {why}")
    if mover.scripted and not action.takes_speed:
        mover.target = Target(mover.speed, 2.0)
    mover.still, mover.scripted = False, False
    if action.takes_speed:
        mover.drive, mover.wanted_gear = None, 1
    deed = MOTIONS.of(action)(action, mover, context)
    if deed.declined and action.takes_speed:
        context.before.apply(mover)
    return deed


def _steepest(action: Action) -> float:
    """Maximum angle to the road of a body that starts an action along the road, radians; infinite for other actions."""
    if action.along_road:
        return ALONG_RAD
    return STEEPEST_RAD if action.joins_road else math.inf
