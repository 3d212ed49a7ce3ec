"""From the parse tree of a story line to what it says, clause by clause, its actors still as phrases."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token

from scenarios.numba_cache import kept_file
from scenarios.source.units import ACCELERATION, ANGLE, SPEED, TIME, PhysicalQuantity, measure_of
from scenarios.spec.actor_references import ORDINALS
from scenarios.story.trigger_phrases import Moment, Moments, Part, lane_of, side_of

# Deceleration behind a word. 2 and 6: Euro NCAP's gentle and hard lead; 4: its lead of 2026; 8: near dry limits.
BRAKING = {"plain": "4 m/s^2", "gently": "2 m/s^2", "hard": "6 m/s^2", "emergency": "8 m/s^2"}
CHANGING = {"gently": "1 m/s^2", "hard": "4 m/s^2"}
USUAL_RATE = {"speeds up": "1.5 m/s^2", "slows down": "2 m/s^2"}  # usual traffic
RUNNING = "at a run"  # a speed that depends on who runs
_GENTLE = {"gently", "softly", "lightly", "slowly"}
_NAMED = ("behind", "before", "cargo")  # arguments of a verb that are actors
_HEARD_ONLY = ("after", "when", "target", "side")  # parts that are no argument of the verb
# What "at" or "with" says to each verb; a time always says when.
_AT: dict[str, dict[PhysicalQuantity, str]] = {
    "brake": {ACCELERATION: "decel"},
    "stop": {ACCELERATION: "decel"},
    "stop_at_line": {ACCELERATION: "decel"},
    "change_speed": {ACCELERATION: "rate"},
    "hold_speed": {SPEED: "speed"},
    "follow": {SPEED: "speed"},
    "cross": {SPEED: "speed"},
    "step_out": {SPEED: "speed"},
    "pull_out": {SPEED: "speed"},
    "reverse": {SPEED: "speed"},
    "lose_control": {ANGLE: "turn"},
}
WHO = "WHO"  # in `ClauseError.wanted`: who was told of


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


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The grammar with its rules as they are written, for those who list what can be said."""
    return _lark(False)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    """The same for parsing alone; its tables are kept from one start to the next: they take a third of a second."""
    return _lark(kept_file("story-grammar") or False)


def _lark(cache: str | bool) -> Lark:
    return Lark.open(str(Path(__file__).with_name("story.lark")), parser="lalr", lexer="contextual", cache=cache)


@lru_cache(maxsize=4096)
def clauses(plain: str) -> tuple[bool, tuple[Clause | ClauseError, ...]]:
    """Whether a line begins with 'then', and its clauses; raises lark's UnexpectedInput."""
    said = _StoryTransformer().transform(_parser().parse(plain))
    return plain.startswith(("then", "and then", "after that", "afterwards")), tuple(said)


def collected(verb: str, parts: Iterable[Part], **preset: object) -> Clause | ClauseError:
    """The parts of a clause as one; `preset` holds what is meant if the clause does not say it."""
    says: dict[str, object] = {}
    for key, value in parts:
        if key == "at":
            measure = measure_of(str(value))
            key = "after" if measure is TIME else _AT.get(verb, {}).get(measure, "") if measure else ""
            if not key:
                return ClauseError(_at_wanted(verb, value))
        if key == "after":
            key, value = "when", Moment("after", {"after": value}, {})
        if key in says:
            return ClauseError(f"'{key}' said once, not twice")
        says[key] = value
    heard = {key: says.pop(key, None) for key in _HEARD_ONLY}
    names = {key: says.pop(key) for key in _NAMED if key in says}
    return Clause(verb, preset | says, names, heard["when"], heard["target"], heard["side"])


def _at_wanted(verb: str, value: object) -> str:
    fits = [*_AT.get(verb, {}), TIME]
    return f"instead of 'at {value}' " + ", or ".join(f"{m.article} {m.name} such as {m.example}" for m in fits)


class _StoryTransformer(Moments):
    """One method for each rule of story.lark, bottom up."""

    def start(self, items: list) -> list[Clause | ClauseError]:
        return items

    def clause(self, items: list) -> Clause | ClauseError:
        *before, deed = items
        fault = next((item for item in items if isinstance(item, ClauseError)), None)
        who = next((item for item in before if isinstance(item, str)), None)
        if fault is not None:
            return ClauseError(fault.wanted.replace(WHO, who or "it"))
        parts = _flat(item for item in before if isinstance(item, tuple | list))
        if any(key != "when" and key != "after" for key, _ in parts):
            return ClauseError("a delay only after an event: '1 s after event-1 has ended'")
        moments = [Moment("after", {"after": value}, {}) if key == "after" else value for key, value in parts]
        if moments and deed.when is not None:
            return ClauseError("'when' said once, not twice")
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

    def evenly(self, _: list) -> Part:
        return "profile", "linear"

    def to_a_stop(self, _: list) -> Part:
        return "until", "0 km/h"

    def nothing(self, _: list) -> Part:
        return "onto", ""

    def driver(self, items: list[Token]) -> Part:
        return "driver", str(items[0])

    def point(self, items: list[str]) -> list[str]:
        return items

    # -- deeds ---------------------------------------------------------------------------------------------------------

    def hold(self, items: list):
        return collected("hold_speed", _flat(items))

    def follow(self, items: list):
        return collected("follow", _flat(items))

    def brake(self, items: list):
        return collected("brake", _rated(items, "decel", BRAKING), decel=BRAKING["plain"])

    def emergency(self, items: list):
        return collected("brake", _rated(items, "decel", BRAKING), decel=BRAKING["emergency"])

    def stop(self, items: list):
        parts = [part for part in _rated(items, "decel", BRAKING) if part[0] != "until"]
        times = [value for key, value in parts if key == "within" and measure_of(str(value)) is TIME]
        if times and any(key == "for" for key, _ in parts):
            return ClauseError(f"a way instead of 'within {times[0]}': '{WHO} stops within 20 m for 2 s'")
        if times:
            return collected("change_speed", parts, to="0 km/h")
        return collected("stop", parts)

    def speed_up(self, items: list):
        return _changing(items, "speeds up")

    def slow_down(self, items: list):
        return _changing(items, "slows down")

    def change_speed(self, items: list):
        return _changing(items, "changes speed")

    def reverse(self, items: list):
        return collected("reverse", _flat(items))

    def turn(self, items: list):
        said = collected("turn", (part for part in _flat(items) if part[0] != "onto"))
        if isinstance(said, Clause) and "to" not in said.says:
            return ClauseError(f"the side: '{WHO} turns left at the junction'")
        return said

    def stop_at_line(self, items: list):
        return collected("stop_at_line", _rated(items, "decel", BRAKING))

    def run_red_light(self, items: list):
        return collected("run_red_light", _flat(items))

    def cut_in(self, items: list):
        return collected("cut_in", _flat(items))

    def cut_into(self, items: list):
        return collected("cut_in", [("target", items[0]), *_flat(items[1:])])

    def cut_out(self, items: list):
        return collected("cut_out", _flat(items))

    def change_lane(self, items: list):
        said = collected("change_lane", _flat(items))
        if isinstance(said, Clause) and "to" not in said.says:
            return ClauseError(f"the side: '{WHO} changes lane to the left'")
        return said

    def change_to_lane(self, items: list):
        return collected("change_lane", _flat(items))

    def offset(self, items: list):
        if isinstance(items[0], Clause | ClauseError):
            return items[0]
        return _shifted(items[0], side_of(items[1]), items[2:])

    def offset_by(self, items: list):
        return _shifted(items[1], side_of(items[0]), items[2:])

    def centred(self, items: list):
        return collected("offset", _flat(items), to="0 m")

    def cross(self, items: list):
        gait = items[0] if items and isinstance(items[0], str) else ""
        parts = _flat(item for item in items if not isinstance(item, str))
        return collected("cross", parts, **({"speed": gait} if gait else {}))

    def take_exit(self, items: list):
        number = 1 + ORDINALS[items[0].removeprefix("the ").split(" ")[0]]
        return collected("take_exit", (part for part in _flat(items[1:]) if part[0] != "onto"), number=number)

    def merge(self, items: list):
        return collected("merge", _flat(items))

    def into_gap(self, _: list) -> Part:
        return "gap", True

    def pull_out(self, items: list):
        return collected("pull_out", _flat(items))

    def step_out(self, items: list):
        return _stepping(items, "behind")

    def step_out_before(self, items: list):
        return _stepping(items, "before")

    def follow_trajectory(self, items: list):
        points = [item for item in items if isinstance(item, list) and len(item) == 3 and isinstance(item[0], str)]
        return collected("follow_trajectory", _flat(i for i in items if i not in points), points=points)

    def lose_control(self, items: list):
        return collected("lose_control", _flat(items))

    def drop(self, items: list):
        return collected("drop", [("cargo", items[0]), *(p for p in _flat(items[1:]) if p[0] != "onto")])

    def appear(self, items: list):
        return collected("appear", _flat(items))

    def disappear(self, items: list):
        return collected("disappear", _flat(items))


_KEYS = {"lasting": "for", "way": "distance", "turning": "turn"}
for _name in ("after", "at", "until", "to", "within", "target", "speed", "height", "lasting", "way", "turning"):
    setattr(_StoryTransformer, _name, lambda self, items, key=_KEYS.get(_name, _name): (key, items[0]))


def _flat(items: Iterable[object]) -> list[Part]:
    """Parts in a row; a delayed condition is two of them."""
    return [part for item in items for part in (item if isinstance(item, list) else [item])]


def _rated(parts: list, key: str, words: dict[str, str]) -> list[Part]:
    return [(key, words[value]) if name == "manner" else (name, value) for name, value in _flat(parts)]


def _stepping(items: list, key: str) -> Clause | ClauseError:
    gait, cover, *parts = items
    return collected("step_out", [(key, cover), *_flat(parts)], **({"speed": gait} if gait else {}))


def _changing(items: list, verb: str) -> Clause | ClauseError:
    said = collected("change_speed", _rated(items, "rate", CHANGING))
    if isinstance(said, Clause) and "to" not in said.says:
        return ClauseError(f"the speed to reach: '{WHO} {verb} to 30 km/h'")
    if isinstance(said, Clause) and verb in USUAL_RATE and not {"rate", "within"} & set(said.says):
        return replace(said, says=said.says | {"rate": USUAL_RATE[verb]})
    return said


def _shifted(far: str, side: str, parts: list) -> Clause | ClauseError:
    return collected("offset", _flat(parts), to=far if side == "left" else f"-{far.lstrip('+')}")
