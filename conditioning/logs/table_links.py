"""Links between rows of a log's tables: dangling tokens, and chains of prev and next that are broken or circular."""

from collections.abc import Iterator, Mapping

from conditioning.logs.log_fault import LogFault, faults_of, shown
from conditioning.logs.table_fields import Row, has

# Fields that reading follows; nuScenes' devkit follows them while it loads.
FOLLOWED: tuple[tuple[str, str, str], ...] = (
    ("scene", "first_sample_token", "sample"),
    ("sample_data", "sample_token", "sample"),
    ("sample_data", "ego_pose_token", "ego_pose"),
    ("sample_data", "calibrated_sensor_token", "calibrated_sensor"),
    ("sample_annotation", "sample_token", "sample"),
    ("sample_annotation", "instance_token", "instance"),
    ("instance", "category_token", "category"),
    ("calibrated_sensor", "sensor_token", "sensor"),
)
ONLY_THE_DEVKIT: tuple[tuple[str, str, str], ...] = (
    ("scene", "last_sample_token", "sample"),
    ("sample", "scene_token", "scene"),
    ("instance", "first_annotation_token", "sample_annotation"),
    ("instance", "last_annotation_token", "sample_annotation"),
)
CHAINED = {"sample": "keyframe", "sample_data": "picture or sweep", "sample_annotation": "box"}
Rows = Mapping[str, Mapping[str, Row]]


def link_faults(rows: Rows) -> Iterator[LogFault]:
    """Tokens that name no row, and faults of chains; `rows` are all rows with a token, by table."""
    for links, refused in ((FOLLOWED, True), (ONLY_THE_DEVKIT, False)):
        for table, field, target in links:
            yield from _dangling(rows, table, field, target, refused)
    for table in CHAINED:
        yield from _chain_faults(table, rows[table])
    yield from _counts(rows)


def _link(row: Row, field: str) -> str:
    """The token in a field; "" if there is none, also where the field holds something else."""
    value = row.get(field)
    return value if isinstance(value, str) else ""


def _dangling(rows: Rows, table: str, field: str, target: str, refused: bool) -> Iterator[LogFault]:
    there = rows[target]
    wrong = {t: row for t, row in rows[table].items() if _link(row, field) and row[field] not in there}
    if wrong:
        example = shown(next(iter(wrong.values()))[field])
        found = f"{field} {example} names no row of {target}"
        yield from faults_of(f"dangling-{field}", table, wrong, found, f"a token of {target}", refused=refused)


def _chain_faults(table: str, rows: Mapping[str, Row]) -> Iterator[LogFault]:
    refused = table == "sample"  # the only chain that reading follows; the others are sorted by time
    for field, back in (("next", "prev"), ("prev", "next")):
        linked = {t: row for t, row in rows.items() if _link(row, field)}
        lost = [t for t, row in linked.items() if row[field] not in rows]
        wanted = f'a token of {table}, or "" at the chain\'s end'
        yield from faults_of(
            f"dangling-{field}", table, lost, f"{field} names no row", wanted, refused=refused and field == "next"
        )
        one_way = [
            t for t, row in linked.items()
            if (other := rows.get(row[field])) is not None and isinstance(other.get(back), str) and other[back] != t
        ]  # fmt: skip
        found = f"{back} of its {field} row names another row"
        yield from faults_of(
            f"chain-{field}",
            table,
            one_way,
            found,
            f"a chain in both directions: {back} of the {field} row is this row",
            refused=refused,
        )
    circle = _on_circles(rows)
    found = "next leads back to the row itself: the chain is a circle"
    yield from faults_of(
        "chain-circle",
        table,
        circle,
        found,
        f'one {CHAINED[table]} after the other, and "" in the last',
        refused=refused,
    )


def _on_circles(rows: Mapping[str, Row]) -> list[str]:
    """Tokens of rows from which `next` leads back to them."""
    done: set[str] = set()
    found: list[str] = []
    for start in rows:
        path: dict[str, int] = {}
        token = start
        while token in rows and token not in done and token not in path:
            path[token] = len(path)
            token = _link(rows[token], "next")
        if token in path:
            found += list(path)[path[token] :]
        done.update(path)
    return found


def _counts(rows: Rows) -> Iterator[LogFault]:
    """nbr_annotations of instances: the devkit's users trust it."""
    count: dict[str, int] = {}
    for row in rows["sample_annotation"].values():
        if _link(row, "instance_token"):
            count[row["instance_token"]] = count.get(row["instance_token"], 0) + 1
    wrong = {
        t: row for t, row in rows["instance"].items()
        if has(row, "nbr_annotations") and row["nbr_annotations"] != count.get(t, 0)
    }  # fmt: skip
    if wrong:
        token, row = next(iter(wrong.items()))
        found = f"nbr_annotations is {shown(row['nbr_annotations'])}, but {count.get(token, 0)} boxes name it"
        yield from faults_of("count", "instance", wrong, found, "the number of its boxes", refused=False)


def scene_chain_faults(rows: Rows, scene: Row) -> Iterator[LogFault]:
    """Whether the chain of a scene's keyframes reaches all of its samples and ends at its last one."""
    reached = list(sample_chain(rows, scene))
    if not reached:
        return
    wanted = "a chain from first_sample_token over every sample of the scene to last_sample_token"
    if has(scene, "last_sample_token") and scene["last_sample_token"] != reached[-1]:
        found = f"the chain of keyframes ends at sample {shown(reached[-1])}, and last_sample_token is " + shown(
            scene["last_sample_token"]
        )
        yield from faults_of("chain-end", "scene", [scene["token"]], found, wanted)
    of_scene = {t for t, row in rows["sample"].items() if row.get("scene_token") == scene["token"]}
    left = sorted(of_scene - set(reached))
    yield from faults_of(
        "chain-left-out",
        "sample",
        left,
        f"a sample of scene {shown(scene['name'])} that its chain does not reach",
        wanted,
    )
    others = [t for t in reached if has(rows["sample"][t], "scene_token") and t not in of_scene]
    yield from faults_of(
        "chain-other-scene",
        "sample",
        others,
        f"a keyframe in the chain of scene {shown(scene['name'])} that names another scene",
        "one scene in a chain",
    )
    if has(scene, "nbr_samples") and scene["nbr_samples"] != len(reached):
        found = f"nbr_samples is {shown(scene['nbr_samples'])}, and its chain has {len(reached)}"
        yield from faults_of("count", "scene", [scene["token"]], found, "the number of its samples", refused=False)


def sample_chain(rows: Rows, scene: Row) -> Iterator[str]:
    """Tokens of a scene's keyframes along `next`, up to one that is missing or was passed before."""
    token, passed = scene.get("first_sample_token"), set()
    while isinstance(token, str) and token in rows["sample"] and token not in passed:
        yield token
        passed.add(token)
        token = rows["sample"][token].get("next")
