"""A rollout as the tables of a log, without picture files: what an exact converter would write of it."""

import numpy as np

from conditioning.geometry.rigs import RIG
from outputs.nuscenes import taxonomy
from scenarios.rollout import KEYFRAME_STRIDE, Rollout
from tests.conditioning.log_by_hand import LogTables, chained

FAR_M = 150.0  # boxes beyond are not annotated
ZERO_US = 1_600_000_000_000_000


def tables_of(rollout: Rollout) -> LogTables:
    """The tables of a scene named `rolled`, with the front camera."""
    keys = range(0, len(rollout.t_s), KEYFRAME_STRIDE)
    frames = range(keys[-1] + 1)
    at = [ZERO_US + round(float(t) * 1e6) for t in rollout.t_s]
    camera = RIG[0]
    ego = rollout.map_to_global @ rollout.ego_to_map
    boxes = [own for actor in range(1, len(rollout.bodies)) if (own := _boxes(rollout, actor, keys))]
    categories = {rows[0]["instance_token"]: taxonomy.category(rollout.bodies[actor]) for actor, rows in boxes}
    return {
        "scene": [{
            "token": "scene", "name": "rolled", "first_sample_token": "s0", "last_sample_token": f"s{keys[-1]}",
            "nbr_samples": len(keys), "log_token": "log",
        }],
        "sample": chained([{"token": f"s{k}", "timestamp": at[k], "scene_token": "scene"} for k in keys]),
        "ego_pose": [{"token": f"p{f}", "timestamp": at[f], **_placed(ego[f])} for f in frames],
        "sample_data": chained([
            {
                "token": f"d{f}", "sample_token": f"s{-(-f // KEYFRAME_STRIDE) * KEYFRAME_STRIDE}",
                "ego_pose_token": f"p{f}", "calibrated_sensor_token": "mount", "timestamp": at[f],
                "is_key_frame": f in keys, "filename": f"{f}.jpg", "width": camera.width, "height": camera.height,
                "fileformat": "jpg",
            }
            for f in frames
        ]),
        "sensor": [{"token": "front", "channel": "CAM_FRONT", "modality": "camera"}],
        "calibrated_sensor": [{
            "token": "mount", "sensor_token": "front", "camera_intrinsic": camera.intrinsic.tolist(),
            **_placed(camera.camera_to_ego),
        }],
        "category": [{"token": name, "name": name} for name in sorted(set(categories.values()))],
        "instance": [
            {
                "token": rows[0]["instance_token"], "category_token": categories[rows[0]["instance_token"]],
                "nbr_annotations": len(rows), "first_annotation_token": rows[0]["token"],
                "last_annotation_token": rows[-1]["token"],
            }
            for _, rows in boxes
        ],
        "sample_annotation": [row for _, rows in boxes for row in rows],
        "attribute": [], "visibility": [], "log": [{"token": "log"}], "map": [],
    }  # fmt: skip


def _placed(pose: np.ndarray) -> dict[str, list[float]]:
    return {"translation": taxonomy.translation(pose[:3, 3]), "rotation": taxonomy.quaternion(pose[:3, :3])}


def _boxes(rollout: Rollout, actor: int, keys: range) -> tuple[int, list[dict]] | None:
    body, to_global = rollout.bodies[actor], rollout.map_to_global
    near = np.linalg.norm(rollout.centre[:, actor, :2] - rollout.centre[:, 0, :2], axis=1) < FAR_M
    rows = []
    for key in (key for key in keys if rollout.valid[key, actor] and near[key]):
        pose = np.eye(4)
        pose[:3, :3] = taxonomy.yaw_matrix(float(rollout.yaw_rad[key, actor]))
        pose[:3, 3] = rollout.centre[key, actor]
        rows.append({
            "token": f"a{actor}-{key}", "sample_token": f"s{key}", "instance_token": f"i{actor}",
            "size": taxonomy.wlh(body.size), "visibility_token": "4", "attribute_tokens": [], "num_lidar_pts": 1,
            "num_radar_pts": 0, **_placed(to_global @ pose),
        })  # fmt: skip
    return (actor, chained(rows)) if rows else None
