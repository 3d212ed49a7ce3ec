"""The actors of a phrase, and their usual places, most likely first."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scenarios.authoring.draft_setting import DraftSetting
from scenarios.model.bodies import CALLED, VARIANTS, Colour, Kind
from scenarios.model.kinds.actor_kind import Manner
from scenarios.model.kinds.registry import KINDS
from scenarios.scenario import Scenario
from scenarios.source.units import LENGTH, SPEED, quantity
from scenarios.spec.actor_references import NOUNS, VARIANT_NOUNS, join_nouns

_STANDING = {"stationary", "stopped", "standing", "waiting", "broken-down", "stranded", "abandoned"}
_ADJECTIVES = {"parked", "lead", "leading", "preceding", "oncoming", *_STANDING}
_LEADS = {"lead", "leading", "preceding"}
_ARTICLES = {"the", "a", "an", "another"}
# Kinds of nouns that mean several kinds.
_USUAL = {"vehicle": Kind.CAR, "person": Kind.PEDESTRIAN}
_FROM = re.compile(r" from the (left|right)(?: lane)?\b")
_ROW_M = 14.0  # distance between actors with equal places
# Words after a noun instead of before it: "a truck parked on the left", "a car stands in the ego's lane".
_STANDS = ("parked", "stands still", "stands", "lies", "lying", "stuck", *sorted(_STANDING))
_WHERE = r"in the ego's lane|in the lane|in its lane|on the road|in the road|ahead|in front"
_IS = re.compile(rf"^ (?:is |that is |which is )?({'|'.join(_STANDS)})(?: (?:{_WHERE}))*(?= |,|$)")
_ON = re.compile(r"^,? (?:on|at) the (left|right)(?:-hand)?(?: side| lane)?(?: of the (?:road|street))?(?= |,|$)")


@dataclass(frozen=True)
class DraftPlace:
    """The place of an actor as keys of its section. `gap_m` None: no place until it steps out from behind a body."""

    where: str = ""
    gap_m: float | None = None
    speed: str = ""
    offset: str = ""


@dataclass(frozen=True)
class DraftActor:
    """An actor of a phrase; `row` counts them."""

    id: str
    kind: Kind
    said: frozenset[str]
    row: int
    side: str = ""
    place: DraftPlace = DraftPlace()
    variant: str = ""
    colour: Colour = Colour.ANY

    def places(self, setting: DraftSetting) -> Iterator[DraftPlace]:
        """Possible places, most likely first, at the distance that the phrase gives."""
        speed = ego_speed(setting.values)
        for place in _usual_places(self.manner, speed, ego_lane(setting.values)):
            way_m = (place.gap_m or 0.0) * max(quantity(speed, SPEED), 5.0)
            gap_m = None if place.gap_m is None else float(round(way_m + _ROW_M * self.row))
            if gap_m is not None and self.row == 0 and "distance" in setting.values:
                gap_m = quantity(setting.values["distance"], LENGTH)
            if not self.side or place.where in (f"side: {self.side}", f"lane: {_lane_on(self.side)}"):
                yield replace(place, gap_m=gap_m)

    @property
    def manner(self) -> str:
        """Its usual behaviour, if the phrase gives none."""
        if "parked" in self.said:
            return "parked"
        usual = KINDS[self.kind].manner
        if usual is Manner.LIES and not self.said & _STANDING:
            return "lies"
        if self.said & _STANDING or usual in (Manner.STANDS, Manner.LIES):
            return "stands"
        if self.said & (_LEADS | {"oncoming"}):
            return "leads" if self.said & _LEADS else "oncoming"
        return str(usual)

    def cover(self, scenario: Scenario) -> str | None:
        """The actor that hides it."""
        return next((getattr(e.do, "behind", None) for e in scenario.events if e.actor == self.id), None)

    def moved(self, by_m: float) -> "DraftActor":
        """The same actor, moved along the road."""
        if self.place.gap_m is None:
            return self
        return replace(self, place=replace(self.place, gap_m=round(self.place.gap_m + by_m, 1)))

    @property
    def section(self) -> str:
        """Its section of the file."""
        words = [f"kind: {self.variant or self.kind}", self.place.where]
        if self.colour is not Colour.ANY:
            words.insert(1, f"colour: {self.colour}")
        if self.place.gap_m is not None:
            words.append(f"ahead: {self.place.gap_m:g} m")
        named = {"offset": self.place.offset, "speed": self.place.speed}
        words += [f"{key}: {said}" for key, said in named.items() if said]
        return "{" + ", ".join(filter(None, words)) + "}"


@dataclass(frozen=True)
class DraftCast:
    """The actors of a phrase, the phrase with their ids instead of its nouns, and unknown adjectives."""

    parts: tuple[DraftActor, ...]
    said: str
    setting: DraftSetting
    unknown: tuple[str, ...]


def company(text: str, setting: DraftSetting) -> DraftCast:
    """All actors of a phrase: article, adjectives, noun. The same noun again refers to the same actor."""
    parts: list[DraftActor] = []
    said: list[str] = []
    unknown: list[str] = []
    words = join_nouns(text).split()
    while words:
        said.append(words.pop(0))
        noun = said[-1].strip(",.;:")
        if noun not in NOUNS or said[-2:-1] in (["ego"], ["own"]):
            continue
        begin = _begin(said)
        adjectives = {word.strip(",") for word in said[begin:-1]} - _ARTICLES
        sort, colour = _sort(noun, adjectives), next((c for c in Colour if c in adjectives), Colour.ANY)
        unknown += sorted(adjectives - _ADJECTIVES - set(sort.split()) - {colour})
        if found := _IS.match(" " + " ".join(words)):
            adjectives.add("parked" if found[1] == "parked" and "lane" not in found[0] else "standing")
            words = f" {' '.join(words)}"[found.end() :].split()
        side = ""
        passes = said[begin - 1 : begin] == ["overtakes"]  # a side after it is the side of passing
        if not passes and (found := _ON.match(" " + " ".join(words))):
            side, words = found[1], f" {' '.join(words)}"[found.end() :].split()
        if said[begin - 1 : begin] == ["behind"]:
            adjectives.add("parked")  # a body that hides another one is parked at the kerb
        part = _part(noun, frozenset(adjectives & _ADJECTIVES), side, parts, "another" in said[begin:])
        part = replace(part, variant=sort or part.variant, colour=colour if part.colour is Colour.ANY else part.colour)
        if part.row == len(parts):
            parts.append(part)
        parts[part.row] = part
        said[begin:] = [part.id + said[-1][len(noun) :]]
    return DraftCast(*_sided(tuple(parts), " ".join(said), setting), tuple(unknown))


def _begin(said: list[str]) -> int:
    """Start of the phrase that ends with a noun: its article, or its first adjective."""
    for back in range(2, min(5, len(said)) + 1):
        if said[-back] in _ARTICLES:
            return len(said) - back
    begin = len(said) - 1
    while begin and said[begin - 1].strip(",") in _ADJECTIVES:
        begin -= 1
    return 0 if begin <= 2 and begin == len(said) - 1 else begin


def _part(noun: str, said: frozenset[str], side: str, parts: list[DraftActor], other: bool) -> DraftActor:
    variant = VARIANT_NOUNS.get(noun, "")
    known = [
        part
        for part in parts
        if part.kind == _kind(noun) and variant in ("", part.variant) and (not said or part.said == said) and not side
    ]
    if known and not other:
        return known[-1]
    name = "lead" if said & _LEADS else noun
    count = sum(re.fullmatch(rf"{name}(-\d+)?", part.id) is not None for part in parts)
    return DraftActor(f"{name}-{count + 1}" if count else name, _kind(noun), said, len(parts), side, variant=variant)


def _sort(noun: str, adjectives: set[str]) -> str:
    """The variant named by a noun and the word before it: 'school bus'."""
    said = (f"{word} {noun}" for word in sorted(adjectives))
    return next((CALLED.get(name, name) for name in said if CALLED.get(name, name) in VARIANTS), "")


def _kind(noun: str) -> Kind:
    return _USUAL[noun] if noun in _USUAL else next(iter(NOUNS[noun]))


def _sided(
    parts: tuple[DraftActor, ...], said: str, setting: DraftSetting
) -> tuple[tuple[DraftActor, ...], str, DraftSetting]:
    """The first vehicle that comes from a side gets the lane of that side, which is then removed from the phrase."""
    if not parts or parts[0].manner != "drives":
        return parts, said, setting
    if found := _FROM.search(said):
        parts = (replace(parts[0], side=found[1]), *parts[1:])
        said = said[: found.start()] + said[found.end() :]
    values = {**setting.values, "ego.lane": "1" if parts[0].side == "right" else "0"}
    return parts, said, replace(setting, values=values)


def _lane_on(side: str) -> int:
    """The lane beside the ego's, which is the other one of the two right lanes."""
    return 1 if side == "left" else 0


def ego_speed(values: Mapping[str, str]) -> str:
    """The given speed, or the usual one of such a road, reduced for its surface."""
    if values.get("road.surface") in ("ice", "snow") or values.get("environment.weather") == "snow":
        usual = "30 km/h"
    else:
        usual = "100 km/h" if int(values.get("road.lanes", "2")) > 2 else "50 km/h"
    return values.get("ego.speed", usual)


def ego_lane(values: Mapping[str, str]) -> int:
    """The right lane, unless an actor comes from the right."""
    return int(values.get("ego.lane", "0"))


def _at_kerb(offset: str, gap_s: float) -> list[DraftPlace]:
    return [DraftPlace(f"side: {side}", gap_s, offset=offset) for side in ("right", "left")]


def _usual_places(manner: str, speed: str, lane: int) -> list[DraftPlace]:
    """Most likely first; `gap_m` is in seconds here, because useful distances depend on the ego's speed."""
    leads, stands = DraftPlace(f"lane: {lane}", 1.1, speed), DraftPlace(f"lane: {lane}", 3.2, "0 km/h")
    beside = DraftPlace(f"lane: {1 - lane}", 0.6, f"{quantity(speed, SPEED) * 3.6 * 0.85:.0f} km/h")
    oncoming = DraftPlace("lane: oncoming 0", 5.0, speed)
    parked, walkers = _at_kerb("0.3 m", 2.2), _at_kerb("1 m", 2.2)
    return {
        "leads": [leads],
        "oncoming": [oncoming],
        "stands": [stands, *parked],
        "parked": [*parked, stands],
        "walks": [DraftPlace(), *walkers, stands],
        "lies": [DraftPlace(), stands, *parked],
        "rides": [DraftPlace(), *walkers, replace(leads, speed="15 km/h"), replace(beside, speed="15 km/h")],
        "drives": [leads, beside, *parked, oncoming],
    }[manner]
