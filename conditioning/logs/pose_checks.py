"""Poses of a log's scene: norms and order of quaternions, ego motion, rate of poses, calibration of cameras."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from conditioning.logs.box_motion import ALONG, FASTEST_MPS, UPRIGHT, box_steps, ego_cosines
from conditioning.logs.log_fault import LogFault, faults_of, plain, shown
from conditioning.logs.scene_rows import LogSceneRows, places, pose_steps, rotations, seconds, turned, up_axis
from conditioning.logs.table_fields import Row, has
from scenarios.rollout import LONGEST_POSE_STEP_S

FIELD_OF_VIEW_DEG = (15.0, 175.0)
MIDDLE = (0.25, 0.75)  # of a picture's width and height: the principal point of a picture that was not resized
FARTHEST_MOUNT_M = 10.0
ORDER = "w, x, y, z: no turn is [1, 0, 0, 0]"


def pose_faults(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """Faults of ego poses, boxes' rotations and the sensors' calibration; `read` is the channel that is read."""
    ego = _unique(pose for rows in scene.channels.values() for pose in scene.poses(rows))
    mounts = _unique(
        scene.tables["calibrated_sensor"][row["calibrated_sensor_token"]]
        for rows in scene.channels.values()
        for row in rows
    )
    for table, rows in (("ego_pose", ego), ("calibrated_sensor", mounts), ("sample_annotation", scene.boxes)):
        yield from _norms(table, rows)
    yield from _upright("ego_pose", ego, "an ego")
    yield from _upright("sample_annotation", scene.boxes, "a box")
    pictures = scene.channels.get(read, [])
    if pictures:
        yield from _ego_motion(pictures, scene.poses(pictures))
        yield from _ego_heading(scene, read)
    for channel, rows in scene.channels.items():
        if (
            scene.tables["sensor"][_mount(scene, rows[0])["sensor_token"]].get("modality") == "camera"
            or channel == read
        ):
            yield from _camera_faults(channel, _unique(_mount(scene, row) for row in rows), rows[0], channel == read)
    yield from _one_camera(scene, read, pictures)
    yield from _mounts(mounts)


def _one_camera(scene: LogSceneRows, read: str, pictures: Sequence[Row]) -> Iterator[LogFault]:
    """Pictures of another size or calibration than the first one's, with which all are read."""
    if not pictures:
        return
    size = pictures[0].get("width"), pictures[0].get("height")
    other = [row["token"] for row in pictures if (row.get("width"), row.get("height")) != size]
    found = f"{plain(read)} has pictures of other sizes than its first one, {shown(size[0])} x {shown(size[1])}"
    yield from faults_of("several-sizes", "sample_data", other, found, "one size in a scene")
    first = _calibration(_mount(scene, pictures[0]))
    moved = [row["token"] for row in pictures if _calibration(_mount(scene, row)) != first]
    found = f"{plain(read)} has another calibration than in its first picture, with which all pictures are read"
    yield from faults_of("several-calibrations", "sample_data", moved, found, "one in a scene", refused=False)


def _calibration(mount: Row) -> tuple[object, ...]:
    return mount["translation"], mount["rotation"], mount["camera_intrinsic"]


def _mount(scene: LogSceneRows, row: Row) -> Row:
    return scene.tables["calibrated_sensor"][row["calibrated_sensor_token"]]


def _unique(rows: Iterator[Row]) -> list[Row]:
    return list({row["token"]: row for row in rows}.values())


def _norms(table: str, rows: Sequence[Row]) -> Iterator[LogFault]:
    wrong = [row for row, good in zip(rows, turned(rows), strict=True) if not good]
    if wrong:
        norm = float(np.linalg.norm(rotations(wrong[:1])))
        found = f"rotation {shown(wrong[0]['rotation'])} has the norm {norm:.3g}"
        yield from faults_of("quaternion-norm", table, [r["token"] for r in wrong], found, f"a norm of 1, {ORDER}")


def _turned(rows: Sequence[Row]) -> list[Row]:
    return [row for row, good in zip(rows, turned(rows), strict=True) if good]


def _upright(table: str, some: Sequence[Row], what: str) -> Iterator[LogFault]:
    """Bodies that lie on their side, and quaternions in the order x, y, z, w, read in which nearly all are upright."""
    rows = _turned(some)
    turns = rotations(rows)
    wrong = up_axis(turns) < UPRIGHT
    if not wrong.any():
        return
    other = up_axis(np.roll(turns, 1, axis=1))
    tokens = [rows[i]["token"] for i in np.flatnonzero(wrong)]
    example = shown(rows[int(np.flatnonzero(wrong)[0])]["rotation"])
    if wrong.mean() > 0.05 and (other[wrong] > UPRIGHT).mean() > 0.9 and (other > UPRIGHT).mean() > 0.9:
        found = f"rotation {example} and the like lay {what} on its side; in the order x, y, z, w it stands upright"
        yield from faults_of("quaternion-order", table, tokens, found, ORDER)
    else:
        found = f"rotation {example} lays {what} on its side or its roof"
        yield from faults_of("not-upright", table, tokens, found, f"the z axis up, {ORDER}", refused=False)


def _ego_motion(pictures: Sequence[Row], poses: Sequence[Row]) -> Iterator[LogFault]:
    t_s, place = seconds(pictures), places(poses)
    step, apart = np.linalg.norm(np.diff(place, axis=0), axis=1), np.diff(t_s)
    speed = np.divide(step, apart, out=np.zeros_like(step), where=apart > 0)
    fast = np.flatnonzero(speed > FASTEST_MPS)
    if len(fast):
        found = f"the ego gets here from the pose before at {speed[fast[0]]:.4g} m/s"
        wanted = f"less than {FASTEST_MPS:g} m/s, in metres and microseconds"
        yield from faults_of(
            "ego-speed", "ego_pose", [poses[i + 1]["token"] for i in fast], found, wanted, refused=False
        )
    steps = pose_steps(t_s, poses)
    rare = np.flatnonzero(steps > LONGEST_POSE_STEP_S + 1e-9)
    if len(rare):
        found = f"no new ego pose for up to {steps.max():.2g} s: the physics checks of the ego are inconclusive there"
        wanted = f"a pose at least every {LONGEST_POSE_STEP_S:.2g} s"
        yield from faults_of("pose-rate", "ego_pose", [poses[i]["token"] for i in rare], found, wanted, refused=False)


def _ego_heading(scene: LogSceneRows, read: str) -> Iterator[LogFault]:
    """An ego whose frame does not point along its motion: x is forward.

    One that reverses at a heading of 180 degrees looks like one whose quaternion is in another order: then the boxes,
    which the same converter wrote, decide.
    """
    cosines = ego_cosines(scene, read)
    if cosines is None:
        return
    stored, other = np.median(cosines, axis=0).tolist()
    poses = scene.poses(scene.channels[read])
    if (up_axis(rotations(poses)) < UPRIGHT).mean() > 0.1:
        return  # told by _upright
    tokens = [row["token"] for row in poses]
    degrees = np.degrees(np.arccos(np.clip(stored, -1, 1)))
    if stored < ALONG and other > 0.95 and not box_steps(scene).ahead:
        found = f"the ego moves at {degrees:.0f} degrees to its heading; in the order x, y, z, w it moves along it"
        yield from faults_of("quaternion-order", "ego_pose", tokens, found, ORDER)
    elif stored < -ALONG:
        wanted = "x forward in the ego's frame, unless it reverses"
        hint = " (in the order x, y, z, w it moves along its heading)" if other > ALONG else ""
        found = f"the ego moves backwards nearly all the time{hint}"
        yield from faults_of("ego-heading", "ego_pose", tokens, found, wanted, refused=False)
    elif stored < ALONG:
        found = f"the ego moves at {degrees:.0f} degrees to its heading"
        always = bool((cosines[:, 0] < ALONG).mean() > 0.9)  # one that slides first drove along its heading
        wanted = "x forward and y left in the ego's frame"
        yield from faults_of("ego-heading", "ego_pose", tokens, found, wanted, refused=always)


def _camera_faults(channel: str, mounts: Sequence[Row], picture: Row, refused: bool) -> Iterator[LogFault]:
    for mount in mounts:
        own = [mount["token"]]
        if mount["camera_intrinsic"] == []:
            yield from faults_of(
                "no-intrinsic",
                "calibrated_sensor",
                own,
                f"{plain(channel)} has no camera_intrinsic",
                "three rows: [fx, 0, cx], [0, fy, cy], [0, 0, 1], pixels",
                refused=refused,
            )
        else:
            yield from _intrinsic(channel, own, np.array(mount["camera_intrinsic"], float), picture, refused)
        if any(_some(mount.get(name)) for name in ("camera_distortion", "distortion")):
            yield from faults_of(
                "distortion",
                "calibrated_sensor",
                own,
                f"{plain(channel)} has a distortion, which is ignored",
                "pictures without distortion",
                refused=False,
            )
    yield from _camera_turns(channel, _turned(mounts), refused)


def _some(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(v, int | float) and v != 0 for v in value)


def _intrinsic(channel: str, own: list[str], matrix: np.ndarray, picture: Row, refused: bool) -> Iterator[LogFault]:
    shape = f"camera_intrinsic of {plain(channel)} is {shown(matrix.tolist())}"
    if matrix[0, 0] <= 0 or matrix[1, 1] <= 0 or not np.allclose(matrix[[1, 2, 2, 2], [0, 0, 1, 2]], [0, 0, 0, 1]):
        yield from faults_of(
            "intrinsic-form",
            "calibrated_sensor",
            own,
            shape,
            "[fx, 0, cx], [0, fy, cy], [0, 0, 1] with focal lengths above 0",
            refused=refused,
        )
        return
    if not (has(picture, "width", "height") and picture["width"] > 0 and picture["height"] > 0):
        found = f"{plain(channel)} has the size {shown(picture.get('width'))} x {shown(picture.get('height'))}"
        yield from faults_of(
            "picture-without-size",
            "sample_data",
            [picture["token"]],
            found,
            "the picture's width and height in pixels",
            refused=refused,
        )
        return
    size = np.array([picture["width"], picture["height"]], float)
    low, high = MIDDLE
    middle = matrix[:2, 2] / size
    if ((middle < low) | (middle > high)).any():
        found = (
            f"the principal point of {plain(channel)} is at {middle[0]:.2f} of the width and {middle[1]:.2f} of the "
        )
        found += f"height of pictures of {picture['width']} x {picture['height']}"
        yield from faults_of(
            "principal-point",
            "calibrated_sensor",
            own,
            found,
            "about the middle; a camera_intrinsic of the pictures' own size, not of a size before resizing",
            refused=False,
        )
    view = np.degrees(2 * np.arctan(size / 2 / matrix[[0, 1], [0, 1]]))
    if not FIELD_OF_VIEW_DEG[0] <= view[0] <= FIELD_OF_VIEW_DEG[1] or not 0.9 <= matrix[0, 0] / matrix[1, 1] <= 1.1:
        found = f"{plain(channel)} sees {view[0]:.3g} x {view[1]:.3g} degrees "
        found += f"(fx {matrix[0, 0]:.4g}, fy {matrix[1, 1]:.4g} px)"
        yield from faults_of(
            "field-of-view",
            "calibrated_sensor",
            own,
            found,
            f"fx about fy, and a field of view of {FIELD_OF_VIEW_DEG[0]:g} to {FIELD_OF_VIEW_DEG[1]:g} degrees",
            refused=False,
        )


def _camera_turns(channel: str, mounts: Sequence[Row], refused: bool) -> Iterator[LogFault]:
    """Cameras whose picture is not upright: their y axis must point down, in the ego's frame."""
    turns = rotations(mounts)
    down, other = _y_down(turns), _y_down(np.roll(turns, 1, axis=1))
    for i in np.flatnonzero(down < UPRIGHT):
        own, example = [mounts[i]["token"]], shown(mounts[i]["rotation"])
        if other[i] > UPRIGHT:
            found = f"rotation {example} tilts {plain(channel)}; in the order x, y, z, w its picture is upright"
            yield from faults_of("quaternion-order", "calibrated_sensor", own, found, ORDER, refused=refused)
        else:
            found = f"rotation {example} tilts {plain(channel)}: its picture is not upright"
            yield from faults_of(
                "camera-tilt",
                "calibrated_sensor",
                own,
                found,
                "the camera's x right, y down, z forward in the ego's x forward, y left, z up",
                refused=False,
            )


def _y_down(w_x_y_z: Float[np.ndarray, "row 4"]) -> Float[np.ndarray, "row"]:
    w, x, y, z = w_x_y_z.T
    return -2 * (y * z + w * x)


def _mounts(mounts: Sequence[Row]) -> Iterator[LogFault]:
    far = [m for m in mounts if np.linalg.norm(m["translation"]) > FARTHEST_MOUNT_M]
    if far:
        found = (
            f"a sensor at {shown(far[0]['translation'])}, {np.linalg.norm(far[0]['translation']):.3g} m from the ego"
        )
        yield from faults_of(
            "far-mount",
            "calibrated_sensor",
            [m["token"] for m in far],
            found,
            "metres in the ego's frame",
            refused=False,
        )
