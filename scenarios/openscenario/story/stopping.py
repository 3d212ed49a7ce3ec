"""The duration of a scenario: from its StopTrigger, or from the import options."""

from dataclasses import dataclass

from scenarios.openscenario.source.node import Node
from scenarios.rollout import to_keyframe

SHORTEST_S, LONGEST_S, USUAL_S = 1.0, 60.0, 10.0
AFTERWARDS_S = 5.0  # after the last event with a time


@dataclass(frozen=True)
class Length:
    """Duration in seconds; `open` if the file has no time, so that late events may extend it."""

    seconds: float
    open: bool

    def at_least(self, last_s: float) -> float:
        """The clip's duration if its last timed event begins at `last_s`."""
        return min(max(self.seconds, to_keyframe(last_s + AFTERWARDS_S)), LONGEST_S) if self.open else self.seconds


def read_length(stop: Node, asked_s: float | None) -> Length:
    """The earliest stop time of the storyboard."""
    times = []
    for group in stop.children("ConditionGroup"):
        conditions = list(group.children("Condition"))
        found = [_time(condition) for condition in conditions]
        if len(found) == 1 and found[0] is not None:
            times.append(found[0])
        else:
            why = f"it ends after {asked_s:g} s, as was asked" if asked_s else "here a scenario ends after a time only"
            group.differs(why, "StopTrigger")
            for condition in conditions:
                condition.element.seen, condition.element.left_out = True, why
    if asked_s is not None:
        return Length(asked_s, False)
    if not times:
        stop.differs(f"no time at which it ends; here after {USUAL_S:g} s or more (--duration says otherwise)")
        return Length(USUAL_S, True)
    seconds = min(max(min(times), SHORTEST_S), LONGEST_S)
    if abs(seconds - min(times)) > 1e-9:
        stop.differs(f"it ends after {min(times):g} s; here scenarios last from {SHORTEST_S:g} to {LONGEST_S:g} s")
    if (ends := to_keyframe(seconds)) - seconds > 1e-6:
        stop.differs(f"it ends after {seconds:g} s; here a clip ends on a keyframe, one every half second: {ends:g} s")
    return Length(ends, False)


def _time(condition: Node) -> float | None:
    timed = condition.inner("ByValueCondition", "SimulationTimeCondition")
    if timed is None or timed.word("rule") not in ("greaterThan", "greaterOrEqual", "equalTo"):
        return None
    condition.ignore("name", "conditionEdge")
    return timed.number("value") + condition.number("delay", 0.0)
