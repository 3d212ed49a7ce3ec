"""The near miss of a rollout in figures: contact, least distance, least TTC, post-encroachment time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import no_type_check

import numpy as np

from scenarios.metrics.contact import SIDES
from scenarios.metrics.criticality import Encounters, encounters
from scenarios.metrics.encroachment import post_encroachment
from scenarios.metrics.pairs import straight_distance
from scenarios.metrics.states import BETWEEN, fine_states
from scenarios.numba_cache import njit
from scenarios.rollout import FRAME_RATE_HZ, Rollout, SimEvent

MOVES_MPS = 0.3
MOST_PET_S = 5.0  # a longer one is no encounter
SMALLEST = 1e-6  # figures below it are rounding errors


@dataclass(frozen=True)
class CriticalFigure:
    """A figure, when, with whom, and on which side of the ego (an index of `contact.SIDES`)."""

    value: float
    t_s: float
    other: str
    side: int

    @property
    def where(self) -> str:
        """'ahead', 'on the left', 'behind', 'on the right'."""
        return SIDES[self.side]


@dataclass(frozen=True)
class Encroachment:
    """A post-encroachment time; `t_s`: when the second body comes to the place; `ego_first`: that is the other one."""

    value: float
    t_s: float
    other: str
    ego_first: bool


@dataclass(frozen=True)
class EgoImpact:
    """The ego's first contact. `speed_mps`: relative speed, of which `along_mps` in the ego's direction, positive if it
    approaches with its front, and `across_mps` to its left: the ego's velocity relative to the other's. None in a log
    and in records of earlier versions.
    """

    t_s: float
    other: str
    side: int
    speed_mps: float | None
    along_mps: float | None
    across_mps: float | None

    @property
    def words(self) -> str:
        """'contact with lead ahead at 2.31 s: 18.0 km/h'; the components if both matter."""
        told = f"contact with {self.other} {SIDES[self.side]} at {self.t_s:.2f} s"
        if self.speed_mps is None:
            return told
        told += f": relative speed {self.speed_mps * 3.6:.1f} km/h"
        if self.along_mps is None or self.across_mps is None or abs(self.across_mps) < 0.3:
            return told
        across = f"{abs(self.across_mps) * 3.6:.1f} km/h to the {'left' if self.across_mps > 0 else 'right'}"
        return f"{told} ({self.along_mps * 3.6:.1f} km/h along the ego, {across})"


@dataclass(frozen=True)
class NearMiss:
    """The figures up to the ego's first contact; None where there is none of a kind.

    `distance`: straight, of the bodies that move or come into the ego's path; of all if there are none such.
    """

    contact: EgoImpact | None
    distance: CriticalFigure | None
    ttc: CriticalFigure | None
    pet: Encroachment | None

    def words(self) -> Iterator[str]:
        """The figures as text, the contact first."""
        if self.contact is not None:
            yield self.contact.words
        elif self.distance is not None:
            far = self.distance
            yield f"least distance {far.value:.2f} m at {far.t_s:.2f} s, to {far.other} {far.where}"
        if self.contact is None and self.ttc is not None:
            yield f"least TTC {self.ttc.value:.2f} s at {self.ttc.t_s:.2f} s, to {self.ttc.other} {self.ttc.where}"
        if self.contact is None and self.pet is not None:
            order = f"{self.pet.other} after the ego" if self.pet.ego_first else f"the ego after {self.pet.other}"
            yield f"PET {self.pet.value:.2f} s at {self.pet.t_s:.2f} s, {order}"


def near_miss(rollout: Rollout, met: Encounters | None = None) -> NearMiss:
    """The figures of a rollout; `met` if its encounters are known already."""
    met = encounters(rollout) if met is None else met
    impact = ego_impact(rollout, met)
    if impact is not None:
        met = met.until(rollout.t_s, impact.t_s, rollout.index(impact.other))
    ttc = _least_ttc(rollout, met)
    return NearMiss(impact, _least_distance(rollout, met, impact), ttc, _least_pet(rollout, impact))


def ego_impact(rollout: Rollout, met: Encounters) -> EgoImpact | None:
    """The ego's first contact: a recorded collision, or the first frame at which its box overlaps another one."""
    overlap, recorded = _first_overlap(rollout, met), recorded_hit(rollout)
    if recorded is None or (overlap is not None and overlap.t_s < recorded[0].t_s):
        return overlap
    hit, other = recorded
    before = max(int(np.searchsorted(rollout.t_s, hit.t_s - 1e-6)) - 1, 0)
    ttc = met.ttc_s[before, rollout.index(other)]
    side = met.ttc_side if np.isfinite(ttc) else met.side
    return EgoImpact(
        hit.t_s, other, int(side[before, rollout.index(other)]), hit.impact_mps, hit.along_mps, hit.across_mps
    )


def recorded_hit(rollout: Rollout) -> tuple[SimEvent, str] | None:
    """The ego's first recorded collision and the other body's id."""
    ego = rollout.bodies[0].id
    hits = [h for h in rollout.happenings if h.other and ego in (h.actor, h.other)]
    if not hits:
        return None
    hit = min(hits, key=lambda h: h.t_s)
    return hit, hit.other if hit.actor == ego else hit.actor


def _first_overlap(rollout: Rollout, met: Encounters) -> EgoImpact | None:
    frames, rows = np.nonzero(met.distance_m <= 0)
    if not len(frames):
        return None
    frame, row = int(frames[0]), int(rows[0])
    side = int(met.side[max(frame - 1, 0), row])
    return EgoImpact(float(rollout.t_s[frame]), rollout.bodies[row].id, side, None, None, None)


def _least_ttc(rollout: Rollout, met: Encounters) -> CriticalFigure | None:
    frame, row = map(int, np.unravel_index(met.ttc_s.argmin(), met.ttc_s.shape))
    value = float(met.ttc_s[frame, row])
    if not math.isfinite(value):
        return None
    return CriticalFigure(value, float(rollout.t_s[frame]), rollout.bodies[row].id, int(met.ttc_side[frame, row]))


def _least_distance(rollout: Rollout, met: Encounters, impact: EgoImpact | None) -> CriticalFigure | None:
    """Between frames, too: a body that crosses covers a metre from frame to frame."""
    if impact is not None:
        return CriticalFigure(0.0, impact.t_s, impact.other, impact.side)
    t_s, states, there = fine_states(rollout)
    moves = (rollout.valid & (np.abs(rollout.speed_mps) > MOVES_MPS)).any(axis=0)
    counts = moves | np.isfinite(met.ttc_s).any(axis=0)
    counts[0] = False
    if not counts.any():
        counts[1:] = True
    distance, side = np.full(there.shape, np.inf), np.zeros(there.shape, int)
    _all_distances(states, there, counts, distance, side)
    at, row = map(int, np.unravel_index(distance.argmin(), distance.shape))
    if not math.isfinite(distance[at, row]):
        return None
    value = float(distance[at, row])
    return CriticalFigure(
        0.0 if value < SMALLEST else value, float(t_s[at]), rollout.bodies[row].id, int(side[at, row])
    )


@njit(cache=True, nogil=True)
@no_type_check
def _all_distances(states, there, counts, distance, side):
    for i in range(len(counts)):
        if not counts[i]:
            continue
        for t in range(len(states)):
            if there[t, 0] and there[t, i]:
                distance[t, i], side[t, i] = straight_distance(states[t, 0], states[t, i])


def _least_pet(rollout: Rollout, impact: EgoImpact | None) -> Encroachment | None:
    t_s, states, there = fine_states(rollout)
    most, found = int(MOST_PET_S * FRAME_RATE_HZ * BETWEEN), None
    if impact is not None:
        there = there & (t_s < impact.t_s)[:, None]
    for row in range(1, len(rollout.bodies)):
        lag, at, ego_first = post_encroachment(states, there, 0, row, most)
        if lag > 0 and (found is None or lag < most):
            most = lag
            found = Encroachment(lag / (FRAME_RATE_HZ * BETWEEN), float(t_s[at]), rollout.bodies[row].id, ego_first)
    return found
