"""The most critical instant of a rollout: contact, else the least TTC, else the smallest gap."""

from dataclasses import dataclass

import numpy as np

from scenarios.metrics.criticality import encounters
from scenarios.rollout import Rollout


@dataclass(frozen=True)
class CriticalInstant:
    """A frame and the reason why it is critical: "contact with lead", "least TTC 1.4 s, to lead"."""

    frame: int
    t_s: float
    words: str


def critical_instant(rollout: Rollout) -> CriticalInstant | None:
    """The most critical frame; None if no body is ever in the ego's path.

    The first frame at or after the ego's first contact; without one that of the least TTC to a body in its path
    (`criticality.encounters`); without a finite TTC that of the smallest gap.
    """
    ego = rollout.bodies[0].id
    hits = [(h.t_s, h.other if h.actor == ego else h.actor) for h in rollout.happenings if ego in (h.actor, h.other)]
    hits = [(t_s, other) for t_s, other in hits if other]
    if hits:
        t_s, other = min(hits)
        frame = min(int(np.searchsorted(rollout.t_s, t_s - 1e-6)), len(rollout.t_s) - 1)
        return CriticalInstant(frame, float(rollout.t_s[frame]), f"contact with {other}")
    met = encounters(rollout)
    for values, name, unit in ((met.ttc_s, "least TTC", "s"), (met.gap_m, "smallest gap", "m")):
        if np.isfinite(values).any():
            frame, row = map(int, np.unravel_index(values.argmin(), values.shape))
            words = f"{name} {values[frame, row]:.1f} {unit}, to {rollout.bodies[row].id}"
            return CriticalInstant(frame, float(rollout.t_s[frame]), words)
    return None
