"""Which side of train, val and test a scenario is on: by a hash of its family, so that growth moves nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outputs.nuscenes.taxonomy import token

TRAIN, VAL, TEST, ALL = "nearmiss_train", "nearmiss_val", "nearmiss_test", "nearmiss_all"
OF_A_LOG = "log:"  # how the family of clips from a scene of a log begins; no scenario's name has a colon


@dataclass(frozen=True)
class Shares:
    """The shares of families asked for; the rest is for training. ValueError for shares that leave nothing for it.

    Families, not clips: a sweep's siblings, a scenario's seeds and all of one log's scene stay on one side.
    """

    val: float = 0.2
    test: float = 0.0

    def __post_init__(self) -> None:
        if not (self.val >= 0 and self.test >= 0 and self.val + self.test < 1):
            raise ValueError(f"val {self.val:g}, test {self.test:g}: shares from 0, together below 1")

    @property
    def asked(self) -> dict[str, float]:
        """By the names of the splits, those that are not wanted left out."""
        shares = {TRAIN: 1 - self.val - self.test, VAL: self.val, TEST: self.test}
        return {name: share for name, share in shares.items() if share > 0}


@dataclass(frozen=True)
class SplitShare:
    """One split: the share asked for, and what fell to it. `got` is its share of the families."""

    split: str
    asked: float
    got: float
    families: int
    scenes: tuple[str, ...]


def split_of(family: str, shares: Shares | None = None) -> str:
    """The same family is always on the same side of the same shares."""
    shares = shares or Shares()
    place = int(token("split", family), 16) / 16**32
    if place < shares.val:
        return VAL
    return TEST if place < shares.val + shares.test else TRAIN


@dataclass(frozen=True)
class SceneFamily:
    """By what scenes belong together: their family, and the name of their scenario."""

    family: str
    name: str


def settled(scenes: Mapping[str, SceneFamily], before: Mapping[str, str]) -> dict[str, str]:
    """The split of each family of which a member was placed `before` (scenes to splits); it stays there for good.

    Clips from a log once had the scenario's name for a family. A log's scene of which nobody is placed yet follows the
    first such clip of a scenario of the same name.
    """
    there = [(kin, before[scene]) for scene, kin in sorted(scenes.items(), reverse=True) if scene in before]
    named = {kin.name: split for kin, split in there}
    logs = (kin for _, kin in sorted(scenes.items(), reverse=True) if kin.family.startswith(OF_A_LOG))
    return {kin.family: named[kin.name] for kin in logs if kin.name in named} | {k.family: split for k, split in there}


def sides(
    families: Mapping[str, str], shares: Shares, known: Mapping[str, str] | None = None
) -> tuple[SplitShare, ...]:
    """Every split of scenes, given each scene's family; `known` are families whose split is not up to the hash."""
    where = {family: split_of(family, shares) for family in families.values()} | dict(known or {})
    return tuple(_side(name, asked, families, where) for name, asked in shares.asked.items())


def _side(name: str, asked: float, families: Mapping[str, str], where: Mapping[str, str]) -> SplitShare:
    everyone = set(families.values())
    ours = {family for family in everyone if where[family] == name}
    scenes = tuple(sorted(scene for scene, family in families.items() if family in ours))
    return SplitShare(name, asked, len(ours) / len(everyone) if everyone else 0.0, len(ours), scenes)


def as_table(found: Iterable[SplitShare]) -> dict[str, list[str]]:
    """What lies beside the tables as splits.json, in the form in which nuscenes-devkit looks for custom splits."""
    lists = {side.split: list(side.scenes) for side in found}
    return {ALL: sorted(scene for scenes in lists.values() for scene in scenes), **lists}


def placed(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The split of every scene in such a table."""
    return {scene: split for split, scenes in table.items() if split != ALL for scene in scenes}
