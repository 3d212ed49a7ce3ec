"""Parse English story lines to the structured events that an author may write instead."""

import re
from unicodedata import normalize

from scenarios.source.errors import quoted
from scenarios.spec.actor_references import ActorIndex, AmbiguousReference, join_nouns, name_words
from scenarios.story.all_readings import TooManyReadings, Unread
from scenarios.story.clause_events import StoryContext, structured
from scenarios.story.parse_tree import Reading, readings, stuck_at
from scenarios.story.suggestions import nearest_phrases
from scenarios.story.trigger_phrases import DOES, HAS_DONE
from scenarios.verbs.clause import Clause, Moment

LONGEST, MOST = 1200, 10_000  # characters of a line without, and with, the points of a trajectory
_PAIR = re.compile(r"\bbetween .{1,40}? and ")
LABEL = re.compile(r"([a-z][a-z0-9_-]{0,31}) ?: (.+)")


class StorySyntaxError(ValueError):
    """A line that cannot be parsed or refers to something that does not exist."""

    def __init__(self, found: str, wanted: str):
        self.found, self.wanted = found, wanted
        super().__init__(f"{found}; wanted {wanted}")


def read_line(text: str, cast: ActorIndex, told: StoryContext | None = None) -> list[dict[str, object]]:
    """The structured events {id, actor, when, do} of a line, one per clause; raises StorySyntaxError."""
    plain = _normal(text)
    if not 0 < len(re.sub(r"\([^()]*\)", "", plain[:MOST])) <= LONGEST or len(plain) > MOST:
        raise StorySyntaxError(quoted(text), f"a sentence of 1 to {LONGEST} characters")
    label = LABEL.fullmatch(plain)
    name, plain = (label[1], label[2]) if label else (None, plain)
    plain = join_nouns(plain)
    try:
        found = _readings(plain, cast)
    except Unread as error:
        raise StorySyntaxError(*_not_understood(text, plain, cast)) from error
    except TooManyReadings as error:
        raise StorySyntaxError(f"{quoted(text)}, which has too many readings", "one sentence a line") from error
    try:
        return _one_meaning(found, cast, told or StoryContext(), name)
    except AmbiguousReference as error:
        raise StorySyntaxError(quoted(text), error.wanted) from error


def _readings(plain: str, cast: ActorIndex) -> tuple[Reading, ...]:
    """The readings with actors of this scenario, or else those with others, whose names can be corrected."""
    try:
        return readings(plain, name_words(cast))
    except Unread:
        return readings(plain)


def _one_meaning(
    found: tuple[Reading, ...], cast: ActorIndex, told: StoryContext, name: str | None
) -> list[dict[str, object]]:
    """The events that all readings that refer to something agree on; raises AmbiguousReference for two meanings.

    The words of one action, such as 'turns round and goes back', are not those of two.
    """
    meant: dict[str, list[dict[str, object]]] = {}
    refused: AmbiguousReference | None = None
    for reading in found:
        try:
            events = structured(reading, cast, told, name)
        except AmbiguousReference as error:
            refused = refused or error
        else:
            meant[repr(events)] = events
    if not meant:
        assert refused is not None
        raise refused
    fewest = min(map(len, meant.values()))
    meant = {key: events for key, events in meant.items() if len(events) == fewest}
    if len(meant) > 1:
        raise AmbiguousReference(f"one meaning: this may be {' or '.join(map(in_words, list(meant.values())[:3]))}")
    return next(iter(meant.values()))


def in_words(events: list[dict[str, object]]) -> str:
    """Events as written, in short, for messages: 'lead {brake: {decel: 4 m/s^2}} {after: 1 s}'."""
    return " and ".join(f"{event['actor']} {_shown(event['do'])} {_shown(event['when'])}" for event in events)


def _shown(written: object) -> str:
    if isinstance(written, dict):
        return "{" + ", ".join(f"{key}: {_shown(value)}" for key, value in written.items()) + "}"
    return f"[{', '.join(map(_shown, written))}]" if isinstance(written, list | tuple) else str(written)


def _normal(text: str) -> str:
    """A line in lower case with single blanks and the usual form of each character, such as of fullwidth digits."""
    return re.sub(r"\s+", " ", normalize("NFKC", text.replace("²", "^2"))).strip().lower()


def label_of(line: str) -> str | None:
    """The name that a line gives itself, as in 'slow: lead brakes'."""
    label = LABEL.fullmatch(re.sub(r"\s+", " ", line[:MOST]).strip().lower())
    return label[1] if label else None


def _not_understood(text: str, plain: str, cast: ActorIndex) -> tuple[str, str]:
    at = stuck_at(plain, name_words(cast))
    stuck = f"not understood from '{plain[at:][:40]}' on" if at < len(plain) else "it breaks off"
    here = f"{_PAIR.sub('', plain[:at])[-24:]}{plain[at:]}"  # with the words after an 'and' of a condition
    one = "one sentence a line, or 'and then': " if re.search(r"\b(and|while)\b", here) else ""
    near = " or ".join(f"'{phrase}'" for phrase in nearest_phrases(plain, cast))
    if (when := _as_condition(plain, cast)) is not None:
        deed = " (the action is 'overtakes')" if when.key == "passed" else ""
        return quoted(text), f"an action of an actor; this is a condition, so write '... when {plain}'{deed}"
    return f"{quoted(text)} ({stuck})", f"{one}a phrase such as {near}"


def _as_condition(plain: str, cast: ActorIndex) -> Moment | None:
    """What a line says as a condition; None where it is none."""
    try:
        (clause, *others) = readings(f"it brakes when {plain}", name_words(cast))[0]
    except (Unread, TooManyReadings):
        return None
    when = clause.when if isinstance(clause, Clause) and not others else None
    return None if when is not None and when.key in (DOES, HAS_DONE) else when
