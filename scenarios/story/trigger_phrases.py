"""Trigger phrases of story lines: from the parse tree of quantities, names and conditions to `Moment`s."""

import re
from dataclasses import replace

from lark import Token, Transformer

from scenarios.source.units import SPEED, TIME, measure_of
from scenarios.story.examples import spelt
from scenarios.verbs.clause import Moment, Part
from scenarios.verbs.worded_rates import OppositeLane

_UNITS = {
    r"(kilomet(re|er)s?|km)( per |/)(an )?hour": "km/h",
    r"(kilomet(re|er)s?|km)( per |/)(an )?hour per second": "km/h/s",
    r"(met(re|er)s?|m) per second (squared|per second)": "m/s^2",
    r"(met(re|er)s?|m) per second": "m/s",
    r"miles per hour": "mph",
    r"m ?/ ?s( ?\^ ?2|2|²|\*\*2| ?/ ?s)": "m/s^2",
    r"secs?": "s",
    r"mins?|minutes?": "min",
}
# Keys of moments that depend on where actors are, or on the events before.
AWAY, PLACED_AHEAD, PLACED_BEHIND, LATER, DOES, HAS_DONE = (
    "away",
    "placed ahead",
    "placed behind",
    "later",
    "does",
    "has done",
)
_DONE = {
    "cut": lambda said: "cut_in" if said.endswith("in") else "cut_out", "braked": lambda _: "brake",
    "changed": lambda _: "change_lane", "turned": lambda said: "turn_around" if said.endswith("around") else "turn",
    "merged": lambda _: "merge", "crossed": lambda _: "cross", "pulled": lambda _: "pull_out",
    "reversed": lambda _: "reverse", "overtaken": lambda _: "overtake",
}  # fmt: skip
FORMER = ""  # in `Moment.values`: the event before this one in the story


def _moment(key: str, quantities: dict[str, object] | None = None, **names: str | None) -> Part:
    return "when", Moment(key, quantities or {}, {k: v for k, v in names.items() if v is not None})


def _joined(key: str, parts: list[Part]) -> Part:
    """Several conditions as one: `values` has their moments under the key."""
    return "when", Moment(key, {key: tuple(moment for _, moment in parts)}, {})


def _between(key: str, bound: str, *items: object) -> Part:
    """A condition on two bodies: optionally the pair, then the quantity."""
    *pair, quantity = items
    names: dict[str, str] = {}
    for named in pair:
        names |= {"of": named} if isinstance(named, str) else named
    return _moment(key, {bound: quantity}, **names)


class Moments(Transformer):
    """Reads quantities, names and triggers: one method per rule of story.lark."""

    def who(self, words: list[Token]) -> str:
        return " ".join(words)

    def quantity(self, items: list[Token]) -> str:
        number, unit = items[0], str(items[1]) if len(items) > 1 else ""
        for pattern, symbol in _UNITS.items():
            unit = re.sub(f"^{pattern}$", symbol, unit)
        unit = re.sub(r" ?/ ?", "/", unit)
        digits = (
            re.sub(r"^([+-]?)\.", r"\g<1>0.", number.replace(",", ".")) if number.type == "NUMBER" else spelt(number)
        )
        return f"{digits} {unit}".strip()

    seconds = quantity

    def now(self, _: list) -> Part:
        return "after", "0 s"

    def afterwards(self, _: list) -> Part:
        return _moment("ended", {"event": FORMER})

    def at_standstill(self, _: list) -> Part:
        return _moment("standstill")

    def at_gap(self, items: list) -> Part:
        return _moment("gap", {"below": items[0], "at": True})

    def at_ttc(self, items: list) -> Part:
        return _moment("ttc", {"below": items[0]})

    def at_headway(self, items: list) -> Part:
        return _moment("headway", {"below": items[0]})

    def condition(self, items: list) -> Part:
        return items[0]

    def since(self, items: list) -> Part:
        """'after the van brakes': after it has done so."""
        key, moment = items[0]
        return key, replace(moment, key=HAS_DONE) if moment.key == DOES else moment

    def all_of(self, items: list) -> Part:
        return _joined("all", items)

    def any_of(self, items: list) -> Part:
        return _joined("any", items)

    def elapsed(self, items: list) -> Part:
        return _moment("after", {"after": items[0]})

    def ended_since(self, items: list) -> Part:
        _, ended = self.ended(items[:1])
        return "when", replace(ended, values=ended.values | {"after": items[1]})

    def begun_since(self, items: list) -> Part:
        _, begun = self.begun(items[:1])
        return "when", replace(begun, values=begun.values | {"after": items[1]})

    def later(self, items: list) -> list[Part]:
        """'1 s after slow has ended'."""
        quantity, (_, moment) = items
        if measure_of(quantity) is not TIME:
            return self.speed_since(items)
        return [("when", replace(moment, values=moment.values | {"after": quantity}))]

    def speed_since(self, items: list) -> list[Part]:
        """'keeps 30 km/h after the van has passed': the quantity belongs to the verb. A delay is not allowed there."""
        quantity, (_, moment) = items
        return [("delayed" if measure_of(quantity) is TIME else "speed", quantity), ("when", moment)]

    def own(self, items: list) -> dict[str, str]:
        return {"of": str(items[0])}

    def pair_to(self, items: list) -> dict[str, str]:
        return {"to": items[0]}

    def pair_of(self, items: list) -> dict[str, str]:
        return {"of": items[0]}

    def pair_both(self, items: list) -> dict[str, str]:
        return {"of": items[0], "to": items[1]}

    def away(self, items: list) -> Part:
        far, measure = items[1], measure_of(items[1])
        key = AWAY if measure is TIME else "gap"
        return _moment(key, {"below": far}, of=items[0], to=items[2] if len(items) > 2 else None)

    def before_reaching(self, items: list) -> Part:
        """'2 s before reaching the van': of the actor of the clause."""
        return self.away(["it", *items])

    def not_closer(self, items: list) -> Part:
        if measure_of(items[1]) is SPEED:
            return _moment("speed", {"above": items[1]}, of=items[0])
        return _moment("gap", {"above": items[1]}, of=items[0], to=items[2] if len(items) > 2 else None)

    def placed(self, items: list) -> Part:
        """'it is 5 m ahead of the ego'."""
        key = PLACED_BEHIND if items[2].startswith("behind") else PLACED_AHEAD
        return _moment(key, {"by": items[1]}, of=items[0], to=items[3] if len(items) > 3 else None)

    def alongside(self, items: list) -> Part:
        return _moment("gap", {"below": "0 m"}, of=items[0], to=items[1] if len(items) > 1 else None)

    def beside_it(self, items: list) -> Part:
        return _moment("gap", {"below": "0 m"}, of="it", to=items[0])

    def passing(self, items: list) -> Part:
        return _moment("passed", of="it", what=items[0])

    def later_on(self, items: list) -> Part:
        """'1 s later': after the beginning of the event before, if there is one."""
        return _moment(LATER, {"after": items[0]})

    def has_done(self, items: list) -> Part:
        return _moment(HAS_DONE, {"verb": _DONE[items[1].split(" ")[1]](items[1])}, of=items[0])

    def gap_below(self, items: list) -> Part:
        return _between("gap", "below", *items)

    def gap_above(self, items: list) -> Part:
        return _between("gap", "above", *items)

    def ttc_below(self, items: list) -> Part:
        return _between("ttc", "below", *items)

    def headway_below(self, items: list) -> Part:
        return _between("headway", "below", *items)

    def headway_above(self, items: list) -> Part:
        return _between("headway", "above", *items)

    def slower(self, items: list) -> Part:
        return _moment("speed", {"below": items[1]}, of=items[0])

    def faster(self, items: list) -> Part:
        return _moment("speed", {"above": items[1]}, of=items[0])

    def stands(self, items: list) -> Part:
        return _moment("standstill", of=items[0])

    def driven(self, items: list) -> Part:
        return _moment("travelled", {"distance": items[1]}, of=items[0])

    def reached(self, items: list) -> Part:
        if measure_of(items[1]) is SPEED:
            return _moment("speed", {"above": items[1]}, of=items[0])
        return _moment("reached", {"along": items[1]}, of=items[0])

    def road_lane(self, items: list) -> object:
        return lane_of(items[0]) if isinstance(items[0], Token) else (items[0],)

    def in_lane(self, items: list) -> Part:
        who, lane = items
        if isinstance(lane, tuple):
            return _moment("in_lane", of=who, lane=lane[0])
        return _moment("in_lane", {"lane": lane}, of=who)

    def passed(self, items: list) -> Part:
        return _moment("passed", of=items[0], what=items[1] if len(items) > 1 else "it")

    def event(self, items: list[Token]) -> str:
        return str(items[0])

    def ended(self, items: list) -> Part:
        return _moment("ended", {"event": FORMER if items[0] in ("former", "it", "that") else items[0]})

    def begun(self, items: list) -> Part:
        return _moment("begun", {"event": FORMER if items[0] in ("former", "it", "that") else items[0]})


def side_of(words: str) -> str:
    return "left" if "left" in words.split() else "right"


def lane_of(words: str) -> int | str:
    side = re.search(r"\b(left|right)\b", words)
    if side:
        return side[0]
    number = int(words[-1]) if words[-1].isdecimal() else 0
    if "opposite" in words:
        return OppositeLane(f"oncoming {number}")
    return f"oncoming {number}" if "oncoming" in words else number
