"""Times of a log's scene: their unit, order and steps, and pictures at times that the devkit cannot interpolate to."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from conditioning.logs.log_fault import LogFault, faults_of, plain, shown
from conditioning.logs.scene_rows import LogSceneRows, seconds
from conditioning.logs.table_fields import Row, has
from conditioning.logs.tracks import GAP_S

UNITS_S = {"microseconds": 1e-6, "seconds": 1.0, "milliseconds": 1e-3, "nanoseconds": 1e-9}
KEYFRAME_STEP_S = (0.02, 20.0)  # plausible time between keyframes; nuScenes' is 0.5 s
PICTURE_STEP_S = 0.2  # rarer pictures are repeated in a clip of 12 frames a second
PICTURE_GAP_S = 0.4
KEYFRAME_LAG_S = 0.25  # between a keyframe and its picture; in nuScenes half a turn of the LiDAR, 0.05 s
POSE_LAG_S = 0.05  # between a picture and its ego pose; in nuScenes 0
DEVKIT_LAG_S = 0.1  # a sensor that fires beside the keyframe's time


def time_faults(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Faults of timestamps; `read` is the channel whose pictures are read.

    Steps are judged only where the unit is right and time advances.
    """
    unit = list(_unit(scene.samples))
    yield from unit
    if unit:
        return
    not_rising = [b["token"] for a, b in pairwise(scene.samples)
                  if b["timestamp"] <= a["timestamp"]]  # fmt: skip
    yield from faults_of(
        "time-order",
        "sample",
        not_rising,
        "its timestamp is not after that of the keyframe before",
        "times that rise along the chain",
    )
    for channel, rows in scene.channels.items():
        yield from _same_time(channel, rows, channel == read)
    yield from _chain_order(scene)
    if not not_rising:
        yield from _keyframe_steps(scene)
        yield from _picture_steps(read, scene.channels.get(read, []))
        yield from _key_pictures(scene, read)
        yield from _pose_times(scene)
        yield from _not_interpolated(scene)


def _unit(samples: Sequence[Row]) -> Iterator[LogFault]:
    """Another unit than microseconds, known by the time between keyframes."""
    steps = np.diff([float(s["timestamp"]) for s in samples])
    if not len(steps) or (step := float(np.median(steps))) <= 0:
        return
    least, most = KEYFRAME_STEP_S
    fitting = [unit for unit, scale in UNITS_S.items() if least <= step * scale <= most]
    if fitting[:1] == ["microseconds"]:
        return
    guess = f", as if in {fitting[0]}" if fitting else ""
    found = f"keyframes are {step:.6g} apart{guess}, the first at {shown(samples[0]['timestamp'])}"
    wanted = "microseconds: keyframes twice a second are 500000 apart"
    yield from faults_of("time-unit", "sample", [s["token"] for s in samples], found, wanted)


def _same_time(channel: str, rows: Sequence[Row], refused: bool) -> Iterator[LogFault]:
    twice = [b["token"] for a, b in pairwise(rows) if a["timestamp"] == b["timestamp"]]
    found = f"{plain(channel)} has an earlier row with the same timestamp"
    yield from faults_of(
        "duplicate-time", "sample_data", twice, found, "one picture or sweep of a sensor at a time", refused=refused
    )


def _chain_order(scene: LogSceneRows) -> Iterator[LogFault]:
    """Chains of sample_data and of boxes along which time does not rise, or that leave their sensor or body."""
    data = scene.tables["sample_data"]
    rows = [row for some in scene.channels.values() for row in some if has(row, "next") and row["next"] in data]
    late = [r["token"] for r in rows if data[r["next"]]["timestamp"] <= r["timestamp"]]
    yield from faults_of(
        "time-order",
        "sample_data",
        late,
        "the next row is not later",
        "times that rise along the chain; here pictures are sorted by time",
        refused=False,
    )
    sensor = {row["token"]: channel for channel, some in scene.channels.items() for row in some}
    other = [r["token"] for r in rows if sensor.get(r["next"], sensor[r["token"]]) != sensor[r["token"]]]
    yield from faults_of(
        "chain-other-sensor",
        "sample_data",
        other,
        "the next row is of another sensor",
        "a chain for each sensor",
        refused=False,
    )
    boxes = {row["token"]: row for row in scene.boxes}
    linked = [(row, boxes[row["next"]]) for row in scene.boxes if has(row, "next") and row["next"] in boxes]
    mixed = [a["token"] for a, b in linked if a["instance_token"] != b["instance_token"]]
    yield from faults_of(
        "chain-other-instance",
        "sample_annotation",
        mixed,
        "the next row is of another instance",
        "a chain for each instance",
        refused=False,
    )
    at = scene.sample_us
    back = [a["token"] for a, b in linked if at[b["sample_token"]] <= at[a["sample_token"]]]
    yield from faults_of(
        "time-order",
        "sample_annotation",
        back,
        "the next row is not of a later keyframe",
        "times that rise along the chain; here boxes are sorted by time",
        refused=False,
    )


def _keyframe_steps(scene: LogSceneRows) -> Iterator[LogFault]:
    t_s = seconds(scene.samples)
    gaps = np.flatnonzero(np.diff(t_s) > GAP_S)
    if len(gaps):
        found = f"the next keyframe is {np.diff(t_s)[gaps[0]]:.3g} s later, and no box is shown between"
        yield from faults_of(
            "keyframe-gap",
            "sample",
            [scene.samples[i]["token"] for i in gaps],
            found,
            f"keyframes at most {GAP_S:g} s apart",
            refused=False,
        )


def _picture_steps(channel: str, rows: Sequence[Row]) -> Iterator[LogFault]:
    steps = np.diff(seconds(rows))
    if not len(steps):
        return
    usual = float(np.median(steps))
    if usual > PICTURE_STEP_S:
        found = (
            f"{plain(channel)} has a picture every {usual:.2g} s, and each is repeated in a clip of 12 frames a second"
        )
        yield from faults_of(
            "picture-rate",
            "sample_data",
            [rows[0]["token"]],
            found,
            f"pictures at most {PICTURE_STEP_S:g} s apart (sweeps between keyframes)",
            refused=False,
        )
    gaps = np.flatnonzero(steps > max(PICTURE_GAP_S, 2.5 * usual))
    if len(gaps):
        found = f"the next picture of {plain(channel)} is {steps[gaps[0]]:.3g} s later, and the nearest one is repeated"
        yield from faults_of(
            "picture-gap",
            "sample_data",
            [rows[i]["token"] for i in gaps],
            found,
            f"pictures about {usual:.2g} s apart, as the others",
            refused=False,
        )


def _key_pictures(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Whether every keyframe has one picture, at about its time: boxes are taken to be of the time of the picture."""
    keys: dict[str, list[Row]] = {}
    for row in scene.channels.get(read, []):
        if row["is_key_frame"]:
            keys.setdefault(row["sample_token"], []).append(row)
    without = [s["token"] for s in scene.samples if s["token"] not in keys]
    found = f"no {read} picture is its keyframe, so its boxes are taken to be of the sample's own time"
    yield from faults_of(
        "no-key-picture",
        "sample",
        without if scene.channels.get(read) else [],
        found,
        "a picture with is_key_frame true for every sample",
        refused=False,
    )
    several = [token for token, rows in keys.items() if len(rows) > 1]
    yield from faults_of(
        "key-pictures",
        "sample",
        several,
        f"several {read} pictures are its keyframe",
        "one keyframe of a sensor for every sample",
    )
    late = [
        rows[0] for t, rows in keys.items() if abs(rows[0]["timestamp"] - scene.sample_us[t]) > KEYFRAME_LAG_S * 1e6
    ]
    if late:
        lag = (late[0]["timestamp"] - scene.sample_us[late[0]["sample_token"]]) / 1e6
        found = f"a keyframe {lag:+.3g} s beside its sample"
        yield from faults_of(
            "keyframe-lag",
            "sample_data",
            [r["token"] for r in late],
            found,
            f"keyframes within {KEYFRAME_LAG_S:g} s of their sample",
            refused=False,
        )


def _pose_times(scene: LogSceneRows) -> Iterator[LogFault]:
    late, first = [], 0.0
    for rows in scene.channels.values():
        for row, pose in zip(rows, scene.poses(rows), strict=True):
            lag = (pose["timestamp"] - row["timestamp"]) / 1e6 if has(pose, "timestamp") else 0.0
            if abs(lag) > POSE_LAG_S:
                first = first or lag
                late.append(row["token"])
    found = f"its ego pose is of a time {first:+.3g} s beside its own"
    yield from faults_of(
        "pose-lag", "sample_data", late, found, "the ego pose at the time of the picture or sweep", refused=False
    )


def _not_interpolated(scene: LogSceneRows) -> Iterator[LogFault]:
    """Pictures and sweeps for which the devkit gives the boxes of another time.

    `NuScenes.get_boxes` interpolates between a row's sample and the sample before, and takes the nearer end for a time
    outside of these two. Here boxes are interpolated to any time, so that reading is not affected.
    """
    before_us = {s["token"]: p["timestamp"] for p, s in pairwise(scene.samples)}
    at, lags, rows = scene.sample_us, [], []
    for row in (row for some in scene.channels.values() for row in some if not row["is_key_frame"]):
        own = at[row["sample_token"]]
        early = before_us.get(row["sample_token"], own)
        lag = max(row["timestamp"] - own, early - row["timestamp"]) / 1e6
        if lag > DEVKIT_LAG_S:
            rows.append(row)
            lags.append(lag)
    if rows:
        off = _fastest_mps(scene) * max(lags)
        found = f"its time is up to {max(lags):.2g} s outside of its sample and the one before, so that nuScenes' "
        found += f"devkit, which does not extrapolate, draws boxes up to {off:.1f} m off (reading here is not affected)"
        wanted = "the next sample after it; after the last keyframe, where there is none, no picture"
        yield from faults_of(
            "not-interpolated", "sample_data", [r["token"] for r in rows], found, wanted, refused=False
        )


def _fastest_mps(scene: LogSceneRows) -> float:
    """The fastest motion of a box from one keyframe to the next."""
    at = scene.sample_us
    seen: dict[str, tuple[float, np.ndarray]] = {}
    fastest = 0.0
    for row in sorted(scene.boxes, key=lambda r: at[r["sample_token"]]):
        t_s, place = at[row["sample_token"]] / 1e6, np.array(row["translation"], float)
        before = seen.get(row["instance_token"])
        if before is not None and 0 < t_s - before[0] <= GAP_S:
            fastest = max(fastest, float(np.linalg.norm(place - before[1])) / (t_s - before[0]))
        seen[row["instance_token"]] = (t_s, place)
    return fastest
