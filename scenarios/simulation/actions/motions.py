"""The motion interface of verbs (`scenarios.verbs`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenarios.model.actions import ActionTable, Follow
from scenarios.model.triggers import Trigger
from scenarios.simulation.actions.merging import Merging
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import Control, Target


@dataclass(frozen=True)
class SpeedRule:
    """The control of a body's speed: a driver model or a target, and its gear."""

    drive: Follow | None
    target: Control
    gear: int

    def apply(self, mover: BodyState) -> None:
        """Restore this control."""
        mover.drive, mover.target, mover.wanted_gear, mover.driven = self.drive, self.target, self.gear, False
        if self.drive is not None:
            mover.join_lane()


def speed_rule(mover: BodyState) -> SpeedRule:
    """The present control of a body; for a body that follows a plan: keep the present speed."""
    target = Target(mover.speed, 2.0) if mover.scripted else mover.target
    return SpeedRule(mover.drive, target, mover.wanted_gear)


@dataclass(frozen=True)
class TriggerWatch:
    """A trigger that an action waits for: whether it `holds` now; `why_not`: why it never held, for an author."""

    holds: Callable[[], bool]
    why_not: Callable[[], str]


@dataclass(frozen=True)
class ActionContext:
    """The context of an action at its start and while it lasts.

    `before`: the speed control of the body until the action started. `watch` starts to watch a trigger. `arrive` puts a
    body into the scene as soon as its place at the scene's edge is free. `merging`: the pending merges from a ramp.
    """

    t_s: float
    look: Callable[[str], BodyState]
    watch: Callable[[Trigger], TriggerWatch]
    before: SpeedRule
    arrive: Callable[[BodyState], None]
    merging: Merging


Motion = Callable[[Any, BodyState, ActionContext], RunningAction]
MOTIONS: ActionTable[Motion] = ActionTable("motion")
