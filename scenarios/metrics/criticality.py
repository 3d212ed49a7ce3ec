"""The ego relative to every body at every frame of a rollout: the figures of `pairs`, as arrays."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from scenarios.metrics.formulas import time_headway
from scenarios.metrics.pairs import (
    CLOSING,
    CONTACT_SIDE,
    DISTANCE,
    FIGURES,
    GAP,
    REQUIRED,
    SIDE,
    TTC,
    encounters_of,
)
from scenarios.metrics.states import lines_of, states_of
from scenarios.rollout import Rollout


@dataclass(frozen=True)
class Encounters:
    """The ego relative to every body; infinity (0 for accelerations) where there is no such figure, and for the ego.

    `gap_m`: free way along the ego's course, in the direction in which it moves. `closing_mps`: positive when that gap
    decreases. `ttc_s`: predicted time to contact with any side of the ego, `ttc_side` that side. `distance_m`:
    straight, `side` where. Sides are indices of `contact.SIDES`. `required_mps2`: negative; minus infinity
    if no braking of the ego avoids the contact. `figures`: all columns of `pairs`.
    """

    gap_m: Float[np.ndarray, "time actor"]
    closing_mps: Float[np.ndarray, "time actor"]
    ttc_s: Float[np.ndarray, "time actor"]
    headway_s: Float[np.ndarray, "time actor"]
    required_mps2: Float[np.ndarray, "time actor"]
    distance_m: Float[np.ndarray, "time actor"]
    side: Int[np.ndarray, "time actor"]
    ttc_side: Int[np.ndarray, "time actor"]
    figures: Float[np.ndarray, "time actor 15"]

    def until(self, t_s: Float[np.ndarray, "time"], hit_s: float, row: int) -> "Encounters":
        """Encounters up to the ego's first impact, on a body, at which distance and times are 0 and no
        braking suffices; later ones do not count.
        """
        late = (t_s > hit_s + 1e-6)[:, None]
        at = min(int(np.searchsorted(t_s, hit_s)), len(t_s) - 1), row
        kept = [np.where(late, np.inf, v) for v in (self.gap_m, self.ttc_s, self.headway_s, self.distance_m)]
        for values in kept:
            values[at] = 0.0
        gap, ttc, headway, distance = kept
        required = np.where(late, 0.0, self.required_mps2)
        required[at] = -np.inf
        return replace(
            self, gap_m=gap, ttc_s=ttc, headway_s=headway, distance_m=distance,
            closing_mps=np.where(late, -np.inf, self.closing_mps),
            required_mps2=required,
        )  # fmt: skip


@dataclass(frozen=True)
class Closest:
    """The nearest body in the ego's path at each frame; without one `row` is -1 and the values are infinite."""

    row: Int[np.ndarray, "time"]
    gap_m: Float[np.ndarray, "time"]
    ttc_s: Float[np.ndarray, "time"]
    headway_s: Float[np.ndarray, "time"]


def encounters(rollout: Rollout) -> Encounters:
    """The figures of the ego with each other body, frame by frame."""
    (nodes, rows), each_frame = lines_of(rollout)
    figures = np.empty((*rollout.valid.shape, FIGURES))
    figures[...] = 0.0
    figures[..., [DISTANCE, GAP, TTC]], figures[..., CLOSING] = np.inf, -np.inf
    encounters_of(nodes, rows, each_frame, states_of(rollout), rollout.valid, figures)
    gap = figures[..., GAP]
    own = np.broadcast_to(rollout.speed_mps[:, :1], gap.shape)
    return Encounters(
        gap, figures[..., CLOSING], figures[..., TTC], np.asarray(time_headway(gap, own)), -figures[..., REQUIRED],
        figures[..., DISTANCE], figures[..., SIDE].astype(int), figures[..., CONTACT_SIDE].astype(int), figures,
    )  # fmt: skip


def closest(met: Encounters) -> Closest:
    """The nearest body in the ego's path at each frame, for plots."""
    row = met.gap_m.argmin(axis=1)
    at = np.arange(len(row)), row
    return Closest(np.where(np.isfinite(met.gap_m[at]), row, -1), met.gap_m[at], met.ttc_s[at], met.headway_s[at])
