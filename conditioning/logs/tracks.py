"""A log's annotated boxes as tracks, and where each box is at any instant."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import CubicHermiteSpline

from conditioning.logs.tables import Row, Tables, pose
from scenarios.model.bodies import Body, Kind, Size
from scenarios.model.kinds.registry import KINDS

# The longest prefix of a category's name decides; what no prefix matches (racks, carts) is left out.
KIND_OF: dict[str, Kind] = {prefix: kind for kind, record in KINDS.items() for prefix in record.nuscenes.reads}
REACH_S = 0.15  # how far beyond its first and last annotation a box is believed: pictures are not taken at keyframes
GAP_S = 1.1  # an annotation missing for longer than this leaves a hole; one dropped keyframe at 2 Hz does not


@dataclass(frozen=True)
class Track:
    """One annotated thing: its places in the map frame, on the rollout's clock. Yaw is unwrapped."""

    body: Body
    t_s: Float[np.ndarray, "keyframe"]
    centre: Float[np.ndarray, "keyframe 3"]
    yaw_rad: Float[np.ndarray, "keyframe"]


@dataclass(frozen=True)
class Motion:
    """A body at every frame; where it is not valid it rests at its nearest known place."""

    body: Body
    centre: Float[np.ndarray, "time 3"]
    yaw_rad: Float[np.ndarray, "time"]
    speed_mps: Float[np.ndarray, "time"]
    acceleration_mps2: Float[np.ndarray, "time"]
    valid: Bool[np.ndarray, "time"]


def tracks_of(
    tables: Tables, keyed: dict[str, float], map_to_global: Float[np.ndarray, "4 4"], zero_s: float
) -> tuple[list[Track], dict[str, int]]:
    """The scene's tracks in the tables' order, and how many boxes of which other categories were left out.

    `keyed` says when each sample's boxes hold, in seconds after the first picture; `zero_s` is the
    rollout's time 0 on that clock.
    """
    at = {sample: seconds - zero_s for sample, seconds in keyed.items()}
    boxes: dict[str, list[Row]] = {}
    for row in tables["sample_annotation"].values():
        if row["sample_token"] in at:
            boxes.setdefault(row["instance_token"], []).append(row)
    tracks, left_out, seen = [], {}, {}
    to_map = np.linalg.inv(map_to_global)
    for instance, rows in boxes.items():
        category = tables["category"][tables["instance"][instance]["category_token"]]["name"]
        kind = kind_of(category)
        if kind is None:
            left_out[category] = left_out.get(category, 0) + len(rows)
            continue
        seen[kind] = seen.get(kind, 0) + 1
        tracks.append(
            _track(body_id(kind, seen[kind]), kind, sorted(rows, key=lambda r: at[r["sample_token"]]), at, to_map)
        )
    return tracks, left_out


def body_id(kind: Kind, number: int) -> str:
    """The id of the log's body of a kind, counted from 1: spelt as ids in stories are."""
    return f"{kind.replace(' ', '-')}-{number}"


def kind_of(category: str) -> Kind | None:
    """What a nuScenes category is to us; None for none."""
    fitting = [prefix for prefix in KIND_OF if category == prefix or category.startswith(prefix + ".")]
    return KIND_OF[max(fitting, key=len)] if fitting else None


def _track(name: str, kind: Kind, rows: list[Row], at: dict[str, float], to_map: np.ndarray) -> Track:
    poses = to_map @ np.stack([pose(row) for row in rows])
    wide, long, high = np.median([row["size"] for row in rows], axis=0)
    yaw = np.unwrap(np.arctan2(poses[:, 1, 0], poses[:, 0, 0]))
    t = np.array([at[row["sample_token"]] for row in rows])
    return Track(Body(name, kind, Size(float(long), float(wide), float(high))), t, poses[:, :3, 3], yaw)


def follow(track: Track, t_s: Float[np.ndarray, "time"]) -> Motion:
    """A track at any instants: a curve through the annotated places with their central-difference velocities."""
    known = track.t_s
    reached = (t_s >= known[0] - REACH_S) & (t_s <= known[-1] + REACH_S)
    if len(known) == 1:
        still = np.zeros(len(t_s))
        where = np.tile(track.centre[0], (len(t_s), 1))
        return Motion(track.body, where, still + track.yaw_rad[0], still, still, reached)
    curve = CubicHermiteSpline(known, track.centre, np.gradient(track.centre, known, axis=0))
    # Beyond the ends a cubic would swing away within tenths of a second: the last velocity is kept instead.
    inside = np.clip(t_s, known[0], known[-1])
    beyond = np.clip(t_s - inside, -REACH_S, REACH_S)
    velocity = curve(inside, 1)
    centre = curve(inside) + beyond[:, None] * velocity
    yaw = np.interp(t_s, known, track.yaw_rad)
    speed = velocity[:, 0] * np.cos(yaw) + velocity[:, 1] * np.sin(yaw)
    after = np.clip(np.searchsorted(known, t_s), 1, len(known) - 1)
    hole = (known[after] - known[after - 1] > GAP_S) & (inside == t_s) & ~np.isin(t_s, known)
    return Motion(track.body, centre, yaw, speed, np.gradient(speed, t_s), reached & ~hole)
