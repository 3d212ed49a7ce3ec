"""Suggestions for a sentence that is not understood: the most similar phrases of the grammar."""

import re
from difflib import SequenceMatcher, get_close_matches

from scenarios.spec.actor_references import ActorIndex, AmbiguousReference, resolve
from scenarios.story.examples import PHRASES
from scenarios.story.phrase_catalog import openings, verb_of

MATCHED = 12  # phrases whose similarity is computed by letters
LONGEST = 200  # characters of a sentence that are compared


def nearest_phrases(plain: str, cast: ActorIndex, count: int = 3) -> list[str]:
    """The phrases of the grammar most similar to a sentence, with actors of this scenario."""
    words = plain[:LONGEST].split()
    subject = subject_of(words, cast)
    rest = _masked(" ".join(words[len(subject.split()) :] if plain.startswith(subject) else words[1:]))
    other = next((m.id for m in cast.members.values() if m.parked), "the parked truck")
    cargo = next((m.id for m in cast.members.values() if m.hidden), "the crate")
    meant, stems = _verbs_meant(rest), {word[:4] for word in rest.split()}

    def likely(phrase: str) -> float:
        wanted = {word[:4] for word in phrase.split()}
        return 1.5 * len(stems & wanted) / len(phrase.split()) + (_verb(phrase) in meant)

    def likeness(phrase: str) -> float:
        return likely(phrase) + SequenceMatcher(None, rest, _masked(phrase[4:])).ratio()

    best = sorted(sorted(PHRASES, key=likely, reverse=True)[:MATCHED], key=likeness, reverse=True)[:count]
    return [phrase.format(a=subject, b=other, c=cargo) for phrase in best]


def _verb(phrase: str) -> str:
    return verb_of(phrase.format(a="lead", b="truck", c="crate").lower())


def _verbs_meant(rest: str) -> frozenset[str]:
    """The verbs whose first words equal or resemble those of the sentence."""
    known, first = openings(), rest.split(" ")[0]
    close = [first] if first in known else get_close_matches(first, known, n=1, cutoff=0.75)
    return known[close[0]] if close else frozenset()


def _masked(text: str) -> str:
    return re.sub(r"[\d.]+ ?\S*", "#", text)


def subject_of(words: list[str], cast: ActorIndex) -> str:
    """The longest beginning of a sentence that names an actor, else the first actor of the scenario."""
    for end in range(min(5, len(words)), 0, -1):
        try:
            resolve(" ".join(words[:end]), cast)
        except AmbiguousReference:
            continue
        return " ".join(words[:end])
    return next((name for name in cast.members if name != "ego"), "the ego")
