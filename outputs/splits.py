"""Which side of train, val and test a scenario is on: by a hash of its family, so that growth moves nobody."""

from collections.abc import Iterable
from dataclasses import dataclass

from outputs.nuscenes_words import token

TRAIN, VAL, TEST, ALL = "nearmiss_train", "nearmiss_val", "nearmiss_test", "nearmiss_all"


@dataclass(frozen=True)
class Shares:
    """The shares of families asked for; the rest is for training. ValueError for shares that leave nothing for it.

    Families, not clips: a sweep's siblings and a scenario's seeds stay on one side.
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
class Side:
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


def sides(families: dict[str, str], shares: Shares) -> tuple[Side, ...]:
    """Every split of scenes, given each scene's family."""
    everyone = set(families.values())
    return tuple(_side(name, asked, families, everyone, shares) for name, asked in shares.asked.items())


def _side(name: str, asked: float, families: dict[str, str], everyone: set[str], shares: Shares) -> Side:
    ours = {family for family in everyone if split_of(family, shares) == name}
    scenes = tuple(sorted(scene for scene, family in families.items() if family in ours))
    return Side(name, asked, len(ours) / len(everyone) if everyone else 0.0, len(ours), scenes)


def as_table(found: Iterable[Side]) -> dict[str, list[str]]:
    """What lies beside the tables as splits.json, in the form in which nuscenes-devkit looks for custom splits."""
    lists = {side.split: list(side.scenes) for side in found}
    return {ALL: sorted(scene for scenes in lists.values() for scene in scenes), **lists}
