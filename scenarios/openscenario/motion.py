"""The motion of an entity as it was played, in the scenario's map and as points of a trajectory."""

import math

import numpy as np
from jaxtyping import Float

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.openscenario.actors.course import Course
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.yaml_text import quantity_text
from scenarios.rollout import FRAME_RATE_HZ, frame_count


def in_map(course: Course, track: Float[np.ndarray, "time 4"]) -> Float[np.ndarray, "time 4"]:
    """A played track (x, y, heading, speed in the world) in the scenario's map."""
    posed = [course.in_map(WorldPosition(x, y, heading)) for x, y, heading, _ in track.tolist()]
    return np.column_stack([np.array(posed).reshape(-1, 3), track[:, 3]])


def written_track(
    stage: ImportContext, entity: Entity, track: Float[np.ndarray, "time 4"], seconds: float
) -> list[list[str]]:
    """The points [time, x, y, heading] of a trajectory for a clip of that duration."""
    track = in_map(stage.course, track[: frame_count(seconds)])
    if entity.hit_s is not None:
        track = as_if_not_hit(track, entity.hit_s)
    back = EGO_REAR_AXLE_TO_CENTRE_M if entity.id == "ego" else 0.0
    points = []
    for frame, (x, y, heading, _) in enumerate(track.tolist()):
        x, y, turn = x - back * math.cos(heading), y - back * math.sin(heading), math.remainder(heading, math.tau)
        at = [quantity_text(x, "m"), quantity_text(y, "m")]
        points.append([quantity_text(frame / FRAME_RATE_HZ, "s"), *at, quantity_text(math.degrees(turn), "deg")])
    return points


def as_if_not_hit(track: Float[np.ndarray, "time 4"], hit_s: float) -> Float[np.ndarray, "time 4"]:
    """The same track up to an impact, then straight on at the last velocity, since the impact is simulated again."""
    last = min(max(math.ceil(hit_s * FRAME_RATE_HZ) - 1, 0), len(track) - 1)
    made = track.copy()
    if last > 0:
        velocity = (track[last, :2] - track[last - 1, :2]) * FRAME_RATE_HZ
    else:
        velocity = track[0, 3] * np.array([math.cos(track[0, 2]), math.sin(track[0, 2])])
    after = (np.arange(last + 1, len(track)) - last) / FRAME_RATE_HZ
    made[last + 1 :, :2] = track[last, :2] + after[:, None] * velocity
    made[last + 1 :, 2:] = track[last, 2:]
    return made
