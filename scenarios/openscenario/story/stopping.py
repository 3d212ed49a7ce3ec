"""The duration of a scenario: from its StopTrigger as it was played, or from the import options."""

from dataclasses import dataclass

from scenarios.openscenario.player.play import LONGEST_S
from scenarios.openscenario.player.played import Played
from scenarios.openscenario.player.world import STEP_S
from scenarios.openscenario.source.node import Node
from scenarios.rollout import to_keyframe

SHORTEST_S, USUAL_S = 1.0, 10.0
AFTERWARDS_S = 5.0  # after the end of the last event
ROUNDED_S = 2.5 * STEP_S  # a condition is seen to hold up to two steps late


@dataclass(frozen=True)
class Length:
    """Duration in seconds."""

    seconds: float


def read_length(storyboard: Node, played: Played, ego: str, asked_s: float | None) -> Length:
    """The time at which the storyboard's StopTrigger holds; otherwise an end that is chosen and told."""
    stop = storyboard.child("StopTrigger") or storyboard
    if asked_s is not None:
        if played.ends_s is None or abs(to_keyframe(played.ends_s - ROUNDED_S) - asked_s) > 1e-6:
            stop.differs(f"it ends after {asked_s:g} s, as was asked", "StopTrigger")
        return Length(asked_s)
    if played.ends_s is None:
        return _chosen(stop, played, ego)
    ends = played.ends_s - ROUNDED_S
    seconds = min(max(to_keyframe(ends), SHORTEST_S), LONGEST_S)
    if seconds - played.ends_s > ROUNDED_S:
        why = (
            f"here scenarios last from {SHORTEST_S:g} s" if seconds == SHORTEST_S else "here a clip ends on a keyframe"
        )
        stop.differs(f"it ends after {max(played.ends_s, 0.0):.2f} s; {why}: {seconds:g} s", "StopTrigger")
    return Length(seconds)


def _chosen(stop: Node, played: Played, ego: str) -> Length:
    """An end some seconds after the last event, or where the ego's road ends if nothing happens later."""
    least = min(max(to_keyframe(played.last_s), SHORTEST_S), LONGEST_S)
    seconds = min(max(to_keyframe(played.last_s + AFTERWARDS_S), USUAL_S), LONGEST_S)
    why = f"{AFTERWARDS_S:g} s after the end of its last event, at least {USUAL_S:g} s"
    road_ends = played.road_ends_s.get(ego)
    if road_ends is not None and road_ends < seconds:
        seconds = max(least, int(road_ends * 2) / 2)
        why = "where the ego's road ends" if seconds > least else "at the end of its last event, beyond the ego's road"
    none = "no StopTrigger" if stop.tag == "Storyboard" else f"a StopTrigger that does not hold within {LONGEST_S:g} s"
    stop.differs(f"{none}: here it ends after {seconds:g} s, {why} (--duration says otherwise)", "StopTrigger")
    return Length(seconds)
