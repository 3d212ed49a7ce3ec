"""What the actions of verbs with a module of their own (`scenarios.verbs`) do to a body."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenarios.model.actions import ActionTable, Follow
from scenarios.model.triggers import Trigger
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import Control, Target


@dataclass(frozen=True)
class SpeedRule:
    """What rules a body's speed: a driver, or else a target; and its gear."""

    drive: Follow | None
    target: Control
    gear: int

    def apply(self, mover: BodyState) -> None:
        """Let it rule again."""
        mover.drive, mover.target, mover.wanted_gear, mover.driven = self.drive, self.target, self.gear, False
        if self.drive is not None:
            mover.join_lane()


def speed_rule(mover: BodyState) -> SpeedRule:
    """The present one; of who follows a plan: to go on as fast as now."""
    target = Target(mover.speed, 2.0) if mover.scripted else mover.target
    return SpeedRule(mover.drive, target, mover.wanted_gear)


@dataclass(frozen=True)
class TriggerWatch:
    """A trigger that an action waits for: whether it `holds` now; `why_not` of one that never did, for an author."""

    holds: Callable[[], bool]
    why_not: Callable[[], str]


@dataclass(frozen=True)
class ActionContext:
    """What an action can ask while it begins and while it lasts.

    `before`: what ruled the body's speed until the action began. `watch` begins to watch a trigger.
    """

    t_s: float
    look: Callable[[str], BodyState]
    watch: Callable[[Trigger], TriggerWatch]
    before: SpeedRule


Motion = Callable[[Any, BodyState, ActionContext], RunningAction]
MOTIONS: ActionTable[Motion] = ActionTable("motion")
