"""A rollout: the state of every body at every instant, as frozen arrays."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float

from scenarios.model.bodies import Body
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road

FRAME_RATE_HZ = 12.0
KEYFRAME_RATE_HZ = 2.0  # nuScenes' rate of annotated keyframes
KEYFRAME_STRIDE = round(FRAME_RATE_HZ / KEYFRAME_RATE_HZ)  # frames from one keyframe to the next
# Longest time between two measured ego poses of a log that the physics checks can judge: one of 10 Hz may be missing.
# Interpolated between poses 0.2 s apart, a braking of 7 m/s^2 seems to be up to 7.7; 0.25 s: up to 9; 0.5 s: up to 18.
LONGEST_POSE_STEP_S = 0.21


def frame_count(duration_s: float) -> int:
    """Frames from 0 s to `duration_s`, both included: whole half seconds begin and end on a keyframe."""
    return round(duration_s * FRAME_RATE_HZ) + 1


def to_keyframe(t_s: float) -> float:
    """The time of the first keyframe at or after `t_s`."""
    return math.ceil(t_s * KEYFRAME_RATE_HZ - 1e-6) / KEYFRAME_RATE_HZ


class RolloutEnd(StrEnum):
    """Why a rollout ended. A collision is an event and does not end it."""

    DURATION = "duration reached"
    LOG_END = "log ended"


@dataclass(frozen=True)
class SimEvent:
    """An event in the simulation, for plots and reports; `other` is the body that was hit, if any.

    `impact_mps` is the relative speed at contact (`simulation.dynamics.collisions`), with its components: the velocity
    of `actor` relative to `other`, along the heading of `actor` and to its left. None without a collision, and in
    records of earlier versions.
    """

    t_s: float
    actor: str
    what: str
    other: str = ""
    impact_mps: float | None = None
    along_mps: float | None = None
    across_mps: float | None = None


@dataclass(frozen=True)
class Unfired:
    """An event of the story that did not happen: its sentence, and how near its trigger came to holding."""

    actor: str
    event: str
    why: str


class EventEnd(StrEnum):
    """What became of an event of the story."""

    NEVER = "did not begin"
    DECLINED = "could not be done"
    ENDED = "ended"
    REPLACED = "ended by a later event"
    LASTING = "not over at the end of the clip"


@dataclass(frozen=True)
class PlayedEvent:
    """The course of one event: `event` is its place in the scenario's story.

    `began_s` is None for an event whose trigger never held, `ended_s` for one that is not over at the end of the clip.
    `why`: the reason of the body for declining the action or for doing less than it says, or the reason why the trigger
    never held; "" without one. What was done is not stated here: it is measured on the rollout.
    """

    event: int
    began_s: float | None
    ended_s: float | None
    end: EventEnd
    why: str = ""


@dataclass(frozen=True)
class Rollout:
    """Every body's state at every frame. `bodies[0]` is the ego. Map frame, metres, radians, seconds.

    `centre` is the box centre; `speed_mps` is signed along the heading; `acceleration_mps2` is longitudinal.
    Where `valid` is False the other entries are undefined. Where `sliding` is True a body moves under friction or
    gravity alone: not along its heading, and in the air while its centre is above half its height. `ego_to_map` is the
    pose of the ego frame (origin on the ground under the rear axle). `pose_step_s`: in a log, the longest time between
    two measured poses of the ego, between which they are interpolated; 0 in a simulation.
    """

    id: str
    name: str
    t_s: Float[np.ndarray, "time"]
    bodies: tuple[Body, ...]
    centre: Float[np.ndarray, "time actor 3"]
    yaw_rad: Float[np.ndarray, "time actor"]
    speed_mps: Float[np.ndarray, "time actor"]
    acceleration_mps2: Float[np.ndarray, "time actor"]
    valid: Bool[np.ndarray, "time actor"]
    brake_light: Bool[np.ndarray, "time actor"]
    sliding: Bool[np.ndarray, "time actor"]
    ego_to_map: Float[np.ndarray, "time 4 4"]
    map_to_global: Float[np.ndarray, "4 4"]
    road: Road | None  # None for a log without a map
    surface: Surface
    friction: float
    environment: Environment
    happenings: tuple[SimEvent, ...]
    ended: RolloutEnd
    unfired: tuple[Unfired, ...] = ()
    played: tuple[PlayedEvent, ...] = ()  # one for each event of the story, in its order; () for a log
    pose_step_s: float = 0.0

    @property
    def sizes(self) -> Float[np.ndarray, "actor 3"]:
        """Length, width, height of every body in metres."""
        return np.array([(b.size.length_m, b.size.width_m, b.size.height_m) for b in self.bodies])

    def index(self, body_id: str) -> int:
        """Index of a body on the actor axis; KeyError lists the known bodies."""
        for i, body in enumerate(self.bodies):
            if body.id == body_id:
                return i
        raise KeyError(f"no body {body_id!r}; there are {[b.id for b in self.bodies]}")
