"""A scene of a log in nuScenes format as a rollout at 12 Hz, with its front camera and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation, Slerp

from conditioning.geometry.camera import Camera
from conditioning.logs.check_log import CHANNEL, check_scene
from conditioning.logs.log_fault import LogFault, plain
from conditioning.logs.scene_rows import pose_steps
from conditioning.logs.table_fields import Row
from conditioning.logs.tables import LogError, Tables, camera_of, open_tables, pose_matrix, refusal
from conditioning.logs.tracks import Motion, Track, sample_track, tracks_of
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, Body, Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import FRAME_RATE_HZ, KEYFRAME_STRIDE, Rollout, RolloutEnd, frame_count
from scenarios.scenario import Scenario

# A log has no brake lights: they are assumed to be on while a vehicle's acceleration is below this.
BRAKE_LIGHT_MPS2 = -1.0
SMOOTH_FRAMES = 2.0  # sigma; 1 cm of noise in a pose is more than 0.1 m/s of speed


@dataclass(frozen=True)
class Log:
    """A section of a recorded drive.

    `picture_files` and `picture_t_s` list the camera's pictures and their times on the rollout's clock; `left_out`
    counts the boxes of categories without a corresponding kind of body. `remarks` are the faults of the tables with
    which it is read nevertheless.
    """

    rollout: Rollout
    camera: Camera
    picture_files: tuple[Path, ...]
    picture_t_s: Float[np.ndarray, "picture"]
    left_out: dict[str, int]
    remarks: tuple[LogFault, ...]


def read_log(root: Path, scenario: Scenario) -> Log:
    """Read the scenario's scene from the picture nearest to `start_s`, for `duration_s` or to the last keyframe
    of the scene, whichever is earlier.

    Boxes and ego poses are interpolated to 12 Hz at the same instants; between keyframes a box follows a smooth curve
    through its annotations. The map frame is level, with the ego's first position and heading as origin and x axis; the
    ego keeps the log's pitch and roll. Raises LogError, with every fault for which the log would be read wrongly.
    """
    start = scenario.from_log
    if start is None:
        raise LogError(f"{scenario.name}: does not start from a log")
    tables = open_tables(Path(root), start.scene, start.split)
    scene = tables.scene(start.scene)
    remarks = check_scene(tables, scene)
    if any(fault.refused for fault in remarks):
        raise refusal(tables, start.scene, remarks)
    samples = tables.samples(scene)
    pictures = tables.pictures(samples, CHANNEL)
    begin_us = pictures[0]["timestamp"]
    picture_s = (np.array([p["timestamp"] for p in pictures]) - begin_us) / 1e6
    annotation_s = _annotation_times(samples, pictures, begin_us)
    zero, t = _clock(picture_s, np.array(list(annotation_s.values())), start.start_s, scenario)
    ego_to_global = _ego_poses(tables, pictures, picture_s, zero + t)
    map_to_global = _level(ego_to_global[0])
    ego_to_map = np.linalg.inv(map_to_global) @ ego_to_global
    tracks, left_out = tracks_of(tables, annotation_s, map_to_global, zero)
    step_s = _longest_step(pose_steps(picture_s, _poses(tables, pictures)), picture_s - zero, t[-1])
    rollout = _rollout(scenario, t, ego_to_map, map_to_global, tracks, step_s)
    files = tuple(tables.root / p["filename"] for p in pictures)
    return Log(rollout, camera_of(tables, pictures[0], CHANNEL), files, picture_s - zero, left_out, remarks)


def log_pictures(
    log: Log, camera: Camera, frames: Sequence[int] | None = None
) -> UInt8[np.ndarray, "time height width 3"]:
    """The log's pictures nearest in time to some frames (all if None), for a camera from `log.camera.resized(...)`."""
    expected = log.camera.resized(camera.height, camera.width)
    if not np.allclose(expected.intrinsic, camera.intrinsic) or not np.allclose(
        expected.camera_to_ego, camera.camera_to_ego
    ):
        raise ValueError(f"the log's pictures are those of {expected}, not of {camera}: use log.camera.resized(...)")
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
    """The index of the picture nearest to each time."""
    return np.abs(log.picture_t_s[None] - t_s[:, None]).argmin(axis=1)


def _picture(
    file: Path, camera: Camera, part: tuple[float, float, float, float]
) -> UInt8[np.ndarray, "height width 3"]:
    named = file.with_name(plain(file.name))
    if not isfile(file):
        raise LogError(f"{named}: the tables name this picture, but the file is missing")
    try:
        with Image.open(file) as image:
            size = (camera.width, camera.height)
            return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=part, reducing_gap=None))
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:  # what Pillow raises for cut files
        raise LogError(f"{named}: not a whole picture: {error}") from error


def _annotation_times(samples: list[Row], pictures: list[Row], begin_us: int) -> dict[str, float]:
    """The time of each keyframe's boxes, in seconds after the first picture: the time of the keyframe's own picture.

    nuScenes' devkit draws boxes at this time. A keyframe's own timestamp is the end of its LiDAR sweep; the area ahead
    was swept, and annotated, half a turn earlier, when the front camera fired. With the keyframe's timestamp a passing
    car in the street log is 20 of 960 px outside its box.
    """
    times: dict[str, int] = {s["token"]: s["timestamp"] for s in samples}
    keys = {p["sample_token"]: p["timestamp"] for p in pictures if p["is_key_frame"]}
    return {token: (keys.get(token, at) - begin_us) / 1e6 for token, at in times.items()}


def _clock(
    picture_s: np.ndarray, annotation_s: np.ndarray, start_s: float, scenario: Scenario
) -> tuple[float, np.ndarray]:
    """The clip's time zero, in seconds after the first picture, and the frames' times relative to it.

    Frame 0 is at the instant of a picture.
    """
    last = min(picture_s[-1], annotation_s[-1])
    held = f"{len(annotation_s)} keyframes in sample, {len(picture_s)} pictures in sample_data"
    if not 0 <= start_s < last:
        raise LogError(f"{scenario.name}: start_s is {start_s:g} s, but the scene lasts {last:.1f} s ({held})")
    zero = picture_s[np.abs(picture_s - start_s).argmin()]
    requested, available = frame_count(scenario.duration_s), int((last - zero) * FRAME_RATE_HZ + 1e-6) + 1
    if available < 1 + KEYFRAME_STRIDE:
        raise LogError(f"{scenario.name}: less than half a second of the scene is left after {start_s:g} s ({held})")
    frames = requested if requested <= available else available - (available - 1) % KEYFRAME_STRIDE
    return float(zero), np.arange(frames) / FRAME_RATE_HZ


def _ego_poses(
    tables: Tables, pictures: list[Row], picture_s: np.ndarray, t: np.ndarray
) -> Float[np.ndarray, "time 4 4"]:
    """Ego poses in the global frame at any instants, interpolated between those of the pictures."""
    known = np.stack([pose_matrix(pose) for pose in _poses(tables, pictures)])
    poses = np.tile(np.eye(4), (len(t), 1, 1))
    poses[:, :3, :3] = Slerp(picture_s, Rotation.from_matrix(known[:, :3, :3]))(t).as_matrix()
    poses[:, :3, 3] = np.stack([np.interp(t, picture_s, known[:, i, 3]) for i in range(3)], axis=-1)
    return poses


def _poses(tables: Tables, pictures: list[Row]) -> list[Row]:
    return [tables["ego_pose"][picture["ego_pose_token"]] for picture in pictures]


def _longest_step(steps_s: np.ndarray, at_s: np.ndarray, end_s: float) -> float:
    """The longest time between two measured poses that overlaps the rollout's time, which begins at 0."""
    during = (at_s > 0) & (at_s - steps_s < end_s)
    return float(steps_s[during].max(initial=0.0))


def _level(pose_in: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The pose without pitch and roll."""
    level = np.eye(4)
    level[:3, :3] = Rotation.from_euler("z", np.arctan2(pose_in[1, 0], pose_in[0, 0])).as_matrix()
    level[:3, 3] = pose_in[:3, 3]
    return level


def _rollout(scenario: Scenario, t: np.ndarray, ego_to_map, map_to_global, tracks: list[Track],
             pose_step_s: float) -> Rollout:  # fmt: skip
    motions = [_ego(t, ego_to_map), *(sample_track(track, t) for track in tracks)]
    stacked = {name: np.stack([getattr(m, name) for m in motions], axis=1)
               for name in ("centre", "yaw_rad", "speed_mps", "acceleration_mps2", "valid")}  # fmt: skip
    vehicle = np.array([KINDS[m.body.kind].brake_lamp for m in motions])
    lit = stacked["valid"] & vehicle & (stacked["acceleration_mps2"] < BRAKE_LIGHT_MPS2)
    requested = frame_count(scenario.duration_s)
    return Rollout(
        id=scenario.id, name=scenario.name, t_s=t, bodies=tuple(m.body for m in motions), **stacked, brake_light=lit,
        sliding=np.zeros_like(lit),
        ego_to_map=ego_to_map, map_to_global=map_to_global, road=None, surface=scenario.surface,
        friction=scenario.friction, environment=scenario.environment, happenings=(),
        ended=RolloutEnd.DURATION if len(t) >= requested else RolloutEnd.LOG_END,
        pose_step_s=pose_step_s,
    )  # fmt: skip


def _ego(t: np.ndarray, ego_to_map: Float[np.ndarray, "time 4 4"]) -> Motion:
    """The ego's box. A log has no annotation of it, so it is EGO_SIZE over the origin of the ego frame."""
    centre = ego_to_map @ [EGO_REAR_AXLE_TO_CENTRE_M, 0.0, EGO_SIZE.height_m / 2, 1.0]
    yaw = np.unwrap(np.arctan2(ego_to_map[:, 1, 0], ego_to_map[:, 0, 0]))
    velocity = np.gradient(ego_to_map[:, :3, 3], t, axis=0)
    velocity = gaussian_filter1d(velocity, SMOOTH_FRAMES, axis=0, mode="nearest")
    speed = np.einsum("ti,ti->t", velocity, ego_to_map[:, :3, 0])
    body = Body("ego", Kind.CAR, EGO_SIZE)
    return Motion(body, centre[:, :3], yaw, speed, np.gradient(speed, t), np.ones(len(t), bool))
