"""Rigs: the cameras of a car, from a TOML file, by a name that ships or by a path."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, radians, tan
from pathlib import Path
from types import MappingProxyType

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from conditioning.geometry import FIRST_RIG
from conditioning.geometry.camera import Camera, mount_camera

FILES = Path(__file__).parent / "rig_files"
Rig = tuple[Camera, ...]


class RigError(ValueError):
    """A rig that is not there or cannot be read; the message says what was found and what would be right."""


@dataclass(frozen=True)
class _Mounted:
    """A camera as a file has it: pixels, metres in the ego frame (x forward, y left, z up from the ground under the
    rear axle), degrees to the left and down."""

    name: str
    width: int
    height: int
    focal_px: float
    at_m: tuple[float, float, float]
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True)
class _RigFile:
    camera: tuple[_Mounted, ...]


_NAME = re.compile("[A-Za-z][A-Za-z0-9_]{0,39}")
WIDEST, NARROWEST = tan(radians(170 / 2)), tan(radians(5 / 2))  # of half the field of view
LEAST_PX, MOST_PX = 16, 20_000
FARTHEST_M = 30.0  # the longest vehicle combinations are shorter
_TAKEN = ("lidar", "lidar_top")
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
_FILE: TypeAdapter[_RigFile] = TypeAdapter(with_config(_STRICT)(_RigFile))


def read_rig(path: Path) -> Rig:
    """The cameras that a TOML file lists, in its order; RigError names every key that is missing, unknown or wrong."""
    try:
        written = json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str)
        listed = _FILE.validate_json(written, strict=True).camera
    except (OSError, UnicodeDecodeError) as error:
        raise RigError(f"{path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise RigError(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise RigError(f"{path}: {wrong}") from None
    for problem in _problems(listed):
        raise RigError(f"{path}: {problem}")
    return tuple(
        mount_camera(c.name, c.width, c.height, c.focal_px, c.at_m, radians(c.yaw_deg), radians(c.pitch_deg))
        for c in listed
    )


def _problems(listed: tuple[_Mounted, ...]):
    """What makes it no rig, in words."""
    names = [camera.name.lower() for camera in listed]  # they name folders, some of which do not tell case
    if not names:
        yield "no camera"
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"two cameras named {', '.join(c.name for c in listed if c.name.lower() in twice)}"
    for camera in listed:
        if not _NAME.fullmatch(camera.name):
            yield f"a camera named {camera.name!r}; letters, digits and _ are needed, as it names folders"
        if camera.name.lower() in _TAKEN:
            yield f"a camera named {camera.name!r}, which is the LiDAR's name"
        if min(camera.width, camera.height, camera.focal_px) <= 0:
            yield f"{camera.name}: width, height and focal_px are above 0"
        elif camera.focal_px < _focal_px(camera, WIDEST):
            seen = "see more than 170 degrees, which no flat picture can show"
            yield f"{camera.name}: {camera.focal_px:g} px {seen}; {_possible(camera)}"
        elif camera.focal_px > _focal_px(camera, NARROWEST):
            yield f"{camera.name}: {camera.focal_px:g} px see less than 5 degrees; {_possible(camera)}"
        elif not (min(camera.width, camera.height) >= LEAST_PX and max(camera.width, camera.height) <= MOST_PX):
            yield f"{camera.name}: {camera.width} x {camera.height}; from {LEAST_PX} to {MOST_PX} pixels are possible"
        if max(map(abs, camera.at_m)) > FARTHEST_M:
            yield f"{camera.name}: {camera.at_m} m is not on a vehicle: at most {FARTHEST_M:g} m from its rear axle"
        if not (-180 <= camera.yaw_deg <= 180 and -90 < camera.pitch_deg < 90):
            yield f"{camera.name}: yaw_deg is from -180 to 180, pitch_deg between -90 and 90"
        if camera.at_m[2] <= 0:
            yield f"{camera.name}: a camera {camera.at_m[2]:g} m above the ground; above 0 is needed"


def _focal_px(camera: _Mounted, tangent: float) -> float:
    """The focal length with which the longer side spans twice the angle of this tangent (pinhole camera), px."""
    return max(camera.width, camera.height) / (2 * tangent)


def _possible(camera: _Mounted) -> str:
    least, most = ceil(_focal_px(camera, WIDEST)), floor(_focal_px(camera, NARROWEST))
    return f"for {camera.width} x {camera.height} pixels focal_px is from {least} to {most}"


RIGS: Mapping[str, Rig] = MappingProxyType({path.stem: read_rig(path) for path in sorted(FILES.glob("*.toml"))})
RIG = RIGS[FIRST_RIG]  # the one that the networks know
(FRONT,) = RIG


def rig_id(rig: Rig) -> str:
    """Names the cameras by what they are, wherever their file lies: `front`, `nuscenes-<hash>`, `custom-<hash>`.

    The hash is of names, picture sizes, intrinsics and poses, in the rig's order.
    """
    written = _geometry(rig)
    if written == _geometry(RIG):
        return FIRST_RIG
    shipped = [name for name, cameras in RIGS.items() if _geometry(cameras) == written]
    return f"{shipped[0] if shipped else 'custom'}-{hashlib.sha256(written.encode()).hexdigest()[:10]}"


def _geometry(rig: Rig) -> str:
    return json.dumps([(c.name, c.width, c.height, c.intrinsic.tolist(), c.camera_to_ego.tolist()) for c in rig])


def find_rig(named: str) -> Rig:
    """A rig by its name, or from the file at a path that ends in `.toml`; RigError names those that ship."""
    if named in RIGS:
        return RIGS[named]
    if named.endswith(".toml") and Path(named).is_file():
        return read_rig(Path(named))
    raise RigError(f"no rig {named!r}; there are {', '.join(RIGS)}, or a path of a .toml file")
