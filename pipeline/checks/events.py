"""Whether every event of the story did what it was asked; the measures are those of `scenarios.events`."""

from dataclasses import replace

from outputs.verdict import Outcome, Verdict
from scenarios.events.event_outcomes import EventOutcome, event_outcomes
from scenarios.rollout import EventEnd, Rollout
from scenarios.scenario import Scenario

CHECK = "events"
MODEL = "asked against measured on the rollout"


def events_done(rollout: Rollout, scenario: Scenario) -> tuple[Verdict, ...]:
    """A failed verdict for each event that did not do what it was asked, or else one for all; empty without a story.

    Tags where the author wrote that events may fall short.
    """
    outcomes = event_outcomes(rollout, scenario)
    if not outcomes:
        return ()
    if failed := tuple(_shortfall(one) for one in outcomes if one.failed):
        allowed = scenario.expect.events_may_fall_short
        return tuple(replace(verdict, gates=not allowed) for verdict in failed)
    judged = sum(asked.kept is True for one in outcomes for asked in one.asked)
    outcome = Outcome.PASS if judged else Outcome.INCONCLUSIVE
    return (Verdict(CHECK, "physics", outcome, 0.0, 0.0, "", MODEL, "", _summary(outcomes, judged)),)


def _shortfall(one: EventOutcome) -> Verdict:
    """The verdict of an event that fell short, with the values of its first shortfall."""
    value = limit = None
    unit = ""
    if one.short and not isinstance(one.short[0].asked, str) and not isinstance(one.short[0].done, str):
        value, limit, unit = one.short[0].done, one.short[0].asked, one.short[0].unit
    return Verdict(CHECK, "physics", Outcome.FAIL, value, limit, unit, MODEL, "", one.text)


def _summary(outcomes: tuple[EventOutcome, ...], judged: int) -> str:
    done = "every event did what it was asked" if judged else "no event was seen so far that it can be measured"
    counts = {
        "not over at the end of the clip": sum(one.end is EventEnd.LASTING for one in outcomes),
        "ended by a later event": sum(one.end is EventEnd.REPLACED for one in outcomes),
        "did not begin": sum(one.end is EventEnd.NEVER for one in outcomes),
        "not possible after an impact": sum(bool(one.excused) for one in outcomes),
    }
    told = [f"{count} {what}" for what, count in counts.items() if count]
    return f"{done} ({judged} values)" + "".join(f"; {one}" for one in told)
