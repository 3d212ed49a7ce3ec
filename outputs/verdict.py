"""What a check found: value, limit, model; pass, fail or inconclusive."""

import re
from dataclasses import dataclass
from enum import StrEnum

FAMILIES = ("physics", "pixels")


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # never counts as a pass of the check; rejects only where the verdict `must_pass`


def check_id(name: str) -> str:
    """The id of a check that is known by its name alone: "expect: min TTC" is `expect-min-ttc`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@dataclass(frozen=True)
class Verdict:
    """One check's result on one clip, for pixels on one of its cameras.

    `id` is the check's stable id, by which programs tell checks apart; `check` its name for a person, which may change.
    Records of before there were ids have names alone: `check_id` makes the id of them.
    `value` and `limit` share `unit`; `model` names the physical or statistical model used; `baseline` what a pixel
    limit is relative to: the id of the stored figures on source frames, or the clip's own source pictures; "" for
    physics. `reason` is a sentence for a person. `camera` is the one whose pictures were judged; "" for physics, and
    in records written before it was kept.
    """

    check: str
    family: str  # one of FAMILIES
    outcome: Outcome
    value: float | None
    limit: float | None
    unit: str
    model: str
    baseline: str
    reason: str
    gates: bool = True  # False: a tag, reported but never a ground for rejection
    camera: str = ""
    must_pass: bool = False  # True: an inconclusive outcome rejects the clip as well
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", check_id(self.check))

    @property
    def against(self) -> bool:
        """Whether it keeps its clip out of the dataset."""
        kept_back = self.must_pass and self.outcome is Outcome.INCONCLUSIVE
        return self.gates and (kept_back or self.outcome is Outcome.FAIL)


def accepted(verdicts: tuple[Verdict, ...]) -> bool:
    """A clip may leave when no verdict is against it, and physics, pixels and every camera have a gating pass."""
    return not any(v.against for v in verdicts) and not unchecked(verdicts)


def unchecked(verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
    """The families without any gating pass, and the cameras of pixel verdicts without one: "pixels of CAM_FRONT"."""
    passed = [v for v in verdicts if v.gates and v.outcome is Outcome.PASS]
    families = [family for family in FAMILIES if family not in {v.family for v in passed}]
    if "pixels" in families:
        return tuple(families)
    seen = {v.camera for v in passed}
    cameras = dict.fromkeys(v.camera for v in verdicts if v.camera and v.camera not in seen)
    return (*families, *map(pixels_of, cameras))


def pixels_of(camera: str) -> str:
    """How one camera's share of the pixel checks is called."""
    return f"pixels of {camera}"
