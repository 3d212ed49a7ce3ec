"""Scenario files given on the command line: files, folders, or names of shipped scenarios."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pipeline.errors import UserError
from scenarios.load import groups, library, suites, understand
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecErrors
from scenarios.source.yaml_document import read_document

_ENDINGS = (".yaml", ".yml")


class NotFound(UserError):
    """A path or name without scenario files."""


class NoLog(UserError):
    """A scenario starts from a log, but no log was given."""


@dataclass(frozen=True)
class Loaded:
    """All scenarios of the files, sweeps expanded, and the faults of invalid files.

    `dropped` counts the combinations of sweeps that constraints exclude.
    """

    scenarios: tuple[Scenario, ...]
    faults: tuple[SpecErrors, ...]
    dropped: int = 0


def find(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The files of paths, folders and library names, each once. Raises `NotFound`."""
    files = [file for name in names for file in _lookup(name)]
    return tuple(dict.fromkeys(files))


def load_all(files: tuple[Path, ...]) -> Loaded:
    """Read the files; an invalid one is reported and does not stop the others. Equal scenarios are returned once."""
    scenarios: dict[str, Scenario] = {}
    faults: list[SpecErrors] = []
    dropped = 0
    for file in files:
        try:
            meaning = understand(read_document(file))
        except SpecErrors as found:
            faults.append(found)
            continue
        scenarios |= {scenario.id: scenario for scenario in meaning.scenarios}
        dropped += sum(meaning.dropped.values())
    return Loaded(tuple(scenarios.values()), tuple(faults), dropped)


def refuse_unused_log(scenarios: Sequence[Scenario], faults: Sequence[SpecErrors], log: Path | None) -> None:
    """Raise `NoLog` for a log from which no scenario starts. Files with faults may start from it."""
    if log is not None and not faults and not any(scenario.from_log for scenario in scenarios):
        raise NoLog(f"--log {log} would have no effect: no scenario starts `from:` a log")


def _lookup(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        if not (files := _files(path)):
            raise NotFound(f"{name}: a folder without scenario files ({' or '.join(_ENDINGS)})")
        return files
    if path.is_file():
        return [path]
    shipped = library() | suites()
    short = {file.stem: file for file in shipped.values()}  # `ccrb` is enough for `euro_ncap_2023/ccrb`
    if name in groups():
        return list(groups()[name])
    if (file := (short | shipped).get(name)) is not None:
        return [file]
    raise NotFound(f"{name}: not a file, not a folder, and not the name of a shipped scenario{_nearest(name, short)}")


def _nearest(name: str, short: dict[str, Path]) -> str:
    close = get_close_matches(name.rpartition("/")[2], short, n=2)
    full = [long for long, file in (library() | suites()).items() if file.stem in close]
    return f"; did you mean {' or '.join(full)}?" if full else "; `nearmiss library` lists the names"


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in _ENDINGS and not p.name.startswith("."))
