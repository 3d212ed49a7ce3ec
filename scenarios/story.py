"""English story lines: a small grammar whose sentences become the very mappings that an author may write instead."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken

from scenarios.faults import quoted
from scenarios.phrases import nearest_phrases, spelt, subject_of
from scenarios.references import Cast, Unclear, resolve
from scenarios.units import ACCELERATION, SPEED, TIME, Measure, measure_of

LONGEST = 200  # characters of a sentence
# Deceleration behind a word. 2 and 6: Euro NCAP's gentle and hard lead; 4: its lead of 2026; 8: near dry limits.
BRAKING = {"plain": "4 m/s^2", "gently": "2 m/s^2", "hard": "6 m/s^2", "emergency": "8 m/s^2"}
CHANGING = {"gently": "1 m/s^2", "hard": "4 m/s^2"}
RUNNING = "8 km/h"  # Euro NCAP's running adult
_GENTLE = {"gently", "softly", "lightly", "slowly"}
_UNITS = {
    r"kilomet(re|er)s?( per |/)(an )?hour": "km/h",
    r"met(re|er)s? per second squared": "m/s^2",
    r"met(re|er)s? per second": "m/s",
    r"miles per hour": "mph",
}


class Misread(ValueError):
    """A sentence that is not understood, or says what cannot be."""

    def __init__(self, found: str, wanted: str):
        self.found, self.wanted = found, wanted
        super().__init__(f"{found}; wanted {wanted}")


@dataclass(frozen=True)
class Sentence:
    """What a sentence says, its actors still as phrases; `says` are the arguments of the verb, as written."""

    who: str
    verb: str
    says: dict[str, str]
    after: str | None
    behind: str | None = None
    target: str | None = None
    side: str | None = None


Part = tuple[str, str]
# What "at" or "with" says to each verb; a time always says when.
_AT: dict[str, dict[Measure, str]] = {
    "brake": {ACCELERATION: "decel"},
    "change_speed": {ACCELERATION: "rate"},
    "hold_speed": {SPEED: "speed"},
    "follow": {SPEED: "speed"},
    "cross": {SPEED: "speed"},
    "step_out": {SPEED: "speed"},
    "cut_in": {},
}


def read_sentence(text: str, cast: Cast) -> dict[str, object]:
    """The structured event {actor, when, do} that a sentence stands for; raises Misread."""
    plain = re.sub(r"\s+", " ", text).strip().lower()
    if not 0 < len(plain) <= LONGEST:
        raise Misread(quoted(text), f"a sentence of 1 to {LONGEST} characters")
    try:
        sentence = _parsed(plain)
    except UnexpectedInput as error:
        raise Misread(*_not_understood(text, plain, error, cast)) from error
    try:
        return _structured(sentence, cast)
    except Unclear as error:
        raise Misread(quoted(text), error.wanted) from error


@lru_cache(maxsize=4096)
def _parsed(plain: str) -> Sentence:
    said = _Reader().transform(_grammar().parse(plain))
    if isinstance(said, _Fault):
        raise Misread(quoted(plain), said.wanted)
    return said


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    return Lark.open(str(Path(__file__).with_name("story.lark")), parser="lalr", lexer="contextual")


def _structured(said: Sentence, cast: Cast) -> dict[str, object]:
    actor, says = resolve(said.who, cast), dict(said.says)
    if said.behind:
        says["behind"] = resolve(said.behind, cast)
    _check_target(said, actor, cast)
    _check_side(said, actor, cast)
    return {"actor": actor, "when": {"after": said.after or "0 s"}, "do": {said.verb: says}}


def _check_target(said: Sentence, actor: str, cast: Cast) -> None:
    """Whom an action is aimed at is fixed by the road: saying someone else is a fault, not decoration."""
    if said.target is None or said.target in ("traffic", "the traffic", "the vehicle in front", "the car in front"):
        return
    target = resolve(said.target, cast)
    fits = "ego" if said.verb != "follow" or actor != "ego" else cast.leader()
    if target != fits or actor == target:
        wanted = "the ego" if fits == "ego" else f"whoever is ahead in its lane at the start ({fits or 'nobody'})"
        raise Unclear(f"{wanted} instead of '{said.target}'")


def _check_side(said: Sentence, actor: str, cast: Cast) -> None:
    if said.side is None or actor in cast.broken:
        return
    side = cast.members[actor].side
    if side != said.side:
        raise Unclear(f"what the place of {actor} says: " + (f"it is on the {side}" if side else "no side is known"))


@dataclass(frozen=True)
class _Fault:
    """A sentence that parses and yet cannot be: travels through the tree as a value."""

    wanted: str


def _sentence(verb: str, who: str, parts: Iterable[Part], behind: str | None = None, **preset: str):
    """Collect the parts of a sentence; `preset` holds what is meant if the sentence does not say it."""
    says: dict[str, str] = {}
    for key, value in parts:
        if key == "at":
            measure = measure_of(value)
            key = "after" if measure is TIME else _AT[verb].get(measure, "") if measure else ""
        if not key:
            return _Fault(_at_wanted(verb, value))
        if key in says:
            return _Fault(f"'{'when' if key == 'after' else key}' said once, not twice")
        says[key] = value
    after, target, side = (says.pop(key, None) for key in ("after", "target", "side"))
    return Sentence(who, verb, preset | says, after, behind, target, side)


def _at_wanted(verb: str, value: str) -> str:
    fits = [*_AT[verb], TIME]
    return f"instead of 'at {value}' " + ", or ".join(f"{m.article} {m.name} such as {m.example}" for m in fits)


class _Reader(Transformer):
    """Parse tree to Sentence, bottom up; one method for each rule of story.lark."""

    def start(self, items: list):
        *leading, said = items
        if not leading or isinstance(said, _Fault):
            return said
        if said.after is not None:
            return _Fault("'when' said once, not twice")
        return Sentence(said.who, said.verb, said.says, leading[0][1], said.behind, said.target, said.side)

    def who(self, words: list[Token]) -> str:
        return " ".join(words)

    def quantity(self, items: list[Token]) -> str:
        number, unit = items[0], str(items[1]) if len(items) > 1 else ""
        for pattern, symbol in _UNITS.items():
            unit = re.sub(f"^{pattern}$", symbol, unit)
        return f"{number if number.type == 'NUMBER' else spelt(number)} {unit}".strip()

    def gait(self, items: list[Token]) -> str:
        return RUNNING if items[0].type == "RUNS" else ""

    def manner(self, items: list[Token]) -> Part:
        return "manner", "gently" if items[0] in _GENTLE else "hard"

    def from_side(self, items: list[Token]) -> Part:
        return "side", items[0].rpartition(" ")[2]

    def hold(self, items: list):
        return _sentence("hold_speed", items[0], items[1:])

    def follow(self, items: list):
        return _sentence("follow", items[0], items[1:])

    def brake(self, items: list):
        return _braking(items, "plain")

    def stop(self, items: list):
        return _braking(items, "plain")

    def emergency(self, items: list):
        return _braking(items, "emergency")

    def speed_up(self, items: list):
        return _changing(items, "speeds up")

    def slow_down(self, items: list):
        return _changing(items, "slows down")

    def cut_in(self, items: list):
        return _sentence("cut_in", items[0], items[1:])

    def cut_into(self, items: list):
        return _sentence("cut_in", items[0], [("target", items[1]), *items[2:]])

    def cross(self, items: list):
        gait = items[1] if len(items) > 1 and isinstance(items[1], str) else None
        preset = {"speed": gait} if gait else {}
        return _sentence("cross", items[0], items[1 if gait is None else 2 :], **preset)

    def step_out(self, items: list):
        preset = {"speed": items[1]} if items[1] else {}
        return _sentence("step_out", items[0], items[3:], items[2], **preset)

    def now(self, _: list) -> Part:
        return "after", "0 s"

    def to_a_stop(self, _: list) -> Part:
        return "until", "0 km/h"


for _name in ("after", "at", "until", "to", "within", "target", "speed"):
    setattr(_Reader, _name, lambda self, items, key=_name: (key, items[0]))


def _rated(parts: list[Part], key: str, words: dict[str, str]) -> list[Part]:
    return [(key, words[value]) if name == "manner" else (name, value) for name, value in parts]


def _braking(items: list, plain: str):
    return _sentence("brake", items[0], _rated(items[1:], "decel", BRAKING), decel=BRAKING[plain])


def _changing(items: list, verb: str):
    said = _sentence("change_speed", items[0], _rated(items[1:], "rate", CHANGING))
    if isinstance(said, Sentence) and "to" not in said.says:
        return _Fault(f"the speed to reach: '{said.who} {verb} to 30 km/h'")
    return said


def _not_understood(text: str, plain: str, error: UnexpectedInput, cast: Cast) -> tuple[str, str]:
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(plain) if ended else error.pos_in_stream
    if ended and "_BRAKES" in error.expected:  # all words were taken for the actor's: the verb is the unknown one
        named = f"{subject_of(plain.split(), cast)} "
        at = len(named) if plain.startswith(named) else at
    stuck = f"not understood from '{plain[at:][:40]}' on" if at < len(plain) else "it breaks off"
    one = "one sentence a line: " if re.search(r"\b(and|then|while)\b", plain[at:]) else ""
    near = " or ".join(f"'{phrase}'" for phrase in nearest_phrases(plain, cast))
    return f"{quoted(text)} ({stuck})", f"{one}a phrase such as {near}"
