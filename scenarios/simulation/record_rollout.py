"""Convert the recorded frames of a simulation to a rollout."""

import numpy as np
from jaxtyping import Float

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.rollout import FRAME_RATE_HZ, PlayedEvent, Rollout, RolloutEnd, SimEvent, Unfired
from scenarios.scenario import Scenario


def recorded(
    scenario: Scenario,
    frames: Float[np.ndarray, "time actor 9"],
    happenings: tuple[SimEvent, ...],
    unfired: tuple[Unfired, ...],
    played: tuple[PlayedEvent, ...],
) -> Rollout:
    """A rollout from the recorded frames: box centres from reference points, the ego's poses, events, end reason."""
    x, y, yaw, bottom, speed, accel, lit, there, sliding = np.moveaxis(frames, -1, 0)
    yaw = np.unwrap(yaw, axis=0)
    offset = np.array([EGO_REAR_AXLE_TO_CENTRE_M] + [0.0] * (len(scenario.placed) - 1))
    height = np.array([p.body.size.height_m for p in scenario.placed])
    centre = np.stack([x + offset * np.cos(yaw), y + offset * np.sin(yaw), bottom + height / 2], -1)
    return Rollout(
        id=scenario.id,
        name=scenario.name,
        t_s=np.arange(len(frames)) / FRAME_RATE_HZ,
        bodies=tuple(p.body for p in scenario.placed),
        centre=centre,
        yaw_rad=np.arctan2(np.sin(yaw), np.cos(yaw)),
        speed_mps=speed,
        acceleration_mps2=accel,
        valid=there > 0.5,
        brake_light=lit > 0.5,
        sliding=sliding > 0.5,
        ego_to_map=_ground_poses(x[:, 0], y[:, 0], yaw[:, 0]),
        map_to_global=np.eye(4),
        road=scenario.road,
        surface=scenario.surface,
        friction=scenario.friction,
        environment=scenario.environment,
        happenings=happenings,
        ended=RolloutEnd.DURATION,
        unfired=unfired,
        played=played,
    )


def _ground_poses(
    x: Float[np.ndarray, "time"], y: Float[np.ndarray, "time"], yaw: Float[np.ndarray, "time"]
) -> Float[np.ndarray, "time 4 4"]:
    poses = np.tile(np.eye(4), (len(x), 1, 1))
    poses[:, 0, 0] = poses[:, 1, 1] = np.cos(yaw)
    poses[:, 1, 0], poses[:, 0, 1] = np.sin(yaw), -np.sin(yaw)
    poses[:, 0, 3], poses[:, 1, 3] = x, y
    return poses
