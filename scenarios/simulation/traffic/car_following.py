"""Driver models: car following by IDM, and emergency braking after a reaction time.

Compiled, since every driver decides sixty times a second. The knowledge and requests of a driver are a row of
`DriverStates`.
"""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int

from scenarios.boxes import box_centres
from scenarios.model.driver_models import DriverModel, accepted_time_gap, idm
from scenarios.numba_cache import njit
from scenarios.roads.road import Road
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL
from scenarios.simulation.dynamics.state_table import (
    AMOUNT,
    BRAKING,
    FACING,
    GRIP,
    LIT,
    PRESENT,
    RATE,
    SPEED,
    TOWARDS,
    WAY,
    D,
    Table,
)
from scenarios.simulation.traffic.driver_vision import RECOGNISED_SHARE, ahead, scene_of, visible_share

FOLLOWS_WITHIN_S = 4.0  # time headway within which a driver reacts to a leader's brake lights
CROSSING_HORIZON_S = 3.0  # a body that crosses the path later than this is not an emergency
HARD_MPS2 = 3.0  # braking harder than car following needs
NOTICES, BRAKES_HARD = "notices", "brakes hard for"
NO_BODY, NEVER = -1.0, math.inf
MEMORY = 256  # stored observations: more than any reaction time needs
# Columns of a driver's row: the driver model, its desired speed, its request, and which observations are valid.
PEDAL_S, DECEL, JERK, CRITICAL_TTC, HEEDS_LIGHTS, EMERGENCY, DESIRED = range(7)
TIME_GAP, BRAKING_FOR, WAITS_FOR, CROSSED, OLDEST, LOOKS = range(7, 13)
AT, GAP, LEAD_MPS, OWN_WAY = range(4)  # of an observation: time, the leader's gap and speed, own distance so far


class DriverStates:
    """Knowledge and requests of all drivers; a driver has the table place of its vehicle."""

    def __init__(self, bodies: int) -> None:
        self.minds = np.zeros((bodies, 13))
        self.knows = np.zeros((bodies, bodies), bool)  # stays true when the body is hidden again
        self.risk_since = np.full((bodies, bodies), NEVER)
        self.memory = np.zeros((bodies, MEMORY, 4))

    def begin(self, place: int, model: DriverModel, desired_mps: float) -> None:
        """Start a new driver at a place."""
        self.knows[place], self.risk_since[place] = False, NEVER
        self.minds[place] = (
            model.pedal_s, model.decel_mps2, model.jerk, model.critical_ttc_s, model.heeds_brake_lights,
            model.emergency, desired_mps, math.nan, NO_BODY, NO_BODY, 0, 0, 0,
        )  # fmt: skip

    def decide(
        self,
        table: Table,
        offset_m: Float[np.ndarray, "actor"],
        size: Float[np.ndarray, "actor 3"],
        velocity: Float[np.ndarray, "actor 2"],
        places: Int[np.ndarray, "driver"],
        road: Road,
        t_s: float,
    ) -> list[tuple[int, str, int]]:
        """Write the requests of the drivers at some places, all on one road, to their rows, based on these velocities.

        Returns who notices whom, or brakes hard for whom.
        """
        news = _decide(
            table, offset_m, size, velocity, places, road.nodes, road.curvature_per_m, t_s,
            self.minds, self.knows, self.risk_since, self.memory,
        )  # fmt: skip
        return [(int(me), BRAKES_HARD if hard else NOTICES, int(other)) for me, hard, other in news]


@njit(cache=True, nogil=True)
@no_type_check
def _decide(table, offset_m, size, velocity, places, nodes, curvature, t_s, minds, knows, risk_since, memory):
    xy, yaw = box_centres(table, offset_m)
    scene = scene_of(nodes, curvature, xy, yaw, size, velocity, table[:, LIT] > 0, table[:, PRESENT] > 0)
    news = [(0, False, 0) for _ in range(0)]
    for me in places:
        row, mind, risks = table[me], minds[me], risk_since[me]
        view = ahead(scene, me, row[D], row[FACING], row[SPEED])
        _recognise(scene, view, me, knows[me])
        leads = knows[me] & (view.inside | view.entering)
        crossers = knows[me] & view.crossing & ~view.inside
        asked, hard = _follow(row, mind, risks, memory[me], view, leads, t_s), False
        if mind[EMERGENCY]:
            _watch(scene, row, mind, risks, view, leads, crossers, t_s, me, news)
            hard = mind[BRAKING_FOR] != NO_BODY or (mind[WAITS_FOR] != NO_BODY and row[SPEED] == 0)
        row[TOWARDS], row[RATE] = 0, mind[JERK]
        row[AMOUNT] = -mind[DECEL] if hard else max(asked, -mind[DECEL])
        row[BRAKING] = hard or asked < -LIT_DECEL
    return news


@njit(cache=True, nogil=True)
@no_type_check
def _recognise(scene, view, me, known):
    """Mark the relevant bodies that are visible as known."""
    for i in range(len(known)):
        matters = view.inside[i] or view.entering[i] or view.crossing[i]
        if matters and not known[i] and visible_share(scene, me, i) >= RECOGNISED_SHARE:
            known[i] = True


# -- following -----------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
@no_type_check
def _follow(row, mind, risks, memory, view, leads, t_s):
    """The acceleration that keeps the distance to the leader, as observed a reaction time ago or, when alarmed, now."""
    gap, lead_mps, speed, way = np.inf, 0.0, row[SPEED], row[WAY]
    for i in range(len(leads)):
        if leads[i] and view.gap[i] < gap:
            gap, lead_mps = view.gap[i], max(0.0, view.speed_mps[i])
    if np.isnan(mind[TIME_GAP]):
        mind[TIME_GAP] = accepted_time_gap(speed, gap, lead_mps)
    seen = _remembered(mind, memory, t_s, gap, lead_mps, way)
    alert = (t_s - risks >= mind[PEDAL_S]).any()
    if not alert and gap < np.inf:
        # The driver assumes a constant speed of the leader and knows its own distance travelled since.
        gap = seen[GAP] + seen[LEAD_MPS] * (t_s - seen[AT]) - (way - seen[OWN_WAY])
        lead_mps = seen[LEAD_MPS]
    return idm(speed, mind[DESIRED], gap, lead_mps, mind[TIME_GAP])


@njit(cache=True, nogil=True)
@no_type_check
def _remembered(mind, memory, t_s, gap, lead_mps, way):
    """Store the present observation of the leader, and return the one of a reaction time ago."""
    latest = memory[int(mind[LOOKS]) % MEMORY]
    latest[AT], latest[GAP], latest[LEAD_MPS], latest[OWN_WAY] = t_s, gap, lead_mps, way
    mind[LOOKS] += 1
    while mind[OLDEST] + 1 < mind[LOOKS] and memory[int(mind[OLDEST] + 1) % MEMORY, AT] <= t_s - mind[PEDAL_S]:
        mind[OLDEST] += 1
    return memory[int(mind[OLDEST]) % MEMORY]


# -- emergencies ---------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True)
@no_type_check
def _watch(scene, row, mind, risks, view, leads, crossers, t_s, me, news):
    """The body that the driver brakes for in an emergency, or waits for afterwards."""
    speed, risky = row[SPEED], np.zeros(len(leads), np.bool_)
    for i in range(len(leads)):
        crosses = crossers[i] and max(view.gap[i], 0.0) < CROSSING_HORIZON_S * speed
        risky[i] = crosses or (leads[i] and _closing_in(scene, row, mind, view, i))
        if risky[i] and risks[i] == NEVER:
            risks[i] = t_s
            news.append((me, False, i))
        elif not (leads[i] or crossers[i] or i == mind[BRAKING_FOR]):
            risks[i] = NEVER
    if mind[BRAKING_FOR] != NO_BODY and _over(scene, speed, mind, view, leads, crossers):
        mind[WAITS_FOR], mind[BRAKING_FOR] = mind[BRAKING_FOR], NO_BODY
    if mind[WAITS_FOR] != NO_BODY and _moves_on(scene, view, leads, int(mind[WAITS_FOR])):
        mind[WAITS_FOR] = NO_BODY
    if mind[BRAKING_FOR] == NO_BODY and speed > 0.1:
        nearest = np.inf
        for i in range(len(risky)):
            if risky[i] and t_s - risks[i] >= mind[PEDAL_S] - 1e-6 and view.gap[i] < nearest:
                nearest, mind[BRAKING_FOR], mind[CROSSED] = view.gap[i], i, crossers[i]
        if mind[BRAKING_FOR] != NO_BODY:
            news.append((me, True, int(mind[BRAKING_FOR])))


@njit(cache=True, nogil=True)
@no_type_check
def _closing_in(scene, row, mind, view, i):
    gap, closing = max(view.gap[i], 0.01), row[SPEED] - view.speed_mps[i]
    braked = scene.braking[i] and view.speed_mps[i] > 0.5 and closing > -0.1
    if braked and mind[HEEDS_LIGHTS] and gap < FOLLOWS_WITHIN_S * row[SPEED]:
        return True
    # A short TTC alone is no emergency: every ordinary stop ends with one.
    hard = closing**2 / (2 * gap) > min(HARD_MPS2, row[GRIP] / 2)
    return closing > 0 and gap / closing < mind[CRITICAL_TTC] and hard


@njit(cache=True, nogil=True)
@no_type_check
def _over(scene, speed, mind, view, leads, crossers):
    """Whether the emergency is over: the vehicle stands, the path is clear, or the leader departs unbraked."""
    i = int(mind[BRAKING_FOR])
    if speed <= 0:
        return True
    if leads[i]:
        return speed <= view.speed_mps[i] and not scene.braking[i]
    # A pedestrian that by the present prediction would just clear the path is waited for until it has passed.
    return not crossers[i] and not (mind[CROSSED] and view.approaching[i])


@njit(cache=True, nogil=True)
@no_type_check
def _moves_on(scene, view, leads, i):
    return not leads[i] or (view.speed_mps[i] > 1 and not scene.braking[i])
