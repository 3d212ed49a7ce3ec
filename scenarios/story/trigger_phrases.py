"""Trigger phrases of story lines: from the parse tree of quantities, names and conditions to `Moment`s."""

import re
from dataclasses import replace

from lark import Token, Transformer

from scenarios.source.units import SPEED, TIME, measure_of
from scenarios.story.examples import spelt
from scenarios.verbs.clause import Moment, Part

_UNITS = {
    r"kilomet(re|er)s?( per |/)(an )?hour": "km/h",
    r"met(re|er)s? per second squared": "m/s^2",
    r"met(re|er)s? per second": "m/s",
    r"miles per hour": "mph",
}
FORMER = ""  # in `Moment.values`: the event before this one in the story


def _moment(key: str, quantities: dict[str, object] | None = None, **names: str | None) -> Part:
    return "when", Moment(key, quantities or {}, {k: v for k, v in names.items() if v is not None})


def _joined(key: str, parts: list[Part]) -> Part:
    """Several conditions as one: `values` has their moments under the key."""
    return "when", Moment(key, {key: tuple(moment for _, moment in parts)}, {})


def _between(key: str, bound: str, *items: object) -> Part:
    """A condition on two bodies: optionally the pair, then the quantity."""
    *pair, quantity = items
    names = {name: phrase for named in pair for name, phrase in named.items()}
    return _moment(key, {bound: quantity}, **names)


class Moments(Transformer):
    """Reads quantities, names and triggers: one method per rule of story.lark."""

    def who(self, words: list[Token]) -> str:
        return " ".join(words)

    def quantity(self, items: list[Token]) -> str:
        number, unit = items[0], str(items[1]) if len(items) > 1 else ""
        for pattern, symbol in _UNITS.items():
            unit = re.sub(f"^{pattern}$", symbol, unit)
        return f"{number if number.type == 'NUMBER' else spelt(number)} {unit}".strip()

    seconds = quantity

    def now(self, _: list) -> Part:
        return "after", "0 s"

    def afterwards(self, _: list) -> Part:
        return _moment("ended", {"event": FORMER})

    def at_standstill(self, _: list) -> Part:
        return _moment("standstill")

    def at_gap(self, items: list) -> Part:
        return _moment("gap", {"below": items[0]})

    def at_ttc(self, items: list) -> Part:
        return _moment("ttc", {"below": items[0]})

    def at_headway(self, items: list) -> Part:
        return _moment("headway", {"below": items[0]})

    def condition(self, items: list) -> Part:
        return items[0]

    def all_of(self, items: list) -> Part:
        return _joined("all", items)

    def any_of(self, items: list) -> Part:
        return _joined("any", items)

    def elapsed(self, items: list) -> Part:
        return _moment("after", {"after": items[0]})

    def ended_since(self, items: list) -> Part:
        _, ended = self.ended(items[:1])
        return "when", replace(ended, values=ended.values | {"after": items[1]})

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
        key = "headway" if measure is TIME else "gap"
        return _moment(key, {"below": far}, of=items[0], to=items[2] if len(items) > 2 else None)

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
        return _moment("passed", of=items[0], what=items[1])

    def event(self, items: list[Token]) -> str:
        return str(items[0])

    def ended(self, items: list) -> Part:
        name = items[0]
        return _moment("ended", {"event": FORMER if name in ("former", "it", "that") else name})


def side_of(words: str) -> str:
    return "left" if "left" in words.split() else "right"


def lane_of(words: str) -> int | str:
    side = re.search(r"\b(left|right)\b", words)
    if side:
        return side[0]
    number = int(words[-1]) if words[-1].isdecimal() else 0
    return f"oncoming {number}" if re.search("oncoming|opposite", words) else number
