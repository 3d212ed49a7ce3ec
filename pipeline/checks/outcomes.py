"""Outcomes: braking, safe distance, the author's expectations, comfort and critical moments.

Tags (`gates=False`) state whether a limit was kept. They do not reject: a hazardous clip exceeds many of them.
"""

from dataclasses import replace

import numpy as np
import shapely
from jaxtyping import Bool, Float

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import Kinematics, outlines
from scenarios.metrics.criticality import Encounters, brake_threat, braking_decel, derivative, r157_gap, rss_ad_rss
from scenarios.model.driver_models import G
from scenarios.rollout import Rollout
from scenarios.scenario import Expect, Scenario
from scenarios.simulation.dynamics.friction_map import best_friction, slope_of

BRAKING_MPS2 = 0.7
LEAST_BRAKING_MPS = 2.0  # with a smaller loss of speed the braking distance is not measured
BRAKING_SHARE = 0.97
CRITICAL_TTC_S = 1.5
CRITICAL_DECELS = (3.4, 5.0, 6.0)
COMFORT = {  # nuPlan's bounds: (least, most), unit
    "longitudinal acceleration": (-4.05, 2.40, "m/s²"), "lateral acceleration": (-4.89, 4.89, "m/s²"),
    "yaw rate": (-0.95, 0.95, "rad/s"), "longitudinal jerk": (-4.13, 4.13, "m/s³"), "jerk": (0.0, 8.37, "m/s³"),
}  # fmt: skip
NOTHING_AHEAD = "no body came into the ego's path"


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


def safe_distance(rollout: Rollout, met: Encounters) -> tuple[Verdict, ...]:
    """The gap to the body ahead, against two models whose gaps differ by a factor of two; tags."""
    lead = np.maximum(rollout.speed_mps[:, :1] - np.where(np.isfinite(met.gap_m), met.closing_mps, 0.0), 0.0)
    own = np.broadcast_to(rollout.speed_mps[:, :1], lead.shape)
    wanted = {
        "RSS, ad-rss-lib: response 1 s, 3.5 m/s², brakes 4 to 8 m/s²": rss_ad_rss(own, lead),
        "UN R157 minimum following gap": r157_gap(own),
    }
    return tuple(_gap_tag(rollout, met, model, np.asarray(gap)) for model, gap in wanted.items())


def _gap_tag(rollout: Rollout, met: Encounters, model: str, wanted: Float[np.ndarray, "time actor"]) -> Verdict:
    if not np.isfinite(met.gap_m).any():
        return tag("safe distance", None, None, "m", model, NOTHING_AHEAD)
    frame, actor = np.unravel_index((met.gap_m - wanted).argmin(), wanted.shape)
    gap, limit = float(met.gap_m[frame, actor]), float(wanted[frame, actor])
    required = f"{model.partition(',')[0]} requires {limit:.1f} m"
    words = f"{gap:.1f} m to {rollout.bodies[actor].id} at {rollout.t_s[frame]:.2f} s, {required}"
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


def expected_ttc(met: Encounters, expect: Expect) -> tuple[Verdict, ...]:
    """The same for the smallest time to collision, s."""
    return () if expect.min_ttc_s is None else (_within("expect: min TTC", met.ttc_s, expect.min_ttc_s, "s"),)


def expected_gap(met: Encounters, expect: Expect) -> tuple[Verdict, ...]:
    """The same for the smallest gap, m."""
    return () if expect.min_gap_m is None else (_within("expect: min gap", met.gap_m, expect.min_gap_m, "m"),)


def _within(check: str, values: Float[np.ndarray, "time actor"], bounds: tuple[float, float], unit: str) -> Verdict:
    least, most = bounds
    value, model = float(values.min()), "bumper to bumper along the ego's path"
    limit = most if np.isfinite(most) else least
    asked = " and ".join(
        [f"at least {least:g} {unit}"] * bool(np.isfinite(least))
        + [f"at most {most:g} {unit}"] * bool(np.isfinite(most))
    )
    outcome = Outcome.PASS if least <= value <= most else Outcome.FAIL
    if np.isinf(value):
        never = NOTHING_AHEAD if unit == "m" else "the gap to bodies in the ego's path never shrinks"
        return Verdict(check, "physics", outcome, None, limit, unit, model, "", f"{never}; the author expects {asked}")
    return Verdict(
        check, "physics", outcome, value, limit, unit, model, "", f"{value:.2f} {unit}; the author expects {asked}"
    )


def critical_ttc(met: Encounters) -> tuple[Verdict, ...]:
    """A tag: the smallest time to collision."""
    if not np.isfinite(met.gap_m).any():
        return (tag("critical moment: TTC", None, CRITICAL_TTC_S, "s", "constant speeds", NOTHING_AHEAD),)
    ttc = float(met.ttc_s.min())
    shown = f"smallest TTC {ttc:.2f} s" if np.isfinite(ttc) else "the gap never shrinks"
    value = ttc if np.isfinite(ttc) else None
    kept = ttc >= CRITICAL_TTC_S
    return (tag("critical moment: TTC", value, CRITICAL_TTC_S, "s", "constant speeds", shown, kept=kept),)


def critical_braking(met: Encounters) -> tuple[Verdict, ...]:
    """A tag: the deceleration that just avoids contact; empty if no body comes into the ego's path."""
    if not np.isfinite(met.gap_m).any():
        return ()
    need = float(-met.required_mps2.min())
    passed = [level for level in CRITICAL_DECELS if need > level]
    limit = passed[-1] if passed else CRITICAL_DECELS[0]
    words = f"{need:.1f} m/s² are needed to avoid contact; levels are {', '.join(map(str, CRITICAL_DECELS))}"
    model = "required deceleration"
    return (tag("critical moment: braking", need, limit, "m/s²", model, words, kept=not passed),)


def critical_threat(rollout: Rollout, met: Encounters) -> tuple[Verdict, ...]:
    """A tag: the needed deceleration over the possible one; empty if no body comes into the ego's path."""
    if not np.isfinite(met.gap_m).any():
        return ()
    need = float(-met.required_mps2.min())
    threat = float(brake_threat(-need, braking_decel(rollout.friction, slope_of(rollout)) / G))
    words = "no braking avoids the collision" if threat >= 1 else f"{threat:.0%} of the possible braking is enough"
    model = f"required over mu g, mu = {rollout.friction:g}"
    return (tag("critical moment: brake threat", threat, 1.0, "", model, words, kept=threat < 1),)


def comfort(name: str, rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """A tag on the ego's motion, one of `COMFORT`; good human drivers exceed the bounds one time in four."""
    along, turn = motion.acceleration[:, 0], motion.yaw_rate[:, 0]
    lateral = rollout.speed_mps[:, 0] * turn
    jerk = derivative(along)
    whole = np.hypot(jerk, derivative(lateral))
    measured = dict(zip(COMFORT, (along, lateral, turn, jerk, whole), strict=True))
    return (_comfort(name, measured[name][motion.usable[:, 0]]),)


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


def tag(
    check: str, value: float | None, limit: float | None, unit: str, model: str, reason: str, kept: bool | None = None
) -> Verdict:
    """A verdict that never rejects; inconclusive if `kept` is None."""
    outcome = Outcome.INCONCLUSIVE if kept is None else Outcome.PASS if kept else Outcome.FAIL
    return replace(Verdict(check, "physics", outcome, value, limit, unit, model, "", reason), gates=False)


def ego_hits(rollout: Rollout) -> tuple[str, float] | None:
    """The first body that the ego collides with and the time, s: from recorded events or from overlapping boxes."""
    ego = rollout.bodies[0].id
    hits = [
        (h.t_s, h.other if h.actor == ego else h.actor)
        for h in rollout.happenings
        if h.other and ego in (h.actor, h.other)
    ]
    for frame in np.flatnonzero(rollout.valid[:, 0]):
        boxes = outlines(rollout, int(frame))
        near = np.flatnonzero(shapely.intersects(boxes[0], boxes) & rollout.valid[frame])[1:]
        if len(near):
            hits.append((float(rollout.t_s[frame]), rollout.bodies[near[0]].id))
            break
    if not hits:
        return None
    t_s, other = min(hits)
    return other, t_s
