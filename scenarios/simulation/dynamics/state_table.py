"""The numeric state of all bodies as a table, a row per body, and its compiled time steps.

All motion state of a body is stored here only. A `BodyState`, its `LanePath`, its `SlidingState` and its
`FallingState` are views by which drivers and stories read and write a row; what controls a body (its target, turn,
trajectory, and whether it has a driver) is stored in the `BodyState`. Map frame, SI units; `facing`, `gear` and the
side of a kick are +1 or -1, booleans are 1 and 0.
"""

import math
from collections.abc import Callable
from dataclasses import fields
from functools import cached_property
from typing import ClassVar, no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.numba_cache import njit
from scenarios.roads.friction import gravity_along
from scenarios.roads.reference_line import bend_at, pose_at
from scenarios.simulation.dynamics.longitudinal_control import BRAKE_JERK, DRIVE_JERK, LIT_DECEL, pedals_towards

X, Y, YAW, SPEED, ACCEL, YAW_RATE, TRAVELLED, GEAR, LIT, GRIP, WALKS, SLOPE = range(12)
PRESENT, SLIDES, SLIDES_X, SLIDES_Y, SLIDE_DECEL, SLIDE_TURN, KICK_S, KICK_SIDE = range(12, 20)
BOTTOM, SINKING = range(20, 22)  # of a body that falls
TOWARDS, AMOUNT, RATE, BRAKING = range(22, 26)  # the request: an acceleration, or a change towards a speed
S, D, FACING, WAY, SHIFT_FROM, SHIFT_LENGTH = range(26, 32)  # lane coordinates; a length of 0 keeps the offset
SHIFT = 32  # first of the quintic's six coefficients
WIDTH = 38
ASKED, PATH = slice(TOWARDS, BRAKING + 1), slice(S, WIDTH)
SLIDE, FALL, SLIDE_VELOCITY = slice(SLIDES_X, KICK_SIDE + 1), slice(BOTTOM, SINKING + 1), slice(SLIDES_X, SLIDES_Y + 1)
Row = Float[np.ndarray, "38"]
Table = Float[np.ndarray, "actor 38"]


def blank() -> Row:
    return np.zeros(WIDTH)


def in_row(**columns: int) -> Callable[[type], type]:
    """Class decorator: store these fields of a dataclass with a `row` in that row."""

    def decorated(holder: type) -> type:
        kinds = {field.name: field.type for field in fields(holder) if isinstance(field.type, type)}
        for name, column in columns.items():
            setattr(holder, name, _number(column, kinds[name]))
        return holder

    return decorated


class RowView:
    """A view of the `columns` of a row: of its own one, until it shares the row of the body that uses it."""

    columns: ClassVar[slice]

    @cached_property
    def row(self) -> Row:
        return blank()

    def share_row(self, row: Row) -> None:
        """From now on view `row`, which takes over the values."""
        row[self.columns] = self.row[self.columns]
        self.row = row


def _number(column: int, kind: type) -> property:
    def written(holder, value) -> None:
        holder.row[column] = value

    if kind is float:
        return property(lambda holder: holder.row.item(column), written)
    return property(lambda holder: kind(holder.row.item(column)), written)


# -- speed ---------------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
@no_type_check
def press(row, asked, braking, brake_jerk, drive_jerk, dt):
    """Change the acceleration towards the request as fast as brakes, engine or legs allow, within the grip."""
    pace, before = row[GEAR] * row[SPEED], row[GEAR] * row[ACCEL]
    accel = 0.0 if pace <= 0 and asked < 0 else asked
    if not row[WALKS]:
        rise = max(BRAKE_JERK if before < 0 and accel >= before else DRIVE_JERK, drive_jerk)
        fall = brake_jerk if braking else drive_jerk
        accel = min(max(accel, before - fall * dt), before + rise * dt)
    grip, pull = _grip_left(row), row[GEAR] * gravity_along(row[SLOPE], row[YAW])
    accel = min(max(accel, pull - grip), pull + grip)
    if braking and asked < -LIT_DECEL:
        row[LIT] = 1
    elif (accel > -0.3 and pace > 0.05) or accel > 0.05:
        row[LIT] = 0
    row[ACCEL] = row[GEAR] * accel


@njit(cache=True, nogil=True)
@no_type_check
def _grip_left(row):
    """The braking that the friction circle leaves beside the lateral acceleration, m/s^2."""
    sideways = row[SPEED] * row[YAW_RATE]
    return math.sqrt(max(row[GRIP] ** 2 - sideways**2, (0.1 * row[GRIP]) ** 2))


@njit(cache=True, nogil=True)
@no_type_check
def _press_as_asked(row, dt):
    asked, braking, brake_jerk = row[AMOUNT], row[BRAKING] > 0, row[RATE]
    if row[TOWARDS]:
        pace, on_foot = row[GEAR] * row[SPEED], row[WALKS] > 0
        asked, braking = pedals_towards(row[AMOUNT], row[RATE], braking, pace, on_foot, dt)
        brake_jerk = BRAKE_JERK
    press(row, asked, braking, brake_jerk, DRIVE_JERK, dt)


# -- along a lane --------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
@no_type_check
def _share_shifted(row):
    return min(1.0, max(0.0, (row[WAY] - row[SHIFT_FROM]) / row[SHIFT_LENGTH]))


@njit(cache=True, nogil=True)
@no_type_check
def shift_slope(row):
    """Derivative of the offset with respect to the distance."""
    if row[SHIFT_LENGTH] == 0:
        return 0.0
    share, slope = _share_shifted(row), 0.0
    for i in range(5, 0, -1):
        slope = slope * share + i * row[SHIFT + i]
    return slope / row[SHIFT_LENGTH]


@njit(cache=True, nogil=True)
@no_type_check
def shift_bend(row):
    """Second derivative of the offset with respect to the distance, 1/m."""
    if row[SHIFT_LENGTH] == 0:
        return 0.0
    share, bend = _share_shifted(row), 0.0
    for i in range(5, 1, -1):
        bend = bend * share + i * (i - 1) * row[SHIFT + i]
    return bend / row[SHIFT_LENGTH] ** 2


@njit(cache=True, nogil=True)
@no_type_check
def along_lane(row, nodes, curvature, distance):
    """Move by `distance` metres."""
    scale = 1 - bend_at(nodes, curvature, row[S])[1] * row[D]
    along = distance / math.hypot(scale, shift_slope(row))
    row[WAY] += along
    row[S] += row[FACING] * along
    if row[SHIFT_LENGTH] > 0:
        share, offset = _share_shifted(row), 0.0
        for i in range(5, -1, -1):
            offset = offset * share + row[SHIFT + i]
        row[D] = offset
        if share >= 1:
            row[SHIFT_LENGTH] = 0


@njit(cache=True, nogil=True)
@no_type_check
def pose_in_lane(row, nodes, curvature):
    """Map x, y and heading of a row on a lane."""
    x, y, heading = pose_at(nodes, curvature, row[S], row[D])
    scale = 1 - bend_at(nodes, curvature, row[S])[1] * row[D]
    return x, y, heading + math.atan2(shift_slope(row), row[FACING] * scale)


# -- both ----------------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
@no_type_check
def drive_on(table, places, nodes, curvature, dt):
    """Move the bodies at some places of the table by one step along the lanes of one road, as requested."""
    for place in places:
        row = table[place]
        _press_as_asked(row, dt)
        pace = max(0.0, row[GEAR] * (row[SPEED] + row[ACCEL] * dt))
        distance = (row[SPEED] + row[GEAR] * pace) / 2 * dt
        along_lane(row, nodes, curvature, distance)
        before = row[YAW]
        row[X], row[Y], row[YAW] = pose_in_lane(row, nodes, curvature)
        turned = row[YAW] - before
        row[YAW_RATE] = (turned - math.tau * np.rint(turned / math.tau)) / dt
        row[TRAVELLED] += abs(distance)
        row[SPEED] = row[GEAR] * pace
        if pace == 0:
            row[ACCEL] = 0


@njit(cache=True, nogil=True)
@no_type_check
def velocities(table):
    """Map velocity "actor 2" of all bodies: sliding velocity, or speed along the heading."""
    found = np.empty((len(table), 2))
    for i in range(len(table)):
        row = table[i]
        if row[SLIDES]:
            found[i] = row[SLIDES_X], row[SLIDES_Y]
        else:
            found[i] = row[SPEED] * math.cos(row[YAW]), row[SPEED] * math.sin(row[YAW])
    return found
