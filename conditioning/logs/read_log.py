"""A scene of a real log in nuScenes format as a rollout at 12 Hz, with its front camera and its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation, Slerp

from conditioning.geometry.camera import Camera
from conditioning.logs.tables import LogError, Row, Tables, camera_of, open_tables, pose
from conditioning.logs.tracks import Motion, Track, follow, tracks_of
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, Body, Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import FRAME_RATE_HZ, KEYFRAME_STRIDE, Rollout, RolloutEnd, frame_count
from scenarios.scenario import Scenario

CHANNEL = "CAM_FRONT"
# A log does not say when brake lights are lit: they are taken to be while a vehicle slows by more than this.
BRAKE_LIGHT_MPS2 = -1.0
SMOOTH_FRAMES = 2.0  # sigma; a pose's centimetre of noise is a decimetre per second of speed


@dataclass(frozen=True)
class Log:
    """A stretch of a real drive.

    `picture_files` and `picture_t_s` list the camera's pictures and when they were taken, on the rollout's clock;
    `left_out` counts the boxes of categories that no kind of body stands for.
    """

    rollout: Rollout
    camera: Camera
    picture_files: tuple[Path, ...]
    picture_t_s: Float[np.ndarray, "picture"]
    left_out: dict[str, int]


def read_log(root: Path, scenario: Scenario) -> Log:
    """The scene that a scenario starts from, from its picture nearest to `start_s` on, for `duration_s`; where it ends
    before, to the clip's last keyframe within it.

    Boxes and ego poses are interpolated to 12 Hz, all of them at the same instants; between keyframes a box moves on
    a smooth curve through its annotated places. The map frame is level, its origin and heading the ego's at the
    start; the ego keeps the log's pitch and roll. Raises LogError.
    """
    start = scenario.from_log
    if start is None:
        raise LogError(f"{scenario.name}: does not start from a log")
    tables = open_tables(Path(root), start.scene, start.split)
    samples = tables.samples(tables.scene(start.scene))
    pictures = tables.pictures(samples, CHANNEL)
    begin_us = pictures[0]["timestamp"]
    taken = (np.array([p["timestamp"] for p in pictures]) - begin_us) / 1e6
    keyed = _annotation_times(samples, pictures, begin_us)
    zero, t = _clock(taken, np.array(list(keyed.values())), start.start_s, scenario)
    ego_to_global = _ego_poses(tables, pictures, taken, zero + t)
    map_to_global = _level(ego_to_global[0])
    ego_to_map = np.linalg.inv(map_to_global) @ ego_to_global
    tracks, left_out = tracks_of(tables, keyed, map_to_global, zero)
    rollout = _rollout(scenario, t, ego_to_map, map_to_global, tracks)
    files = tuple(tables.root / p["filename"] for p in pictures)
    return Log(rollout, camera_of(tables, pictures[0], CHANNEL), files, taken - zero, left_out)


def pictures(log: Log, camera: Camera, frames: Sequence[int] | None = None) -> UInt8[np.ndarray, "time height width 3"]:
    """The real pictures nearest in time to some frames (all if None), at the size of a `log.camera.resized(...)`."""
    asked = log.camera.resized(camera.height, camera.width)
    if not np.allclose(asked.intrinsic, camera.intrinsic) or not np.allclose(asked.camera_to_ego, camera.camera_to_ego):
        raise ValueError(f"the log's pictures show what {asked} sees, not {camera}: use log.camera.resized(...)")
    scale = camera.width / log.camera.width
    top = (log.camera.height - camera.height / scale) / 2
    if top < -0.5:
        raise ValueError(
            f"pictures of {log.camera.width} x {log.camera.height} do not fill {camera.width} x {camera.height}"
        )
    part = (0.0, max(0.0, top), float(log.camera.width), min(float(log.camera.height), log.camera.height - top))
    t = log.rollout.t_s if frames is None else log.rollout.t_s[list(frames)]
    return np.stack([_picture(log.picture_files[i], camera, part) for i in nearest_pictures(log, t)])


def nearest_pictures(log: Log, t_s: Float[np.ndarray, "time"]) -> Int[np.ndarray, "time"]:
    """Which picture was taken nearest to each time."""
    return np.abs(log.picture_t_s[None] - t_s[:, None]).argmin(axis=1)


def _picture(
    file: Path, camera: Camera, part: tuple[float, float, float, float]
) -> UInt8[np.ndarray, "height width 3"]:
    if not file.is_file():
        raise LogError(f"{file}: the table names this picture, but it is not there")
    with Image.open(file) as image:
        size = (camera.width, camera.height)
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=part, reducing_gap=None))


def _annotation_times(samples: list[Row], pictures: list[Row], begin_us: int) -> dict[str, float]:
    """When each keyframe's boxes hold, in seconds after the first picture: when its own was taken.

    nuScenes' devkit draws boxes so. A keyframe's own time is its LiDAR sweep's end; what is ahead was swept, and
    annotated, half a turn before, when the front camera fired. In the street log a passing car is 20 of 960 px out
    of its box by the other reading.
    """
    keys = {p["sample_token"]: p["timestamp"] for p in pictures if p["is_key_frame"]}
    return {s["token"]: (keys.get(s["token"], s["timestamp"]) - begin_us) / 1e6 for s in samples}


def _clock(taken: np.ndarray, keyed: np.ndarray, start_s: float, scenario: Scenario) -> tuple[float, np.ndarray]:
    """The clip's time zero, in seconds after the first picture, and the frames' times after it.

    Frame 0 is a picture's own instant.
    """
    last = min(taken[-1], keyed[-1])
    if not 0 <= start_s < last:
        raise LogError(
            f"{scenario.name}: starts at {start_s:g} s of a scene that lasts {last:.1f} s "
            f"({len(keyed)} keyframes, {len(taken)} pictures)"
        )
    zero = taken[np.abs(taken - start_s).argmin()]
    asked, there = frame_count(scenario.duration_s), int((last - zero) * FRAME_RATE_HZ + 1e-6) + 1
    if there < 1 + KEYFRAME_STRIDE:
        raise LogError(f"{scenario.name}: less than half a second of the scene is left after {start_s:g} s")
    frames = asked if asked <= there else there - (there - 1) % KEYFRAME_STRIDE
    return float(zero), np.arange(frames) / FRAME_RATE_HZ


def _ego_poses(tables: Tables, pictures: list[Row], taken: np.ndarray, t: np.ndarray) -> Float[np.ndarray, "time 4 4"]:
    """Ego frame to global at any instants, between the poses at the pictures."""
    known = np.stack([pose(tables["ego_pose"][p["ego_pose_token"]]) for p in pictures])
    made = np.tile(np.eye(4), (len(t), 1, 1))
    made[:, :3, :3] = Slerp(taken, Rotation.from_matrix(known[:, :3, :3]))(t).as_matrix()
    made[:, :3, 3] = np.stack([np.interp(t, taken, known[:, i, 3]) for i in range(3)], axis=-1)
    return made


def _level(pose_in: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The pose without pitch and roll."""
    made = np.eye(4)
    made[:3, :3] = Rotation.from_euler("z", np.arctan2(pose_in[1, 0], pose_in[0, 0])).as_matrix()
    made[:3, 3] = pose_in[:3, 3]
    return made


def _rollout(scenario: Scenario, t: np.ndarray, ego_to_map, map_to_global, tracks: list[Track]) -> Rollout:
    moved = [_ego(t, ego_to_map), *(follow(track, t) for track in tracks)]
    stacked = {name: np.stack([getattr(m, name) for m in moved], axis=1)
               for name in ("centre", "yaw_rad", "speed_mps", "acceleration_mps2", "valid")}  # fmt: skip
    vehicle = np.array([KINDS[m.body.kind].brake_lamp for m in moved])
    lit = stacked["valid"] & vehicle & (stacked["acceleration_mps2"] < BRAKE_LIGHT_MPS2)
    asked = frame_count(scenario.duration_s)
    return Rollout(
        id=scenario.id, name=scenario.name, t_s=t, bodies=tuple(m.body for m in moved), **stacked, brake_light=lit,
        sliding=np.zeros_like(lit),
        ego_to_map=ego_to_map, map_to_global=map_to_global, road=None, surface=scenario.surface,
        friction=scenario.friction, environment=scenario.environment, happenings=(),
        ended=RolloutEnd.DURATION if len(t) >= asked else RolloutEnd.LOG_END,
    )  # fmt: skip


def _ego(t: np.ndarray, ego_to_map: Float[np.ndarray, "time 4 4"]) -> Motion:
    """The ego's box: a log does not annotate it, so it is EGO_SIZE standing over the ego frame's origin."""
    centre = ego_to_map @ [EGO_REAR_AXLE_TO_CENTRE_M, 0.0, EGO_SIZE.height_m / 2, 1.0]
    yaw = np.unwrap(np.arctan2(ego_to_map[:, 1, 0], ego_to_map[:, 0, 0]))
    velocity = np.gradient(ego_to_map[:, :3, 3], t, axis=0)
    velocity = gaussian_filter1d(velocity, SMOOTH_FRAMES, axis=0, mode="nearest")
    speed = np.einsum("ti,ti->t", velocity, ego_to_map[:, :3, 0])
    body = Body("ego", Kind.CAR, EGO_SIZE)
    return Motion(body, centre[:, :3], yaw, speed, np.gradient(speed, t), np.ones(len(t), bool))
