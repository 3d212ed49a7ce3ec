"""All readings of a text by a grammar in Lark's notation.

A story line can often be split into words, names and parts in several ways. A parser that decides by priorities picks
one of them silently; this one returns every value that the rules can give the whole text, so that the caller can drop
those that refer to nothing, and refuse a line with two meanings. Recursive descent over Lark's compiled rules, with the
values of each rule at each place stored, so that the work grows with the number of different values.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lark import Lark, Token, Transformer, Tree
from lark.grammar import NonTerminal, Rule, Symbol

NAMES, _FREE = "who", ("WORD", "_ARTICLE", "ARTICLE")  # the rule of names, and its words, which fit everywhere
_WHOLE = "start"  # the rule of the whole text
MOST_VALUES = 48  # different values of one rule between the same two places
DEEPEST = 45  # rules within rules


class TooManyReadings(ValueError):
    """A text with more readings than anyone could mean."""


class Unread(ValueError):
    """A text that no rule reads to its end; `at` is the place up to which the best reading came."""

    def __init__(self, at: int):
        self.at = at
        super().__init__(f"not understood from {at} on")


class _Spliced(list):
    """Children of a rule without a node of its own."""


NameTest = Callable[[str], bool]


@dataclass
class _Memory:
    """One text: the values of each rule at each place, and the farthest place that was reached."""

    text: str
    is_name: NameTest
    found: dict[tuple[str, int], list[tuple[int, object]]] = field(default_factory=dict)
    farthest: int = 0
    depth: int = 0


class _Word:
    """A terminal, compiled when it is first tried: of some five hundred a line tries a part."""

    def __init__(self, written: str) -> None:
        self.written = written

    @cached_property
    def match(self) -> Callable[[str, int], re.Match[str] | None]:
        return re.compile(self.written).match


class _Opening:
    """The words with which an alternative can begin."""

    def __init__(self, words: Iterable[_Word]) -> None:
        self._words = tuple(words)

    def match(self, text: str, at: int) -> bool:
        return any(word.match(text, at) is not None for word in self._words)


@dataclass(frozen=True)
class _Alternative:
    """One compiled rule. `opening` matches where its first word does; it saves trying a rule word by word."""

    rule: Rule
    opening: _Opening


class ReadingParser:
    """Finds the values that `transformer`, a bottom-up reader as for a Lark parser, gives to all readings of a text."""

    def __init__(self, grammar: Lark, transformer: Transformer) -> None:
        self._words = {t.name: _Word(t.pattern.to_regexp()) for t in grammar.terminals}
        self._skipped = re.compile("(?:" + "|".join(self._words[name].written for name in grammar.ignore_tokens) + ")*")
        self._transformer = transformer
        openings = _openings(grammar.rules)
        self._begins: dict[str, list[_Alternative]] = {}
        self._repeats: dict[str, list[_Alternative]] = {}
        for rule in grammar.rules:
            there = openings[rule.origin.name] if _repeats(rule) else _opening(rule, openings)
            opening = _Opening(self._words[name] for name in sorted(there))
            known = self._repeats if _repeats(rule) else self._begins
            known.setdefault(str(rule.origin.name), []).append(_Alternative(rule, opening))

    def values(self, text: str, is_name: NameTest = lambda _: True) -> list[object]:
        """The different values of the whole text; raises Unread or TooManyReadings.

        `is_name`: whether words can be the value of the rule `who`, whose words are otherwise free.
        """
        memory = _Memory(text, is_name)
        whole = [value for _, value in self._rule(_WHOLE, 0, memory)]
        if not whole:
            raise Unread(self._skip(text, memory.farthest))
        return whole

    def _skip(self, text: str, at: int) -> int:
        match = self._skipped.match(text, at)
        return at if match is None else match.end()

    def _rule(self, name: str, at: int, memory: _Memory) -> list[tuple[int, object]]:
        """The ends and values of a rule that begins at a place. Rules that begin with themselves are repetitions."""
        known = memory.found.get((name, at))
        if known is not None:
            return known
        memory.depth += 1
        if memory.depth > DEEPEST:
            raise TooManyReadings(name)
        listed = self._values_at(name, at, memory)
        memory.depth -= 1
        memory.found[name, at] = listed
        return listed

    def _values_at(self, name: str, at: int, memory: _Memory) -> list[tuple[int, object]]:
        found: dict[int, dict[str, object]] = {}
        memory.found[name, at] = []
        begin = self._skip(memory.text, at)
        places = {at, begin}
        begins = [one.rule for one in self._begins[name] if any(one.opening.match(memory.text, p) for p in places)]
        agenda = [item for rule in begins for item in self._expansion(rule, at, [], 0, memory)]
        for end, value in agenda:
            values, key = found.setdefault(end, {}), repr(value)
            if key in values:
                continue
            values[key] = value
            if len(values) > MOST_VALUES:
                raise TooManyReadings(name)
            for again in self._repeats.get(name, ()):
                agenda += self._expansion(again.rule, end, _children(value), 1, memory)
        listed = [(end, value) for end, values in found.items() for value in values.values()]
        if name == NAMES:
            listed = [(end, value) for end, value in listed if memory.is_name(str(value))]
            memory.farthest = max([memory.farthest, *(end for end, _ in listed)])
        return listed

    def _expansion(
        self, rule: Rule, at: int, begun: list[object], done: int, memory: _Memory
    ) -> list[tuple[int, object]]:
        found = self._sequence(rule, done, at, begun, memory)
        if rule.origin.name == _WHOLE:  # only what reaches the end has a value
            found = ((end, items) for end, items in found if self._skip(memory.text, end) == len(memory.text))
        return [(end, self._value(rule, items)) for end, items in found]

    def _sequence(
        self, rule: Rule, done: int, at: int, items: list[object], memory: _Memory
    ) -> Iterator[tuple[int, list[object]]]:
        if done == len(rule.expansion):
            yield at, items
            return
        for end, more in self._symbol(rule.expansion[done], at, memory):
            yield from self._sequence(rule, done + 1, end, items + more, memory)

    def _symbol(self, symbol: Symbol, at: int, memory: _Memory) -> Iterator[tuple[int, list[object]]]:
        if isinstance(symbol, NonTerminal):
            for end, value in self._rule(str(symbol.name), at, memory):
                yield end, _children(value)
            return
        word = self._words[symbol.name]
        match = word.match(memory.text, at) or word.match(memory.text, self._skip(memory.text, at))
        if match is None:
            return
        if symbol.name not in _FREE:
            memory.farthest = max(memory.farthest, match.end())
        yield match.end(), [] if getattr(symbol, "filter_out", False) else [Token(symbol.name, match[0])]

    def _value(self, rule: Rule, items: list[object]) -> object:
        name = str(rule.origin.name)
        if rule.alias is None and name.startswith("_"):
            return _Spliced(items)
        if rule.alias is None and rule.options.expand1 and len(items) == 1:
            return items[0]
        method: Callable | None = getattr(self._transformer, str(rule.alias or name), None)
        return Tree(str(rule.alias or name), items) if method is None else method(items)


def _repeats(rule: Rule) -> bool:
    return rule.expansion[0] == rule.origin


def _openings(rules: list[Rule]) -> dict[str, set[str]]:
    """The terminals with which each rule can begin. No rule of a story line is empty."""
    found: dict[str, set[str]] = {rule.origin.name: set() for rule in rules}
    size = -1
    while size != (size := sum(map(len, found.values()))):
        for rule in rules:
            found[rule.origin.name] |= _opening(rule, found)
    return found


def _opening(rule: Rule, openings: dict[str, set[str]]) -> set[str]:
    first = rule.expansion[0]
    return openings[first.name] if isinstance(first, NonTerminal) else {first.name}


def _children(value: object) -> list[object]:
    return list(value) if isinstance(value, _Spliced) else [value]
