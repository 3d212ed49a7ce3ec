"""The pixel checks by name: what each measures, and between which bounds its limit may be set by source frames."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from pipeline.checks.motion import ego_moves, ego_speed_seen, yaw_rate_seen
from pipeline.checks.objects import ghost_share, label_recall, least_found_object, placement, size_against_distance
from pipeline.checks.scene import CheckedClip, CheckReading
from pipeline.checks.tracks import longest_vanishing, looks_stay, occlusion_order, permanence

DETECTOR, MOTION = "centre-point detector", "learned inverse dynamics"


@dataclass(frozen=True)
class SourceFigures:
    """What the checker manages on source frames, object by object; readings are relative to it."""

    recall: Float[np.ndarray, "class bin"]  # right class at IoU .5; bins 8-16, 16-32, 32+ px
    least_likeness: float  # of an object to itself one to two seconds later, 1 % quantile
    most_repainted: float  # its colour's change, 99 % quantile


@dataclass(frozen=True)
class Rule:
    """A check: `bad` says on which side of the limit a clip fails.

    The limit is `aim`, moved towards `loosest` as far as clean source clips need it, never past it.
    """

    check: str
    unit: str
    model: str
    bad: Literal["above", "below"]
    aim: float
    loosest: float
    read: Callable[[CheckedClip, SourceFigures], CheckReading]

    def limit(self, readings: list[float]) -> float:
        """Such that about 2 % of clean source clips fail, within the bounds."""
        if not readings:
            return self.aim
        if self.bad == "above":
            return float(np.clip(np.quantile(readings, 0.98), self.aim, self.loosest))
        return float(np.clip(np.quantile(readings, 0.02), self.loosest, self.aim))

    def broken(self, value: float, limit: float) -> bool:
        return value > limit if self.bad == "above" else value < limit


RULES: tuple[Rule, ...] = (
    Rule("label recall", "of source's", DETECTOR, "below", 0.8, 0.5, lambda s, f: label_recall(s, f.recall)),
    Rule("every object", "of source's", DETECTOR, "below", 0.4, 0.1, lambda s, f: least_found_object(s, f.recall)),
    Rule("placement", "px", DETECTOR, "above", 1.5, 4.0, lambda s, f: placement(s)),
    Rule("size against distance", "ratio", DETECTOR, "above", 0.15, 0.3, lambda s, f: size_against_distance(s)),
    Rule("ghosts", "frames a frame", DETECTOR, "above", 0.04, 0.5, lambda s, f: ghost_share(s)),
    Rule("occlusion order", "share", DETECTOR, "above", 0.1, 0.4, lambda s, f: occlusion_order(s)),
    Rule("vanishing", "frames", DETECTOR, "above", 4.0, 9.0, lambda s, f: longest_vanishing(s)),
    Rule(
        "permanence", "share", "re-identification embedding and colour", "below", 1.0, 1.0,
        lambda s, f: permanence(s, f.least_likeness, f.most_repainted),
    ),
    Rule("looks stay", "cosine", "re-identification embedding", "below", 0.6, 0.2, lambda s, f: looks_stay(s)),
    Rule("ego moves", "of commanded", MOTION, "below", 0.4, 0.15, lambda s, f: ego_moves(s)),
    Rule("ego speed seen", "ratio", MOTION, "above", 0.2, 0.3, lambda s, f: ego_speed_seen(s)),
    Rule("yaw rate seen", "rad/s", MOTION, "above", 0.05, 0.15, lambda s, f: yaw_rate_seen(s)),
)  # fmt: skip
