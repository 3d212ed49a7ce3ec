"""A rollout and its cameras as files: arrays as .npz, everything else as JSON."""

from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from conditioning.geometry.camera import Camera
from outputs.atomic_write import whole_file, write_text
from outputs.strict_model import StrictModel, read_strictly
from scenarios.model.bodies import Body
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road
from scenarios.rollout import PlayedEvent, Rollout, RolloutEnd, SimEvent, Unfired

ARRAYS = (
    "t_s", "centre", "yaw_rad", "speed_mps", "acceleration_mps2", "valid", "brake_light", "sliding", "ego_to_map",
    "map_to_global",
)  # fmt: skip


class _RolloutMetadata(StrictModel):
    """A rollout without its arrays."""

    id: str
    name: str
    bodies: tuple[Body, ...]
    road: Road | None
    surface: Surface
    friction: float
    environment: Environment
    happenings: tuple[SimEvent, ...]
    ended: RolloutEnd
    unfired: tuple[Unfired, ...]
    played: tuple[PlayedEvent, ...] = ()  # () in files of earlier versions
    pose_step_s: float = 0.0  # not in clips of earlier versions


class StoredCamera(StrictModel):
    """A camera in a file; numbers keep their exact values."""

    name: str
    width: int
    height: int
    intrinsic: list[list[float]]
    camera_to_ego: list[list[float]]


_CAMERAS = TypeAdapter(tuple[StoredCamera, ...])


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with whole_file(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read exactly the named arrays. ValueError lists the arrays of the file and the expected ones."""
    with np.load(path, allow_pickle=False) as stored:
        if set(stored.files) != set(names):
            raise ValueError(f"{path}: holds {sorted(stored.files)}, not {sorted(names)}")
        return {name: stored[name] for name in names}


def write_rollout(folder: Path, rollout: Rollout) -> None:
    metadata = _RolloutMetadata(**{name: getattr(rollout, name) for name in _RolloutMetadata.model_fields})
    write_text(folder / "rollout.json", metadata.model_dump_json(indent=1) + "\n")
    write_arrays(folder / "rollout.npz", {name: getattr(rollout, name) for name in ARRAYS})


def read_rollout(folder: Path) -> Rollout:
    """Read the rollout in `folder`; all values are exactly as written. Raises `DamagedFile`."""
    path = folder / "rollout.json"
    metadata = read_strictly(path, path.read_bytes(), _RolloutMetadata.model_validate_json)
    fields = {name: getattr(metadata, name) for name in _RolloutMetadata.model_fields}
    fields.update(read_arrays(folder / "rollout.npz", ARRAYS))
    return Rollout(**fields)


def write_cameras(path: Path, cameras: tuple[Camera, ...]) -> None:
    write_text(path, _CAMERAS.dump_json(stored_cameras(cameras), indent=1).decode() + "\n")


def read_cameras(path: Path) -> tuple[Camera, ...]:
    """Raises `DamagedFile`."""
    return mounted_cameras(read_strictly(path, path.read_bytes(), _CAMERAS.validate_json))


def stored_cameras(cameras: tuple[Camera, ...]) -> tuple[StoredCamera, ...]:
    return tuple(
        StoredCamera(
            name=c.name, width=c.width, height=c.height,
            intrinsic=c.intrinsic.tolist(), camera_to_ego=c.camera_to_ego.tolist(),
        )
        for c in cameras
    )  # fmt: skip


def mounted_cameras(stored: tuple[StoredCamera, ...]) -> tuple[Camera, ...]:
    return tuple(Camera(m.name, m.width, m.height, np.array(m.intrinsic), np.array(m.camera_to_ego)) for m in stored)
