"""Severity of a rollout as one number, which a search minimises. The figures are those of the checks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outputs.searches.records import BEYOND
from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import CRITICAL_BRAKING, CRITICAL_TTC
from scenarios.metrics.criticality import encounters
from scenarios.metrics.near_miss import recorded_hit
from scenarios.rollout import Rollout
from scenarios.simulation.traffic.driver_vision import RECOGNISED_SHARE, share_seen

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
    found = recorded_hit(rollout)
    if found is None:
        return None
    hit, other = found
    assert hit.impact_mps is not None  # a simulation sets it for every collision
    return Impact(rollout.index(other), hit.t_s, hit.impact_mps)


def first_seen_s(rollout: Rollout, row: int) -> float:
    """The first time at which the ego's driver sees enough of a body to recognise it; infinite for never. Seconds."""
    for frame in range(len(rollout.t_s)):
        there = np.flatnonzero(rollout.valid[frame])
        if not {0, row} <= set(there.tolist()):
            continue
        xy, yaw = rollout.centre[frame, there, :2], rollout.yaw_rad[frame, there]
        if share_seen(xy, yaw, rollout.sizes[there], 0, int(np.searchsorted(there, row))) >= RECOGNISED_SHARE:
            return float(rollout.t_s[frame])
    return np.inf


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


def _needed_braking(_: Rollout, verdicts: tuple[Verdict, ...], _impact: Impact | None) -> float | None:
    """The required deceleration of the check; `BEYOND` if no braking suffices."""
    told = next((v for v in verdicts if v.id == CRITICAL_BRAKING), None)
    if told is None:
        return None
    return BEYOND if told.value is None and told.outcome is Outcome.FAIL else told.value


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
            "deceleration", "required deceleration", "m/s²", _needed_braking,
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
