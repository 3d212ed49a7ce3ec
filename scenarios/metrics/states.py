"""The states of a rollout's bodies as rows of `courses`, and the lines that they follow."""

import numpy as np
from jaxtyping import Bool, Float

from scenarios.metrics.courses import (
    BRAKES,
    COURSE,
    LENGTH,
    OFFSET,
    ON_FEET,
    SLIDING,
    SPEED,
    STATE_WIDTH,
    WIDTH,
    YAW,
    States,
    X,
    Y,
)
from scenarios.metrics.smoothing import WINDOW, smooth_derivative
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, ON_FOOT
from scenarios.roads.traffic_lines import TrafficLines, arc_line, traffic_lines
from scenarios.rollout import FRAME_RATE_HZ, Rollout

BETWEEN = 10  # instants per frame of `fine_states`: 120 Hz, the simulation's rate
TURNS_ABOVE_MPS = 2.0  # below it a log's turn rate says nothing about its road
TIGHTEST_PER_M, WIDEST_PER_M = 0.1, 1e-3  # of the arc that stands for a log's road
ASIDE_M = 12.0


def states_of(rollout: Rollout) -> States:
    """The states "time actor 16"; 0 where a body is not valid. Lines are not set.

    A sliding body moves with the velocity of its centre, measured from the positions; others along their heading.
    """
    states = np.zeros((*rollout.valid.shape, STATE_WIDTH))
    states[..., X], states[..., Y] = rollout.centre[..., 0], rollout.centre[..., 1]
    states[:, 0, X], states[:, 0, Y] = rollout.ego_to_map[:, 0, 3], rollout.ego_to_map[:, 1, 3]
    states[:, 0, OFFSET] = EGO_REAR_AXLE_TO_CENTRE_M
    states[..., YAW] = states[..., COURSE] = rollout.yaw_rad
    states[..., LENGTH], states[..., WIDTH] = rollout.sizes[:, 0], rollout.sizes[:, 1]
    states[..., ON_FEET] = [body.kind in ON_FOOT for body in rollout.bodies]
    states[..., SPEED] = rollout.speed_mps
    states[..., BRAKES] = np.maximum(-rollout.acceleration_mps2 * np.sign(rollout.speed_mps), 0.0)
    slides = rollout.sliding & rollout.valid
    if slides.any() and len(rollout.t_s) > 1:
        velocity = np.gradient(rollout.centre[..., :2], axis=0) * FRAME_RATE_HZ
        apart = ~(rollout.valid & np.roll(rollout.valid, 1, 0) & np.roll(rollout.valid, -1, 0))
        slides &= ~apart
        states[slides, SPEED] = np.hypot(*velocity[slides].T)
        states[slides, COURSE] = np.arctan2(velocity[slides, 1], velocity[slides, 0])
    states[..., SLIDING] = slides
    states[~rollout.valid] = 0.0
    return states


def fine_states(rollout: Rollout) -> tuple[Float[np.ndarray, "instant"], States, Bool[np.ndarray, "instant actor"]]:
    """Times, states and validity at 120 Hz, linear between frames; headings by the shorter turn."""
    states, valid = states_of(rollout), rollout.valid
    if len(states) < 2:
        return rollout.t_s, states, valid
    share = np.arange(BETWEEN)[:, None, None] / BETWEEN
    step = np.diff(states, axis=0)
    for column in (YAW, COURSE):
        step[..., column] = np.remainder(step[..., column] + np.pi, 2 * np.pi) - np.pi
    between = states[:-1, None] + share * step[:, None]
    fine = np.concatenate([between.reshape(-1, *states.shape[1:]), states[-1:]])
    both = np.repeat(valid[:-1] & valid[1:], BETWEEN, axis=0)
    both[::BETWEEN] = valid[:-1]
    t_s = np.interp(np.arange(len(fine)) / BETWEEN, np.arange(len(states)), rollout.t_s)
    return t_s, fine, np.concatenate([both, valid[-1:]])


def lines_of(rollout: Rollout) -> tuple[TrafficLines, bool]:
    """The lines of a rollout's road "1 line 11"; without a road an arc for each frame "time 1 11", and True.

    The arc goes on with the ego's present curvature: the best that is known of the road of a log without a map.
    """
    if rollout.road is not None or len(rollout.t_s) < WINDOW:
        nodes, rows = traffic_lines(rollout.road)
        return TrafficLines(nodes, rows[None]), False
    rate = smooth_derivative(np.unwrap(rollout.yaw_rad[:, 0]), 1, FRAME_RATE_HZ)
    speed = rollout.speed_mps[:, 0]
    bend = np.where(np.abs(speed) > TURNS_ABOVE_MPS, rate / np.where(np.abs(speed) > TURNS_ABOVE_MPS, speed, 1.0), 0.0)
    bend = np.where(np.abs(bend) < WIDEST_PER_M, 0.0, np.clip(bend, -TIGHTEST_PER_M, TIGHTEST_PER_M))
    pose = rollout.ego_to_map
    arcs = [
        arc_line(float(pose[t, 0, 3]), float(pose[t, 1, 3]), float(rollout.yaw_rad[t, 0]), float(bend[t]), ASIDE_M)
        for t in range(len(bend))
    ]
    nodes, _ = traffic_lines(None)
    return TrafficLines(nodes, np.array(arcs)[:, None]), True
