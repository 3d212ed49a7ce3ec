"""Outcomes: braking, safe distance, the author's expectations, comfort and critical moments.

Tags (`gates=False`) state whether a limit was kept. They do not reject: a hazardous clip exceeds many of them.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import Kinematics
from scenarios.events.event_outcomes import EventOutcome, event_outcomes
from scenarios.metrics.contact import SIDES
from scenarios.metrics.criticality import Encounters
from scenarios.metrics.formulas import brake_threat, braking_decel, derivative, r157_gap
from scenarios.metrics.near_miss import EgoImpact, NearMiss
from scenarios.metrics.rss import safe_distances
from scenarios.metrics.smoothing import HALF, WINDOW
from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import G
from scenarios.rollout import EventEnd, Rollout
from scenarios.scenario import Expect, Scenario
from scenarios.simulation.dynamics.friction_map import best_friction, slope_of

BRAKING_MPS2 = 0.7
LEAST_BRAKING_MPS = 2.0  # with a smaller loss of speed the braking distance is not measured
BRAKING_SHARE = 0.97
CRITICAL_TTC_S = 1.5
CRITICAL_PET_S = 1.5
NONE_MPS2 = 0.01
SOON_S = 5.0  # a contact later than this, which no braking would avoid, is not a critical moment: courses change
CRITICAL_DECELS = (3.4, 5.0, 6.0)
COMFORT = {  # nuPlan's bounds: (least, most), unit
    "longitudinal acceleration": (-4.05, 2.40, "m/s²"), "lateral acceleration": (-4.89, 4.89, "m/s²"),
    "yaw rate": (-0.95, 0.95, "rad/s"), "longitudinal jerk": (-4.13, 4.13, "m/s³"), "jerk": (0.0, 8.37, "m/s³"),
}  # fmt: skip
NOTHING_AHEAD = "no body came into the ego's path"
NO_CONTACT = "no contact was ever about to happen"
ON_COURSE = "constant speeds along the present courses, any side of the ego"
RSS = "RSS, ad-rss-lib: response 1 s, 3.5 m/s², brakes 4 to 8 m/s²"
EVENTS, EVENTS_MODEL = "events", "asked against measured on the rollout"


def braking_distance(rollout: Rollout, motion: Kinematics, who: Bool[np.ndarray, "actor"]) -> Verdict:
    """The distance of every braking, measured from the positions, against (v0^2 - v1^2) / (2 mu g)."""
    model = f"shortest distance (v0² - v1²) / (2 mu g), mu = {rollout.friction:g}"
    worst: tuple[float, float, float, str] | None = None
    for actor in np.flatnonzero(who):
        for first, last in _brakings(rollout, motion, int(actor)):
            v0, v1 = np.abs(rollout.speed_mps[[first, last], actor])
            forwards = np.sign(np.cos(rollout.yaw_rad[first, actor]) * rollout.speed_mps[first, actor])
            rise = slope_of(rollout) * forwards
            least = float((v0**2 - v1**2) / (2 * braking_decel(best_friction(rollout), rise)))
            used = float(np.linalg.norm(np.diff(motion.place[first : last + 1, actor], axis=0), axis=-1).sum())
            if worst is None or used / least < worst[0]:
                words = f"{rollout.bodies[actor].id} slows from {v0 * 3.6:.0f} to {v1 * 3.6:.0f} km/h in {used:.1f} m"
                worst = used / least, used, least, words
    if worst is None:
        nothing = f"no body loses {LEAST_BRAKING_MPS:g} m/s by braking before an impact"
        return Verdict("braking distance", "physics", Outcome.INCONCLUSIVE, None, None, "m", model, "", nothing)
    share, used, least, words = worst
    outcome, words = (
        Outcome.PASS if share >= BRAKING_SHARE else Outcome.FAIL,
        f"{words}, the shortest possible is {least:.1f} m",
    )
    return Verdict("braking distance", "physics", outcome, used, least, "m", model, "", words)


def _brakings(rollout: Rollout, motion: Kinematics, actor: int) -> list[tuple[int, int]]:
    """First and last frame of each braking by at least 2 m/s, before any impact."""
    speed = np.abs(rollout.speed_mps[:, actor])  # the speed is negative while the body drives backwards
    step = np.diff(speed) / np.diff(rollout.t_s) < -BRAKING_MPS2
    rolls = rollout.valid[:, actor] & ~rollout.sliding[:, actor]
    step &= rolls[1:] & rolls[:-1] & (rollout.t_s[1:] < motion.impact_s[actor])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], step, [False]]).astype(int)))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(int(a), int(b)) for a, b in pairs if speed[a] - speed[b] >= LEAST_BRAKING_MPS]


def safe_distance(rollout: Rollout, met: Encounters, hit: EgoImpact | None) -> tuple[Verdict, ...]:
    """The distance to others against RSS, and the gap ahead against UN R157's; two models that differ by a factor of
    two; tags."""
    return _rss_tag(rollout, met, hit), _r157_tag(rollout, met)


def _rss_tag(rollout: Rollout, met: Encounters, hit: EgoImpact | None) -> Verdict:
    counts = np.isfinite(met.distance_m)
    if not counts.any():
        return tag("safe distance", None, None, "m", RSS, NOTHING_AHEAD)
    safe = safe_distances(met.figures, np.array([body.kind in ON_FOOT for body in rollout.bodies]))
    frame, actor = map(int, np.unravel_index(np.where(counts, safe.margin_m, np.inf).argmin(), counts.shape))
    if hit is not None:
        frame, actor = min(int(np.searchsorted(rollout.t_s, hit.t_s)), len(counts) - 1), rollout.index(hit.other)
    at = frame, actor
    case = "crossing" if safe.crosses[at] else "oncoming" if safe.opposite[at] else ""
    who = f"{case} {rollout.bodies[actor].id}".strip()
    if hit is not None:
        words = f"contact with {who} at {hit.t_s:.2f} s"
        return tag("safe distance", 0.0, float(safe.safe_along_m[at]), "m", RSS, words, kept=False)
    beside = bool(safe.across_m[at] - safe.safe_across_m[at] > max(safe.along_m[at] - safe.safe_along_m[at], 0.0))
    value, limit = (safe.across_m, safe.safe_across_m) if beside else (safe.along_m, safe.safe_along_m)
    way = f"beside {who}" if beside else f"to {who}"
    words = f"{value[at]:.1f} m {way} at {rollout.t_s[frame]:.2f} s, RSS requires {limit[at]:.1f} m"
    return tag("safe distance", float(value[at]), float(limit[at]), "m", RSS, words, kept=bool(safe.margin_m[at] >= 0))


def _r157_tag(rollout: Rollout, met: Encounters) -> Verdict:
    model = "UN R157 minimum following gap"
    if not np.isfinite(met.gap_m).any():
        return tag("safe distance", None, None, "m", model, NOTHING_AHEAD)
    wanted = np.broadcast_to(np.asarray(r157_gap(np.abs(rollout.speed_mps[:, :1]))), met.gap_m.shape)
    frame, actor = np.unravel_index((met.gap_m - wanted).argmin(), wanted.shape)
    gap, limit = float(met.gap_m[frame, actor]), float(wanted[frame, actor])
    words = f"{gap:.1f} m to {rollout.bodies[actor].id} at {rollout.t_s[frame]:.2f} s, {model} requires {limit:.1f} m"
    return tag("safe distance", gap, limit, "m", model, words, kept=gap >= limit)


def expected_collision(hit: str | None, expect: Expect) -> tuple[Verdict, ...]:
    """Whether the ego collides as the author expects; empty without an expectation. A difference rejects the clip."""
    if expect.collision is None:
        return ()
    right = (hit is not None) == expect.collision
    did = f"the ego collides with {hit}" if hit else "the ego does not collide"
    wants = "a collision" if expect.collision else "no collision"
    outcome, reason = Outcome.PASS if right else Outcome.FAIL, f"{did}; the author expects {wants}"
    value, limit = float(hit is not None), float(expect.collision)
    return (Verdict("expect: collision", "physics", outcome, value, limit, "", "oriented boxes", "", reason),)


def expected_ttc(rollout: Rollout, met: Encounters, expect: Expect) -> tuple[Verdict, ...]:
    """The same for the least time to collision, s."""
    if expect.min_ttc_s is None:
        return ()
    return (_within("expect: min TTC", rollout, met.ttc_s, expect.min_ttc_s, "s", ON_COURSE, NO_CONTACT),)


def expected_gap(rollout: Rollout, met: Encounters, expect: Expect) -> tuple[Verdict, ...]:
    """The same for the least gap, m."""
    if expect.min_gap_m is None:
        return ()
    model = "free way along the ego's course"
    return (_within("expect: min gap", rollout, met.gap_m, expect.min_gap_m, "m", model, NOTHING_AHEAD),)


def _within(
    check: str, rollout: Rollout, values: Float[np.ndarray, "time actor"], bounds: tuple[float, float], unit: str,
    model: str, never: str,
) -> Verdict:  # fmt: skip
    least, most = bounds
    frame, actor = map(int, np.unravel_index(values.argmin(), values.shape))
    value = float(values[frame, actor])
    limit = most if np.isfinite(most) else least
    asked = " and ".join(
        [f"at least {least:g} {unit}"] * bool(np.isfinite(least))
        + [f"at most {most:g} {unit}"] * bool(np.isfinite(most))
    )
    outcome = Outcome.PASS if least <= value <= most else Outcome.FAIL
    if np.isinf(value):
        return Verdict(check, "physics", outcome, None, limit, unit, model, "", f"{never}; the author expects {asked}")
    words = f"{value:.2f} {unit} to {rollout.bodies[actor].id} at {rollout.t_s[frame]:.2f} s"
    return Verdict(
        check, "physics", outcome, value, limit, unit, model, "", f"{words}; the author expects {asked}"
    )  # fmt: skip


def critical_ttc(near: NearMiss) -> tuple[Verdict, ...]:
    """A tag: the least time to collision, with any side of the ego."""
    if near.ttc is None:
        return (tag("critical moment: TTC", None, CRITICAL_TTC_S, "s", ON_COURSE, NO_CONTACT),)
    if near.contact is not None:
        return (tag("critical moment: TTC", 0.0, CRITICAL_TTC_S, "s", ON_COURSE, near.contact.words, kept=False),)
    least = near.ttc
    shown = f"least TTC {least.value:.2f} s, to {least.other} {least.where} at {least.t_s:.2f} s"
    kept = least.value >= CRITICAL_TTC_S
    return (tag("critical moment: TTC", least.value, CRITICAL_TTC_S, "s", ON_COURSE, shown, kept=kept),)


def critical_pet(near: NearMiss) -> tuple[Verdict, ...]:
    """A tag: the least post-encroachment time of paths that cross the ego's; empty without one, and with a contact."""
    name, model = "critical moment: PET", "time between leaving and reaching a place, paths that cross"
    if near.pet is None or near.contact is not None:
        return ()
    order = f"{near.pet.other} after the ego" if near.pet.ego_first else f"the ego after {near.pet.other}"
    words = f"{near.pet.value:.2f} s at {near.pet.t_s:.2f} s, {order}"
    return (tag(name, near.pet.value, CRITICAL_PET_S, "s", model, words, kept=near.pet.value >= CRITICAL_PET_S),)


def critical_braking(rollout: Rollout, met: Encounters, hit: EgoImpact | None) -> tuple[Verdict, ...]:
    """A tag: the least braking of the ego that avoids contact; empty if no contact is ever about to happen."""
    if not _about_to_touch(met):
        return ()
    name, model, required = "critical moment: braking", "least even braking along the present course", _soon(met)
    frame, actor = map(int, np.unravel_index(required.argmin(), required.shape))
    need = float(-required[frame, actor])
    passed = [level for level in CRITICAL_DECELS if need > level]
    limit = passed[-1] if passed else CRITICAL_DECELS[0]
    if not np.isfinite(need):
        return (tag(name, None, limit, "m/s²", model, _no_braking(rollout, met, hit), kept=False),)
    if need < NONE_MPS2:
        return (tag(name, 0.0, limit, "m/s²", model, "no braking is needed", kept=True),)
    words = f"{need:.1f} m/s² at {rollout.t_s[frame]:.2f} s avoid contact with {rollout.bodies[actor].id}"
    words += f"; levels are {', '.join(map(str, CRITICAL_DECELS))}"
    return (tag(name, need, limit, "m/s²", model, words, kept=not passed),)


def critical_threat(rollout: Rollout, met: Encounters, hit: EgoImpact | None) -> tuple[Verdict, ...]:
    """A tag: the needed deceleration over the possible one; empty if no contact is ever about to happen."""
    if not _about_to_touch(met):
        return ()
    name, model = "critical moment: brake threat", f"required over mu g, mu = {rollout.friction:g}"
    need = float(-_soon(met).min())
    if not np.isfinite(need):
        return (tag(name, None, 1.0, "", model, _no_braking(rollout, met, hit), kept=False),)
    threat = need / _possible(rollout) if need >= NONE_MPS2 else 0.0
    words = "no possible braking suffices" if threat >= 1 else f"{threat:.0%} of the possible braking suffices"
    return (tag(name, threat, 1.0, "", model, words, kept=threat < 1),)


def _about_to_touch(met: Encounters) -> bool:
    return bool(np.isfinite(met.ttc_s).any() or (met.required_mps2 < 0).any())


def _soon(met: Encounters) -> Float[np.ndarray, "time actor"]:
    """The required accelerations, without those of late contacts that no braking would avoid."""
    return np.where(np.isneginf(met.required_mps2) & (met.ttc_s > SOON_S), 0.0, met.required_mps2)


def _possible(rollout: Rollout) -> float:
    return braking_decel(rollout.friction, slope_of(rollout))


def _no_braking(rollout: Rollout, met: Encounters, hit: EgoImpact | None) -> str:
    """Why no braking suffices: with a contact the time until which it would have sufficed."""
    if hit is None:
        too_late = np.where(np.isneginf(_soon(met)), met.ttc_s, np.inf)
        frame, actor = map(int, np.unravel_index(too_late.argmin(), too_late.shape))
        side = SIDES[met.ttc_side[frame, actor]]
        expected = rollout.t_s[frame] + met.ttc_s[frame, actor]
        told = f"no braking of the ego avoids the contact with {rollout.bodies[actor].id} {side}"
        return f"{told} that is expected at {rollout.t_s[frame]:.2f} s for {expected:.2f} s"
    needed = met.required_mps2[:, rollout.index(hit.other)]
    at = min(int(np.searchsorted(rollout.t_s, hit.t_s)), len(needed) - 1)
    could = np.flatnonzero(brake_threat(needed[:at], _possible(rollout) / G) < 1)
    told = f"contact with {hit.other} {SIDES[hit.side]} at {hit.t_s:.2f} s"
    expected_at = could[needed[could] < 0] if len(could) else could
    if not len(expected_at):
        return f"{told}: no braking of the ego avoids it once it is about to happen"
    return f"{told}: braking of the ego suffices until {rollout.t_s[expected_at[-1]]:.2f} s"


def comfort(name: str, rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """A tag on the ego's motion, one of `COMFORT`; good human drivers exceed the bounds one time in four."""
    along, turn = motion.acceleration[:, 0], motion.yaw_rate[:, 0]
    lateral = rollout.speed_mps[:, 0] * turn
    jerk = derivative(along)
    whole = np.hypot(jerk, derivative(lateral))
    measured = dict(zip(COMFORT, (along, lateral, turn, jerk, whole), strict=True))
    # A jerk is the derivative of a derivative: its two windows reach twice as far towards an impact.
    usable = motion.usable[:, 0]
    return (_comfort(name, measured[name][_all_around(usable) if name.endswith("jerk") else usable]),)


def _all_around(usable: Bool[np.ndarray, "time"]) -> Bool[np.ndarray, "time"]:
    """True where all frames of a window are usable; beyond the first and the last usable frame nothing is known."""
    inner = usable.copy()
    inner[:HALF], inner[-HALF:] = inner[HALF], inner[-HALF - 1]
    around = np.pad(inner, HALF, mode="edge")
    return usable & np.lib.stride_tricks.sliding_window_view(around, WINDOW).all(axis=-1)


def _comfort(name: str, values: Float[np.ndarray, "frame"]) -> Verdict:
    least, most, unit = COMFORT[name]
    check = f"comfort: {name}"
    if not len(values):
        return tag(check, None, most, unit, "nuPlan", "too few frames before the ego's first impact")
    low, high = float(values.min()), float(values.max())
    under = low / least if least < 0 else 0.0
    value, limit = (low, least) if under > high / most else (high, most)
    return tag(check, value, limit, unit, "nuPlan", f"{value:.2f} {unit}", kept=low >= least and high <= most)


def story(rollout: Rollout, scenario: Scenario) -> tuple[Verdict, ...]:
    """A tag: whether every event of the story happened; empty without a story."""
    if not scenario.events:
        return ()
    missed = [f"{u.event} ({u.why})" for u in rollout.unfired]
    words = "did not happen: " + "; ".join(missed) if missed else "every event happened"
    return (tag("story", float(len(missed)), 0.0, "", "the story's triggers", words, kept=not missed),)


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
    return (Verdict(EVENTS, "physics", outcome, 0.0, 0.0, "", EVENTS_MODEL, "", _summary(outcomes, judged)),)


def _shortfall(one: EventOutcome) -> Verdict:
    """The verdict of an event that fell short, with the values of its first shortfall."""
    value = limit = None
    unit = ""
    if one.short and not isinstance(one.short[0].asked, str) and not isinstance(one.short[0].done, str):
        value, limit, unit = one.short[0].done, one.short[0].asked, one.short[0].unit
    return Verdict(EVENTS, "physics", Outcome.FAIL, value, limit, unit, EVENTS_MODEL, "", one.text)


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


def tag(
    check: str, value: float | None, limit: float | None, unit: str, model: str, reason: str, kept: bool | None = None
) -> Verdict:
    """A verdict that never rejects; inconclusive if `kept` is None."""
    outcome = Outcome.INCONCLUSIVE if kept is None else Outcome.PASS if kept else Outcome.FAIL
    return replace(Verdict(check, "physics", outcome, value, limit, unit, model, "", reason), gates=False)
