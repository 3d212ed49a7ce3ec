"""Drawn trajectories: a smooth curve through given points, with a plan of the distance along it over time."""

import math
from collections.abc import Callable

import numpy as np
import scipy  # imports scipy.interpolate at the first trajectory; most scenarios have none
from jaxtyping import Float

Pose = tuple[float, float, float]  # x, y in metres, heading in radians
Curve = Callable[..., np.ndarray]  # of a distance or time; the second argument is the order of the derivative
BEFORE_S = 1e-6  # the speed at a jump is the one before it
JUMP_RATIO, JUMP_MPS = 3.0, 0.05  # a velocity that changes by more than this, relative to its changes around, jumps
SPACING_M = 0.1  # of the sample points that measure a line's length


class LinePath:
    """A curve over its arc length, and a plan: arc length over time. Beyond its end the path goes straight on."""

    def __init__(
        self,
        curve: Curve,
        length_m: float,
        plan: Callable[[float], float | np.ndarray],
        begins_s: float = 0.0,
        ends_s: float = math.inf,
    ) -> None:
        self._curve, self._length, self._plan, self.ends_s = curve, length_m, plan, ends_s
        self.travelled = self.planned(begins_s)

    def planned(self, t_s: float) -> float:
        """The planned distance along the line at a time, metres."""
        return float(self._plan(t_s))

    def advance(self, distance: float, _dt: float) -> None:
        """Move on by `distance` metres."""
        self.travelled += distance

    def pose(self) -> Pose:
        inside = min(max(self.travelled, 0.0), self._length)
        (x, y), (tangent_x, tangent_y) = self._curve(inside), self._curve(inside, 1)
        beyond = self.travelled - inside  # straight on after the last point
        norm = math.hypot(tangent_x, tangent_y)
        return (
            x + beyond * tangent_x / norm, y + beyond * tangent_y / norm, math.atan2(tangent_y, tangent_x),
        )  # fmt: skip


class PosedLine:
    """Positions and headings over time; after the last point straight on. The heading may differ from the direction
    of travel, so that a body can reverse or skid. Where the points' speed jumps, the line's does too.
    """

    def __init__(self, points: tuple[tuple[float, float, float], ...], headings_rad: tuple[float, ...]) -> None:
        t, x, y = np.array(points, float).T
        self._xy = _hermite(t, np.stack([x, y], -1))
        self._velocity = self._xy.derivative()
        self._t, self._yaw, self.ends_s = t, np.unwrap(np.array(headings_rad, float)), float(t[-1])
        self._here = self.at(float(t[0]))

    def at(self, t_s: float) -> Pose:
        """The pose at a time."""
        inside = min(max(t_s, float(self._t[0])), self.ends_s)
        x, y = self._xy(inside).tolist()
        return x, y, float(np.interp(inside, self._t, self._yaw))

    def speed(self, t_s: float) -> float:
        """The speed along the heading at a time, negative in reverse."""
        inside = min(max(t_s - BEFORE_S, float(self._t[0])), self.ends_s)
        (vx, vy), yaw = self._velocity(inside).tolist(), self.at(inside)[2]
        return vx * math.cos(yaw) + vy * math.sin(yaw)

    def follow(self, t_s: float) -> Pose:
        """Move to the pose at a time."""
        self._here = self.at(t_s)
        return self._here

    def advance(self, distance: float, _dt: float) -> None:
        """Move straight on by `distance` metres."""
        x, y, yaw = self._here
        self._here = x + distance * math.cos(yaw), y + distance * math.sin(yaw), yaw

    def pose(self) -> Pose:
        return self._here


def _hermite(t: Float[np.ndarray, "point"], xy: Float[np.ndarray, "point 2"]) -> "scipy.interpolate.PPoly":
    """A cubic between each two points, with the mean velocity of both sides at a point, or with both at a jump."""
    step = np.diff(t)[:, None]
    mean = np.diff(xy, axis=0) / step
    change = np.hypot(*np.diff(mean, axis=0).T)
    around = np.maximum(np.concatenate([[0.0], change[:-1]]), np.concatenate([change[1:], [0.0]]))
    jumps = (change > JUMP_RATIO * around + JUMP_MPS) & (change > 0)
    inner = (mean[:-1] * step[1:] + mean[1:] * step[:-1]) / (step[:-1] + step[1:])
    left = np.concatenate([np.where(jumps[:, None], mean[:-1], inner), mean[-1:]])  # of each interval's end
    right = np.concatenate([mean[:1], np.where(jumps[:, None], mean[1:], inner)])  # of each interval's beginning
    third = (right + left - 2 * mean) / step**2
    second = (3 * mean - 2 * right - left) / step
    return scipy.interpolate.PPoly(np.stack([third, second, right, xy[:-1]]), t)


def drawn_line(points: tuple[tuple[float, float, float], ...]) -> LinePath:
    """The path through points (t_s, x_m, y_m) at their times."""
    t, x, y = np.array(points, float).T
    knots = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    moving = np.concatenate([[True], np.diff(knots) > 1e-3])
    curve = _curve(knots[moving], np.stack([x, y], -1)[moving])
    return LinePath(curve, float(knots[-1]), _plan(t, knots))


def joined_line(
    pose: Pose, speed_mps: float, begins_s: float, points: tuple[tuple[float, float, float], ...]
) -> LinePath:
    """A path from a pose, with its heading and speed and no curvature, through (t_s, forward_m, left_m) from there."""
    t, forward, left = np.array([(0.0, 0.0, 0.0), *points], float).T
    x, y, yaw = pose
    ends = begins_s + float(t[-1])
    cos, sin = math.cos(yaw), math.sin(yaw)
    xy = np.stack([x + cos * forward - sin * left, y + sin * forward + cos * left], -1)
    chords = np.concatenate([[0.0], np.cumsum(np.hypot(forward[1:] - forward[:-1], left[1:] - left[:-1]))])
    moving = np.concatenate([[True], np.diff(chords) > 1e-3])
    if moving.sum() == 1:
        ahead = scipy.interpolate.CubicSpline([0.0, 1.0], xy[:1] + np.array([[0.0, 0.0], [cos, sin]]))
        return LinePath(ahead, 1.0, lambda _: 0.0, 0.0, ends)
    known, at = xy[moving], chords[moving]
    first, last = np.array([cos, sin]), (known[-1] - known[-2]) / (at[-1] - at[-2])
    ends_straight = ([(1, first), (2, np.zeros(2))], [(1, last), (2, np.zeros(2))])
    curve, along = _by_length(scipy.interpolate.make_interp_spline(at, known, k=5, bc_type=ends_straight), chords)
    return LinePath(curve, float(along[-1]), _joined_plan(t + begins_s, along, speed_mps), begins_s, ends)


def _by_length(curve, chords: Float[np.ndarray, "point"]) -> tuple[Curve, Float[np.ndarray, "point"]]:
    """The same curve over its true arc length, and the arc length at each point."""
    fine = np.union1d(np.linspace(0.0, chords[-1], max(8, int(chords[-1] / SPACING_M))), chords)
    xy = curve(fine)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return scipy.interpolate.CubicSpline(length, xy), np.interp(chords, fine, length)


def _joined_plan(
    t: Float[np.ndarray, "point"], along: Float[np.ndarray, "point"], speed_mps: float
) -> Callable[[float], float]:
    """Distance over time, never decreasing, with the body's speed at the start."""
    slope = (
        scipy.interpolate.PchipInterpolator(t, along)(t, 1)
        if len(t) > 2
        else np.full(2, (along[1] - along[0]) / (t[1] - t[0]))
    )
    slope[0] = speed_mps
    fine = np.linspace(t[0], t[-1], max(50, int((t[-1] - t[0]) * 200)))
    way = np.maximum.accumulate(scipy.interpolate.CubicHermiteSpline(t, along, slope)(fine))
    shape = scipy.interpolate.CubicSpline(fine, way)
    end, last = float(t[-1]), max(float(slope[-1]), 0.0)
    return lambda t_s: float(shape(min(t_s, end))) + last * max(t_s - end, 0.0)


def _curve(knots: np.ndarray, xy: np.ndarray) -> Curve:
    if len(knots) == 1:  # it does not move: any heading is correct
        knots, xy = np.array([0.0, 1.0]), np.stack([xy[0], xy[0] + np.array([1.0, 0.0])])
    return scipy.interpolate.CubicSpline(knots, xy, bc_type="natural")


def _plan(t: np.ndarray, knots: np.ndarray) -> Curve:
    """Distance over time, never decreasing, smoothed over 0.4 s so that the acceleration has no steps."""
    if len(t) == 1:
        return scipy.interpolate.CubicSpline([0.0, 1.0], [0.0, 0.0])
    fine = np.arange(t[0] - 0.4, t[-1] + 60.0, 0.01)
    shape = scipy.interpolate.PchipInterpolator(t, knots)
    speed_in, speed_out = float(shape(t[0], 1)), float(shape(t[-1], 1))
    inside = np.clip(fine, t[0], t[-1])
    raw = shape(inside) + speed_in * np.minimum(fine - t[0], 0) + speed_out * np.maximum(fine - t[-1], 0)
    window = np.bartlett(43)[1:-1]
    smooth = np.convolve(np.pad(raw, 20, mode="reflect", reflect_type="odd"), window / window.sum(), mode="valid")
    return scipy.interpolate.CubicSpline(fine[::5], smooth[::5])
