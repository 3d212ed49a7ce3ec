"""The verb 'drops': a vehicle loses a piece of its load."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import FOUR_WHEELS
from scenarios.model.driver_models import G
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.spawn_despawn import fall_off
from scenarios.source.errors import nearest
from scenarios.source.units import LENGTH
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, measured
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import ACTOR, Refusal, StoryVerb, WrittenEvent, collected

BED_M = 1.2  # height of a truck's load floor; the roofs of cars are slightly higher
_NO_CARGO = frozenset(kind for kind, record in KINDS.items() if record.alive or record.on_rails)

Height = Annotated[float, measured(LENGTH, 0.0, 4.0)]


class DropDo(Section):
    cargo: str = Field(strict=True, description="the id of an actor without a place of its own")
    height: Height | None = Field(None, description="of its underside when it falls, such as 1.2 m")


@dataclass(frozen=True)
class Drop(VerbAction):
    """Drop the hidden actor `cargo` off the rear edge, with its underside `height_m` above the ground."""

    acts: ClassVar[bool] = False  # a vehicle that was hit can lose its load as well

    cargo: str
    height_m: float

    def carried(self) -> tuple[str, ...]:
        return (self.cargo,)


GRAMMAR = """
drop: _DROPS who drop_part*
    | _FALLS_FROM who drop_part* -> fall_from
?drop_part: _FROM_HEIGHT quantity -> height
    | _ONTO_THE_ROAD -> nothing
    | _mod

_FALLS_FROM.4: ("falls" | "drops" | "slides" | "tumbles") " " ("from" | "off") _E
_DROPS.3: ("drops" | "drop" | "loses" | "sheds" | "spills") _E
_FROM_HEIGHT.2: "from" " a height of"? _E
"""


def _read_drop(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, [("cargo", items[0]), *flat(items[1:])])


def _read_fall(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'the crate falls from the truck': the truck drops the crate."""
    said = collected(verb, flat(items[1:]))
    return replace(said, carrier=str(items[0])) if isinstance(said, Clause) else said


def _compiled(says: DropDo, actor: ActorDescription, cast: ActorIndex) -> Drop:
    return Drop(says.cargo, BED_M if says.height is None else says.height)


def _words(action: Drop) -> str:
    return f"drops {action.cargo} from a height of {number_text(action.height_m)} m"


def _check(says: DropDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor, members = event.actor, event.cast.members
    if actor.kind not in FOUR_WHEELS:
        yield ACTOR, f"{actor.a_kind} that carries a load", "a vehicle on four wheels or more"
    if says.cargo in event.cast.broken:
        return
    cargo = members.get(says.cargo)
    loose = [m.id for m in members.values() if m.hidden and m.kind not in _NO_CARGO and m.id != actor.id]
    if cargo is None:
        yield "cargo", f"'{says.cargo}'", nearest(says.cargo, loose)
    elif not cargo.hidden:
        wanted = "an actor without a place of its own, such as crate: {kind: barrier, size: [1 m, 1 m, 0.8 m]}"
        yield "cargo", f"{cargo.id}, which already has a place", wanted
    elif cargo.kind in _NO_CARGO:
        yield "cargo", cargo.a_kind, "a thing"


def _motion(action: Drop, mover: BodyState, context: ActionContext) -> RunningAction:
    return fall_off(mover, context.look(action.cargo), action.height_m)


def _achieved(action: Drop, seen: Performance) -> Iterator[Asked]:
    """The height of the underside in the first frame with the cargo, before which it may have fallen for a frame."""
    cargo = seen.other(action.cargo)
    frames = np.flatnonzero(seen.rollout.valid[seen.first :, cargo])
    if not len(frames):
        yield seen.distance("height", action.height_m, None)
        return
    frame = seen.first + int(frames[0])
    fallen = G * (float(seen.rollout.t_s[frame]) - seen.began_s) ** 2 / 2
    bottom = float(seen.rollout.centre[frame, cargo, 2]) - seen.rollout.bodies[cargo].size.height_m / 2
    yield seen.distance("height", action.height_m, bottom + fallen if bottom > 0 else action.height_m)


DROP = StoryVerb(
    key="drop",
    example="{cargo: crate}",
    section=DropDo,
    action=Drop,
    grammar=GRAMMAR,
    phrases=("{a} drops {c} after 2 s",),
    drafts=("a truck drops a crate",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("`height`", f"{BED_M:g} m, less of a lower vehicle"),),
    parts={"height": "height"},
    readers={"drop": _read_drop, "fall_from": _read_fall},
    own_names=("cargo",),
    cargo=("cargo",),
    check=_check,
    on_trajectory=True,
)
