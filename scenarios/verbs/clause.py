"""The content of one clause of a story line, with its actors as phrases."""

from collections.abc import Iterable
from dataclasses import dataclass

Part = tuple[str, object]  # the key of a verb's argument, and its value as written
WHO = "WHO"  # in `ClauseError.wanted`: the actor of the clause


@dataclass(frozen=True)
class Moment:
    """A trigger of a clause: its key, its values as written, and its actors as phrases."""

    key: str
    values: dict[str, object]
    names: dict[str, str]


@dataclass(frozen=True)
class Clause:
    """One clause; `says` are the arguments of the verb as written, `names` those that are actors."""

    verb: str
    says: dict[str, object]
    names: dict[str, str]
    when: Moment | None
    target: str | None = None
    side: str | None = None
    who: str | None = None
    others: tuple[str, ...] = ()  # further actors that do the same
    where: tuple[str, tuple[str, ...]] | None = None  # a key of `where` of an event, and the actors
    carrier: str | None = None  # who drops the actor of the clause
    led: bool = False  # whether its trigger comes before the actor
    elliptic: bool = False  # without a verb of its own
    link: str = ""  # to the clause before: "and" or "then"


@dataclass(frozen=True)
class ClauseError:
    """A clause that parses but is not allowed; it is passed up the tree as a value."""

    wanted: str


def is_possessive(name: str) -> bool:
    """Whether the lane in "the truck's lane" is said of an actor; of the ego, and after a pronoun, as "ego lane"."""
    words = name.split()
    return name.endswith(("'s", "\u2019s", "s'")) or words[-1] in ("ego", "its", "his", "her", "my", "our")


def flat(items: Iterable[Part | list[Part]]) -> list[Part]:
    """Parts in a row; a delayed condition is two of them."""
    return [part for item in items for part in (item if isinstance(item, list) else [item])]
