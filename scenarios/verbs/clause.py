"""What one clause of a story line says, its actors still as phrases."""

from collections.abc import Iterable
from dataclasses import dataclass

Part = tuple[str, object]  # the key of an argument of a verb, and what is written for it
WHO = "WHO"  # in `ClauseError.wanted`: the actor of the clause


@dataclass(frozen=True)
class Moment:
    """When something happens: the key of a trigger, its values as written, and its actors as phrases."""

    key: str
    values: dict[str, object]
    names: dict[str, str]


@dataclass(frozen=True)
class Clause:
    """What one clause says; `says` are the arguments of the verb, as written, `names` those that are actors."""

    verb: str
    says: dict[str, object]
    names: dict[str, str]
    when: Moment | None
    target: str | None = None
    side: str | None = None
    who: str | None = None


@dataclass(frozen=True)
class ClauseError:
    """A clause that parses and yet cannot be: travels through the tree as a value."""

    wanted: str


def flat(items: Iterable[Part | list[Part]]) -> list[Part]:
    """Parts in a row; a delayed condition is two of them."""
    return [part for item in items for part in (item if isinstance(item, list) else [item])]
