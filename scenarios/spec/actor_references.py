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
NOUNS |= {joined: NOUNS[noun] for joined, noun in JOINED.items()}
_SEVERAL = re.compile(
    r"\b(?:" + "|".join(
        r" (?:(?:the|a|an) )?".join(map(re.escape, noun.split()))
        for noun in sorted(JOINED.values(), key=len, reverse=True)
    ) + r")(?![\w-])"
) if JOINED else None  # fmt: skip
EGO = {"ego", "ego car", "ego vehicle", "own car", "own vehicle"}
PRONOUNS = {"it", "he", "she", "they", "him", "her", "its", "his", "their"}
ORDINALS = {
    **{word: n for n, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"))},
    **{f"{n}{end}": n - 1 for n, end in enumerate(("st", "nd", "rd", "th", "th", "th"), 1)},
    "last": -1,
}
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

    @property
    def a_kind(self) -> str:
        """'a car', 'an animal', for messages."""
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"

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
        return ActorDescription(name, spec.kind, spec.speed)
    if not isinstance(spec, LanePlacement):
        return ActorDescription(
            name, spec.kind, spec.speed, gap_ahead_m=spec.ahead, gap_behind_m=spec.behind, side=spec.side
        )
    own = not spec.lane.oncoming and spec.lane.number == ego.lane
    beside = not spec.lane.oncoming and not own
    return ActorDescription(name, spec.kind, spec.speed, own, beside, spec.ahead, spec.behind, spec.lane.oncoming)


def ego_member(ego: EgoSpec) -> ActorDescription:
    if isinstance(ego, Driven):
        return ActorDescription("ego", Kind.CAR, ego.speed, in_ego_lane=True, on_ramp=ego.lane == ON_RAMP)
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
    """The id of the one actor that `phrase` refers to: an id, or article, ordinal, adjectives and kind; `it` is the
    actor mentioned last. Raises AmbiguousReference.
    """
    words = re.sub(r"['’]s?$", "", re.sub(r"^(the|a|an) ", "", phrase.strip().lower())).split()
    if " ".join(words) in EGO:
        return "ego"
    for joint in (" ", "-", "_"):
        if (name := joint.join(words)) in cast.members or name in cast.broken:
            return name
    if len(words) == 1 and words[0] in PRONOUNS:
        if it is None:
            raise AmbiguousReference(f"an actor by name: no earlier event names an actor for '{words[0]}'")
        return it
    words = join_nouns(" ".join(words)).split()
    places = [ORDINALS[word] for word in words if word in ORDINALS]
    said = [word for word in words if word not in ORDINALS]
    found = [m for m in cast.members.values() if m.id != "ego" and said and all(_fits(w, m, cast) for w in said)]
    if len(places) == 1 and found:
        return _counted(phrase, found, places[0]).id
    if len(found) == 1 and not places:
        return found[0].id
    if not found and (faulty := _perhaps(words, cast)):
        return faulty[0]
    if found and not places:
        raise AmbiguousReference(f"one actor: '{phrase}' may be " + " or ".join(m.id for m in found) + "; use its id")
    raise AmbiguousReference(_no_actor(words, cast))


def _counted(phrase: str, found: list[ActorDescription], place: int) -> ActorDescription:
    """Resolves 'the second pedestrian', counted in the order of the file."""
    if place >= len(found):
        there = ", ".join(m.id for m in found)
        raise AmbiguousReference(f"an existing actor instead of '{phrase}': only {there}")
    return found[place]


def _fits(word: str, who: ActorDescription, cast: ActorIndex) -> bool:
    if word == who.id or word in re.split(r"[-_]", who.id):
        return True
    if word in NOUNS:
        return who.kind in NOUNS[word] and VARIANT_NOUNS.get(word, who.variant) == who.variant
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
    close = get_close_matches(strange[0], sorted(_known(cast)), n=1, cutoff=0.75)
    named = words[: -len(strange)]
    if not close and words == named + strange and (who := _named(named, cast)):
        extra = " ".join(strange)
        return f"'{' '.join(named)}' alone: '{extra}' does not describe {who}, and is not allowed here for its action"
    return f"{there}; '{strange[0]}' describes none of them" + (f", did you mean {close[0]}?" if close else "")
