"""What merges that died left in a dataset: files that no version names, and that nobody is about to name.

A merge at work has written files that no version names yet, or found them there and renewed their age
(`outputs.versioned.store.Hold`). So only what was let alone for a while goes, by the store's own clock, and each file
is looked at once more right before. Names that no merge gives are never touched.
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
from outputs.versioned.versions import LATEST, read_version, versions

HANDS = 16
AGE = timedelta(days=14)  # longer than any merge takes; git's own for the same question
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
    """A place where no version says what is in use, and which is not what a first merge left."""


@dataclass(frozen=True, order=True)
class OrphanGroup:
    """What files belong to: a scene, a version's tables, or itself."""

    what: str
    name: str


@dataclass(frozen=True)
class Orphans:
    """Files that belong together, a scene's rows first: who finds those expects the others."""

    thing: OrphanGroup
    files: tuple[Stored, ...]

    @property
    def frees(self) -> int:
        return sum(file.frees for file in self.files)

    @property
    def changed(self) -> datetime:
        return max(file.changed for file in self.files)


@dataclass(frozen=True)
class Swept:
    """`spared` are too young to go: a merge may be about to name them."""

    taken: tuple[Orphans, ...]
    spared: tuple[Orphans, ...]


def sweep(store: Store, older_than: timedelta = AGE, dry_run: bool = False) -> Swept:
    """Find what no version names and, unless `dry_run`, take away what nobody has touched for `older_than`.

    Where there is no version, that is what a first merge left. Raises `NoVersion`, ValueError for a version that cannot
    be read, and what the store raises.
    """
    named = _Named(store)
    before = store.now() - older_than
    found = tuple(_unnamed(store, named))
    if not named.numbers:
        _refuse_lost(store, found)
    with ThreadPoolExecutor(HANDS, thread_name_prefix="sweep") as hands:
        taken = tuple(
            one for one in found if one.changed < before and (dry_run or _taken(store, one, before, named, hands))
        )
    return Swept(taken, tuple(one for one in found if one not in taken))


def _refuse_lost(store: Store, found: Sequence[Orphans]) -> None:
    """Raise `NoVersion` unless these are all that a merge leaves which dies before its version is the first: it writes
    the scenes' rows before their tables, the tables of v0001 only, and latest.json after the version."""
    tables = [one.thing.name for one in found if one.thing.what == TABLE]
    rows = any(file.name.startswith("scenes/") for one in found for file in one.files)
    if store.look(LATEST) or any(not name.startswith("v0001-") for name in tables):
        raise NoVersion("it has had versions, and the files in versions/ that say what they use are gone")
    if tables and not rows:
        raise NoVersion("it looks like a copy made by `nearmiss fetch`: no versions/ says what it uses")
    if not found:
        raise NoVersion("it has no version, and nothing that a merge left")


class _Named:
    """What the versions name, those included that were added since somebody last asked."""

    def __init__(self, store: Store) -> None:
        self.store, self.numbers, self.things = store, set[int](), set[OrphanGroup]()
        self.look()

    def look(self) -> "_Named":
        for number in set(versions(self.store)) - self.numbers:
            try:
                version = read_version(self.store, number)
            except ValueError as error:
                raise ValueError(f"version {number} is damaged, so that nobody knows what it names: {error}") from None
            scenes = (OrphanGroup(SCENE, f"{clip}-{digest}") for clip, digest in version.scenes.items())
            self.things.update(scenes, (OrphanGroup(TABLE, version.name),))
            self.numbers.add(number)
        return self

    def __contains__(self, thing: OrphanGroup) -> bool:
        return thing in self.things


def _unnamed(store: Store, named: _Named) -> Iterator[Orphans]:
    ours = ((thing, file) for file in store.everything() if (thing := _thing(file.name)) and thing not in named)
    ordered = sorted(ours, key=lambda pair: (pair[0], not pair[1].name.startswith("scenes/"), pair[1].name))
    for thing, pairs in groupby(ordered, key=lambda pair: pair[0]):
        yield Orphans(thing, tuple(file for _, file in pairs))


def _thing(name: str) -> OrphanGroup | None:
    """What a file belongs to, None for one that no merge wrote."""
    for what, pattern in _KINDS:
        if match := pattern.fullmatch(name):
            named = match.groupdict()
            return OrphanGroup(what, named.get("scene") or named.get("tables") or name)
    return None


def _taken(store: Store, one: Orphans, before: datetime, named: _Named, hands: Executor) -> bool:
    """Whether all of it went: what has been named or renewed since it was found stays."""
    if one.thing in named.look():
        return False

    first, *rest = one.files
    return store.take(first.name, before) and all(list(hands.map(lambda file: store.take(file.name, before), rest)))
