"""Boxes of a log's scene: duplicates, sizes, width against length, places, motion, categories."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import numpy as np
from jaxtyping import Float

from conditioning.logs.box_motion import ALONG, FASTEST_MPS, UPRIGHT, BoxSteps, box_steps, ego_cosines
from conditioning.logs.log_fault import MOST_LISTED, LogFault, faults_of, plain, shown
from conditioning.logs.pose_checks import ORDER
from conditioning.logs.scene_rows import LogSceneRows, places, rotations, turned, up_axis
from conditioning.logs.table_fields import Row
from conditioning.logs.tables import pose_matrix
from conditioning.logs.tracks import kind_of_category
from scenarios.model.bodies import Kind
from scenarios.model.kinds.actor_kind import Footing
from scenarios.model.kinds.registry import KINDS

NUSCENES_CATEGORIES = (
    "animal", "human.pedestrian.adult", "human.pedestrian.child", "human.pedestrian.construction_worker",
    "human.pedestrian.personal_mobility", "human.pedestrian.police_officer", "human.pedestrian.stroller",
    "human.pedestrian.wheelchair", "movable_object.barrier", "movable_object.debris",
    "movable_object.pushable_pullable", "movable_object.trafficcone", "static_object.bicycle_rack", "vehicle.bicycle",
    "vehicle.bus.bendy", "vehicle.bus.rigid", "vehicle.car", "vehicle.construction", "vehicle.emergency.ambulance",
    "vehicle.emergency.police", "vehicle.motorcycle", "vehicle.trailer", "vehicle.truck",
)  # fmt: skip
SIZE_FACTOR = 6.0  # against the usual size of the kind; debris has no usual size
SIZE_M = (0.01, 60.0)  # of anything
LONG = 1.5  # kinds that are usually this much longer than wide have a width and a length to swap
LEAST_STEPS = 6  # of boxes that move; fewer may be a body that is thrown aside by a hit
MOST, SEVERAL = 0.8, 3  # share of a class's instances, and the least number for a class alone
SAME_PLACE_M, SAME_SIZE = 0.2, 0.1  # two boxes of one body
FAR_M = 300.0
GROUND_M, GROUND_SLOPE = 3.0, 0.1  # a box's foot above or below the ego's ground, near it and per metre of distance
NEAR_M = 20.0
HALF_HEIGHT = (0.35, 0.65)


def box_faults(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Faults of the scene's boxes; `read` is the channel whose ego poses they are compared with."""
    yield from _twice(scene)
    yield from _coincident(scene)
    yield from _sizes(scene)
    yield from _width_and_length(scene)
    yield from _categories(scene)
    yield from _places(scene, read)
    yield from _motion(scene, read)


def _twice(scene: LogSceneRows) -> Iterator[LogFault]:
    seen: set[tuple[str, str]] = set()
    twice = []
    for row in scene.boxes:
        key = row["instance_token"], row["sample_token"]
        if key in seen:
            twice.append(row["token"])
        seen.add(key)
    yield from faults_of(
        "duplicate-box",
        "sample_annotation",
        twice,
        "an earlier row is of the same instance and sample",
        "one box of an instance at a time",
    )


def _coincident(scene: LogSceneRows) -> Iterator[LogFault]:
    """Boxes of two instances of one category at one place: one body that was annotated twice."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row, category in zip(scene.boxes, scene.category, strict=True):
        groups.setdefault((row["sample_token"], category), []).append(row)
    same = []
    for rows in (rows for rows in groups.values() if len(rows) > 1):
        place, size = places(rows), np.array([row["size"] for row in rows], float)
        near = np.linalg.norm(place[:, None] - place[None], axis=-1) < SAME_PLACE_M
        alike = (np.abs(size[:, None] - size[None]) <= SAME_SIZE * np.abs(size[None])).all(axis=-1)
        other = np.array([[a["instance_token"] != b["instance_token"] for b in rows] for a in rows])
        later = np.tril(near & alike & other, -1).any(axis=1)
        same += [rows[i]["token"] for i in np.flatnonzero(later)]
    yield from faults_of(
        "coincident-boxes",
        "sample_annotation",
        same,
        "a box of another instance of its category has the same place and size",
        "one instance for a body; both are kept",
        refused=False,
    )


def _sizes(scene: LogSceneRows) -> Iterator[LogFault]:
    flat = [row for row in scene.boxes if min(row["size"]) <= 0]
    if flat:
        found = f"size is {shown(flat[0]['size'])}"
        yield from faults_of(
            "size-sign", "sample_annotation", [r["token"] for r in flat], found, "width, length, height above 0, metres"
        )
    absurd = [(r, c) for r, c in zip(scene.boxes, scene.category, strict=True) if min(r["size"]) > 0 and _absurd(r, c)]
    if absurd:
        row, category = absurd[0]
        found = f"a {plain(category)} of {' x '.join(f'{v:.4g}' for v in row['size'])} m"
        yield from faults_of(
            "size",
            "sample_annotation",
            [r["token"] for r, _ in absurd],
            found,
            f"a size of its class: each extent within a factor of {SIZE_FACTOR:g} of the usual one",
            refused=False,
        )


def _absurd(row: Row, category: str) -> bool:
    size = np.array(row["size"], float)
    kind = kind_of_category(category)
    if (size < SIZE_M[0]).any() or (size > SIZE_M[1]).any():
        return True
    if kind is None or kind is Kind.DEBRIS:
        return False
    usual = KINDS[kind].size
    factor = size / (usual.width_m, usual.length_m, usual.height_m)
    return bool((factor > SIZE_FACTOR).any() or (factor < 1 / SIZE_FACTOR).any())


def _width_and_length(scene: LogSceneRows) -> Iterator[LogFault]:
    """Vehicles that are mostly wider than long, by the median size of each instance: all of them, or those of a class
    of which there are several."""
    sizes: dict[str, list[list[float]]] = {}
    name: dict[str, str] = {}
    for row, category in zip(scene.boxes, scene.category, strict=True):
        if _is_long(category):
            sizes.setdefault(row["instance_token"], []).append(row["size"][:2])
            name[row["instance_token"]] = category
    wide = {instance: bool(np.subtract(*np.median(own, axis=0)) > 0) for instance, own in sizes.items()}
    classes = {category: [wide[i] for i in wide if name[i] == category] for category in sorted(set(name.values()))}
    swapped = [category for category, own in classes.items() if len(own) >= SEVERAL and np.mean(own) >= MOST]
    if wide and np.mean(list(wide.values())) >= MOST:
        swapped = [category for category, own in classes.items() if any(own)]
    if swapped:
        counted = ", ".join(f"{sum(classes[c])} of {len(classes[c])} {plain(c)}" for c in swapped[:MOST_LISTED])
        rows = [row["token"] for row in scene.boxes if name.get(row["instance_token"]) in swapped]
        wanted = "size in the order width, length, height; it is read as it stands"
        yield from faults_of(
            "width-length", "sample_annotation", rows, f"wider than long: {counted}", wanted, refused=False
        )


def _is_long(category: str) -> bool:
    kind = kind_of_category(category)
    if kind is None or KINDS[kind].footing not in (Footing.FOUR_WHEELS, Footing.TWO_WHEELS):
        return False
    return KINDS[kind].size.length_m > LONG * KINDS[kind].size.width_m


def _categories(scene: LogSceneRows) -> Iterator[LogFault]:
    """Boxes of categories without a kind of body, which are left out, and of those that are read as a wider one."""
    for category in dict.fromkeys(scene.category):
        kind = kind_of_category(category)
        rows = [row["token"] for row, own in zip(scene.boxes, scene.category, strict=True) if own == category]
        if kind is not None and category not in (*KINDS[kind].nuscenes.reads, KINDS[kind].nuscenes.category):
            found, wanted = f"category {shown(category)} is read as {kind}", "a category with a kind of its own"
            yield from faults_of("category-wider", "sample_annotation", rows, found, wanted, refused=False)
        if kind is None:
            yield from faults_of(
                "category-unknown",
                "sample_annotation",
                rows,
                f"category {shown(category)} has no kind of body: its boxes are left out",
                _nearest(category),
                refused=False,
            )


def _nearest(category: str) -> str:
    if category in NUSCENES_CATEGORIES:
        return "a category that is read as a kind of body"
    last = {name.rpartition(".")[2]: name for name in NUSCENES_CATEGORIES}
    close = get_close_matches(category.lower(), [*NUSCENES_CATEGORIES, *last], n=1)
    hint = f"; did you mean {last.get(close[0], close[0])}?" if close else ""
    return f"one of nuScenes' {len(NUSCENES_CATEGORIES)} categories{hint}"


def _places(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Boxes far from the ego, or far above or below its ground."""
    ego = _ego_of_samples(scene, read)
    known = [
        (row, c)
        for row, c in zip(scene.boxes, scene.category, strict=True)
        if row["sample_token"] in ego and not _absurd(row, c)
    ]
    if not known:
        return
    at = np.stack([(ego[row["sample_token"]] @ [*row["translation"], 1.0])[:3] for row, _ in known])
    height = np.array([row["size"][2] for row, _ in known], float)
    distance, foot = np.hypot(at[:, 0], at[:, 1]), at[:, 2] - height / 2
    far = np.flatnonzero(distance > FAR_M)
    if len(far):
        found = f"a box {distance[far[0]]:.4g} m from the ego"
        yield from faults_of(
            "far-box",
            "sample_annotation",
            [known[i][0]["token"] for i in far],
            found,
            f"boxes within {FAR_M:g} m, in the global frame of the ego poses, metres",
            refused=len(far) == len(known),
        )
    off = np.flatnonzero((np.abs(foot) > GROUND_M + GROUND_SLOPE * distance) & (distance <= FAR_M))
    if len(off):
        found = f"a box whose foot is {foot[off[0]]:+.3g} m from the ego's ground, {distance[off[0]]:.3g} m away"
        yield from faults_of(
            "off-ground",
            "sample_annotation",
            [known[i][0]["token"] for i in off],
            found,
            "boxes on the ground; translation is the box's centre",
            refused=False,
        )
    near = np.array([_is_long(category) for _, category in known]) & (distance < NEAR_M)
    yield from _half_height([row for row, _ in known], foot, height, near)


def _half_height(rows: list[Row], foot: np.ndarray, height: np.ndarray, near: np.ndarray) -> Iterator[LogFault]:
    """Vehicles that are mostly half their height too low or too high: the translation is not the centre."""
    if near.sum() < 3:
        return
    share = float(np.median(foot[near] / height[near]))
    if HALF_HEIGHT[0] <= abs(share) <= HALF_HEIGHT[1]:
        found = f"vehicles near the ego are {share:+.0%} of their height off its ground"
        yield from faults_of(
            "half-height",
            "sample_annotation",
            [rows[i]["token"] for i in np.flatnonzero(near)],
            found,
            "the box's centre as its translation, and an ego frame on the ground",
            refused=False,
        )


def _ego_of_samples(scene: LogSceneRows, read: str) -> Mapping[str, Float[np.ndarray, "4 4"]]:
    """The transform from the global frame to the ego's at the keyframe picture of each sample."""
    rows = [row for row in scene.channels.get(read, []) if row["is_key_frame"]]
    poses = scene.poses(rows)
    good = turned(poses)
    return {row["sample_token"]: np.linalg.inv(pose_matrix(pose))
            for row, pose, turned in zip(rows, poses, good, strict=True) if turned}  # fmt: skip


def _motion(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Boxes that jump, and bodies that mostly move across or against their heading."""
    steps = box_steps(scene)
    if steps.fast:
        found = f"the box gets here from its last place at {steps.fast_mps[0]:.4g} m/s"
        wanted = f"less than {FASTEST_MPS:g} m/s; one body for an instance"
        yield from faults_of(
            "box-speed", "sample_annotation", [r["token"] for r in steps.fast], found, wanted, refused=False
        )
    if len(steps.moving) < LEAST_STEPS:
        return
    moved = [row["token"] for row in steps.moving]
    wanted = "a box's x axis along its length and its way; it is read as it stands"
    if _other_order(scene, steps, read):
        found = "bodies move across or against their heading; in the order x, y, z, w along it"
        yield from faults_of("quaternion-order", "sample_annotation", moved, found, ORDER)
    elif (np.abs(steps.stored) < ALONG).mean() >= MOST:
        found = "bodies move across their heading"
        yield from faults_of("box-heading", "sample_annotation", moved, found, wanted, refused=False)
    elif (steps.stored < -ALONG).mean() >= MOST:
        found = "bodies move backwards"
        yield from faults_of("box-heading", "sample_annotation", moved, found, wanted, refused=False)


def _other_order(scene: LogSceneRows, steps: BoxSteps, read: str) -> bool:
    """Whether the boxes' quaternions are in the order x, y, z, w, by their motion.

    A single body that reverses at a heading of 180 degrees looks the same: then the ego, whose poses the same converter
    wrote, decides.
    """
    fits = (steps.stored < ALONG).mean() >= MOST and (steps.other > ALONG).mean() >= MOST
    boxes = [row for row, good in zip(scene.boxes, turned(scene.boxes), strict=True) if good]
    turns = rotations(boxes)
    upright = all((up_axis(q) > UPRIGHT).mean() > 0.9 for q in (turns, np.roll(turns, 1, axis=1)))
    ego = ego_cosines(scene, read)
    several = len({row["instance_token"] for row in steps.moving}) > 1
    return bool(fits and upright and (several or ego is None or np.median(ego[:, 0]) < ALONG))
