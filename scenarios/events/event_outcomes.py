"""What became of every event of a story: what it asked against what happened, measured on the rollout."""

import math
from dataclasses import dataclass

from scenarios.event_text import sentence
from scenarios.rollout import EventEnd, PlayedEvent, Rollout
from scenarios.scenario import Scenario
from scenarios.verbs import VERBS
from scenarios.verbs.performance import Asked, performance


@dataclass(frozen=True)
class EventOutcome:
    """One event of the story: its sentence, its course, and each quantity that it asked for.

    `began_s` is None for an event whose trigger never held; `ended_s` if it was not over. `why` is the reason why it
    did not begin, was declined, or did less. `excused`: an impact of its actor before it began, so that it could not be
    done; "" without one.
    """

    event: str
    actor: str
    began_s: float | None
    ended_s: float | None
    end: EventEnd
    why: str
    excused: str
    asked: tuple[Asked, ...]

    @property
    def short(self) -> tuple[Asked, ...]:
        """What was not done as asked."""
        return tuple(one for one in self.asked if one.kept is False)

    @property
    def failed(self) -> bool:
        """Whether it could not do what it was asked, without an impact before it as the excuse."""
        return not self.excused and (self.end is EventEnd.DECLINED or bool(self.short))

    @property
    def result(self) -> str:
        """The event in few words, for a table."""
        if self.failed:
            return "not as asked"
        if self.end is EventEnd.NEVER:
            return "did not begin"
        if self.excused:
            return "hit before"
        return "as asked" if any(one.kept for one in self.asked) else "not measured"

    @property
    def text(self) -> str:
        """The shortfall in words, with its reason; for an event without one what became of it."""
        if self.end in (EventEnd.DECLINED, EventEnd.NEVER):
            return f"{self.event}: {self.end}: {self.excused or self.why}"
        told = "; ".join(one.text for one in self.short or self.asked)
        because = f" ({self.why})" if self.why and self.short else ""
        return f"{self.event}: {told or self.end}{because}"


def event_outcomes(rollout: Rollout, scenario: Scenario) -> tuple[EventOutcome, ...]:
    """One outcome for each event of a simulated scenario, in the order of its story; none for a log."""
    return tuple(_outcome(rollout, scenario, played) for played in rollout.played)


def _outcome(rollout: Rollout, scenario: Scenario, played: PlayedEvent) -> EventOutcome:
    event, began = scenario.events[played.event], played.began_s
    impact = _first_impact(rollout, event.actor)
    hit = began is not None and impact <= began and event.do.acts
    excused = f"{event.actor} was hit at {impact:.2f} s" if hit else ""
    asked: tuple[Asked, ...] = ()
    if began is not None and not hit and played.end is not EventEnd.DECLINED:
        seen = performance(rollout, event.actor, played)
        asked = tuple(VERBS.of(event.do).achieved(event.do, seen))
        asked += () if event.where is None else tuple(seen.order(event.where))
    return EventOutcome(sentence(event), event.actor, began, played.ended_s, played.end, played.why, excused, asked)


def _first_impact(rollout: Rollout, actor: str) -> float:
    hits = (h.t_s for h in rollout.happenings if h.other and actor in (h.actor, h.other))
    return min(hits, default=math.inf)
