"""What an event of the story asked for, and what its actor did, measured on the arrays of a rollout.

Tolerances are physical, and stated here once; docs/how-to/asked-and-done.md gives the reasons.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from scenarios.event_text import number_text
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.roads.road import Road
from scenarios.rollout import FRAME_RATE_HZ, EventEnd, PlayedEvent, Rollout
from scenarios.scenario import Relation

TIME_S, TIME_SHARE = 2 / FRAME_RATE_HZ, 0.1  # two frames, and a tenth: no driver keeps a duration more exactly
SPEED_MPS, SPEED_SHARE = 0.3, 0.02  # about 1 km/h
RATE_MPS2, RATE_SHARE = 0.3, 0.1
DISTANCE_M, DISTANCE_SHARE = 0.3, 0.02
THERE_M = 0.02  # a lateral move has arrived
ASIDE_M = 0.15  # from a lane's centre, or another lateral place
ANGLE_RAD, ANGLE_SHARE = math.radians(5), 0.05
BUILD_UP_MPS3 = 6.0  # jerk of a driver: a small change of speed ends before its rate is built up
REACHED_MPS = 0.05  # a speed counts as reached
STANDS_MPS = 0.05


class Bound(StrEnum):
    """How the done value may differ from the asked one, beyond the tolerance: not at all, only below, only above."""

    EXACT = ""
    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True)
class Asked:
    """One quantity of an event: `asked` by the story, and `done` in the rollout, both in `unit` (SI), or in words.

    `done` is None where the clip, another event or an impact ended the action before it could be measured; `why_open`
    then states which. `sofar`: the value of an action that was not over, which can only get larger. `usual`: a value
    that the author left open, which is compared and never counts as a shortfall.
    """

    what: str
    asked: float | str
    done: float | str | None
    unit: str = ""
    tolerance: float = 0.0
    bound: Bound = Bound.EXACT
    sofar: bool = False
    why_open: str = ""
    usual: bool = False

    @property
    def kept(self) -> bool | None:
        """Whether it was done as asked; None if that could not be seen."""
        if self.done is None or self.usual:
            return None
        if isinstance(self.asked, str) or isinstance(self.done, str):
            return self.asked == self.done
        short, beyond = self.done < self.asked - self.tolerance, self.done > self.asked + self.tolerance
        if self.sofar and not beyond:
            return None
        return not ((short and self.bound is not Bound.AT_MOST) or (beyond and self.bound is not Bound.AT_LEAST))

    @property
    def text(self) -> str:
        """Both values in words: 'time: asked at most 0.5 s, done 2.6 s'."""
        asked = self.asked_text if self.usual else f"asked {self.asked_text}"
        return f"{self.what}: {asked}, {'' if self.done is None else 'done '}{self.done_text}"

    @property
    def asked_text(self) -> str:
        """The asked value with its unit: 'at most 0.5 s'."""
        return f"{'usually' if self.usual else self.bound} {self._shown(self.asked)}".strip()

    @property
    def done_text(self) -> str:
        """The done value with its unit, or why there is none."""
        if self.done is None:
            return self.why_open or "not measured"
        return f"{'more than ' * self.sofar}{self._shown(self.done)}"

    def _shown(self, value: float | str) -> str:
        if isinstance(value, str):
            return value
        if self.unit == "m/s":
            return f"{number_text(round(value * 3.6, 1))} km/h"
        if self.unit == "rad":
            return f"{math.degrees(value):.0f} deg"
        return f"{number_text(round(value, 2))} {self.unit}"


@dataclass(frozen=True)
class Performance:
    """The motion of an event's actor from the event's start to its end, an impact of the actor, or the clip's end.

    `first` is the last frame at or before the start, `last` the first one at or after the end (the last one before an
    impact). `over`: whether the action was seen to its own end; `open`: what ended the view otherwise, in words.
    """

    rollout: Rollout
    played: PlayedEvent
    row: int
    first: int
    last: int
    over: bool
    open: str

    @property
    def began_s(self) -> float:
        assert self.played.began_s is not None  # only events that began are performed
        return self.played.began_s

    @property
    def seconds(self) -> float:
        """From the start to the end of the view, s; the exact end for an action that was seen to its end."""
        ended = self.played.ended_s if self.over and self.played.ended_s is not None else self.rollout.t_s[self.last]
        return float(ended) - self.began_s

    @cached_property
    def frames(self) -> slice:
        return slice(self.first, self.last + 1)

    @cached_property
    def t_s(self) -> Float[np.ndarray, "frame"]:
        """Time since the start; the first frame may be before it, and counts as the start."""
        return np.maximum(self.rollout.t_s[self.frames] - self.began_s, 0.0)

    @cached_property
    def speed_mps(self) -> Float[np.ndarray, "frame"]:
        """Along the heading; negative backwards."""
        return self.rollout.speed_mps[self.frames, self.row]

    @cached_property
    def yaw_rad(self) -> Float[np.ndarray, "frame"]:
        """Heading without jumps."""
        return np.unwrap(self.rollout.yaw_rad[self.frames, self.row])

    @cached_property
    def centre(self) -> Float[np.ndarray, "frame 2"]:
        return self.rollout.centre[self.frames, self.row, :2]

    @cached_property
    def reference(self) -> Float[np.ndarray, "frame 2"]:
        """The point that the story's places refer to: the ego's rear axle, the box centre of others."""
        if self.row:
            return self.centre
        along = np.stack([np.cos(self.yaw_rad), np.sin(self.yaw_rad)], -1)
        return self.centre - EGO_REAR_AXLE_TO_CENTRE_M * along

    @cached_property
    def moved_m(self) -> Float[np.ndarray, "frame"]:
        """Distance travelled since the start: without the part of the first step that is before it."""
        steps = np.linalg.norm(np.diff(self.centre, axis=0), axis=-1)
        if len(steps):
            early = (self.began_s - self.rollout.t_s[self.first]) * FRAME_RATE_HZ
            steps[0] = max(steps[0] - early * abs(self.speed_mps[0]) / FRAME_RATE_HZ, 0.0)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @cached_property
    def road(self) -> Road:
        """The road along which the actor heads at the start: the ego's, or the one that crosses it."""
        main = self.rollout.road
        assert main is not None  # stories are played on roads
        if main.cross is None:
            return main
        s, d = main.locate(*map(float, self.centre[0]))
        aside = abs(math.sin(float(self.yaw_rad[0]) - main.heading(s))) > math.sin(math.pi / 4)
        within = main.right_edge <= d <= main.left_edge
        return main.cross if aside or not within else main

    @cached_property
    def place(self) -> Float[np.ndarray, "frame 2"]:
        """s along the road and d to its left, of the reference point, metres."""
        return self.road.project(self.reference)

    @cached_property
    def facing(self) -> int:
        """1 if the actor heads along the road at the start, -1 against it."""
        heading = self.road.heading(float(self.place[0, 0]))
        return 1 if math.cos(float(self.yaw_rad[0]) - heading) >= 0 else -1

    def other(self, body: str) -> int:
        """The index of another body."""
        return self.rollout.index(body)

    # -- what several verbs ask ------------------------------------------------------------------------------------

    def when(self, holds: Bool[np.ndarray, "frame"]) -> float | None:
        """Seconds from the start to the first frame where something holds; None if it never does."""
        where = np.flatnonzero(holds)
        return float(self.t_s[where[0]]) if len(where) else None

    def time(self, what: str, asked_s: float, done_s: float | None, bound: Bound = Bound.AT_MOST) -> Asked:
        """A duration; without `done_s` the action was not seen to its end, and has lasted as long as the view."""
        tolerance = max(TIME_S, TIME_SHARE * asked_s)
        if done_s is not None:
            return Asked(what, asked_s, done_s, "s", tolerance, bound)
        sofar = Asked(what, asked_s, self.seconds, "s", tolerance, bound, sofar=True)
        return sofar if sofar.kept is False else replace(sofar, done=None, why_open=self.open)

    def lasts(self, asked_s: float | None) -> Iterator[Asked]:
        """The duration that the action was asked to last; nothing without one."""
        if asked_s is not None:
            yield self.time("duration", asked_s, self.seconds if self.over else None, Bound.EXACT)

    def ends_at(self, asked_mps: float, reaches: str = "speed") -> Asked:
        """The speed at the end of the action."""
        done = float(self.speed_mps[-1]) if self.over else None
        return self.speed(asked_mps, done, what=reaches)

    def speed(self, asked_mps: float, done_mps: float | None, what: str = "speed", bound: Bound = Bound.EXACT) -> Asked:
        """A speed that was measured, or could not be."""
        tolerance = max(SPEED_MPS, SPEED_SHARE * abs(asked_mps))
        return Asked(what, asked_mps, done_mps, "m/s", tolerance, bound, why_open=self.open)

    def rate(self, asked_mps2: float, to_mps: float, bound: Bound = Bound.EXACT) -> Iterator[Asked]:
        """The rate of a change of speed: the mean over the middle half of the change that was seen.

        The first and the last quarter hold its build-up and its end. With a limited jerk a change of dv reaches at most
        the rate sqrt(jerk dv), and more is not asked of a driver.
        """
        begun, pace = float(self.speed_mps[0]), self.speed_mps
        change = abs(to_mps - begun)
        if change < SPEED_MPS:
            return
        seen = (pace - begun) * np.sign(to_mps - begun)
        reaches = float(seen.max()) if self.over else float(seen[-1])
        possible = min(asked_mps2, math.sqrt(BUILD_UP_MPS3 * change))
        tolerance = max(RATE_MPS2, RATE_SHARE * asked_mps2) + (asked_mps2 - possible)
        built_up = self.seconds > asked_mps2 / BUILD_UP_MPS3 + 4 / FRAME_RATE_HZ
        if not self.over and not built_up:
            yield Asked("rate", asked_mps2, None, "m/s^2", tolerance, bound, why_open=self.open)
            return
        low, high = (_passes(self.t_s, seen, share * reaches) for share in (0.25, 0.75))
        done = 0.5 * reaches / (high - low) if reaches > 0 and high > low else 0.0
        yield Asked("rate", asked_mps2, done, "m/s^2", tolerance, bound)

    def sideways(self, target_d: float, within_s: float, usual: bool) -> Iterator[Asked]:
        """A lateral move to an offset of the road, within a time; `usual`: not the author's."""
        d = self.place[:, 1]
        away = np.abs(d - target_d) > THERE_M
        done_s = None if away[-1] else float(self.t_s[np.flatnonzero(away)[-1] + 1]) if away.any() else 0.0
        # A later impact or event may end a move after it has reached its place; a body that stands never does.
        stood = self.seconds > within_s and self.moved_m[-1] < DISTANCE_M
        done = float(d[-1]) if self.over or stood or done_s is not None else None
        name = "offset from the centre of the ego's lane" if self.road is self.rollout.road else "offset"
        yield Asked(name, target_d, done, "m", ASIDE_M, why_open=self.open)
        yield replace(self.time("time", within_s, done_s), usual=usual)

    def distance(self, what: str, asked_m: float, done_m: float | None, bound: Bound = Bound.EXACT) -> Asked:
        tolerance = max(DISTANCE_M, DISTANCE_SHARE * abs(asked_m))
        return Asked(what, asked_m, done_m, "m", tolerance, bound, why_open=self.open)

    def angle(self, what: str, asked_rad: float, done_rad: float | None) -> Asked:
        tolerance = max(ANGLE_RAD, ANGLE_SHARE * abs(asked_rad))
        return Asked(what, asked_rad, done_rad, "rad", tolerance, why_open=self.open)

    def turned(self) -> float | None:
        """The change of heading from the start to the end, radians, left positive; None if it was not seen."""
        return float(self.yaw_rad[-1] - self.yaw_rad[0]) if self.over else None

    def standing(self, asked_s: float, bound: Bound) -> Asked:
        """How long the actor stands, of an action that was seen to its end."""
        stood = self.time("standing", asked_s, self.stood(), bound)
        return stood if self.over else replace(stood, done=None, why_open=self.open)

    def stood(self) -> float:
        """The longest time without a break in which the actor stands, s."""
        longest = run = 0
        for stands in np.abs(self.speed_mps) < STANDS_MPS:
            run = run + 1 if stands else 0
            longest = max(longest, run)
        return longest / FRAME_RATE_HZ

    def order(self, relation: Relation) -> Iterator[Asked]:
        """On which side of each other body the actor comes into its path: the strip that the other's width covers."""
        at = {name: self._along(name) for name in relation.of}
        for name in relation.of:
            ahead = relation.ahead if len(relation.of) == 1 else at[name] == min(at.values())
            asked = f"{'in front of' if ahead else 'behind'} {name}"
            yield Asked("place", asked, self._comes_in(name), why_open=self.open or f"not in the path of {name}")

    def _along(self, body: str) -> float:
        """The place of a body along the road at the start, in the actor's direction."""
        return self.facing * float(self.road.project(self.rollout.centre[self.first, self.other(body), :2])[0])

    def _comes_in(self, body: str) -> str | None:
        """The actor's place relative to a body when it comes into that body's path; None if it does not."""
        road, other = self.road, self.other(body)
        (length, width), (his_length, his_width) = (self.rollout.sizes[row, :2] for row in (self.row, other))
        own, his = road.project(self.centre), road.project(self.rollout.centre[self.frames, other, :2])
        inside = np.flatnonzero(np.abs(own[:, 1] - his[:, 1]) < (width + his_width) / 2)
        if not len(inside):
            return None
        frame = int(inside[0])
        heading = road.heading(float(his[frame, 0]))
        facing = np.sign(np.cos(float(self.rollout.yaw_rad[self.first + frame, other]) - heading))
        ahead = float(facing * (own[frame, 0] - his[frame, 0]))
        if abs(ahead) < (length + his_length) / 2 - DISTANCE_M:
            return f"beside {body}"
        return f"{'in front of' if ahead > 0 else 'behind'} {body}"

    def gap_along(self, body: str) -> Float[np.ndarray, "frame"]:
        """Free distance along the road from the actor's rear to another body's front where the actor is ahead of it in
        its own direction; negative elsewhere."""
        main, other = self.road, self.other(body)
        length = [self.rollout.bodies[row].size.length_m for row in (self.row, other)]
        his = main.project(self.rollout.centre[self.frames, other, :2])[:, 0]
        own = main.project(self.centre)[:, 0]
        return self.facing * (own - his) - sum(length) / 2


def _passes(t_s: Float[np.ndarray, "frame"], values: Float[np.ndarray, "frame"], level: float) -> float:
    """The time at which values first pass a level, between the frames on both sides of it."""
    after = int(np.argmax(values >= level))
    if after == 0:
        return float(t_s[0])
    before = values[after - 1]
    share = (level - before) / max(float(values[after] - before), 1e-9)
    return float(t_s[after - 1] + share * (t_s[after] - t_s[after - 1]))


def performance(rollout: Rollout, actor: str, played: PlayedEvent) -> Performance:
    """The view of an event of an actor that began."""
    row, began = rollout.index(actor), played.began_s
    assert began is not None
    hits = [h.t_s for h in rollout.happenings if h.other and rollout.bodies[row].id in (h.actor, h.other)]
    impact = min((t for t in hits if t >= began), default=math.inf)
    ended = float(rollout.t_s[-1]) if played.ended_s is None else played.ended_s
    first = int(np.searchsorted(rollout.t_s, began + 1e-6, side="right")) - 1
    if impact <= ended:
        last, over, view = int(np.searchsorted(rollout.t_s, impact - 1e-6)) - 1, False, f"hit at {impact:.2f} s"
    else:
        last = min(int(np.searchsorted(rollout.t_s, ended - 1e-6)), len(rollout.t_s) - 1)
        over = played.end is EventEnd.ENDED
        view = "" if over else str(played.end)
    return Performance(rollout, played, row, first, max(last, first), over, view)
