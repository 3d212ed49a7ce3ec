"""The most critical instant of a rollout: contact, else the least TTC, else the least distance."""

from dataclasses import dataclass

import numpy as np

from scenarios.metrics.near_miss import NearMiss, near_miss
from scenarios.rollout import Rollout


@dataclass(frozen=True)
class CriticalInstant:
    """A frame and the reason why it is critical: "contact with lead", "least TTC 1.4 s, to lead ahead"."""

    frame: int
    t_s: float
    words: str


def critical_instant(rollout: Rollout, known: NearMiss | None = None) -> CriticalInstant | None:
    """The most critical frame; None if there is no other body.

    The first frame at or after the ego's first contact; without one that of the least TTC to any side (`near_miss`);
    without a finite TTC that of the least distance, to any side. `known`: the near miss, if it is known already.
    """
    found = near_miss(rollout) if known is None else known
    if found.contact is not None:
        t_s, words = found.contact.t_s, f"contact with {found.contact.other}"
    elif found.ttc is not None:
        t_s, words = found.ttc.t_s, f"least TTC {found.ttc.value:.1f} s, to {found.ttc.other} {found.ttc.where}"
    elif found.distance is not None:
        far = found.distance
        t_s, words = far.t_s, f"least distance {far.value:.1f} m, to {far.other} {far.where}"
    else:
        return None
    frame = min(int(np.searchsorted(rollout.t_s, t_s - 1e-6)), len(rollout.t_s) - 1)
    return CriticalInstant(frame, float(rollout.t_s[frame]), words)
