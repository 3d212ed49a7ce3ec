"""loses control: the tyres lose the road, and friction alone decides where the body goes until it rests."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from pydantic import Field

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import FOUR_WHEELS
from scenarios.model.sides import Side
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.collisions import sliding_decel
from scenarios.simulation.dynamics.sliding import spin_out
from scenarios.source.identity import USUAL
from scenarios.source.units import ANGLE
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, measured, one_of
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent

SPIN_RAD = 1.5707963267948966  # a car that has spun lies across the road
SLIDES_FROM_MPS = 1.0  # below it a loss of grip shows nothing
_DEGREES = 57.29577951308232


class LoseControlDo(Section):
    turn: Annotated[float, measured(ANGLE, 0.1, 12.6)] = Field(
        SPIN_RAD, description="how far it turns until it rests, such as 90 deg"
    )
    to: Annotated[Side, one_of(Side)] = Field(Side.LEFT, description="left or right")


@dataclass(frozen=True)
class LoseControl(VerbAction):
    """The tyres lose the road: slide to rest under friction alone, turning by `turn_rad` in all, left positive."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True

    turn_rad: float
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the angle is not the author's


GRAMMAR = """
lose_control: _LOSES_CONTROL skid_part*
?skid_part: _TURNING quantity -> turning
    | TO_SIDE -> turned
    | _AND_SPINS _BY? quantity -> turning
    | _AND_SLIDES -> nothing
    | _mod

_LOSES_CONTROL.4: ("loses control" | "loses grip" | "loses traction" | "skids" | "skid" | "spins" | "spins out"
    | "goes into a skid" | "goes into a spin" | "slides out of control") _E
_AND_SPINS.4: "and "? ("spins" | "turns" | "rotates" | "spins round") _E
_AND_SLIDES.4: "and " ("slides" | "skids") _E
_TURNING.3: ("turning" | "turns" | "rotating" | "spinning" | "by" | "turning by") _E
"""


def _compiled(says: LoseControlDo, actor: ActorDescription, cast: ActorIndex) -> LoseControl:
    turn = says.turn if says.to is Side.LEFT else -says.turn
    return LoseControl(turn, usual=not says.gives("turn"))


def _words(action: LoseControl) -> str:
    side = "left" if action.turn_rad > 0 else "right"
    return f"loses control turning {number_text(abs(action.turn_rad) * _DEGREES)} deg to the {side}"


def _check(says: LoseControlDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.kind not in FOUR_WHEELS:
        yield "", f"{actor.a_kind} that skids", "a vehicle on four wheels or more"
    if actor.speed_mps == 0 and not actor.on_trajectory and actor.id not in event.changed:
        yield "", f"{actor.id} losing control, which stands", "an actor that moves"


def _motion(action: LoseControl, mover: BodyState, context: ActionContext) -> RunningAction:
    if mover.speed < SLIDES_FROM_MPS:
        return decline(f"does not skid: {mover.speed * 3.6:.0f} km/h is too slow")
    turn, decel = action.turn_rad, sliding_decel(mover.body, mover.grip / 9.81)
    skid, possible = spin_out(mover.velocity(), mover.at[2], mover.body.size, decel, turn)
    mover.begin_slide(skid)
    mover.lit = True
    asked, turns = math.degrees(abs(turn)), math.degrees(abs(possible))
    limit = f" ({asked:.0f} asked; there is no way for more)" if turns < asked - 5 else ""
    side = "left" if turn > 0 else "right"
    return RunningAction(
        f"loses control and turns by {turns:.0f} degrees to the {side}{limit}",
        lambda _: mover.skid is not skid,
        short="it comes to rest before" if limit else "",
    )


def _achieved(action: LoseControl, seen: Performance) -> Iterator[Asked]:
    yield replace(seen.angle("turn", action.turn_rad, seen.turned()), usual=action.usual)


LOSE_CONTROL = StoryVerb(
    key="lose_control",
    example="{turn: 90 deg, to: left}",
    section=LoseControlDo,
    action=LoseControl,
    grammar=GRAMMAR,
    phrases=("{a} loses control turning 90 deg to the left",),
    drafts=("a car skids",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`turn`", f"{math.degrees(SPIN_RAD):g}°, less where the slide ends before"),
        ("`to`", "left"),
        ("below", f"{SLIDES_FROM_MPS * 3.6:g} km/h nothing happens, which is said"),
    ),
    parts={"turning": "turn"},
    at={ANGLE: "turn"},
    check=_check,
    on_trajectory=True,
)
