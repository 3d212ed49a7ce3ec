"""Splits train, val and test, by a hash of the scenario's family: a growing dataset moves no scene between splits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outputs.nuscenes.taxonomy import token

TRAIN, VAL, TEST, ALL = "nearmiss_train", "nearmiss_val", "nearmiss_test", "nearmiss_all"
LOG_PREFIX = "log:"  # prefix of the family of clips from a log's scene; no scenario's name has a colon


@dataclass(frozen=True)
class Shares:
    """Requested shares of families; the rest is for training. ValueError if nothing is left for training.

    Shares of families, not of clips: all scenarios of a sweep, all seeds of a scenario and all clips from one scene of
    a log are in the same split.
    """

    val: float = 0.2
    test: float = 0.0

    def __post_init__(self) -> None:
        if not (self.val >= 0 and self.test >= 0 and self.val + self.test < 1):
            raise ValueError(f"val {self.val:g}, test {self.test:g}: shares from 0, together below 1")

    @property
    def asked(self) -> dict[str, float]:
        """Shares by split name, without splits of share 0."""
        shares = {TRAIN: 1 - self.val - self.test, VAL: self.val, TEST: self.test}
        return {name: share for name, share in shares.items() if share > 0}


@dataclass(frozen=True)
class SplitShare:
    """One split: the requested share of the families (`asked`) and the actual one (`got`)."""

    split: str
    asked: float
    got: float
    families: int
    scenes: tuple[str, ...]


def split_of(family: str, shares: Shares | None = None) -> str:
    """The split of a family; the same for the same shares."""
    shares = shares or Shares()
    place = int(token("split", family), 16) / 16**32
    if place < shares.val:
        return VAL
    return TEST if place < shares.val + shares.test else TRAIN


@dataclass(frozen=True)
class SceneFamily:
    """The family of a scene and the name of its scenario."""

    family: str
    name: str


def fixed_splits(scenes: Mapping[str, SceneFamily], before: Mapping[str, str]) -> dict[str, str]:
    """The split of each family that has a scene in `before` (scenes to splits); it never changes.

    Clips from a log made by older versions have the scenario's name as family. A log's scene that is not in `before`
    gets the split of the first such clip of a scenario with the same name.
    """
    there = [(kin, before[scene]) for scene, kin in sorted(scenes.items(), reverse=True) if scene in before]
    named = {kin.name: split for kin, split in there}
    logs = (kin for _, kin in sorted(scenes.items(), reverse=True) if kin.family.startswith(LOG_PREFIX))
    return {kin.family: named[kin.name] for kin in logs if kin.name in named} | {k.family: split for k, split in there}


def assign_splits(
    families: Mapping[str, str], shares: Shares, known: Mapping[str, str] | None = None
) -> tuple[SplitShare, ...]:
    """Assign scenes to splits, given each scene's family; `known` are families with a fixed split."""
    where = {family: split_of(family, shares) for family in families.values()} | dict(known or {})
    return tuple(_side(name, asked, families, where) for name, asked in shares.asked.items())


def _side(name: str, asked: float, families: Mapping[str, str], where: Mapping[str, str]) -> SplitShare:
    everyone = set(families.values())
    ours = {family for family in everyone if where[family] == name}
    scenes = tuple(sorted(scene for scene, family in families.items() if family in ours))
    return SplitShare(name, asked, len(ours) / len(everyone) if everyone else 0.0, len(ours), scenes)


def splits_table(found: Iterable[SplitShare]) -> dict[str, list[str]]:
    """The content of splits.json, where nuscenes-devkit looks for custom splits."""
    lists = {side.split: list(side.scenes) for side in found}
    return {ALL: sorted(scene for scenes in lists.values() for scene in scenes), **lists}


def scene_splits(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The split of every scene in the content of splits.json."""
    return {scene: split for split, scenes in table.items() if split != ALL for scene in scenes}
