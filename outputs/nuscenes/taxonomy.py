"""Bodies in nuScenes' terms: category, attribute, visibility level, box, rotation, token."""

import hashlib

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from scenarios.model.bodies import Body, Livery, Size
from scenarios.model.kinds.actor_kind import AttributeGroup
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import Rollout

ON_DUTY: dict[Livery, str] = {  # not in the detection task's ten classes; nuScenes has fire engines as trucks
    Livery.POLICE: "vehicle.emergency.police",
    Livery.AMBULANCE: "vehicle.emergency.ambulance",
}
# A category's position is its index in the table and never changes; new categories follow these.
_PLACED = (
    "animal", "human.pedestrian.adult", "human.pedestrian.child", "movable_object.barrier", "movable_object.debris",
    "movable_object.trafficcone", "vehicle.bicycle", "vehicle.bus.rigid", "vehicle.car", "vehicle.construction",
    "vehicle.emergency.ambulance", "vehicle.emergency.police", "vehicle.motorcycle", "vehicle.trailer", "vehicle.truck",
)  # fmt: skip
CATEGORIES: tuple[str, ...] = tuple(
    dict.fromkeys([*_PLACED, *sorted(record.nuscenes.category for record in KINDS.values())])
)
# The ten classes of the devkit's detection task (detection_cvpr_2019), and the evaluation range of each.
DETECTION_CLASS: dict[str, str] = {
    "vehicle.car": "car",
    "vehicle.truck": "truck",
    "vehicle.bus.rigid": "bus",
    "vehicle.trailer": "trailer",
    "vehicle.construction": "construction_vehicle",
    "human.pedestrian.adult": "pedestrian",
    "human.pedestrian.child": "pedestrian",
    "vehicle.motorcycle": "motorcycle",
    "vehicle.bicycle": "bicycle",
    "movable_object.trafficcone": "traffic_cone",
    "movable_object.barrier": "barrier",
}
DETECTION_RANGE_M: dict[str, float] = {
    "car": 50.0, "truck": 50.0, "bus": 50.0, "trailer": 50.0, "construction_vehicle": 50.0, "pedestrian": 40.0,
    "motorcycle": 40.0, "bicycle": 40.0, "traffic_cone": 30.0, "barrier": 30.0,
}  # fmt: skip
ATTRIBUTES: dict[str, str] = {
    "vehicle.moving": "The vehicle moves.",
    "vehicle.stopped": "It stands but has moved, will move, or shows brake lights.",
    "vehicle.parked": "It stands throughout the clip and never shows brake lights.",
    "cycle.with_rider": "Somebody rides it.",
    "cycle.without_rider": "Nobody does.",
    "pedestrian.moving": "The person walks or runs.",
    "pedestrian.standing": "The person stands.",
    "pedestrian.sitting_lying_down": "The person sits or lies.",
}
VISIBILITY: dict[str, str] = {"1": "v0-40", "2": "v40-60", "3": "v60-80", "4": "v80-100"}
MOVING_MPS = 0.2  # slower motion between two keyframes is too small for nuScenes' annotators to see
RIDER_HEIGHT_M = 1.35  # a two-wheeler with a rider is higher: a seated rider's head is above this


def category(body: Body) -> str:
    """The nuScenes category of a body."""
    return ON_DUTY.get(body.livery, KINDS[body.kind].nuscenes.category)


def token(*parts: object) -> str:
    """32 hex digits derived from the content, so that every build writes the same token."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def wlh(size: Size) -> list[float]:
    """nuScenes' box size: width, length, height."""
    return _rounded([size.width_m, size.length_m, size.height_m])


def quaternion(rotation: Float[np.ndarray, "3 3"]) -> list[float]:
    """nuScenes' rotation: w, x, y, z with w >= 0."""
    x, y, z, w = Rotation.from_matrix(rotation).as_quat(canonical=True)
    return _rounded([w, x, y, z])


def translation(place_m: Float[np.ndarray, "3"]) -> list[float]:
    return _rounded(place_m)


def yaw_matrix(yaw_rad: float) -> Float[np.ndarray, "3 3"]:
    """Rotation about z."""
    return Rotation.from_euler("z", yaw_rad).as_matrix()


def attribute(rollout: Rollout, actor: int, frame: int) -> str:
    """The attribute of a body at a frame; "" for objects and animals, which have none in nuScenes."""
    body = rollout.bodies[actor]
    valid = rollout.valid[:, actor]
    moves: Bool[np.ndarray, "time"] = valid & (np.abs(rollout.speed_mps[:, actor]) > MOVING_MPS)
    names = KINDS[body.kind].nuscenes
    match names.attributes:
        case AttributeGroup.PEDESTRIAN:
            return "pedestrian.moving" if moves[frame] else names.at_rest
        case AttributeGroup.VEHICLE:
            return _vehicle(bool(moves[frame]), bool(moves.any() or (valid & rollout.brake_light[:, actor]).any()))
        case AttributeGroup.CYCLE:
            return _cycle(body)
    return ""


def _vehicle(moving: bool, in_traffic: bool) -> str:
    if moving:
        return "vehicle.moving"
    return "vehicle.stopped" if in_traffic else "vehicle.parked"


def _cycle(body: Body) -> str:
    return "cycle.with_rider" if body.size.height_m > RIDER_HEIGHT_M else "cycle.without_rider"


def _rounded(values: np.ndarray | list[float]) -> list[float]:
    """Rounded to nanometres, below which there is only rounding error. Adding zero turns -0.0 into 0.0."""
    return [round(float(v), 9) + 0.0 for v in values]
