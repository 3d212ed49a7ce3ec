"""From the parse tree of a story line to clauses, with the actors as phrases."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Transformer

from scenarios.story.trigger_phrases import Moments, lane_of, side_of
from scenarios.verbs import VERBS
from scenarios.verbs.clause import WHO, Clause, ClauseError, Moment, Part, flat
from scenarios.verbs.story_verb import ClauseReader, PartReader, StoryVerb, collected
from scenarios.verbs.worded_rates import RUNNING

_BEGINS_WITH_THEN = re.compile(r"(and )?(then|after that|afterwards)(?![\w-])")
_GENTLE = {"gently", "softly", "lightly", "slowly"}


@lru_cache(maxsize=1)
def grammar() -> Lark:
    return Lark(grammar_text(VERBS.all()), parser="lalr", lexer="contextual")


def grammar_text(verbs: Iterable[StoryVerb]) -> str:
    """The grammar of story lines, including the rules of verbs."""
    verbs = tuple(verbs)
    written = Path(__file__).with_name("story.lark").read_text("utf-8")
    deeds = " | ".join(rule for verb in verbs for rule in verb.rules)
    return "\n".join([written, f"?deed: {deeds}", *(verb.grammar for verb in verbs)])


@lru_cache(maxsize=4096)
def clauses(plain: str) -> tuple[bool, tuple[Clause | ClauseError, ...]]:
    """Whether a line begins with 'then', and its clauses; raises lark's UnexpectedInput."""
    said = _reader().transform(grammar().parse(plain))
    return _BEGINS_WITH_THEN.match(plain) is not None, tuple(said)


@lru_cache(maxsize=1)
def _reader() -> Transformer:
    """The transformer of parse trees, with a method for each rule and alias of the verbs."""
    methods = {name: method for verb in VERBS.all() for name, method in _methods_of(verb).items()}
    if known := sorted(name for name in methods if hasattr(_StoryTransformer, name)):
        raise ValueError(f"rules of story.lark that a verb also has: {', '.join(known)}")
    return type("_VerbTransformer", (_StoryTransformer,), methods)()


def _methods_of(verb: StoryVerb) -> dict[str, Callable]:
    readers = dict.fromkeys(verb.rules, _all_parts) | dict(verb.readers)
    whole = {name: _clause_method(verb, reader) for name, reader in readers.items()}
    return whole | {alias: _part_method(part) for alias, part in verb.parts.items()}


def _all_parts(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items))


def _clause_method(verb: StoryVerb, reader: ClauseReader) -> Callable:
    def method(_, items: list) -> Clause | ClauseError:
        fault = next((item for item in items if isinstance(item, ClauseError)), None)
        return reader(verb, items) if fault is None else fault

    return method


def _part_method(part: str | PartReader) -> Callable:
    if isinstance(part, str):
        return lambda _, items: (part, items[0])
    return lambda _, items: part(items)


class _StoryTransformer(Moments):
    """Reads parse trees bottom up: one method per rule of story.lark, and per alias that several verbs use."""

    def start(self, items: list) -> list[Clause | ClauseError]:
        return items

    def clause(self, items: list) -> Clause | ClauseError:
        *before, deed = items
        fault = next((item for item in items if isinstance(item, ClauseError)), None)
        who = next((item for item in before if isinstance(item, str)), None)
        if fault is not None:
            return ClauseError(fault.wanted.replace(WHO, who or "it"))
        parts = flat(item for item in before if isinstance(item, tuple | list))
        if any(key != "when" and key != "after" for key, _ in parts):
            return ClauseError("a delay only after an event: '1 s after event-1 has ended'")
        moments = [Moment("after", {"after": value}, {}) if key == "after" else value for key, value in parts]
        if moments and deed.when is not None:
            return ClauseError("'when' given once, not twice")
        return replace(deed, who=who, when=moments[0] if moments else deed.when)

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

    def nothing(self, _: list) -> list[Part]:
        return []


_KEYS = {"lasting": "for"}
for _name in ("after", "at", "until", "to", "within", "target", "speed", "lasting"):
    setattr(_StoryTransformer, _name, lambda self, items, key=_KEYS.get(_name, _name): (key, items[0]))
