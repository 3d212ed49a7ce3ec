"""Severity of a rollout as one number, which a search minimises. The figures are those of the checks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outputs.verdict import Verdict
from pipeline.checks.physics import CRITICAL_BRAKING, CRITICAL_TTC
from scenarios.metrics.criticality import encounters, first_seen_s
from scenarios.rollout import Rollout

BEYOND_BRAKES = 1000.0  # m/s^2: a collision is worse than any required deceleration without one


@dataclass(frozen=True)
class Impact:
    """The ego's first collision: the row of the other body, the time, and the impact speed of the rollout."""

    row: int
    t_s: float
    speed_mps: float


@dataclass(frozen=True)
class SeverityMeasure:
    """A measure that a search can minimise. `read` gives the value, None without any conflict.

    `order` maps value and impact to a number that is smaller for a worse rollout. A measure that is not `dangerous` can
    only be combined with one that is.
    """

    name: str
    words: str
    unit: str
    read: Callable[[Rollout, tuple[Verdict, ...], Impact | None], float | None]
    order: Callable[[float, Impact | None], float]
    dangerous: bool = True


def first_impact(rollout: Rollout) -> Impact | None:
    """The ego's first collision in a simulated rollout; None if there is none."""
    ego = rollout.bodies[0].id
    hits = [h for h in rollout.happenings if h.other and ego in (h.actor, h.other)]
    if not hits:
        return None
    hit = min(hits, key=lambda h: h.t_s)
    assert hit.impact_mps is not None  # a simulation sets it for every collision
    return Impact(rollout.index(hit.other if hit.actor == ego else hit.actor), hit.t_s, hit.impact_mps)


def sight_before_conflict(rollout: Rollout, impact: Impact | None) -> float | None:
    """Seconds from the driver's first sight of the other to the conflict: the impact, or the minimum TTC."""
    if impact is not None:
        row, t_s = impact.row, impact.t_s
    else:
        ttc = encounters(rollout).ttc_s
        frame, row = map(int, np.unravel_index(ttc.argmin(), ttc.shape))
        if not np.isfinite(ttc[frame, row]):
            return None
        t_s = float(rollout.t_s[frame])
    return max(0.0, t_s - first_seen_s(rollout, row))


def others_effort(rollout: Rollout, impact: Impact | None) -> float:
    """The others' maximum braking or acceleration before an impact, m/s^2: the smaller, the more ordinary the case."""
    before = rollout.t_s < (np.inf if impact is None else impact.t_s)
    counts = rollout.valid[:, 1:] & before[:, None] & ~rollout.sliding[:, 1:]
    return float(np.abs(np.where(counts, rollout.acceleration_mps2[:, 1:], 0.0)).max(initial=0.0))


def _check_value(check: str) -> Callable[[Rollout, tuple[Verdict, ...], Impact | None], float | None]:
    """A function that returns the value of a check's verdict, by the check's id."""
    return lambda _rollout, verdicts, _impact: next((v.value for v in verdicts if v.id == check), None)


MEASURES = {
    measure.name: measure
    for measure in (
        SeverityMeasure(
            "ttc", "least time to collision", "s", _check_value(CRITICAL_TTC),
            lambda value, impact: value if impact is None else -impact.speed_mps,
        ),
        SeverityMeasure(
            "deceleration", "required deceleration", "m/s²", _check_value(CRITICAL_BRAKING),
            lambda value, impact: -value if impact is None else -BEYOND_BRAKES - impact.speed_mps,
        ),
        SeverityMeasure(
            "visibility", "visibility before the conflict", "s",
            lambda rollout, _verdicts, impact: sight_before_conflict(rollout, impact),
            lambda value, _impact: value,
        ),
        SeverityMeasure(
            "mildness", "the others' hardest braking or speeding up", "m/s²",
            lambda rollout, _verdicts, impact: others_effort(rollout, impact),
            lambda value, _impact: value, dangerous=False,
        ),
    )
}  # fmt: skip
