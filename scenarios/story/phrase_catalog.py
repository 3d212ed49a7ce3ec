"""A catalog of all phrases, derived from the grammar of story lines: as a page for authors, as sentences for tests."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from lark import Token, Transformer, Tree
from lark.grammar import NonTerminal, Terminal

from scenarios.model.bodies import Kind
from scenarios.source.units import MEASURES
from scenarios.spec.actor_references import ADJECTIVES, JOINED, NOUNS, ORDINALS, PRONOUNS
from scenarios.story.all_readings import ReadingParser
from scenarios.story.examples import PHRASES
from scenarios.story.parse_tree import grammar
from scenarios.verbs import VERBS

SLOTS = {
    "who": ("WHO", "lead"),
    "event": ("EVENT", "lead"),
    "quantity": ("QUANTITY", "10 m"),
    "seconds": ("QUANTITY", "10 m"),
    "path_point": ("POINT", "(1 s, 10 m, 0 m)"),
}
# Aliases that join a part of a verb and a condition, hold a whole action, or say an action of another verb or actor.
_UNLISTED = ("speed_since", "does", "run_out", "offset_again", "fall_from")
SHARED = "part"  # the rule of the parts that any verb may have
_CHARACTERS = {"[0-5]": ("0", "1")}  # examples of character classes in words


@lru_cache(maxsize=1)
def _rules() -> dict[str, Tree]:
    return {str(name): tree for name, _, tree, _ in grammar().grammar.rule_defs}


@lru_cache(maxsize=1)
def _terminals() -> dict[str, Tree]:
    return {str(name): tree for name, (tree, _) in grammar().grammar.term_defs}


@lru_cache(maxsize=256)
def words(terminal: str) -> tuple[str, ...]:
    """All alternatives of a terminal, in the grammar's order."""
    return tuple(dict.fromkeys(text.strip() for text in _spelt(_terminals()[terminal])))


def _spelt(node: Tree) -> list[str]:
    match node.data:
        case "expansions":
            return [text for child in node.children for text in _spelt(child)]
        case "expansion":
            return ["".join(parts) for parts in product(*map(_spelt, node.children))]
        case "expr":
            inner = _spelt(node.children[0])
            return ["", *inner] if node.children[1] == "?" else inner
        case "literal":
            return _literal(node.children[0])
    (inner,) = node.children
    return _spelt(_terminals()[str(inner.name)]) if isinstance(inner, Terminal) else _spelt(inner)


def _literal(token: Token) -> list[str]:
    if token.type == "STRING":
        return [token[1:-1]]
    inside = token[1:-1]
    return [""] if inside.startswith("(?") else list(_CHARACTERS[inside])


def verbs() -> tuple[str, ...]:
    """The rules of the actions of an actor."""
    return tuple(rule for verb in VERBS.all() for rule in verb.rules)


@lru_cache(maxsize=1)
def openings() -> dict[str, frozenset[str]]:
    """The first words of each verb, with the verbs that begin with them."""
    found: dict[str, set[str]] = {}
    for verb in verbs():
        for way in _ways(_rules()[verb], _Variation(once=frozenset({"when", "conditions"}))):
            found.setdefault(way.split(" ")[0], set()).add(verb)
    return {word: frozenset(said) for word, said in found.items()}


@lru_cache(maxsize=256)
def verb_of(sentence: str) -> str:
    """The rule of the first action in a sentence; raises Unread."""
    tree = min(_trees().values(sentence), key=_preference)
    deed = next(child for child in tree.children if isinstance(child, Tree)).children[-1].data
    return next(verb for verb in verbs() if deed == verb or deed in _aliases(verb))


class _RuleTree(Transformer):
    """A parse tree in which names and quantities are leaves."""

    def who(self, words: list[Token]) -> str:
        return " ".join(words)

    def quantity(self, items: list[Token]) -> str:
        return " ".join(items)


@lru_cache(maxsize=1)
def _trees() -> ReadingParser:
    return ReadingParser(grammar(), _RuleTree())


def _preference(tree: object) -> tuple[int, int, bool]:
    """The number of clauses, the number of words of all names, and whether the rule is unlisted."""
    assert isinstance(tree, Tree)
    words_of_names = sum(leaf.count(" ") + 1 for leaf in tree.scan_values(lambda leaf: type(leaf) is str))
    return len(tree.children), words_of_names, any(sub.data in _UNLISTED for sub in tree.iter_subtrees())


def _aliases(verb: str) -> set[str]:
    return {str(alias.children[1].name) for alias in _rules()[verb].find_data("alias")}


# -- sentences -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Variation:
    """The variation in the sentences of a rule.

    `once`: rules for which one alternative is enough. `needed`: aliases of parts, one of which is required.
    `every_word`: use every synonym instead of one.
    """

    once: frozenset[str]
    needed: tuple[str, ...] = ()
    every_word: bool = True


def sentences(every_word: bool = True) -> Iterator[tuple[str, str]]:
    """(rule, sentence): every verb with every part, and every trigger, one at a time; with every word of each."""
    for verb in verbs():
        varied = _Variation(frozenset({"when", "conditions"}), needed_parts(verb), every_word)
        for said in dict.fromkeys(_ways(_rules()[verb], varied)):
            yield verb, f"lead {said}"
    varied = _Variation(frozenset({"or_else", "besides"}), (), every_word)
    for said in dict.fromkeys(_ways(_rules()["when"], varied)):
        yield "when", f"lead brakes {said}"


def needed_parts(verb: str) -> tuple[str, ...]:
    """The parts of a verb's rule, by alias, of which one is required; none for other rules."""
    return next((own.needed for own in VERBS.all() if verb in own.rules), ())


def _ways(node: Tree, varied: _Variation) -> list[str]:
    """Phrases of a rule: the shortest, then each alternative with the rest as short."""
    match node.data:
        case "expansions":
            listed = (child for child in node.children if _alias(child) not in _UNLISTED)
            return [way for child in listed for way in _ways(child, varied)]
        case "expansion":
            parts = [_ways(child, varied) for child in node.children]
            if not all(parts):
                return []
            others = [(i, way) for i, ways in enumerate(parts) for way in ways[1:]]
            rows = [
                [p[0] for p in parts],
                *([way if i == j else p[0] for j, p in enumerate(parts)] for i, way in others),
            ]
            return [" ".join(filter(None, row)) for row in rows]
        case "expr":
            if must := [part for part in _choices(*node.children) if _alias(part) in varied.needed]:
                said = [way for part in must for way in _ways(part, varied)]
                rest = [part for part in _choices(*node.children) if part not in must]
                return [*said, *(f"{said[0]} {way}" for part in rest for way in _ways(part, varied))]
            inner = _ways(node.children[0], varied)
            return ["", *inner] if node.children[1] in ("?", "*") else inner
        case "literal":
            return _literal(node.children[0])
        case "alias":
            return _ways(node.children[0], varied)
    (inner,) = node.children
    if not isinstance(inner, Terminal | NonTerminal):
        return _ways(inner, varied)
    if isinstance(inner, Terminal):
        said = list(words(str(inner.name))) if inner.name != "_COMMA" else [""]
        return said if varied.every_word else said[:1]
    if inner.name in SLOTS:
        return [SLOTS[inner.name][1]]
    if inner.name == SHARED:
        return []  # each verb has a meaning for some of these only
    return list(_ways_of_rule(str(inner.name), varied))


@lru_cache(maxsize=4096)
def _ways_of_rule(name: str, varied: _Variation) -> tuple[str, ...]:
    ways = _ways(_rules()[name], varied)
    return tuple(ways[:1] if name in varied.once else ways)


def _choices(inner: Tree, sign: str) -> list[Tree]:
    """The parts of which any number is allowed; none for a rule without such a list."""
    name = inner.children[0].name if inner.data == "value" and isinstance(inner.children[0], NonTerminal) else None
    return list(_rules()[str(name)].children) if sign == "*" and name is not None else []


def _alias(part: Tree) -> str:
    return str(part.children[1].name) if part.data == "alias" else ""


# -- the page ------------------------------------------------------------------------------------------------------

_SECTIONS = (
    ("*PART*", "part"), ("When", "when"), ("*CONDITIONS*", "conditions"), ("*CONDITION*", "condition"),
    ("*HAPPENING*", "happening"), ("*PAIR*", "pair"),
)  # fmt: skip
MANY = 6  # a word with more alternatives is listed once, under a name
_OPENING = """\
# What a story can say

Written by `nearmiss explain --phrases` from the grammar `scenarios/story/story.lark` and the
verbs of `scenarios/verbs`; a test keeps the two equal.

A line states what an actor does, and when: `WHEN, WHO DEED` or `WHO DEED ... WHEN`. After `and then` (`then`,
`after that`) an action begins when the one before it has ended, and with `when` once that condition holds as well; a
line may begin so, too. After `and`, or a semicolon, another action of the same actor begins with the one before it, or
after it where both are of its speed or both of its path; an action of another actor begins at the same time. Several
actors do the same: `lead and truck brake`. `1 s later` counts from the beginning of the event before. A line that has
two meanings is refused, with both. `slow: lead brakes` names a line, so that another can use `when slow has ended`.
Alternatives are separated by |, parts in [] are optional, and parts come in any order. Upper and lower case are equal.
Names in italics are explained here or at the end.

* *WHO* is an actor's id or a description of one: `lead`, `the lead car`, `the second pedestrian`, `the car in lane 2`,
  `the truck ahead`, `the car behind the truck`, `the ego`, `it`. First, second ... count along the road, the
  nearest first.
* *EVENT* is the name of another event of the story.
* *QUANTITY* is a number, in digits or words, with its unit: `6 m/s^2`, `two seconds`, `half a second`.
* *PART* is how, how long or where, of any action; one that has no meaning for the action is refused by name.
* *POINT* is `(1 s, 10 m, 0.5 m)`: the time, the distance forward and the distance to the left, all from its start.
"""


_CONDITIONS = (
    "A gap, TTC or headway is between two bodies. If one is left out, it is the actor of the sentence, or the ego if"
    " that actor is named; `its` refers to the actor of the sentence. Several conditions can be joined; `and` binds"
    " closer than `or`. All conditions joined by `and` must hold at the same time; a time that has passed and an event"
    " that has ended hold from then on."
)


def page() -> str:
    """The page of all phrases of story lines, as Markdown."""
    lines = [
        *_OPENING.splitlines(),
        f"* Units: {'; '.join(f'{m.name} in {m.fits}' for m in MEASURES)}.",
        *_wrapped(f"* Kinds: {_listed(sorted({*map(str, Kind), *NOUNS} - JOINED.keys()))}."),
        *_wrapped(f"* Which of them: {_listed([*ADJECTIVES, *ORDINALS])}."),
        *_wrapped(f"* An actor mentioned before: {_listed(sorted(PRONOUNS))}."),
    ]
    for title, rule in _SECTIONS:
        lines += ["", f"## {title}", "", *_alternatives(rule)]
    lines += ["", *textwrap.wrap(_CONDITIONS, 118), "", "## What"]
    for verb in verbs():
        lines += ["", f"### {verb.replace('_', ' ')}", "", *_alternatives(verb), *_examples(verb)]
    lines += ["", "## Words", ""]
    named = [name for name in _terminals() if name in _in_rules() and len(words(name)) > MANY]
    lines += [line for name in named for line in _wrapped(f"* {_slot(name)}: {_compact(_terminals()[name])}")]
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 118, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _listed(said: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in said)


def _in_rules() -> set[str]:
    """The terminals that rules refer to, except those that names and numbers consist of."""
    trees = (tree for name, tree in _rules().items() if name not in SLOTS)
    return {str(leaf.name) for tree in trees for leaf in tree.scan_values(lambda v: isinstance(v, Terminal))}


def _alternatives(rule: str) -> list[str]:
    needed = needed_parts(rule)
    return [line for child in _listed_ways(rule) for line in _wrapped(f"* {_shown(child, needed)}")]


def _listed_ways(rule: str) -> Iterator[Tree]:
    """The alternatives of a rule, including those of a rule that it refers to."""
    for child in _rules()[rule].children:
        inner = _bare(child)
        if inner is not None and inner.name not in (*SLOTS, *(known for _, known in _SECTIONS)):
            yield from _listed_ways(str(inner.name))
        elif _alias(child) not in _UNLISTED:
            yield child


def _bare(way: Tree) -> NonTerminal | None:
    """The rule that an alternative consists of; None if it has other parts."""
    only = way.children[0] if way.data == "expansion" and len(way.children) == 1 else None
    inner = only.children[0] if only is not None and only.data == "value" else None
    return inner if isinstance(inner, NonTerminal) else None


def _examples(verb: str) -> list[str]:
    said = [phrase.format(a="lead", b="truck", c="crate").lower() for phrase in PHRASES]
    found = [f"`{phrase}`" for phrase in said if verb_of(phrase) == verb]
    return ["", *_wrapped(f"For example {', '.join(found)}.")] if found else []


def _shown(node: Tree, needed: tuple[str, ...] = ()) -> str:
    """One alternative of a rule, as readers see it. `needed`: the aliases of parts, one of which is required."""
    match node.data:
        case "expansions":
            return " | ".join(_shown(child, needed) for child in node.children)
        case "expansion":
            parts = [(child, _shown(child, needed)) for child in node.children]
            alone = len([text for _, text in parts if text]) == 1
            grouped = (f"({text})" if child.data == "expansions" and not alone else text for child, text in parts)
            return " ".join(filter(None, grouped))
        case "expr":
            return _repeated(*node.children, needed)
        case "alias":
            return _shown(node.children[0], needed)
        case "literal":
            return f"`{node.children[0][1:-1]}`"
    (inner,) = node.children
    if isinstance(inner, Terminal):
        return _word(str(inner.name))
    if not isinstance(inner, NonTerminal):
        return _shown(inner)
    name = str(inner.name)
    if name in SLOTS or name in (rule for _, rule in _SECTIONS):
        return f"*{SLOTS[name][0] if name in SLOTS else name.upper()}*"
    inner = _rules()[name]
    return f"({_shown(inner)})" if len(inner.children) > 1 else _shown(inner)


def _repeated(inner: Tree, sign: str, needed: tuple[str, ...]) -> str:
    if choices := _choices(inner, sign):
        must = [_shown(part) for part in choices if _alias(part) in needed]
        said = [f"({' | '.join(must)})" if len(must) > 1 else must[0]] if must else []
        return " ".join([*said, *(f"[{part}]" for part in _parts(choices, needed))])
    shown = _shown(inner)
    return f"[{shown}]" if shown and sign != "+" else shown


def _parts(choices: list[Tree], needed: tuple[str, ...]) -> list[str]:
    """Each optional part of a verb, including those of a rule that it refers to."""
    shown: list[str] = []
    for child in choices:
        inner = _bare(child)
        if inner is not None and str(inner.name).endswith("_part"):
            shown += _parts(_rules()[str(inner.name)].children, needed)
        elif _alias(child) not in needed:
            shown.append(_shown(child))
    return shown


def _word(terminal: str) -> str:
    if terminal == "_COMMA":
        return ""
    said = words(terminal)
    if len(said) > MANY:
        return _slot(terminal)
    return f"`{said[0]}`" if len(said) == 1 else "(" + " | ".join(f"`{word}`" for word in said) + ")"


def _slot(terminal: str) -> str:
    return f"*{terminal.strip('_').replace('_', ' ')}*"


def _compact(node: Tree) -> str:
    """The alternatives of a word, as composed in the grammar."""
    match node.data:
        case "expansions":
            return " | ".join(dict.fromkeys(filter(None, map(_compact, node.children))))
        case "expansion":
            parts = [(child, _compact(child)) for child in node.children]
            said = [f"({t})" if _is_choice(c) and len(node.children) > 2 else t for c, t in parts if t]
            return " ".join(said)
        case "expr":
            return f"[{_compact(node.children[0])}]"
        case "literal":
            text = node.children[0][1:-1]
            return "" if text.startswith("(?") else text.strip() if text != "[0-5]" else "0 ... 5"
    (inner,) = node.children
    if isinstance(inner, Terminal):
        return "" if inner.name == "_E" else _compact(_terminals()[str(inner.name)])
    return _compact(inner)


def _is_choice(node: Tree) -> bool:
    inner = node.children[0] if node.data == "value" else node
    return isinstance(inner, Tree) and inner.data == "expansions" and len(inner.children) > 1
