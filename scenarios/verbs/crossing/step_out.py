"""The verb 'steps out': from behind a parked body, or from in front of it, across the road."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator

from scenarios.event_text import actor_text, speed_text
from scenarios.model.actions import HidingPlace, VerbAction
from scenarios.model.bodies import FOUR_WHEELS
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.errors import nearest
from scenarios.source.identity import ADDED, USUAL
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, Speed, fault
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.crossing.cross import BEYOND_EDGE_M, crossed, walk_across
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import ACTOR, Refusal, StoryVerb, WrittenEvent, collected


class StepOutDo(Section):
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["behind"]}, {"required": ["before"]}]})

    behind: str | None = Field(None, strict=True, description="the id of a parked actor")
    before: str | None = Field(
        None, strict=True, description="the id of a parked actor, in front of which it steps out"
    )
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")

    @model_validator(mode="after")
    def _one_side(self) -> "StepOutDo":
        if (self.behind is None) == (self.before is None):
            found = "neither behind nor before" if self.behind is None else "both behind and before"
            raise fault(found, "one of them: the id of a parked actor")
        return self

    @property
    def cover(self) -> str:
        """The id of the body that it steps out from."""
        cover = self.behind or self.before
        assert cover is not None
        return cover


@dataclass(frozen=True)
class StepOut(VerbAction):
    """Walk out from behind another body, across the ego's lane, at `speed_mps`.

    The start is hidden from the ego by `behind`; `in_front`: in front of that body instead of behind it.
    """

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True
    faces_across: ClassVar[bool] = True

    behind: str
    speed_mps: float
    in_front: bool = field(default=False, metadata=ADDED)
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the speed is not the author's

    def hidden_at(self) -> HidingPlace:
        return HidingPlace(self.behind, self.in_front)


GRAMMAR = """
step_out: gait _OUT? _FROM_BEHIND who _step_part*
    | gait _OUT? _FROM_BEFORE who _step_part* -> step_out_before
    | gait _OUT _IN_FRONT_OF who _step_part* -> run_out_before
_step_part: _ONTO_THE_ROAD
    | _mod

_OUT.3: "out" _E
_FROM_BEHIND.3: "from behind" _E
_FROM_BEFORE.3: ("from in front of" | "from before") _E
"""


def _read_behind(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _stepping(verb, items, "behind")


def _read_before(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _stepping(verb, items, "before")


def _read_out_before(verb: StoryVerb, items: list) -> Clause | ClauseError:
    said = _stepping(verb, items, "before")
    return replace(said, says=said.says | {"out": True}) if isinstance(said, Clause) else said


def _stepping(verb: StoryVerb, items: list, key: str) -> Clause | ClauseError:
    gait, cover, *parts = items
    return collected(verb, [(key, cover), *flat(parts)], **({"speed": gait} if gait else {}))


def _compiled(says: StepOutDo, actor: ActorDescription, cast: ActorIndex) -> StepOut:
    usual = KINDS[actor.kind].dynamics.crossing_mps or KINDS[Kind.PEDESTRIAN].dynamics.crossing_mps
    speed = usual if says.speed is None else says.speed
    assert speed is not None  # of a pedestrian
    return StepOut(says.cover, speed, says.before is not None, usual=not says.gives("speed"))


def _words(action: StepOut) -> str:
    return f"{_from_where(action)} {actor_text(action.behind)} at {speed_text(action.speed_mps)}"


def _from_where(action: StepOut) -> str:
    return f"steps out from {'in front of' if action.in_front else 'behind'}"


def _check(says: StepOutDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor, members, said = event.actor, event.cast.members, says.cover
    key = "before" if says.before else "behind"
    if actor.kind in FOUR_WHEELS:
        yield ACTOR, actor.a_kind, "a pedestrian or a two-wheeler"
    elif says.speed == 0:
        yield "speed", "0 km/h", "a speed above zero"
    if said in event.cast.broken:
        return
    others = [m.id for m in members.values() if m.parked and m.id not in ("ego", actor.id)]
    if said not in members:
        yield key, f"'{said}'", nearest(said, others)
    elif said not in others:
        yield key, f"{said}, which is not parked", nearest(said, others)


def _motion(action: StepOut, mover: BodyState, context: ActionContext) -> RunningAction:
    return walk_across(mover, action.speed_mps, f"{_from_where(action)} {action.behind}")


def _achieved(action: StepOut, seen: Performance) -> Iterator[Asked]:
    yield from crossed(action.speed_mps, action.usual, seen)


STEP_OUT = StoryVerb(
    key="step_out",
    example="{behind: truck, speed: 5 km/h}",
    section=StepOutDo,
    action=StepOut,
    grammar=GRAMMAR,
    phrases=(
        "{a} steps out from behind {b} after 2 s",
        "{a} runs out from behind {b} after 2 s",
        "{a} steps out from in front of {b} after 2 s",
    ),
    drafts=("a child steps out from behind a parked car",),
    participles={"stepping": "steps", "coming": "comes", "emerging": "emerges"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`behind`, `before`", "an error: one of them is required"),
        ("`speed`", "of the kind: [Motion of the kinds](#motion-of-the-kinds); a pedestrian's where it has none"),
        ("the end", f"{BEYOND_EDGE_M:g} m beyond the far edge of the road"),
    ),
    readers={"step_out": _read_behind, "step_out_before": _read_before, "run_out_before": _read_out_before},
    at={SPEED: "speed"},
    own_names=("behind", "before"),
    check=_check,
)
