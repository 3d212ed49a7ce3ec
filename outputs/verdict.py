"""What a check found: value, limit, model; pass, fail or inconclusive."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # never counts as a pass of the check, and never rejects by itself


@dataclass(frozen=True)
class Verdict:
    """One check's result on one clip.

    `value` and `limit` share `unit`; `model` names the physical or statistical model used; `baseline` the stored
    figure on source frames that a pixel limit is relative to, "" for physics. `reason` is a sentence for a person.
    """

    check: str
    family: str  # "physics" or "pixels"
    outcome: Outcome
    value: float | None
    limit: float | None
    unit: str
    model: str
    baseline: str
    reason: str
    gates: bool = True  # False: a tag, reported but never a ground for rejection


def accepted(verdicts: tuple[Verdict, ...]) -> bool:
    """A clip may leave when no gating check failed and each family has at least one gating pass."""
    failed = any(v.gates and v.outcome is Outcome.FAIL for v in verdicts)
    families = {v.family for v in verdicts if v.gates and v.outcome is Outcome.PASS}
    return not failed and {"physics", "pixels"} <= families
