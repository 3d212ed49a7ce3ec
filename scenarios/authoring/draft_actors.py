"""Who is in a phrase, and the places where such an actor usually is, the likeliest first."""

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
# Of nouns that mean several kinds, and of people, whom a phrase without more means.
_USUAL = {"vehicle": Kind.CAR, "person": Kind.PEDESTRIAN}
_FROM = re.compile(r" from the (left|right)(?: lane)?\b")
_ROW_M = 14.0  # between actors that are placed alike
# What may follow a noun instead of standing before it: "a truck parked on the left", "a car stands in the ego's lane".
_STANDS = ("parked", "stands still", "stands", "lies", "lying", "stuck", *sorted(_STANDING))
_WHERE = r"in the ego's lane|in the lane|in its lane|on the road|in the road|ahead|in front"
_IS = re.compile(rf"^ (?:is |that is |which is )?({'|'.join(_STANDS)})(?: (?:{_WHERE}))*(?= |,|$)")
_ON = re.compile(r"^,? (?:on|at) the (left|right)(?:-hand)?(?: side| lane)?(?: of the (?:road|street))?(?= |,|$)")


@dataclass(frozen=True)
class DraftPlace:
    """Where an actor is: the words of its section. `gap_m` None: nowhere until it steps out from behind something."""

    where: str = ""
    gap_m: float | None = None
    speed: str = ""
    offset: str = ""


@dataclass(frozen=True)
class DraftActor:
    """Somebody in a phrase; `row` counts them."""

    id: str
    kind: Kind
    said: frozenset[str]
    row: int
    side: str = ""
    place: DraftPlace = DraftPlace()
    variant: str = ""
    colour: Colour = Colour.ANY

    def places(self, setting: DraftSetting) -> Iterator[DraftPlace]:
        """Where it may be, likeliest first, at the distance that the phrase names."""
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
        """How it usually is where the phrase says no more."""
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
        """Behind whom it hides."""
        return next((getattr(e.do, "behind", None) for e in scenario.events if e.actor == self.id), None)

    def moved(self, by_m: float) -> "DraftActor":
        """The same, so much farther along the road."""
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
    """The parts of a phrase, the phrase with their ids in place of what it calls them, and words of theirs unknown."""

    parts: tuple[DraftActor, ...]
    said: str
    setting: DraftSetting
    unknown: tuple[str, ...]


def company(text: str, setting: DraftSetting) -> DraftCast:
    """Everybody whom a phrase names: article, adjectives, noun. The second time the same noun means the same one."""
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
        passes = said[begin - 1 : begin] == ["overtakes"]  # a side behind it is that of the passing
        if not passes and (found := _ON.match(" " + " ".join(words))):
            side, words = found[1], f" {' '.join(words)}"[found.end() :].split()
        if said[begin - 1 : begin] == ["behind"]:
            adjectives.add("parked")  # what somebody comes out from behind of stands at the kerb
        part = _part(noun, frozenset(adjectives & _ADJECTIVES), side, parts, "another" in said[begin:])
        part = replace(part, variant=sort or part.variant, colour=colour if part.colour is Colour.ANY else part.colour)
        if part.row == len(parts):
            parts.append(part)
        parts[part.row] = part
        said[begin:] = [part.id + said[-1][len(noun) :]]
    return DraftCast(*_sided(tuple(parts), " ".join(said), setting), tuple(unknown))


def _begin(said: list[str]) -> int:
    """Where the phrase begins that ends with a noun: at its article, or at its first adjective."""
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
    """The variant of two words that a noun and what stands before it name: 'school bus'."""
    said = (f"{word} {noun}" for word in sorted(adjectives))
    return next((CALLED.get(name, name) for name in said if CALLED.get(name, name) in VARIANTS), "")


def _kind(noun: str) -> Kind:
    return _USUAL[noun] if noun in _USUAL else next(iter(NOUNS[noun]))


def _sided(
    parts: tuple[DraftActor, ...], said: str, setting: DraftSetting
) -> tuple[tuple[DraftActor, ...], str, DraftSetting]:
    """Of the first who drives, the side from which it comes is its lane, which the story does not say again."""
    if not parts or parts[0].manner != "drives":
        return parts, said, setting
    if found := _FROM.search(said):
        parts = (replace(parts[0], side=found[1]), *parts[1:])
        said = said[: found.start()] + said[found.end() :]
    values = {**setting.values, "ego.lane": "1" if parts[0].side == "right" else "0"}
    return parts, said, replace(setting, values=values)


def _lane_on(side: str) -> int:
    """The lane beside the ego's, which is then the other of the two right ones."""
    return 1 if side == "left" else 0


def ego_speed(values: Mapping[str, str]) -> str:
    """As said, or what is usual on such a road, slow enough for what lies on it."""
    if values.get("road.surface") in ("ice", "snow") or values.get("environment.weather") == "snow":
        usual = "30 km/h"
    else:
        usual = "100 km/h" if int(values.get("road.lanes", "2")) > 2 else "50 km/h"
    return values.get("ego.speed", usual)


def ego_lane(values: Mapping[str, str]) -> int:
    """The right one, unless somebody comes from the right."""
    return int(values.get("ego.lane", "0"))


def _at_kerb(offset: str, gap_s: float) -> list[DraftPlace]:
    return [DraftPlace(f"side: {side}", gap_s, offset=offset) for side in ("right", "left")]


def _usual_places(manner: str, speed: str, lane: int) -> list[DraftPlace]:
    """Likeliest first; `gap_m` in seconds of the ego's way still, since what is near depends on its speed."""
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
