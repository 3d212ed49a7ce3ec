"""Boxes that nuScenes' detection task counts, and the effect of absent classes on mAP and NDS."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from outputs.nuscenes.taxonomy import CATEGORIES, DETECTION_CLASS, DETECTION_RANGE_M, token

# Classes of each of the devkit's mean errors: a cone has no heading, cones and barriers no velocity and no attribute.
_ERRORS_OF = (
    set(DETECTION_RANGE_M), set(DETECTION_RANGE_M), set(DETECTION_RANGE_M) - {"traffic_cone"},
    *[set(DETECTION_RANGE_M) - {"traffic_cone", "barrier"}] * 2,
)  # fmt: skip  # translation, scale, orientation, velocity, attribute
_AP_WEIGHT = 5
_CLASS_OF = {token("category", name): DETECTION_CLASS.get(name) for name in CATEGORIES}


def counted_boxes(
    instances: Iterable[Mapping[str, Any]],
    annotations: Iterable[Mapping[str, Any]],
    lidar: Iterable[Mapping[str, Any]],
    poses: Iterable[Mapping[str, Any]],
) -> Counter[str]:
    """Count the boxes that the evaluation keeps, by class: with a point, and within the class's range of the ego.

    All arguments are rows of tables: `lidar` of sample_data (LIDAR_TOP at keyframes), `poses` of ego_pose.
    """
    classes = {row["token"]: _CLASS_OF[row["category_token"]] for row in instances}
    places = {row["token"]: row["translation"] for row in poses}
    ego = {row["sample_token"]: places[row["ego_pose_token"]] for row in lidar}
    counts: Counter[str] = Counter()
    for row in annotations:
        name = classes[row["instance_token"]]
        if name is None or row["num_lidar_pts"] + row["num_radar_pts"] == 0:
            continue
        if math.dist(row["translation"][:2], ego[row["sample_token"]][:2]) < DETECTION_RANGE_M[name]:
            counts[name] += 1
    return counts


def best_scores(present: Collection[str]) -> tuple[float, float]:
    """mAP and NDS of a perfect detector where only these classes have boxes: the devkit counts every other class as
    average precision 0 and error 1."""
    mean_ap = len(set(present) & set(DETECTION_RANGE_M)) / len(DETECTION_RANGE_M)
    right = [len(classes & set(present)) / len(classes) for classes in _ERRORS_OF]
    return mean_ap, (_AP_WEIGHT * mean_ap + sum(right)) / (_AP_WEIGHT + len(right))


def class_table(boxes: Mapping[str, Mapping[str, int]], splits: Mapping[str, Collection[str]]) -> str:
    """Markdown: boxes by class and split, and the best scores on each split. `boxes` are counts by scene and class."""
    sums = {split: sum((Counter(boxes[scene]) for scene in scenes), Counter()) for split, scenes in splits.items()}
    best = [best_scores(counts.keys()) for counts in sums.values()]
    lines = [("class, within", *(f"`{split}`" for split in sums)), ("---", *["---"] * len(sums))]
    lines += [
        (f"{name}, {reach:g} m", *(str(counts[name]) for counts in sums.values()))
        for name, reach in DETECTION_RANGE_M.items()
    ]
    lines += [("**best mAP**", *(f"{ap:.3f}" for ap, _ in best)), ("**best NDS**", *(f"{nds:.3f}" for _, nds in best))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
