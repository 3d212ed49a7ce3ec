"""A log's annotated boxes as tracks, and the state of each box at any instant."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import CubicHermiteSpline

from conditioning.logs.table_fields import Row
from conditioning.logs.tables import Tables, pose_matrix
from scenarios.model.bodies import Body, Kind, Size
from scenarios.model.kinds.registry import KINDS

# The longest matching prefix of a category's name decides; other categories (racks, carts) are left out.
KIND_OF: dict[str, Kind] = {prefix: kind for kind, record in KINDS.items() for prefix in record.nuscenes.reads}
REACH_S = 0.15  # validity of a box before its first and after its last annotation: pictures are not at keyframes
GAP_S = 1.1  # a longer gap between annotations makes the box invalid; one missing keyframe at 2 Hz does not


@dataclass(frozen=True)
class Track:
    """One annotated object: its positions in the map frame, on the rollout's clock. Yaw is unwrapped."""

    body: Body
    t_s: Float[np.ndarray, "keyframe"]
    centre: Float[np.ndarray, "keyframe 3"]
    yaw_rad: Float[np.ndarray, "keyframe"]


@dataclass(frozen=True)
class Motion:
    """A body at every frame; where it is not valid, it stays at its nearest known position."""

    body: Body
    centre: Float[np.ndarray, "time 3"]
    yaw_rad: Float[np.ndarray, "time"]
    speed_mps: Float[np.ndarray, "time"]
    acceleration_mps2: Float[np.ndarray, "time"]
    valid: Bool[np.ndarray, "time"]


def tracks_of(
    tables: Tables, annotation_s: dict[str, float], map_to_global: Float[np.ndarray, "4 4"], zero_s: float
) -> tuple[list[Track], dict[str, int]]:
    """The scene's tracks in the tables' order, and the number of boxes of each category that is left out.

    `annotation_s` maps each sample to the time of its boxes, in seconds after the first picture; `zero_s` is the
    rollout's time 0 on that clock.
    """
    t_s = {sample: seconds - zero_s for sample, seconds in annotation_s.items()}
    boxes: dict[str, list[Row]] = {}
    for row in tables["sample_annotation"].values():
        if row["sample_token"] in t_s:
            boxes.setdefault(row["instance_token"], []).append(row)
    tracks: list[Track] = []
    left_out: dict[str, int] = {}
    count: dict[Kind, int] = {}
    to_map = np.linalg.inv(map_to_global)
    for instance, rows in boxes.items():
        category = tables["category"][tables["instance"][instance]["category_token"]]["name"]
        kind = kind_of_category(category)
        if kind is None:
            left_out[category] = left_out.get(category, 0) + len(rows)
            continue
        count[kind] = count.get(kind, 0) + 1
        tracks.append(
            _track(body_id(kind, count[kind]), kind, sorted(rows, key=lambda r: t_s[r["sample_token"]]), t_s, to_map)
        )
    return tracks, left_out


def body_id(kind: Kind, number: int) -> str:
    """The id of the log's body of a kind, counted from 1: spelt as ids in stories are."""
    return f"{kind.replace(' ', '-')}-{number}"


def kind_of_category(category: str) -> Kind | None:
    """The kind of body for a nuScenes category; None if there is none."""
    fitting = [prefix for prefix in KIND_OF if category == prefix or category.startswith(prefix + ".")]
    return KIND_OF[max(fitting, key=len)] if fitting else None


def _track(name: str, kind: Kind, rows: list[Row], t_s: dict[str, float], to_map: np.ndarray) -> Track:
    poses = to_map @ np.stack([pose_matrix(row) for row in rows])
    wide, long, high = np.median([row["size"] for row in rows], axis=0)
    yaw = np.unwrap(np.arctan2(poses[:, 1, 0], poses[:, 0, 0]))
    t = np.array([t_s[row["sample_token"]] for row in rows])
    return Track(Body(name, kind, Size(float(long), float(wide), float(high))), t, poses[:, :3, 3], yaw)


def sample_track(track: Track, t_s: Float[np.ndarray, "time"]) -> Motion:
    """The state of a track at any instants: a cubic curve through the annotations, with central-difference slopes."""
    known = track.t_s
    valid = (t_s >= known[0] - REACH_S) & (t_s <= known[-1] + REACH_S)
    if len(known) == 1:
        zeros = np.zeros(len(t_s))
        centre = np.tile(track.centre[0], (len(t_s), 1))
        return Motion(track.body, centre, zeros + track.yaw_rad[0], zeros, zeros, valid)
    curve = CubicHermiteSpline(known, track.centre, np.gradient(track.centre, known, axis=0))
    # Beyond the ends a cubic diverges within tenths of a second: extrapolate with the last velocity instead.
    inside = np.clip(t_s, known[0], known[-1])
    beyond = np.clip(t_s - inside, -REACH_S, REACH_S)
    velocity = curve(inside, 1)
    centre = curve(inside) + beyond[:, None] * velocity
    yaw = np.interp(t_s, known, track.yaw_rad)
    speed = velocity[:, 0] * np.cos(yaw) + velocity[:, 1] * np.sin(yaw)
    after = np.clip(np.searchsorted(known, t_s), 1, len(known) - 1)
    gap = (known[after] - known[after - 1] > GAP_S) & (inside == t_s) & ~np.isin(t_s, known)
    return Motion(track.body, centre, yaw, speed, np.gradient(speed, t_s), valid & ~gap)
