"""The physics family: judges a rollout, before and without any picture."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from outputs.verdict import Outcome, Verdict
from pipeline.checks import feasibility, outcomes, sliding
from pipeline.checks.kinematics import Kinematics, kinematics
from scenarios.metrics.criticality import Encounters, encounters
from scenarios.metrics.smoothing import WINDOW
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario

LOG_SLIP_M = 0.10  # the ego's pose in a log is good to centimetres, its speed is derived from it
LOG_JUMP_M = 1.0  # an annotated body that is this far from where its speed takes it in one frame has jumped
COARSE = "its boxes are annotated about twice a second, too coarse for forces"


def check_physics(rollout: Rollout, scenario: Scenario) -> tuple[Verdict, ...]:
    """Whether the motion is possible (gates), meets the author's `expect` (gates), and how critical it is (tags)."""
    motion = kinematics(rollout)
    if motion is None:
        reason = f"{len(rollout.t_s)} frames are fewer than the {WINDOW} that a derivative needs"
        return (Verdict("feasibility", "physics", Outcome.INCONCLUSIVE, None, None, "", "", "", reason),)
    hit = outcomes.ego_hits(rollout)
    met = _until_hit(encounters(rollout), rollout, hit)
    possible = _of_log(rollout, motion) if scenario.from_log is not None else _of_simulation(rollout, motion)
    return (
        *possible,
        *outcomes.expectations(rollout, met, hit[0] if hit else None, scenario.expect),
        *outcomes.safe_distance(rollout, met),
        *outcomes.critical_moments(rollout, met),
        *outcomes.comfort(rollout, motion),
        *outcomes.story(rollout, scenario),
    )


def _of_simulation(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    everybody = np.ones(len(rollout.bodies), bool)
    after = feasibility.slide_continuity(rollout, motion)
    return (
        *_forces(rollout, motion, everybody),
        feasibility.continuity(rollout, motion, everybody, feasibility.MAX_SLIP_M),
        feasibility.heading_continuity(rollout, motion, everybody),
        *([after] if after else []),
        *sliding.slides(rollout, motion),
        feasibility.solidity(rollout),
        outcomes.braking_distance(rollout, motion, everybody),
    )


def _of_log(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """The ego as in a simulation; annotated bodies only for gross jumps, since their forces cannot be measured."""
    ego = np.arange(len(rollout.bodies)) == 0
    solid = feasibility.solidity(rollout)
    if solid.outcome is Outcome.FAIL:
        why = f"{solid.reason}; annotated boxes are looser than bodies"
        solid = replace(solid, outcome=Outcome.INCONCLUSIVE, reason=why)
    return (
        *_forces(rollout, motion, ego),
        feasibility.continuity(rollout, motion, ego, LOG_SLIP_M),
        feasibility.heading_continuity(rollout, motion, ego),
        _annotated(rollout, motion, ~ego),
        solid,
        outcomes.braking_distance(rollout, motion, ego),
    )


def _forces(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> tuple[Verdict, ...]:
    return (
        feasibility.friction_circle(rollout, motion, who),
        feasibility.acceleration(rollout, motion, who),
        feasibility.curvature(rollout, motion, who),
        feasibility.steering_rate(rollout, motion, who),
        feasibility.direction(rollout, motion, who),
    )


def _annotated(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    jumps = replace(feasibility.continuity(rollout, motion, who, LOG_JUMP_M), check="annotated bodies")
    if jumps.outcome is Outcome.FAIL:
        return jumps
    reason = (
        f"{int(who.sum())} annotated bodies make no jump, but more cannot be said: {COARSE.replace('its', 'their')}"
    )
    return replace(jumps, outcome=Outcome.INCONCLUSIVE, reason=reason)


def _until_hit(met: Encounters, rollout: Rollout, hit: tuple[str, float] | None) -> Encounters:
    """Up to the ego's first impact, where gap and time are nothing; after it the ego is no longer driving."""
    if hit is None:
        return met
    other, t_s = hit
    late = (rollout.t_s > t_s + 1e-6)[:, None]
    at = min(int(np.searchsorted(rollout.t_s, t_s)), len(rollout.t_s) - 1), rollout.index(other)
    gap, closing = np.where(late, np.inf, met.gap_m), np.where(late, -np.inf, met.closing_mps)
    ttc, headway = np.where(late, np.inf, met.ttc_s), np.where(late, np.inf, met.headway_s)
    for values in (gap, ttc, headway):
        values[at] = 0.0
    return Encounters(gap, closing, ttc, headway, np.where(late, 0.0, met.required_mps2))
