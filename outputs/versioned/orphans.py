"""Orphans of a dataset: files of failed merges that no version names and no running merge needs.

A running merge has written files that no version names yet, or found existing ones and touched them
(`outputs.versioned.store.Upload`). So only files older than a minimum age, by the store's clock, are deleted, and the
age of each is read again just before. Files with names that no merge writes are never deleted.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from outputs.nuscenes.tables import TABLES
from outputs.versioned.local_store import Stored
from outputs.versioned.store import Store
from outputs.versioned.versions import LATEST, read_version, version_numbers

WORKERS = 16
AGE = timedelta(days=14)  # longer than any merge; the default of git gc
SCENE, TABLE, PART = "of a scene that no version names", "tables that no version names", "half of a file"

_SCENE = r"(?P<scene>[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12})"
_VERSION = r"v\d{4,}-[0-9a-f]{8}"
_IN_TABLES = "|".join(
    map(re.escape, (*(f"{name}.json" for name in TABLES), "splits.json", "ATTRIBUTION.txt", "README.md"))
)
_FOLDERS = rf"(?:(?:samples|sweeps)/[A-Z0-9_]+|scenes|maps|versions|{_VERSION})/"
_KINDS = (
    (SCENE, re.compile(rf"scenes/{_SCENE}\.json\.gz")),
    (SCENE, re.compile(rf"maps/{_SCENE}\.png")),
    (SCENE, re.compile(rf"(?:samples|sweeps)/(?P<sensor>[A-Z0-9_]+)/{_SCENE}__(?P=sensor)__\d+\.[a-z0-9.]+")),
    (TABLE, re.compile(rf"(?P<tables>{_VERSION})/(?:{_IN_TABLES})")),
    (PART, re.compile(rf"(?P<part>(?:{_FOLDERS})?\.[^/]+\.[0-9a-f]{{12}}\.part|\.parts/[0-9a-f]{{24}})")),
)


class NoVersion(ValueError):
    """The dataset has no version that lists the used files, and its files are not those of a failed first merge."""


@dataclass(frozen=True, order=True)
class OrphanGroup:
    """The owner of files: a scene, a version's tables, or the file itself."""

    kind: str
    name: str


@dataclass(frozen=True)
class Orphans:
    """Files of one group. A scene's rows come first: a merge that finds the rows expects the other files."""

    group: OrphanGroup
    files: tuple[Stored, ...]

    @property
    def frees(self) -> int:
        return sum(file.frees for file in self.files)

    @property
    def changed(self) -> datetime:
        return max(file.changed for file in self.files)


@dataclass(frozen=True)
class OrphanReport:
    """`kept` are younger than the minimum age: a running merge may need them."""

    deleted: tuple[Orphans, ...]
    kept: tuple[Orphans, ...]


def delete_orphans(store: Store, older_than: timedelta = AGE, dry_run: bool = False) -> OrphanReport:
    """Find files that no version names and delete those unchanged for `older_than`; `dry_run` deletes nothing.

    Without any version, the files of a failed first merge are orphans. Raises `NoVersion`, ValueError for a version
    that cannot be read, and the store's own errors.
    """
    named = _NamedGroups(store)
    before = store.now() - older_than
    orphans = tuple(_find_orphans(store, named))
    if not named.numbers:
        _check_failed_first_merge(store, orphans)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="sweep") as executor:
        deleted = tuple(
            one for one in orphans if one.changed < before and (dry_run or _delete(store, one, before, named, executor))
        )
    return OrphanReport(deleted, tuple(one for one in orphans if one not in deleted))


def _check_failed_first_merge(store: Store, orphans: Sequence[Orphans]) -> None:
    """Raise `NoVersion` unless all files can come from a first merge that failed: it writes the scenes' rows before the
    tables, only tables of v0001, and latest.json after the version."""
    tables = [one.group.name for one in orphans if one.group.kind == TABLE]
    rows = any(file.name.startswith("scenes/") for one in orphans for file in one.files)
    if store.stat(LATEST) or any(not name.startswith("v0001-") for name in tables):
        raise NoVersion("it has had versions, but the files in versions/ that list the used files are gone")
    if tables and not rows:
        raise NoVersion("it looks like a copy made by `nearmiss fetch`: no versions/ lists the used files")
    if not orphans:
        raise NoVersion("it has no version and no files of a failed merge")


class _NamedGroups:
    """The groups that versions name; `update` reads the versions added in the meantime."""

    def __init__(self, store: Store) -> None:
        self.store, self.numbers, self.groups = store, set[int](), set[OrphanGroup]()
        self.update()

    def update(self) -> "_NamedGroups":
        for number in set(version_numbers(self.store)) - self.numbers:
            try:
                version = read_version(self.store, number)
            except ValueError as error:
                raise ValueError(f"version {number} is damaged, so its files are unknown: {error}") from None
            scenes = (OrphanGroup(SCENE, f"{clip}-{digest}") for clip, digest in version.scenes.items())
            self.groups.update(scenes, (OrphanGroup(TABLE, version.name),))
            self.numbers.add(number)
        return self

    def __contains__(self, group: OrphanGroup) -> bool:
        return group in self.groups


def _find_orphans(store: Store, named: _NamedGroups) -> Iterator[Orphans]:
    files = ((group, file) for file in store.list_all() if (group := _group_of(file.name)) and group not in named)
    ordered = sorted(files, key=lambda pair: (pair[0], not pair[1].name.startswith("scenes/"), pair[1].name))
    for group, pairs in groupby(ordered, key=lambda pair: pair[0]):
        yield Orphans(group, tuple(file for _, file in pairs))


def _group_of(name: str) -> OrphanGroup | None:
    """The group of a file, None for one that no merge wrote."""
    for kind, pattern in _KINDS:
        if match := pattern.fullmatch(name):
            match_groups = match.groupdict()
            return OrphanGroup(kind, match_groups.get("scene") or match_groups.get("tables") or name)
    return None


def _delete(store: Store, one: Orphans, before: datetime, named: _NamedGroups, executor: Executor) -> bool:
    """Delete the files of one group; False if the group was named or a file was touched in the meantime."""
    if one.group in named.update():
        return False

    first, *rest = one.files
    return store.delete(first.name, before) and all(
        list(executor.map(lambda file: store.delete(file.name, before), rest))
    )
