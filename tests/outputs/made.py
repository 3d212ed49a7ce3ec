"""Synthetic clips: a street with one body of every kind, pictures in flat colours, chosen verdicts."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.rigs import FRONT
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import Labels, label_visibility
from outputs.clips.clip import Clip, keyframes
from outputs.clips.manifest import ClipRecord, rejection_reasons
from outputs.verdict import Outcome, Verdict, accepted
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, USUAL_SIZE, Body, Kind
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road, RoadKind
from scenarios.rollout import FRAME_RATE_HZ, Rollout, RolloutEnd, SimEvent

CAMERA = FRONT.resized(144, 256)
ROAD = Road(RoadKind.STRAIGHT, 2, 1, 3.5, 0.0, 0)
FRAMES = 25  # two seconds, from a keyframe to a keyframe
# x, y (m), yaw (rad), speed (m/s) at the start: every kind once, ahead of the ego, within nuScenes' evaluation ranges.
PLACES: dict[Kind, tuple[float, float, float, float]] = {
    Kind.CAR: (16.0, 0.0, 0.0, 8.0),
    Kind.VAN: (22.0, 3.5, 0.1, 9.0),
    Kind.TRUCK: (33.0, -5.0, 0.0, 0.0),
    Kind.BUS: (36.0, 7.5, np.pi, 6.0),
    Kind.MOTORCYCLE: (25.0, -1.5, 0.0, 9.0),
    Kind.CYCLIST: (18.0, -3.0, 0.0, 5.0),
    Kind.PEDESTRIAN: (14.0, 5.0, -np.pi / 2, 1.4),
    Kind.CHILD: (15.0, -4.5, np.pi / 2, 0.0),
    Kind.CONSTRUCTION: (41.0, 12.0, 0.3, 0.0),
    Kind.TRAILER: (42.0, -8.5, 0.0, 0.0),
    Kind.CONE: (13.0, 2.5, 0.0, 0.0),
    Kind.BARRIER: (20.0, -6.0, 0.0, 0.0),
    Kind.ANIMAL: (16.0, -9.0, np.pi / 2, 2.0),
    Kind.DEBRIS: (16.0, 8.5, 0.0, 0.0),
}


def street(
    frames: int = FRAMES, ego_mps: float = 6.0, road: Road | None = ROAD, kinds: tuple[Kind, ...] = tuple(PLACES)
) -> Rollout:
    """The ego and one body of each kind ahead of it, all at constant velocity."""
    ego = (Body("ego", Kind.CAR, EGO_SIZE), (EGO_REAR_AXLE_TO_CENTRE_M, 0.0, 0.0, ego_mps))
    everyone = [ego, *((Body(str(kind), kind, USUAL_SIZE[kind]), PLACES[kind]) for kind in kinds)]
    x, y, yaw, speed = np.array([place for _, place in everyone]).T
    t, shape = np.arange(frames) / FRAME_RATE_HZ, (frames, len(everyone))
    start = np.stack([x, y, np.array([b.size.height_m / 2 for b, _ in everyone])], axis=-1)
    velocity = np.stack([speed * np.cos(yaw), speed * np.sin(yaw), 0 * yaw], axis=-1)
    pose = np.tile(np.eye(4), (frames, 1, 1))
    pose[:, 0, 3] = ego_mps * t
    return Rollout(
        id="street", name="street", t_s=t, bodies=tuple(b for b, _ in everyone),
        centre=start + t[:, None, None] * velocity, yaw_rad=np.tile(yaw, (frames, 1)),
        speed_mps=np.tile(speed, (frames, 1)), acceleration_mps2=np.zeros(shape), valid=np.ones(shape, bool),
        brake_light=np.zeros(shape, bool), sliding=np.zeros(shape, bool),
        ego_to_map=pose, map_to_global=np.eye(4), road=road, surface=Surface.WET,
        friction=0.5, environment=Environment(), happenings=(SimEvent(0.5, "car", "brakes at 6 m/s²"),),
        ended=RolloutEnd.DURATION,
    )  # fmt: skip


def verdict(
    family: str = "physics",
    outcome: Outcome = Outcome.PASS,
    value: float | None = 1.0,
    gates: bool = True,
    camera: str = CAMERA.name,
    must_pass: bool = False,
) -> Verdict:
    """A verdict; for pixels on `camera`."""
    baseline = "source-1" if family == "pixels" else ""
    return Verdict(
        f"{family} check", family, outcome, value, 2.0, "m/s²", "friction circle", baseline,
        "as it should be" if outcome is Outcome.PASS else "the car leaves its lane", gates,
        camera if family == "pixels" else "", must_pass,
    )  # fmt: skip


GOOD = (verdict("physics"), verdict("pixels"))
BAD = (verdict("physics", Outcome.FAIL), verdict("pixels"))


def record(clip: str = "street-s0", verdicts: tuple[Verdict, ...] = GOOD, **changes) -> ClipRecord:
    values = {
        "id": clip, "scenario_id": "street-1", "family": "street", "name": "street", "caption": "A street, by day",
        "spec_hash": "ab" * 32, "seed": 0, "parameters": {"ego.speed": "22 km/h"}, "preset": "tiny",
        "weights": {"decoder": "cd" * 32}, "code_version": "0.1.0", "torch_version": "2.13", "cpu_capability": "AVX2",
        "device": "cpu", "stage_s": {"rollout": 0.1, "frames": 2.5}, "verdicts": verdicts,
        "accepted": accepted(verdicts), "reasons": rejection_reasons(verdicts), "cameras": (CAMERA.name,),
        "frame_rate_hz": FRAME_RATE_HZ, "happenings": (SimEvent(0.5, "car", "brakes at 6 m/s²"),),
    }  # fmt: skip
    return ClipRecord(**values | changes)


def drawn(labels: Labels, seed: int = 0) -> np.ndarray:
    """Pictures with sky, ground, and every body's box in its own colour."""
    colours = np.random.default_rng(seed).integers(40, 220, (labels.in_view.shape[1], 3))
    frames = np.full((len(labels.in_view), CAMERA.height, CAMERA.width, 3), (120, 150, 190), np.uint8)
    frames[:, CAMERA.height // 2 :] = (90, 90, 95)
    for frame, picture in enumerate(frames):
        for actor in sorted(np.flatnonzero(labels.in_view[frame]), key=lambda a: -labels.depth_m[frame, a]):
            x0, y0, x1, y1 = labels.amodal_box[frame, actor].round().astype(int)
            picture[y0:y1, x0:x1] = colours[actor]
    return frames


@cache
def _street_parts() -> Clip:
    rollout = street()
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    lidar = tuple(cast_lidar(rollout, NO_SCENERY, frame, 0) for frame in keyframes(FRAMES, FRAME_RATE_HZ))
    return Clip(record(), rollout, (CAMERA,), (labels,), (drawn(labels),), (drawn(labels, 1),), lidar)


def clip(made: ClipRecord | None = None, **changes) -> Clip:
    """The street as a clip; `changes` replace its parts."""
    return replace(_street_parts(), **{"record": made or record()} | changes)


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file under a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
