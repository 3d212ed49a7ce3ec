"""All checks of a log: of one scene that is to be read, or of a whole folder."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conditioning.logs.box_checks import box_faults
from conditioning.logs.log_fault import LogFault, faults_of, listed, merged, shown
from conditioning.logs.picture_checks import picture_faults
from conditioning.logs.pose_checks import pose_faults
from conditioning.logs.scene_rows import LogSceneRows, scene_rows
from conditioning.logs.table_fields import Row
from conditioning.logs.table_links import scene_chain_faults
from conditioning.logs.tables import LogError, Tables, open_tables, read_tables, version_folders
from conditioning.logs.time_checks import time_faults
from conditioning.logs.tracks import kind_of_category
from scenarios.scenario import FromLog

CHANNEL = "CAM_FRONT"
# Faults that only follow from another one, by its kind and table.
FOLLOWING = {
    ("time-unit", "sample"): ("ego-speed", "box-speed", "pose-rate"),
    ("quaternion-order", "sample_annotation"): ("box-heading",),
    ("quaternion-order", "ego_pose"): ("ego-heading", "far-box", "off-ground", "half-height"),
}


@dataclass(frozen=True)
class LogScene:
    """What a scene of a log holds. `boxes` counts them by category, `left_out` those without a kind of body."""

    version: str
    name: str
    lasts_s: float
    keyframes: int
    pictures: dict[str, int]
    boxes: dict[str, int]
    left_out: dict[str, int]
    readable: bool


@dataclass(frozen=True)
class LogReport:
    """The scenes of a log, and every fault of its tables once."""

    root: Path
    scenes: tuple[LogScene, ...]
    faults: tuple[LogFault, ...]

    @property
    def sound(self) -> bool:
        """Whether every scene can be read."""
        return bool(self.scenes) and not any(fault.refused for fault in self.faults)


def check_scene(tables: Tables, scene: Row, channels: Sequence[str] | None = None) -> tuple[LogFault, ...]:
    """All faults of the tables and of one scene's rows, refused ones first. Files are looked for of `channels`; None:
    of the front camera, whose pictures are read."""
    return merged([*tables.faults, *_scene_faults(tables, scene_rows(tables, scene), channels or (CHANNEL,))])


def check_log(root: Path, name: str = "") -> LogReport:
    """Check every scene of every version folder of a log, or the scenes of one name, with the files of all sensors.

    Raises LogError for a folder without tables, or without a scene of that name.
    """
    scenes: list[LogScene] = []
    faults: list[LogFault] = []
    known: list[str] = []
    for version in version_folders(root):
        try:
            tables = read_tables(version)
        except LogError as error:
            faults.append(
                LogFault(f"tables of {version.name}", version.name, (), 1, str(error), "all tables that are read")
            )
            continue
        faults += tables.faults
        known += [scene["name"] for scene in tables["scene"].values()]
        for scene in tables["scene"].values():
            if name in ("", scene["name"]):
                rows = scene_rows(tables, scene)
                own = _scene_faults(tables, rows, tuple(rows.channels))
                faults += own
                scenes.append(_described(rows, not any(f.refused for f in (*tables.faults, *own))))
    if name and not scenes:
        raise LogError(f"{root}: no scene {name!r} that can be used; there are {listed(sorted(known))}")
    return LogReport(root, tuple(scenes), merged(faults))


def remarks_on(root: Path, starts: Iterable[FromLog]) -> tuple[LogFault, ...]:
    """The remarks with which the scenes are read, each kind once; none of a scene that is refused when it is read."""
    remarks: list[LogFault] = []
    for scene, split in sorted({(start.scene, start.split) for start in starts}):
        try:
            tables = open_tables(root, scene, split)
            faults = check_scene(tables, tables.scene(scene))
        except LogError:
            continue
        if not any(fault.refused for fault in faults):
            remarks += faults
    return merged(remarks)


def _scene_faults(tables: Tables, rows: LogSceneRows, channels: Sequence[str]) -> list[LogFault]:
    pictures = rows.channels.get(CHANNEL, [])
    found = f"scene {shown(rows.scene['name'])} has no {CHANNEL} picture that can be used; its sensors: "
    found += listed(sorted(rows.channels))
    none = [] if pictures else [rows.scene["token"]]
    faults = [
        *scene_chain_faults(tables.named, rows.scene),
        *faults_of("no-pictures", "sample_data", none, found, f"pictures of a sensor with the channel {CHANNEL}"),
        *time_faults(rows, CHANNEL),
        *pose_faults(rows, CHANNEL),
        *box_faults(rows, CHANNEL),
        *picture_faults(rows, CHANNEL, channels),
    ]
    following = {kind for fault in faults for kind in FOLLOWING.get((fault.kind, fault.table), ())}
    return [fault for fault in faults if fault.kind not in following]


def _described(rows: LogSceneRows, readable: bool) -> LogScene:
    times = [s["timestamp"] for s in rows.samples]
    boxes = Counter(rows.category)
    return LogScene(
        rows.tables.version,
        rows.scene["name"],
        (times[-1] - times[0]) / 1e6 if times else 0.0,
        len(times),
        {channel: len(rows.channels[channel]) for channel in sorted(rows.channels)},
        dict(sorted(boxes.items())),
        {name: count for name, count in sorted(boxes.items()) if kind_of_category(name) is None},
        readable,
    )
