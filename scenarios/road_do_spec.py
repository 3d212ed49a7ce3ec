"""How actions that the road makes possible are written: at junctions, at bus stops."""

from typing import Annotated, Any

from pydantic import Field

from scenarios.actions import Action, Merge, PullOut, RunRed, Side, StopAtLine, TakeExit, TurnAt
from scenarios.section import Count, Lasting, Rate, Section, Speed, one_of

AT_LINE = 3.0  # m/s^2, an ordinary stop at a line
MERGING_S = 3.0
PULLING_OUT_MPS = 30 / 3.6


class TurnDo(Section):
    to: Annotated[Side, one_of(Side)] = Field(description="left or right")


class StopAtLineDo(Section):
    decel: Rate | None = Field(None, description="a deceleration such as 3 m/s^2")


class RunRedDo(Section):
    """Nothing more to say: the signals are nothing to it."""


class TakeExitDo(Section):
    number: Count = Field(ge=1, le=4, description="the exit's number, counted from where one enters, 1 first")


class MergeDo(Section):
    within: Lasting = Field(MERGING_S, description="how long the lane change takes, such as 3 s")
    gap: Annotated[bool, Field(strict=True)] = Field(
        False, description="true: only into a gap that is safe; false: as soon as the lane is alongside"
    )


class PullOutDo(Section):
    speed: Speed | None = Field(None, description="the speed to reach, such as 30 km/h")


def road_action(verb: str, says: Any) -> Action | None:
    """The action of one of these mappings; None for any other verb."""
    match verb:
        case "turn":
            return TurnAt(says.to)
        case "stop_at_line":
            return StopAtLine(says.decel or AT_LINE)
        case "run_red_light":
            return RunRed()
        case "take_exit":
            return TakeExit(says.number)
        case "merge":
            return Merge(says.within, says.gap)
        case "pull_out":
            return PullOut(says.speed or PULLING_OUT_MPS)
    return None
