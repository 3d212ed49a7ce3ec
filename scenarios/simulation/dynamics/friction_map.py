"""The friction under bodies on a road with patches, at one instant or over a rollout."""

import math

import numpy as np
from jaxtyping import Float

from scenarios.roads.friction import friction_at, wheel_contacts
from scenarios.roads.road import Road
from scenarios.rollout import Rollout


def friction_under(
    road: Road, friction: float, xy: Float[np.ndarray, "*n 2"], yaw: Float[np.ndarray, "*n"],
    size: Float[np.ndarray, "*n 3"],
) -> Float[np.ndarray, "*n"]:  # fmt: skip
    """Mean friction under the four wheels of each box; `friction` is the value outside the patches."""
    scale = math.cos(road.slope_rad)
    patches = road.patches
    return friction_at(patches, friction / scale, road.project(wheel_contacts(xy, yaw, size))).mean(axis=-1) * scale


def grip_share(rollout: Rollout) -> Float[np.ndarray, "time actor"]:
    """Available friction under each body, reduced by the slope's normal force, over the scenario's friction."""
    shape, road = rollout.yaw_rad.shape, rollout.road
    if road is None or not (road.patches or road.slope_rad):
        return np.ones(shape)
    if not road.patches:
        return np.full(shape, math.cos(road.slope_rad))
    size = np.broadcast_to(rollout.sizes, (*shape, 3))
    pressed = rollout.friction * math.cos(road.slope_rad)
    return friction_under(road, pressed, rollout.centre[..., :2], rollout.yaw_rad, size) / rollout.friction


def best_friction(rollout: Rollout) -> float:
    """The highest coefficient of friction anywhere on the road."""
    patches = rollout.road.patches if rollout.road is not None else ()
    return max([rollout.friction, *(patch.friction for patch in patches)])


def slope_of(rollout: Rollout) -> float:
    """The slope of the ground plane, which rises along the map's x axis; radians."""
    return rollout.road.slope_rad if rollout.road is not None else 0.0
