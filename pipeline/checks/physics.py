"""Physics checks: verdicts on a rollout, without pictures. `PHYSICS_CHECKS` lists the checks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool

from outputs.registry import ExtensionRegistry
from outputs.verdict import Outcome, Verdict, check_id
from pipeline.checks import feasibility, outcomes, sliding
from pipeline.checks.kinematics import Kinematics, kinematics
from scenarios.metrics.criticality import Encounters, encounters
from scenarios.metrics.near_miss import EgoImpact, NearMiss, near_miss
from scenarios.metrics.smoothing import WINDOW
from scenarios.rollout import LONGEST_POSE_STEP_S, Rollout
from scenarios.scenario import Scenario

LOG_SLIP_M = 0.10  # the ego's pose in a log is accurate to centimetres, its speed is derived from it
LOG_JUMP_M = 1.0  # larger errors of an annotated body's position after one frame are jumps
OF_BOXES = ("annotated-bodies", "solid-bodies")  # do not use the ego's forces
CRITICAL_TTC, CRITICAL_BRAKING = "critical-moment-ttc", "critical-moment-braking"
COARSE = "its boxes are annotated about twice a second, too rarely to measure forces"


@dataclass(frozen=True)
class PhysicsCase:
    """A rollout with the values that several checks use.

    `met` are the ego's encounters up to its first impact, `near` the near miss of the whole rollout.
    `measured` marks the bodies whose forces can be measured: in a log only the ego.
    """

    rollout: Rollout
    scenario: Scenario
    motion: Kinematics
    met: Encounters
    near: NearMiss

    @property
    def hit(self) -> EgoImpact | None:
        """The ego's first contact."""
        return self.near.contact

    @property
    def from_log(self) -> bool:
        return self.scenario.from_log is not None

    @property
    def measured(self) -> Bool[np.ndarray, "actor"]:
        rows = np.arange(len(self.rollout.bodies))
        return (rows == 0) if self.from_log else np.ones(len(rows), bool)


@dataclass(frozen=True)
class PhysicsCheck:
    """A check of rollouts: its stable `id`, its name for people, its topic, and the function that judges a case.

    `judge` returns any number of verdicts, none if there is nothing to judge. `about`: possible motion, the author's
    `expect`, critical moments, following distance, comfort, or the events of the story.
    """

    id: str
    check: str
    about: Literal["feasibility", "expectation", "criticality", "following", "comfort", "story"]
    judge: Callable[[PhysicsCase], tuple[Verdict, ...]]

    @property
    def name(self) -> str:
        return self.id


def check_physics(rollout: Rollout, scenario: Scenario) -> tuple[Verdict, ...]:
    """Judge whether the motion is possible (gates), agrees with `expect` (gates), and how critical it is (tags)."""
    motion = kinematics(rollout)
    if motion is None:
        reason = f"{len(rollout.t_s)} frames are fewer than the {WINDOW} that a derivative needs"
        return (Verdict("feasibility", "physics", Outcome.INCONCLUSIVE, None, None, "", "", "", reason, id=TOO_SHORT),)
    case = physics_case(rollout, scenario, motion)
    return tuple(
        _with_rare_poses(replace(verdict, id=check.id, check=check.check), check, rollout)
        for check in PHYSICS_CHECKS
        for verdict in check.judge(case)
    )


def physics_case(rollout: Rollout, scenario: Scenario, motion: Kinematics) -> PhysicsCase:
    """A rollout with its motion, encounters and near miss."""
    met = encounters(rollout)
    near = near_miss(rollout, met)
    if near.contact is not None:
        met = met.until(rollout.t_s, near.contact.t_s, rollout.index(near.contact.other))
    return PhysicsCase(rollout, scenario, motion, met, near)


def _with_rare_poses(verdict: Verdict, check: PhysicsCheck, rollout: Rollout) -> Verdict:
    """Inconclusive, and a reason to keep the clip back, if the ego's motion in a log was measured too rarely for it."""
    judges_motion = check.about in ("feasibility", "comfort") and check.id not in OF_BOXES
    if rollout.pose_step_s <= LONGEST_POSE_STEP_S or not judges_motion:
        return verdict
    reason = (
        f"the log's ego poses are up to {rollout.pose_step_s:.2g} s apart, too rare to measure forces (needed: every "
    )
    reason += f"{LONGEST_POSE_STEP_S:.2g} s)"
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=reason, must_pass=verdict.gates)


def is_critical(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether a critical moment was tagged."""
    return any(_about(v) == "criticality" and v.outcome is Outcome.FAIL for v in verdicts)


def is_expectation(verdict: Verdict) -> bool:
    """Whether the verdict is about the author's expectation."""
    return _about(verdict) == "expectation"


def _about(verdict: Verdict) -> str:
    known = PHYSICS_CHECKS.known.get(verdict.id)
    return known.about if known else ""


def _solid(case: PhysicsCase) -> tuple[Verdict, ...]:
    solid = feasibility.solidity(case.rollout)
    if case.from_log and solid.outcome is Outcome.FAIL:
        why = f"{solid.reason}; annotated boxes are larger than the bodies"
        solid = replace(solid, outcome=Outcome.INCONCLUSIVE, reason=why)
    return (solid,)


def _annotated(case: PhysicsCase) -> tuple[Verdict, ...]:
    """Check annotated bodies of a log for large jumps, since their forces cannot be measured; empty in a simulation."""
    if not case.from_log:
        return ()
    jumps = feasibility.continuity(case.rollout, case.motion, ~case.measured, LOG_JUMP_M)
    if jumps.outcome is Outcome.FAIL:
        return (jumps,)
    count = int((~case.measured).sum())
    reason = f"{count} annotated bodies do not jump; nothing else can be checked: {COARSE.replace('its', 'their')}"
    return (replace(jumps, outcome=Outcome.INCONCLUSIVE, reason=reason),)


def _after_impact(case: PhysicsCase) -> tuple[Verdict, ...]:
    after = None if case.from_log else feasibility.slide_continuity(case.rollout, case.motion)
    return () if after is None else (after,)


def _continuity(case: PhysicsCase) -> tuple[Verdict, ...]:
    allowed_m = LOG_SLIP_M if case.from_log else feasibility.MAX_SLIP_M
    return (feasibility.continuity(case.rollout, case.motion, case.measured, allowed_m),)


def _motion(
    judge: Callable[[Rollout, Kinematics, Bool[np.ndarray, "actor"]], Verdict],
) -> Callable[[PhysicsCase], tuple[Verdict, ...]]:
    """Apply a check to the bodies whose forces can be measured."""
    return lambda case: (judge(case.rollout, case.motion, case.measured),)


def _slide(
    judge: Callable[[Rollout, Kinematics], tuple[Verdict, ...]],
) -> Callable[[PhysicsCase], tuple[Verdict, ...]]:
    """Apply a check to simulated rollouts only: a log has no slides."""
    return lambda case: () if case.from_log else judge(case.rollout, case.motion)


def _comfort(name: str) -> PhysicsCheck:
    check = f"comfort: {name}"
    return PhysicsCheck(check_id(check), check, "comfort", lambda c: outcomes.comfort(name, c.rollout, c.motion))


TOO_SHORT = "feasibility"  # id of the only verdict on a rollout that is too short for the other checks
STORY = PhysicsCheck("story", "story", "story", lambda c: outcomes.story(c.rollout, c.scenario))
EVENTS = PhysicsCheck("events", outcomes.EVENTS, "expectation", lambda c: outcomes.events_done(c.rollout, c.scenario))
PHYSICS_CHECKS: ExtensionRegistry[PhysicsCheck] = ExtensionRegistry("physics check", (
    PhysicsCheck("friction-circle", "friction circle", "feasibility", _motion(feasibility.friction_circle)),
    PhysicsCheck("acceleration", "acceleration", "feasibility", _motion(feasibility.acceleration)),
    PhysicsCheck("curvature", "curvature", "feasibility", _motion(feasibility.curvature)),
    PhysicsCheck("steering-rate", "steering rate", "feasibility", _motion(feasibility.steering_rate)),
    PhysicsCheck("direction-of-travel", "direction of travel", "feasibility", _motion(feasibility.direction)),
    PhysicsCheck("continuity", "continuity", "feasibility", _continuity),
    PhysicsCheck("heading-continuity", "heading continuity", "feasibility", _motion(feasibility.heading_continuity)),
    PhysicsCheck("after-the-impact", "after the impact", "feasibility", _after_impact),
    PhysicsCheck("slide", "slide", "feasibility", _slide(sliding.friction_slows)),
    PhysicsCheck("slide-speed", "slide speed", "feasibility", _slide(sliding.speed_never_rises)),
    PhysicsCheck("slide-spin", "slide spin", "feasibility", _slide(sliding.spin)),
    PhysicsCheck("free-fall", "free fall", "feasibility", _slide(sliding.free_fall)),
    PhysicsCheck("annotated-bodies", "annotated bodies", "feasibility", _annotated),
    PhysicsCheck("solid-bodies", "solid bodies", "feasibility", _solid),
    PhysicsCheck("size", "size", "feasibility", lambda c: () if c.from_log else feasibility.sizes(c.rollout)),
    PhysicsCheck(
        "carriageway", "carriageway", "feasibility", lambda c: feasibility.carriageway(c.rollout, c.motion)
    ),
    PhysicsCheck("zebra", "zebra", "feasibility", lambda c: feasibility.zebra(c.rollout)),
    PhysicsCheck("braking-distance", "braking distance", "feasibility", _motion(outcomes.braking_distance)),
    PhysicsCheck(
        "expect-collision", "expect: collision", "expectation",
        lambda c: outcomes.expected_collision(c.hit.other if c.hit else None, c.scenario.expect),
    ),
    PhysicsCheck(
        "expect-min-ttc", "expect: min TTC", "expectation",
        lambda c: outcomes.expected_ttc(c.rollout, c.met, c.scenario.expect),
    ),
    PhysicsCheck(
        "expect-min-gap", "expect: min gap", "expectation",
        lambda c: outcomes.expected_gap(c.rollout, c.met, c.scenario.expect),
    ),
    EVENTS,
    PhysicsCheck(
        "safe-distance", "safe distance", "following", lambda c: outcomes.safe_distance(c.rollout, c.met, c.hit)
    ),
    PhysicsCheck(CRITICAL_TTC, "critical moment: TTC", "criticality", lambda c: outcomes.critical_ttc(c.near)),
    PhysicsCheck(
        "critical-moment-pet", "critical moment: PET", "criticality", lambda c: outcomes.critical_pet(c.near)
    ),
    PhysicsCheck(
        CRITICAL_BRAKING, "critical moment: braking", "criticality",
        lambda c: outcomes.critical_braking(c.rollout, c.met, c.hit),
    ),
    PhysicsCheck(
        "critical-moment-brake-threat", "critical moment: brake threat", "criticality",
        lambda c: outcomes.critical_threat(c.rollout, c.met, c.hit),
    ),
    *map(_comfort, outcomes.COMFORT),
    STORY,
))  # fmt: skip
