"""The verb 'takes an exit': of a roundabout, counted from the entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from scenarios.model.actions import VerbAction
from scenarios.roads.junction import Arms
from scenarios.roads.ring_ways import EXIT_HEADINGS, exits
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.lane_path import wrapped
from scenarios.simulation.traffic.roundabout_yield import take_exit
from scenarios.spec.actor_references import ORDINALS, ActorDescription, ActorIndex
from scenarios.spec.base import Count, Section
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane
from scenarios.verbs.story_verb import Refusal, RoadEvent, StoryVerb, WrittenEvent, collected


class TakeExitDo(Section):
    number: Count = Field(ge=1, le=4, description="the exit's number, counted from the entry, 1 first")


@dataclass(frozen=True)
class TakeExit(VerbAction):
    """Leave the roundabout by an exit, counted from the entry, 1 first."""

    takes_path: ClassVar[bool] = True

    number: int

    def by_first_exit(self) -> bool:
        return self.number == 1


GRAMMAR = """
take_exit: _TAKES EXIT exit_part*
    | _LEAVES_BY EXIT exit_part*
?exit_part: _AT_ROUNDABOUT -> nothing
    | _mod

_TAKES.3: ("takes" | "take" | "uses") _E
_LEAVES_BY.4: ("leaves" | "exits" | "goes out" | "drives out") (" the roundabout")? " " ("by" | "at" | "through") _E
EXIT.4: ("the ")? ("first" | "second" | "third" | "fourth" | "1st" | "2nd" | "3rd" | "4th") " exit" _E
_AT_ROUNDABOUT.4: ("at" | "of" | "in" | "from") " the roundabout" _E
"""


def _read_exit(verb: StoryVerb, items: list) -> Clause | ClauseError:
    number = 1 + ORDINALS[items[0].removeprefix("the ").split(" ")[0]]
    return collected(verb, flat(items[1:]), number=number)


def _compiled(says: TakeExitDo, actor: ActorDescription, cast: ActorIndex) -> TakeExit:
    return TakeExit(says.number)


def _words(action: TakeExit) -> str:
    return f"takes the {('first', 'second', 'third', 'fourth')[action.number - 1]} exit"


def _check(says: TakeExitDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from keeps_no_lane(event.actor)


def _check_road(says: TakeExitDo, event: RoadEvent) -> Iterator[Refusal]:
    there = event.road.junction
    if there is None or not there.ring_m:
        yield "number", "a road without roundabout", "road.roundabout, such as {at: 60 m}"
    elif says.number > (arms := 4 if there.arms is Arms.BOTH else 3):
        yield "number", f"exit {says.number}", f"one of 1 to {arms}: the roundabout has {arms} arms"


def _motion(action: TakeExit, mover: BodyState, context: ActionContext) -> RunningAction:
    return take_exit(mover, action.number)


def _achieved(action: TakeExit, seen: Performance) -> Iterator[Asked]:
    """The exit by the change of heading from the entry."""
    main, turned = seen.rollout.road, seen.turned()
    assert main is not None
    names = exits(main, seen.road, seen.facing)
    asked = f"exit {action.number} ({names[action.number - 1]})"
    if turned is None:
        yield Asked("exit", asked, None, why_open=seen.open)
        return
    took = min(EXIT_HEADINGS, key=lambda name: abs(wrapped(turned - EXIT_HEADINGS[name])))
    yield Asked("exit", asked, f"exit {names.index(took) + 1} ({took})" if took in names else took)


TAKE_EXIT = StoryVerb(
    key="take_exit",
    example="{number: 2}: of a roundabout",
    section=TakeExitDo,
    action=TakeExit,
    grammar=GRAMMAR,
    phrases=("{a} takes the second exit",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("without such a line", "straight on, or by the first exit where no road leads on"),),
    readers={"take_exit": _read_exit},
    check=_check,
    check_road=_check_road,
)
