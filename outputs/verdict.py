"""The result of a check: value, limit, model; pass, fail or inconclusive."""

import re
from dataclasses import dataclass
from enum import StrEnum

FAMILIES = ("physics", "pixels")
ROUNDING = 1e-9  # in any unit; smaller values are rounding errors of a value that is 0


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # never counts as a pass; rejects only if the verdict has `must_pass`


def check_id(name: str) -> str:
    """The id of a check of which only the name is known: "expect: min TTC" gives `expect-min-ttc`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@dataclass(frozen=True)
class Verdict:
    """The result of one check on one clip; a pixel check has one for each camera.

    `id` is the check's stable id, which programs use; `check` is its name for people, which may change. Older records
    have only names: `check_id` gives the id.
    `value` and `limit` share `unit`; `model` names the physical or statistical model; `baseline` is the reference of a
    pixel limit: the id of the stored baseline, or the clip's own source pictures; "" for physics. `reason` is a
    sentence for people. `camera` is the camera of the judged pictures; "" for physics and in older records.
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
        if self.value is not None and abs(self.value) < ROUNDING:
            object.__setattr__(self, "value", 0.0)

    @property
    def against(self) -> bool:
        """Whether the verdict rejects its clip."""
        kept_back = self.must_pass and self.outcome is Outcome.INCONCLUSIVE
        return self.gates and (kept_back or self.outcome is Outcome.FAIL)


def accepted(verdicts: tuple[Verdict, ...]) -> bool:
    """Whether a clip is accepted: no verdict rejects it, and physics, pixels and every camera have a gating pass."""
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
    """The name of one camera's pixel checks."""
    return f"pixels of {camera}"
