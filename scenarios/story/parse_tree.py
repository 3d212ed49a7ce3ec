"""From the parse tree of a story line to clauses, with the actors as phrases."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token

from scenarios.source.units import TIME, measure_of
from scenarios.spec.actor_references import is_name
from scenarios.story.all_readings import NameTest, ReadingParser, Unread
from scenarios.story.trigger_phrases import DOES, Moments, lane_of, side_of
from scenarios.verbs import VERBS
from scenarios.verbs.clause import WHO, Clause, ClauseError, Moment, Part, flat
from scenarios.verbs.story_verb import ClauseReader, PartReader, StoryVerb, collected
from scenarios.verbs.worded_rates import RUNNING

_GENTLE = {"gently", "softly", "lightly", "slowly"}


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The grammar of story lines as Lark loads it: its rules and words; `readings` parses."""
    return Lark(grammar_text(VERBS.all()), parser="earley", lexer="dynamic")


def grammar_text(verbs: Iterable[StoryVerb]) -> str:
    """The grammar of story lines, including the rules of verbs."""
    verbs = tuple(verbs)
    written = Path(__file__).with_name("story.lark").read_text("utf-8")
    deeds = " | ".join(rule for verb in verbs for rule in verb.rules)
    return "\n".join([written, f"?deed: {deeds}", *(verb.grammar for verb in verbs)])


Reading = tuple[Clause | ClauseError, ...]


# Words that are in no name of an actor, where nothing is known of a scenario's actors.
_NO_NAMES = frozenset(
    [
        "when",
        "once",
        "if",
        "after",
        "before",
        "until",
        "while",
        "then",
        "and",
        "or",
        "at",
        "in",
        "into",
        "within",
        "over",
        "for",
        "from",
        "to",
        "of",
        "between",
        "is",
        "has",
        "have",
        "been",
        "than",
        "below",
        "above",
        "under",
    ]
)
_MOST_WORDS = 4


@lru_cache(maxsize=4096)
def readings(plain: str, known: frozenset[str] | None = None) -> tuple[Reading, ...]:
    """Everything that a line can mean, as its clauses, the shortest names of actors first; raises Unread and
    TooManyReadings. `known`: the words of which names of actors consist; None for any words.
    """
    found = [tuple(clauses) for clauses in _parser().values(plain, _name_test(known))]
    return tuple(sorted(found, key=_named_words))


def _name_test(known: frozenset[str] | None) -> NameTest:
    if known is None:
        return lambda name: len(name.split()) <= _MOST_WORDS and not _NO_NAMES & set(name.split())
    return lambda name: is_name(name, known)


def stuck_at(plain: str, known: frozenset[str]) -> int:
    """The place up to which a line is understood."""
    try:
        _parser().values(plain, _name_test(known))
    except Unread as error:
        return error.at
    return len(plain)


def clauses(plain: str) -> tuple[bool, Reading]:
    """Whether a line begins with 'then', and its clauses with the shortest names of actors; raises Unread."""
    reading = readings(plain)[0]
    return isinstance(reading[0], Clause) and reading[0].link == "then", reading


@lru_cache(maxsize=1)
def _parser() -> ReadingParser:
    """The parser, with a method for each rule and alias of the verbs."""
    methods = {name: method for verb in VERBS.all() for name, method in _methods_of(verb).items()}
    if known := sorted(name for name in methods if hasattr(_StoryTransformer, name)):
        raise ValueError(f"rules of story.lark that a verb also has: {', '.join(known)}")
    return ReadingParser(grammar(), type("_VerbTransformer", (_StoryTransformer,), methods)())


def _named_words(reading: Reading) -> tuple[bool, int]:
    """Whether a reading is a refusal, and how many words its names of actors have."""
    refused = any(isinstance(clause, ClauseError) for clause in reading)
    return refused, sum(len(name.split()) for clause in reading for name in _names(clause))


def _names(clause: Clause | ClauseError) -> list[str]:
    if isinstance(clause, ClauseError):
        return []
    whens = [clause.when, *(value for value in clause.says.values() if isinstance(value, Moment))]
    own = [name for name in (clause.who, clause.target, *clause.names.values()) if name is not None]
    return own + [name for when in whens if when is not None for name in _names_of(when)]


def _names_of(moment: Moment) -> list[str]:
    """The names in a condition; the name of an event is one, too."""
    inner = [name for value in moment.values.values() if isinstance(value, tuple) for part in value
             if isinstance(part, Moment) for name in _names_of(part)]  # fmt: skip
    event = moment.values.get("event")
    return [*moment.names.values(), *inner, *([event] if isinstance(event, str) else [])]


def _methods_of(verb: StoryVerb) -> dict[str, Callable]:
    readers = dict.fromkeys(verb.rules, _all_parts) | dict(verb.readers)
    whole = {name: _deed_method(name, verb, reader) for name, reader in readers.items()}
    return whole | {alias: _part_method(part) for alias, part in verb.parts.items()}


@dataclass(frozen=True)
class VerbPhrase:
    """The words of a verb with its parts, before the parts that stand elsewhere in the clause are known."""

    rule: str
    items: tuple[object, ...]
    verb: StoryVerb = field(repr=False)
    reader: ClauseReader = field(repr=False)

    def clause(self, parts: Iterable[Part] = ()) -> Clause | ClauseError:
        """The clause with further parts."""
        fault = next((item for item in self.items if isinstance(item, ClauseError)), None)
        return self.reader(self.verb, [*self.items, *parts]) if fault is None else fault


def _all_parts(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items))


def _deed_method(rule: str, verb: StoryVerb, reader: ClauseReader) -> Callable:
    return lambda _, items: VerbPhrase(rule, tuple(items), verb, reader)


def _part_method(part: str | PartReader) -> Callable:
    if isinstance(part, str):
        return lambda _, items: (part, items[0])
    return lambda _, items: part(items)


class _StoryTransformer(Moments):
    """Reads parse trees bottom up: one method per rule of story.lark, and per alias that several verbs use."""

    def start(self, items: list) -> list[Clause | ClauseError]:
        said: list[Clause | ClauseError] = []
        link = ""
        for item in items:
            if isinstance(item, Clause):
                said.append(replace(item, link=item.link or link))
            elif isinstance(item, ClauseError):
                said.append(item)
            link = item if isinstance(item, str) else ""
        return said

    def then_link(self, _: list) -> str:
        return "then"

    def and_link(self, _: list) -> str:
        return "and"

    def bare_clause(self, items: list) -> Clause | ClauseError:
        said = self.clause(items)
        return replace(said, link="then") if isinstance(said, Clause) else said

    def clause(self, items: list) -> Clause | ClauseError:
        *before, deed = items
        who, *others = [item for item in before if isinstance(item, str)] or [None]
        parts = flat(item for item in before if isinstance(item, tuple | list))
        fault = next((item for item in before if isinstance(item, ClauseError)), None)
        if any(key == "delayed" for key, _ in parts):
            fault = ClauseError("a delay only after an event: '1 s after event-1 has ended'")
        said = deed.clause(parts) if fault is None else fault
        if isinstance(said, ClauseError):
            return ClauseError(said.wanted.replace(WHO, who or "it"))
        led = any(key in ("when", "after") for key, _ in parts)
        return replace(said, who=who, others=tuple(others), led=led)

    def does(self, items: list) -> Part:
        """'the van brakes' as a condition: the event in which it does has begun."""
        who, deed = items
        said = deed.clause()
        verb = said.verb if isinstance(said, Clause) and said.when is None else ""
        return "when", Moment(DOES, {"verb": verb}, {"of": who})

    def gait(self, items: list[Token]) -> str:
        return RUNNING if items[0].type == "RUNS" else ""

    def lane(self, items: list[Token]) -> Part:
        return "to", lane_of(items[0])

    # -- parts that several verbs use ----------------------------------------------------------------------------------

    def manner(self, items: list[Token]) -> Part:
        return "manner", "gently" if items[0] in _GENTLE else "hard"

    def turned(self, items: list[Token]) -> Part:
        return "to", side_of(items[0])

    def to_a_stop(self, _: list) -> Part:
        return "until", "0 km/h"

    def adverb(self, items: list[Token]) -> Part:
        return "manner", "hard"

    def in_front_of(self, items: list) -> Part:
        return "where", ("in_front_of", (items[0],))

    def behind_of(self, items: list) -> Part:
        return "where", ("behind", (items[0],))

    def between_of(self, items: list) -> Part:
        return "where", ("between", tuple(items))

    def in_length(self, items: list) -> Part | ClauseError:
        """'in 30 m' is a distance; 'in 3 s' may be how long it takes, or when it begins."""
        if measure_of(items[0]) is TIME:
            return ClauseError(f"'within {items[0]}' for how long it takes, or 'after {items[0]}' for when it begins")
        return "within", items[0]

    def nothing(self, _: list) -> list[Part]:
        return []


_KEYS = {"lasting": "for"}
for _name in ("after", "at", "until", "to", "within", "target", "speed", "lasting"):
    setattr(_StoryTransformer, _name, lambda self, items, key=_KEYS.get(_name, _name): (key, items[0]))
