"""References of a story to actors: by id, or by a description that fits exactly one of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from scenarios.model.bodies import CALLED, USUAL_SIZE, VARIANTS, Kind, Size, variant_of
from scenarios.model.kinds.debris import DOOR_SUFFIX, DOORED
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.spec.actor_spec import (
    ON_RAMP,
    ActorSpec,
    AtStop,
    Boxed,
    Driven,
    EgoSpec,
    Guided,
    Hidden,
    LanePlacement,
    Moved,
    OnCross,
    OnRamp,
)

GROUPS = tuple(dict.fromkeys(word for record in KINDS.values() for word in record.groups))  # vehicle, person
# Nouns of a variant: its name, or another word for it.
VARIANT_NOUNS = {name: name for name in VARIANTS} | {word: name for word, name in CALLED.items() if name in VARIANTS}
NOUNS: dict[str, frozenset[Kind]] = {
    **{str(kind): frozenset({kind}) for kind in Kind},
    **{word: frozenset({VARIANTS[name].kind}) for word, name in VARIANT_NOUNS.items()},
    **{word: frozenset({Kind(name)}) for word, name in CALLED.items() if name not in VARIANTS},
    **{word: frozenset(kind for kind in Kind if word in KINDS[kind].groups) for word in GROUPS},
}
# Nouns of several words in the form of a normalised story line: "wheelchair-user".
JOINED = {noun.replace(" ", "-"): noun for kind in Kind for noun in (kind, *KINDS[kind].words) if " " in noun}
_ANYONE = frozenset(kind for kind in Kind if "person" in KINDS[kind].groups)
NOUNS |= {"someone": _ANYONE, "biker": NOUNS["cyclist"] | NOUNS["motorcycle"]}
NOUNS |= {joined: NOUNS[noun] for joined, noun in JOINED.items()}
_SEVERAL = re.compile(
    r"\b(?:" + "|".join(
        r" (?:(?:the|a|an) )?".join(map(re.escape, noun.split()))
        for noun in sorted(JOINED.values(), key=len, reverse=True)
    ) + r")(?![\w-])"
) if JOINED else None  # fmt: skip
EGO = {
    "ego", "ego car", "ego vehicle", "own car", "own vehicle", "av", "subject vehicle", "vehicle under test",
    "test vehicle",
}  # fmt: skip
ARTICLES = {"the", "a", "an"}
PRONOUNS = {"it", "he", "she", "they", "him", "her", "its", "his", "their"}
POSSESSIVES = {"its", "his", "her", "their"}
FIRST_PERSON = {"i", "me", "my", "mine", "we", "us", "our", "ours"}
ORDINALS = {
    **{word: n for n, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"))},
    **{f"{n}{end}": n - 1 for n, end in enumerate(("st", "nd", "rd", "th", "th", "th"), 1)},
    "last": -1,
}
RESERVED = ARTICLES | PRONOUNS  # words that no line can use as an actor's id
ADJECTIVES = {
    **dict.fromkeys(("parked", "stationary", "stopped", "standing", "waiting"), "parked"),
    **dict.fromkeys(("moving", "driving"), "moving"),
    **dict.fromkeys(("lead", "leading", "preceding"), "leads"),
    "oncoming": "oncoming",
    **dict.fromkeys(("following", "trailing", "rear"), "trails"),
}


@dataclass(frozen=True)
class ActorDescription:
    """The properties of an actor that a story can refer to. Speeds in m/s."""

    id: str
    kind: Kind
    speed_mps: float
    in_ego_lane: bool = False
    beside_ego_lane: bool = False  # in another lane of the ego's direction
    gap_ahead_m: float | None = None
    gap_behind_m: float | None = None
    oncoming: bool = False
    on_trajectory: bool = False
    side: Side | None = None  # of the road, if it stands beside the road
    hidden: bool = False  # no start position: an action such as step out must give it one
    on_ramp: bool = False  # or on the acceleration lane
    variant: str = ""  # a name in bodies.VARIANTS
    lane: int | None = None  # of its own direction, in which it starts
    offset_m: float | None = None  # to the left of the centre of that lane
    on_cross: bool = False  # on the crossing road

    @property
    def a_kind(self) -> str:
        """'a car', 'an animal', for messages."""
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

    @property
    def along_m(self) -> float | None:
        """Where it starts along the road, metres from the ego; None where only the road knows it."""
        if self.id == "ego":
            return 0.0
        return (
            self.gap_ahead_m
            if self.gap_ahead_m is not None
            else None
            if self.gap_behind_m is None
            else -self.gap_behind_m
        )

    @property
    def parked(self) -> bool:
        return self.speed_mps == 0 and not self.on_trajectory and not self.hidden


@dataclass(frozen=True)
class ActorIndex:
    """All actors of a scenario. `broken` has the actors with a faulty section and the kind that is written there;
    nothing else is known of them.
    """

    members: dict[str, ActorDescription]
    broken: Mapping[str, object] = field(default_factory=dict)
    ego_lane: int = 0

    @property
    def listed(self) -> str:
        """'lead (car), truck (truck)', for messages."""
        described = [f"{m.id} ({m.kind})" for m in self.members.values()]
        return ", ".join(described + sorted(self.broken))

    def door_of(self, name: str) -> str:
        """The message for the name of a car's door, a body that no story line can name; "" for other names."""
        owner = name.removesuffix(DOOR_SUFFIX)
        if owner == name or owner not in self.members or self.members[owner].kind not in DOORED:
            return ""
        return f"{owner}: {name} is its door, a body without a story of its own; an event of {owner} opens it"

    def leader(self) -> str | None:
        """The nearest body ahead in the ego's lane."""
        ahead = {m.gap_ahead_m: m.id for m in self.members.values() if m.in_ego_lane and m.gap_ahead_m is not None}
        return ahead[min(ahead)] if ahead else None

    def ahead_of(self, name: str) -> str | None:
        """The nearest body ahead of an actor in its lane."""
        own = self.members.get(name)
        if own is None or name == "ego":
            return self.leader()
        near = _nearest_in_lane([m for m in self.members.values() if m.id != name], own, True)
        return near[0].id if near else None

    def follower(self) -> str | None:
        """The nearest body behind in the ego's lane."""
        behind = {m.gap_behind_m: m.id for m in self.members.values() if m.in_ego_lane and m.gap_behind_m is not None}
        return behind[min(behind)] if behind else None


class AmbiguousReference(ValueError):
    """A description that fits no actor, or more than one; `wanted` names the candidates."""

    def __init__(self, wanted: str):
        self.wanted = wanted
        super().__init__(wanted)


def member(name: str, spec: ActorSpec, ego: EgoSpec) -> ActorDescription:
    """The properties of an actor by its section."""
    written = spec.box.size if isinstance(spec, Boxed) else spec.size
    size = Size(*written) if written else USUAL_SIZE[spec.kind]
    return replace(_placed_member(name, spec, ego), variant=variant_of(spec.kind, size, spec.livery))


def _placed_member(name: str, spec: ActorSpec, ego: EgoSpec) -> ActorDescription:
    if isinstance(spec, Hidden):
        return ActorDescription(name, spec.kind, 0.0, hidden=True)
    if isinstance(spec, Moved):
        return ActorDescription(name, spec.kind, 0.0, on_trajectory=True)
    if isinstance(spec, Boxed):
        return ActorDescription(name, spec.kind, spec.speed, side=Side.LEFT if spec.box.at[1] > 0 else Side.RIGHT)
    if isinstance(spec, AtStop):
        return ActorDescription(name, spec.kind, 0.0)
    if isinstance(spec, OnRamp):
        return ActorDescription(name, spec.kind, spec.speed, on_ramp=True)
    if isinstance(spec, OnCross):
        return ActorDescription(name, spec.kind, spec.speed, on_cross=True)
    if not isinstance(spec, LanePlacement):
        return ActorDescription(
            name, spec.kind, spec.speed, gap_ahead_m=spec.ahead, gap_behind_m=spec.behind, side=spec.side
        )
    own = not spec.lane.oncoming and spec.lane.number == ego.lane
    beside = not spec.lane.oncoming and not own
    return ActorDescription(
        name,
        spec.kind,
        spec.speed,
        own,
        beside,
        spec.ahead,
        spec.behind,
        spec.lane.oncoming,
        lane=spec.lane.number,
        offset_m=spec.offset,
    )


def ego_member(ego: EgoSpec) -> ActorDescription:
    if isinstance(ego, Driven):
        return ActorDescription(
            "ego", Kind.CAR, ego.speed, in_ego_lane=True, on_ramp=ego.lane == ON_RAMP, lane=ego.lane
        )
    assert isinstance(ego, Guided)
    return ActorDescription("ego", Kind.CAR, 0.0, in_ego_lane=True, on_trajectory=True)


def join_nouns(text: str) -> str:
    """A lower-case line with every noun of several words joined to one word: "pedestrian pushing a bicycle" becomes
    "pedestrian-pushing-bicycle".
    """
    if _SEVERAL is None:
        return text
    return _SEVERAL.sub(lambda found: re.sub(r" (?:(?:the|a|an) )?", "-", found[0]), text)


def resolve(phrase: str, cast: ActorIndex, it: str | None = None) -> str:
    """The id of the one actor that `phrase` refers to: an id, or article, ordinal, adjectives, kind and place; `it` is
    the actor mentioned last. Raises AmbiguousReference.
    """
    said = re.sub(r"['’]s?$", "", phrase.strip().lower())
    articled, words = said.split(" ")[0] in ARTICLES, re.sub(r"^(the|a|an) ", "", said).split()
    if " ".join(words) in EGO:
        return "ego"
    for joint in (" ", "-", "_"):
        if (name := joint.join(words)) in cast.members or name in cast.broken:
            return _by_id(name, articled, cast)
    if len(words) > 1 and words[0] in POSSESSIVES:  # the load in "its load"
        words = words[1:]
        if words[0] in cast.members:
            return _by_id(words[0], False, cast)
    if len(words) == 1 and words[0] in PRONOUNS:
        if it is None:
            raise AmbiguousReference(f"an actor by name: no earlier event names an actor for '{words[0]}'")
        return it
    description, place = _place(join_nouns(" ".join(words)))
    words = description.split()
    places = [ORDINALS[word] for word in words if word in ORDINALS]
    nouns = [word for word in words if word not in ORDINALS]
    found = [m for m in cast.members.values() if m.id != "ego" and nouns and all(_fits(w, m, cast) for w in nouns)]
    if place and found:
        found = _at_place(found, place, phrase, cast, it)
    if len(places) == 1 and found:
        return _counted(phrase, found, places[0]).id
    if len(found) == 1 and not places:
        return found[0].id
    if not found and (faulty := _perhaps(words, cast)):
        return faulty[0]
    if found and not places:
        raise AmbiguousReference(f"one actor: '{phrase}' may be " + " or ".join(m.id for m in found) + "; use its id")
    raise AmbiguousReference(_no_actor([*words, *place.split()] if place else words, cast))


def _by_id(name: str, articled: bool, cast: ActorIndex) -> str:
    """An actor by its id, unless that is a word with another meaning: 'it', 'second', or the kind of another actor."""
    if name in RESERVED or (articled and name in ORDINALS):
        wanted = (
            f"another id for the actor '{name}', whose id is a word of story lines: such as {_other_id(name, cast)}"
        )
        raise AmbiguousReference(f"{wanted}; or the event structured: {{actor: {name}, when: ..., do: ...}}")
    others = [m.id for m in cast.members.values() if articled and m.id not in ("ego", name) and _fits(name, m, cast)]
    own = cast.members.get(name)
    if name in NOUNS and own is not None and others and not _is_noun(name, own):
        found = f"one actor: 'the {name}' may be the actor {name}, {own.a_kind}, or " + " or ".join(others)
        raise AmbiguousReference(f"{found}; use an id without 'the'")
    return name


def _other_id(name: str, cast: ActorIndex) -> str:
    kind = str(cast.members[name].kind if name in cast.members else Kind.CAR).replace(" ", "-")
    return f"{name}-{kind}"


# The place of an actor at the start, as the last words of a description.
_PLACES = {
    "ahead": r"in front|ahead", "behind": r"behind|in the rear", "oncoming": r"in the (?:oncoming|opposite) lane",
    "lane": r"in lane [0-9]+",
    "left": r"(?:on|to) the left(?: of the ego)?|in the left lane",
    "right": r"(?:on|to) the right(?: of the ego)?|in the right lane",
}  # fmt: skip
_PLACED = re.compile(
    r"(?P<who>.+?) (?P<place>" + "|".join(f"(?:{words})" for words in _PLACES.values())
    + r"|(?:in front of|ahead of|behind) .+)"
)  # fmt: skip


def _place(words: str) -> tuple[str, str]:
    """A description without its place, and the place: 'car in lane 2' is ('car', 'in lane 2')."""
    found = _PLACED.fullmatch(words)
    return (found["who"], found["place"]) if found else (words, "")


def _at_place(
    found: list[ActorDescription], place: str, phrase: str, cast: ActorIndex, it: str | None
) -> list[ActorDescription]:
    """Those of some actors that are at a place at the start."""
    key = next((key for key, words in _PLACES.items() if re.fullmatch(words, place)), "")
    if key == "lane":
        return [m for m in found if m.lane == int(place.split()[-1])]
    if key == "oncoming":
        return [m for m in found if m.oncoming]
    if key in ("left", "right"):
        to = cast.ego_lane + (1 if key == "left" else -1)
        return [m for m in found if m.lane == to or (m.lane is None and m.side == key)]
    front, other = (key == "ahead", "ego") if key else (not place.startswith("behind"), "")
    if not key:
        other = resolve(re.sub(r"^(in front of|ahead of|behind) ", "", place), cast, it)
    near = _nearest_in_lane([m for m in found if m.id != other], cast.members.get(other), front)
    if not near:
        where = "ahead of" if front else "behind"
        raise AmbiguousReference(
            f"an actor {where} {'the ego' if other == 'ego' else other} in its lane instead of '{phrase}'"
        )
    return near


def _nearest_in_lane(
    found: list[ActorDescription], other: ActorDescription | None, front: bool
) -> list[ActorDescription]:
    """The nearest of some actors ahead of another, or behind it, in its lane at the start."""
    if other is None or other.lane is None or other.along_m is None:
        return []
    way = -1 if other.oncoming else 1
    apart = {
        m.id: (m.along_m - other.along_m) * way * (1 if front else -1)
        for m in found if m.lane == other.lane and m.oncoming == other.oncoming and m.along_m is not None
    }  # fmt: skip
    apart = {name: gap for name, gap in apart.items() if gap > 0}
    return [m for m in found if m.id in apart and apart[m.id] == min(apart.values())]


def _counted(phrase: str, found: list[ActorDescription], place: int) -> ActorDescription:
    """Resolves 'the second pedestrian': counted ahead of the ego, the nearest first, where all are ahead. Where some
    are behind, only what the count and the order of the row agree on, and 'the last', who is the rearmost.
    """
    if place >= len(found):
        there = ", ".join(m.id for m in found)
        raise AmbiguousReference(f"an existing actor instead of '{phrase}': only {there}")
    ahead = sorted((m for m in found if (m.along_m or 0.0) > 0), key=lambda m: m.along_m or 0.0)
    row = sorted(found, key=lambda m: -(m.along_m or 0.0))
    sure = len({m.along_m for m in found} - {None}) == len(found)  # one behind the other
    if sure and place >= 0 and len(ahead) == len(found):
        return ahead[place]
    if sure and len(ahead) < len(found) and (place < 0 or (place == 0 and row[:1] == ahead)):
        return row[place]
    there = " or ".join(m.id for m in found)
    raise AmbiguousReference(
        f"one actor: '{phrase}' may be {there}; first, second ... count those ahead of the ego, the nearest first: "
        "use its id"
    )


def _fits(word: str, who: ActorDescription, cast: ActorIndex) -> bool:
    if word == who.id or word in re.split(r"[-_]", who.id):
        return True
    if word in NOUNS:
        return _is_noun(word, who)
    if word in who.variant.split():  # the police in "the police car"
        return True
    match ADJECTIVES.get(word):
        case "parked":
            return who.parked
        case "moving":
            return not who.parked
        case "leads":
            return who.id == cast.leader()
        case "trails":
            return who.id == cast.follower()
        case "oncoming":
            return who.oncoming
    return False


def _is_noun(word: str, who: ActorDescription) -> bool:
    return who.kind in NOUNS[word] and VARIANT_NOUNS.get(word, who.variant) == who.variant


def _perhaps(words: list[str], cast: ActorIndex) -> list[str]:
    """Faulty actors that a description may refer to; their faults are reported, so this reference need not be one."""
    said = [word for word in words if word in NOUNS]
    return [
        name
        for name, written in sorted(cast.broken.items())
        if said and not _strange(words, cast) and all(_may_be(noun, name, written) for noun in said)
    ]


def _may_be(noun: str, name: str, written: object) -> bool:
    if not isinstance(written, str) or written not in NOUNS:
        return True
    return noun in re.split(r"[-_]", name) or bool(NOUNS[noun] & NOUNS[written])


def _known(cast: ActorIndex) -> set[str]:
    return {*NOUNS, *ADJECTIVES, *ORDINALS, *cast.members, *cast.broken}


def name_words(cast: ActorIndex) -> frozenset[str]:
    """All words that names of this scenario's actors consist of."""
    parts = {part for name in (*cast.members, *cast.broken) for part in (name, *re.split("[-_]", name))}
    variants = {word for who in cast.members.values() for word in who.variant.split()}
    return frozenset(
        _known(cast) | parts | variants | PRONOUNS | {word for name in EGO for word in name.split()} | ARTICLES
    )


def is_name(phrase: str, known: frozenset[str]) -> bool:
    """Whether words can be the name or the description of an actor; `known`: the words of which names consist."""
    words, place = _place(phrase)
    other = re.sub(r"^(in front of|ahead of|behind) ", "", place)
    bare = [re.sub(r"['’]s?$", "", word) for word in words.split()]
    return all(word in known for word in bare) and (other == place or is_name(other, known))


def _strange(words: list[str], cast: ActorIndex) -> list[str]:
    """Words that describe no actor in any scenario."""
    known = _known(cast)
    return [word for word in words if word not in known]


def _named(words: list[str], cast: ActorIndex) -> str:
    """The one actor that the words refer to; "" for none or several."""
    try:
        return resolve(" ".join(words), cast) if words else ""
    except AmbiguousReference:
        return ""


def _no_actor(words: list[str], cast: ActorIndex) -> str:
    if door := cast.door_of("-".join(words)):
        return door
    there = f"an actor of this scenario: {cast.listed}"
    strange = _strange(words, cast)
    if not strange:
        return f"{there}; none of them is '{' '.join(words)}'"
    if strange[0] in FIRST_PERSON:
        return f"'the ego' or 'the ego's' instead of '{strange[0]}'"
    close = get_close_matches(strange[0], sorted(_known(cast)), n=1, cutoff=0.75)
    named = words[: -len(strange)]
    if not close and words == named + strange and (who := _named(named, cast)):
        extra = " ".join(strange)
        return f"'{' '.join(named)}' alone: '{extra}' does not describe {who}, and is not allowed here for its action"
    return f"{there}; '{strange[0]}' describes none of them" + (f", did you mean {close[0]}?" if close else "")
