"""The initial state of a body: path and speed at its start position."""

import math

import numpy as np

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, ON_FOOT, STATIC
from scenarios.model.driver_models import G
from scenarios.model.kinds.registry import KINDS
from scenarios.roads.road import Road
from scenarios.scenario import (
    Action,
    Follow,
    FollowTrajectory,
    HoldSpeed,
    OnLane,
    Parked,
    Placed,
    own_road,
)
from scenarios.simulation.actions.merging import come_alongside
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState
from scenarios.simulation.dynamics.lane_path import LanePath, Path, crossing_side, free_path
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.simulation.dynamics.polyline_path import LinePath, PosedLine, drawn_line
from scenarios.simulation.traffic.roundabout_yield import approach

SETTLING_MPS2 = 2.0  # rate at which a body returns to the speed of its section
LANE_HEADING_RAD = 0.05  # a free pose with a smaller angle to the road follows the road


def start(placed: Placed, road: Road, friction: float, ego: bool, first: Action | None) -> BodyState:
    """The initial state of a body. A standing body whose `first` action is to cross already faces across the road."""
    main, road = road, own_road(placed, road)
    body, offset = placed.body, EGO_REAR_AXLE_TO_CENTRE_M if ego else 0.0
    dynamics = KINDS[body.kind].dynamics
    target = Target(placed.speed_mps, dynamics.limited(SETTLING_MPS2, True))
    if isinstance(placed.behaviour, HoldSpeed):
        slower = placed.behaviour.speed_mps < placed.speed_mps
        rate = dynamics.limited(SETTLING_MPS2, not slower)
        target = Target(placed.behaviour.speed_mps, rate, braking=slower)
    friction *= math.cos(main.slope_rad)  # the normal force on a slope
    grip = dynamics.grip(friction * G)
    mover = BodyState(
        body,
        road,
        grip,
        offset,
        _path(placed, road, offset, grip, first),
        placed.speed_mps,
        target,
        main=main,
    )
    if isinstance(placed.start, OnLane) and placed.start.ramp:
        come_alongside(mover, main)
    match placed.behaviour:
        case Follow():
            mover.drive = placed.behaviour
            mover.join_lane()
        case FollowTrajectory():
            mover.scripted = True
            if isinstance(mover.path, PosedLine):
                mover.speed = mover.path.speed(0.0)
            else:
                assert isinstance(mover.path, LinePath)
                mover.speed = max(0.0, (mover.path.planned(0.01) - mover.path.planned(-0.01)) / 0.02)
        case Parked():
            mover.speed, mover.still, mover.target = 0.0, True, Target(0.0, 2.0)
    mover.still = (
        mover.still or (body.kind in STATIC and not mover.scripted) or (KINDS[body.kind].towed and mover.speed == 0)
    )
    approach(mover, main)
    return mover


def _path(placed: Placed, road: Road, offset: float, grip: float, first: Action | None) -> Path:
    if isinstance(placed.behaviour, FollowTrajectory):
        given = placed.behaviour
        return PosedLine(given.points, given.headings_rad) if given.headings_rad else drawn_line(given.points)
    on_foot = placed.body.kind in ON_FOOT
    if isinstance(placed.start, OnLane):
        facing = placed.start.facing
        s, d = placed.start.s_m - facing * offset, placed.start.d_m
        if placed.speed_mps == 0 and first is not None and first.faces_across:
            x, y, heading = road.place(s, d)
            yaw = heading + crossing_side(road, d) * math.pi / 2
            return free_path(placed.body, (x, y, yaw), PATH_GRIP_SHARE * grip, yaw)
        return LanePath(road, s, d, facing)
    yaw = placed.start.yaw_rad
    heading = road.heading(float(road.project(np.array([placed.start.x_m, placed.start.y_m]))[0]))
    if not on_foot and placed.speed_mps > 0 and abs(math.sin(yaw - heading)) < LANE_HEADING_RAD:
        s, d = road.project(np.array([placed.start.x_m, placed.start.y_m]))
        facing = 1 if math.cos(yaw - heading) > 0 else -1
        return LanePath(road, float(s) - facing * offset, float(d), facing)
    pose = (placed.start.x_m - offset * math.cos(yaw), placed.start.y_m - offset * math.sin(yaw), yaw)
    return free_path(placed.body, pose, PATH_GRIP_SHARE * grip)
