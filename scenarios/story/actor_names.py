"""Ids of actors that are words of the grammar: a line with such an id may be unreadable or have another meaning."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count, islice

from lark.exceptions import UnexpectedInput

from scenarios.spec.actor_references import ActorIndex
from scenarios.spec.scenario_spec import LONGEST_ID
from scenarios.story.parse_tree import clauses
from scenarios.story.sentence import LABEL, StoryContext, StorySyntaxError, read_line
from scenarios.verbs.clause import Clause

_ID = re.compile(r"[a-z][a-z0-9_-]*")  # other ids are refused where they are declared
MOST_TRIED = 4  # places of a word in one line
_PLAIN = "someone"  # not a word of the grammar
_PLACES = ("WHO brakes", "it follows WHO", "it brakes when WHO stands still", "it brakes after WHO has ended")


def name_in_the_way(line: str, cast: ActorIndex, told: StoryContext) -> str:
    """The actor whose id is the reason why a line is refused or has another meaning; "" if there is none.

    Determined by parsing the line with a plain word in place of the id.
    """
    label = LABEL.fullmatch(line.strip())
    plain = label[2] if label else line
    ids = (name for name in cast.members if _ID.fullmatch(name) and not _is_plain(name))
    doubtful = [name for name in ids if re.search(_word(name), plain, re.IGNORECASE)]
    found = _read(plain, cast, told) if doubtful else None
    for name in doubtful:
        other = next(free for n in count(1) if (free := f"{_PLAIN}-{n}") not in cast.members)
        members = {other if known == name else known: who for known, who in cast.members.items()}
        renamed = replace(cast, members=members | {other: replace(cast.members[name], id=other)})
        actor = other if told.actor == name else told.actor
        for line_then in dict.fromkeys(_renamed(plain, name, other)):
            meant = _read(line_then, renamed, replace(told, actor=actor))
            if meant is not None and (found is None or repr(meant).replace(other, name) != repr(found)):
                return name
    return ""


def other_name(name: str, cast: ActorIndex) -> str:
    """Another id to suggest, which is not a word of the grammar."""
    kind = str(cast.members[name].kind).replace(" ", "-")
    offers = (f"{name}-{kind}", f"{kind}-{name}", *(f"{kind}-{n}" for n in range(1, len(cast.members) + 2)))
    return next(o for o in offers if o not in cast.members and len(o) <= LONGEST_ID and _is_plain(o))


def _read(line: str, cast: ActorIndex, told: StoryContext) -> list[dict[str, object]] | None:
    try:
        return read_line(line, cast, told)
    except StorySyntaxError:
        return None


def _word(name: str) -> str:
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"


def _renamed(line: str, name: str, other: str) -> Iterator[str]:
    """The line with the other id in all places of the word, and in each of them separately."""
    yield re.sub(_word(name), other, line, flags=re.IGNORECASE)
    for place in islice(re.finditer(_word(name), line, re.IGNORECASE), MOST_TRIED):
        yield line[: place.start()] + other + line[place.end() :]


@lru_cache(maxsize=1024)
def _is_plain(name: str) -> bool:
    """Whether the grammar reads a word as an actor in all places of actors."""
    return all(_names(place.replace("WHO", name), name) for place in _PLACES)


def _names(line: str, name: str) -> bool:
    try:
        (clause,) = clauses(line)[1]
    except (UnexpectedInput, ValueError):
        return False
    if not isinstance(clause, Clause):
        return False
    when = clause.when
    events = [] if when is None else [str(value) for value in when.values.values()]
    return name in (clause.who, clause.target, *(when.names.values() if when is not None else ()), *events)
