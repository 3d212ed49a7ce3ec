"""Named situations, built by hand: rollouts whose geometry can be worked out on paper."""

import numpy as np

from conditioning.assets.scenery import Building, Tree
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, USUAL_SIZE, Body, Kind, Size
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road, RoadKind
from scenarios.rollout import FRAME_RATE_HZ, Rollout, RolloutEnd

TWO_LANES = Road(RoadKind.STRAIGHT, 2, 1, 3.5, 0.0, 0)
BEND = Road(RoadKind.CURVE, 2, 1, 3.5, 1 / 80, 0)


def body(name: str, kind: Kind, size: Size | None = None) -> Body:
    return Body(name, kind, size or USUAL_SIZE[kind])


def still(x: float, y: float, kind: Kind, yaw: float = 0.0, size: Size | None = None, name: str = "") -> tuple:
    """A body standing on the ground: (body, x, y, yaw, speed along its heading)."""
    return body(name or f"{kind}-{x:g}-{y:g}", kind, size), x, y, yaw, 0.0


def moving(x: float, y: float, kind: Kind, speed: float, yaw: float = 0.0, name: str = "") -> tuple:
    """A body at its place at time 0 that keeps its velocity."""
    return body(name or f"{kind}-{x:g}-{y:g}", kind), x, y, yaw, speed


def building(*fields: float) -> Building:
    """x, y, yaw, length, width, height."""
    return Building(*map(float, fields))


def tree(*fields: float) -> Tree:
    """x, y, height, crown radius."""
    return Tree(*map(float, fields))


def situation(
    *actors: tuple, frames: int = 1, ego_speed: float = 0.0, ego_yaw: float = 0.0, road: Road | None = TWO_LANES
) -> Rollout:
    """An ego that keeps its velocity from the map origin, and the actors, at 12 Hz."""
    t = np.arange(frames) / FRAME_RATE_HZ
    ego = (Body("ego", Kind.CAR, EGO_SIZE), EGO_REAR_AXLE_TO_CENTRE_M * np.cos(ego_yaw),
           EGO_REAR_AXLE_TO_CENTRE_M * np.sin(ego_yaw), ego_yaw, ego_speed)  # fmt: skip
    everyone = (ego, *actors)
    start = np.array([[x, y, b.size.height_m / 2] for b, x, y, _, _ in everyone])
    yaw = np.array([a[3] for a in everyone])
    speed = np.array([a[4] for a in everyone])
    velocity = np.stack([speed * np.cos(yaw), speed * np.sin(yaw), 0 * yaw], axis=-1)
    shape = (frames, len(everyone))
    pose = np.tile(np.eye(4), (frames, 1, 1))
    pose[:, :2, :2] = [[np.cos(ego_yaw), -np.sin(ego_yaw)], [np.sin(ego_yaw), np.cos(ego_yaw)]]
    pose[:, :3, 3] = t[:, None] * velocity[0]
    return Rollout(
        id="by-hand", name="by hand", t_s=t, bodies=tuple(a[0] for a in everyone),
        centre=start + t[:, None, None] * velocity, yaw_rad=np.tile(yaw, (frames, 1)),
        speed_mps=np.tile(speed, (frames, 1)), acceleration_mps2=np.zeros(shape), valid=np.ones(shape, bool),
        brake_light=np.zeros(shape, bool), sliding=np.zeros(shape, bool),
        ego_to_map=pose, map_to_global=np.eye(4), road=road,
        surface=Surface.DRY, friction=0.85, environment=Environment(), happenings=(), ended=RolloutEnd.DURATION,
    )  # fmt: skip
