"""From the parse tree of a story line to clauses, with the actors as phrases."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Transformer

from scenarios.source.units import ACCELERATION, SPEED, TIME, PhysicalQuantity, measure_of
from scenarios.spec.actor_references import ORDINALS
from scenarios.story.trigger_phrases import Moments, lane_of, side_of
from scenarios.verbs import VERBS
from scenarios.verbs.clause import WHO, Clause, ClauseError, Moment, Part, flat
from scenarios.verbs.story_verb import PartReader, StoryVerb

# Decelerations of words. 2 and 6: Euro NCAP's gentle and hard lead; 4: its lead of 2026; 8: near a dry road's limit.


class WordedRate(str):
    """A rate given by a word such as "hard" instead of a number; the value is a car's. An actor whose kind brakes less
    well uses less. `usual` is the field of a kind's `Dynamics` that has the value for each kind, if there is one.
    """

    usual: str = ""

    def __new__(cls, rate: str, usual: str = "") -> "WordedRate":
        """A rate with its unit, such as "4 m/s^2"."""
        made = super().__new__(cls, rate)
        made.usual = usual
        return made


BRAKING = {
    "plain": WordedRate("4 m/s^2"), "gently": WordedRate("2 m/s^2"), "hard": WordedRate("6 m/s^2"),
    "emergency": WordedRate("8 m/s^2"),
}  # fmt: skip
CHANGING = {"gently": WordedRate("1 m/s^2"), "hard": WordedRate("4 m/s^2")}
USUAL_RATE = {
    "speeds up": WordedRate("1.5 m/s^2", "speeding_up_mps2"),
    "slows down": WordedRate("2 m/s^2", "slowing_down_mps2"),
}
_BEGINS_WITH_THEN = re.compile(r"(and )?(then|after that|afterwards)(?![\w-])")
RUNNING = "at a run"  # a speed that depends on the actor
_GENTLE = {"gently", "softly", "lightly", "slowly"}
_NAMED = ("behind", "before", "cargo")  # arguments of a verb that are actors
_HEARD_ONLY = ("after", "when", "target", "side")  # parts that are not arguments of the verb
_SAID_BY = dict.fromkeys(("decel", "rate"), ": a word such as hard or gently, or a rate such as 'at 4 m/s^2'")
# The argument of each verb that "at" or "with" sets; a time is always part of a trigger.
_AT: dict[str, dict[PhysicalQuantity, str]] = {
    "brake": {ACCELERATION: "decel"},
    "stop": {ACCELERATION: "decel"},
    "stop_at_line": {ACCELERATION: "decel"},
    "change_speed": {ACCELERATION: "rate"},
    "hold_speed": {SPEED: "speed"},
    "follow": {SPEED: "speed"},
    "cross": {SPEED: "speed"},
    "step_out": {SPEED: "speed"},
}


# Parts by alias, one of which the verb requires; a clause without any becomes a ClauseError.
NEEDED: dict[str, tuple[str, ...]] = {
    "turn": ("turned",),
    "change_lane": ("turned",),
    **dict.fromkeys(("speed_up", "slow_down", "change_speed"), ("to",)),
}


@lru_cache(maxsize=1)
def grammar() -> Lark:
    return Lark(grammar_text(VERBS.all()), parser="lalr", lexer="contextual")


def grammar_text(verbs: Iterable[StoryVerb]) -> str:
    """The grammar of story lines, including the rules of verbs with their own module."""
    written = Path(__file__).with_name("story.lark").read_text("utf-8")
    return "\n".join([written, *(f"%extend deed: {verb.key}\n{verb.grammar}" for verb in verbs)])


@lru_cache(maxsize=4096)
def clauses(plain: str) -> tuple[bool, tuple[Clause | ClauseError, ...]]:
    """Whether a line begins with 'then', and its clauses; raises lark's UnexpectedInput."""
    said = _reader().transform(grammar().parse(plain))
    return _BEGINS_WITH_THEN.match(plain) is not None, tuple(said)


@lru_cache(maxsize=1)
def _reader() -> Transformer:
    """The transformer of parse trees, with a method for each rule of the verbs with their own module."""
    methods = {name: method for verb in VERBS.all() for name, method in _methods_of(verb).items()}
    if known := sorted(name for name in methods if hasattr(_StoryTransformer, name)):
        raise ValueError(f"rules of story.lark that a verb also has: {', '.join(known)}")
    return type("_VerbTransformer", (_StoryTransformer,), methods)()


def _methods_of(verb: StoryVerb) -> dict[str, Callable]:
    def whole(_, items: list) -> Clause | ClauseError:
        fault = next((item for item in items if isinstance(item, ClauseError)), None)
        return collected(verb.key, flat(items)) if fault is None else fault

    return {verb.key: whole} | {alias: _part_method(part) for alias, part in verb.parts.items()}


def _part_method(part: str | PartReader) -> Callable:
    if isinstance(part, str):
        return lambda _, items: (part, items[0])
    return lambda _, items: part(items)


def _at(verb: str) -> Mapping[PhysicalQuantity, str]:
    """The arguments of a verb that "at" or "with" can set, by the measure of the quantity."""
    return VERBS[verb].at if VERBS.get(verb) else _AT.get(verb, {})


def collected(verb: str, parts: Iterable[Part], **preset: object) -> Clause | ClauseError:
    """The parts of a clause joined to one clause; `preset` has values for parts that the clause does not have."""
    says: dict[str, object] = {}
    for key, value in parts:
        if key == "at":
            measure = measure_of(str(value))
            key = "after" if measure is TIME else _at(verb).get(measure, "") if measure else ""
            if not key:
                return ClauseError(_at_wanted(verb, value))
        if key == "after":
            key, value = "when", Moment("after", {"after": value}, {})
        if key in says:
            return ClauseError(f"'{key}' given once, not twice{_SAID_BY.get(key, '')}")
        says[key] = value
    own = VERBS.get(verb)
    written = own.section.model_fields if own is not None else ()
    heard = {key: None if key in written else says.pop(key, None) for key in _HEARD_ONLY}
    named = own.names if own is not None else _NAMED
    names = {key: says.pop(key) for key in named if key in says}
    return Clause(verb, preset | says, names, heard["when"], heard["target"], heard["side"])


def _at_wanted(verb: str, value: object) -> str:
    fits = [*_at(verb), TIME]
    return f"instead of 'at {value}' " + ", or ".join(f"{m.article} {m.name} such as {m.example}" for m in fits)


class _StoryTransformer(Moments):
    """Reads parse trees bottom up: one method per rule of story.lark."""

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

    # -- parts ---------------------------------------------------------------------------------------------------------

    def manner(self, items: list[Token]) -> Part:
        return "manner", "gently" if items[0] in _GENTLE else "hard"

    def from_side(self, items: list[Token]) -> Part:
        return "side", items[0].rpartition(" ")[2]

    def turned(self, items: list[Token]) -> Part:
        return "to", side_of(items[0])

    def lane(self, items: list[Token]) -> Part:
        return "to", lane_of(items[0])

    def hardest(self, _: list) -> Part:
        return "decel", "hardest"

    def smoothly(self, _: list) -> Part:
        return "profile", "smooth"

    def exactly(self, _: list) -> Part:
        return "profile", "exact"

    def evenly(self, _: list) -> Part:
        return "profile", "linear"

    def to_a_stop(self, _: list) -> Part:
        return "until", "0 km/h"

    def nothing(self, _: list) -> Part:
        return "onto", ""

    def driver(self, items: list[Token]) -> Part:
        return "driver", str(items[0])

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def hold(self, items: list):
        return collected("hold_speed", flat(items))

    def follow(self, items: list):
        return collected("follow", flat(items))

    def brake(self, items: list):
        return collected("brake", _rated(items, "decel", BRAKING), decel=BRAKING["plain"])

    def emergency(self, items: list):
        return collected("brake", _rated(items, "decel", BRAKING), decel=BRAKING["emergency"])

    def stop(self, items: list):
        parts = [part for part in _rated(items, "decel", BRAKING) if part[0] != "until"]
        times = [value for key, value in parts if key == "within" and measure_of(str(value)) is TIME]
        if times and any(key == "for" for key, _ in parts):
            return ClauseError(f"a distance instead of 'within {times[0]}': '{WHO} stops within 20 m for 2 s'")
        if times:
            return collected("change_speed", parts, to="0 km/h")
        return collected("stop", parts)

    def speed_up(self, items: list):
        return _changing(items, "speeds up")

    def slow_down(self, items: list):
        return _changing(items, "slows down")

    def change_speed(self, items: list):
        return _changing(items, "changes speed")

    def turn(self, items: list):
        said = collected("turn", (part for part in flat(items) if part[0] != "onto"))
        if isinstance(said, Clause) and "to" not in said.says:
            return ClauseError(f"the side: '{WHO} turns left at the junction'")
        return said

    def stop_at_line(self, items: list):
        return collected("stop_at_line", _rated(items, "decel", BRAKING))

    def run_red_light(self, items: list):
        return collected("run_red_light", flat(items))

    def cut_in(self, items: list):
        return collected("cut_in", flat(items))

    def cut_into(self, items: list):
        return collected("cut_in", [("target", items[0]), *flat(items[1:])])

    def cut_out(self, items: list):
        return collected("cut_out", flat(items))

    def change_lane(self, items: list):
        said = collected("change_lane", flat(items))
        if isinstance(said, Clause) and "to" not in said.says:
            return ClauseError(f"the side: '{WHO} changes lane to the left'")
        return said

    def change_to_lane(self, items: list):
        return collected("change_lane", flat(items))

    def offset(self, items: list):
        if isinstance(items[0], Clause | ClauseError):
            return items[0]
        return _shifted(items[0], side_of(items[1]), items[2:])

    def offset_by(self, items: list):
        return _shifted(items[1], side_of(items[0]), items[2:])

    def centred(self, items: list):
        return collected("offset", flat(items), to="0 m")

    def cross(self, items: list):
        gait = items[0] if items and isinstance(items[0], str) else ""
        parts = flat(item for item in items if not isinstance(item, str))
        return collected("cross", parts, **({"speed": gait} if gait else {}))

    def take_exit(self, items: list):
        number = 1 + ORDINALS[items[0].removeprefix("the ").split(" ")[0]]
        return collected("take_exit", (part for part in flat(items[1:]) if part[0] != "onto"), number=number)

    def merge(self, items: list):
        return collected("merge", flat(items))

    def into_gap(self, _: list) -> Part:
        return "gap", True

    def step_out(self, items: list):
        return _stepping(items, "behind")

    def step_out_before(self, items: list):
        return _stepping(items, "before")

    def drop(self, items: list):
        return collected("drop", [("cargo", items[0]), *(p for p in flat(items[1:]) if p[0] != "onto")])

    def appear(self, items: list):
        return collected("appear", flat(items))

    def disappear(self, items: list):
        return collected("disappear", flat(items))


_KEYS = {"lasting": "for"}
for _name in ("after", "at", "until", "to", "within", "target", "speed", "height", "lasting"):
    setattr(_StoryTransformer, _name, lambda self, items, key=_KEYS.get(_name, _name): (key, items[0]))


def _rated(parts: list, key: str, words: dict[str, str]) -> list[Part]:
    return [(key, words[value]) if name == "manner" else (name, value) for name, value in flat(parts)]


def _stepping(items: list, key: str) -> Clause | ClauseError:
    gait, cover, *parts = items
    return collected("step_out", [(key, cover), *flat(parts)], **({"speed": gait} if gait else {}))


def _changing(items: list, verb: str) -> Clause | ClauseError:
    said = collected("change_speed", _rated(items, "rate", CHANGING))
    if isinstance(said, Clause) and "to" not in said.says:
        return ClauseError(f"the speed to reach: '{WHO} {verb} to 30 km/h'")
    if isinstance(said, Clause) and verb in USUAL_RATE and not {"rate", "within"} & set(said.says):
        return replace(said, says=said.says | {"rate": USUAL_RATE[verb]})
    return said


def _shifted(far: str, side: str, parts: list) -> Clause | ClauseError:
    return collected("offset", flat(parts), to=far if side == "left" else f"-{far.lstrip('+')}")
