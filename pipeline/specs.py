"""What the user named on the command line: scenario files, folders of them, or names from the shipped library."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from scenarios.document import read_document
from scenarios.faults import Faults, nearest
from scenarios.load import library, understand
from scenarios.scenario import Scenario

_ENDINGS = (".yaml", ".yml")


class NotFound(UserError):
    """A path or name that leads to no scenario file."""


@dataclass(frozen=True)
class Loaded:
    """Every scenario of the files, sweeps expanded, and the faults of the files that have some.

    `dropped` counts the combinations of sweeps that their constraints left out.
    """

    scenarios: tuple[Scenario, ...]
    faults: tuple[Faults, ...]
    dropped: int = 0


def find(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The files behind paths, folders and library names, each once; NotFound says what there is."""
    files = [file for name in names for file in _lookup(name)]
    return tuple(dict.fromkeys(files))


def load_all(files: tuple[Path, ...]) -> Loaded:
    """Read the files; a bad one is reported and does not stop the rest. Equal scenarios come once."""
    scenarios: dict[str, Scenario] = {}
    faults: list[Faults] = []
    dropped = 0
    for file in files:
        try:
            meaning = understand(read_document(file))
        except Faults as found:
            faults.append(found)
            continue
        scenarios |= {scenario.id: scenario for scenario in meaning.scenarios}
        dropped += sum(meaning.dropped.values())
    return Loaded(tuple(scenarios.values()), tuple(faults), dropped)


def _lookup(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        if not (files := _files(path)):
            raise NotFound(f"{name}: a folder without scenario files ({' or '.join(_ENDINGS)})")
        return files
    if path.is_file():
        return [path]
    shipped = library()
    if name not in shipped:  # `cpnco-child` will do for `euro_ncap/cpnco-child`
        shipped |= {file.stem: file for file in shipped.values()}
    if name not in shipped:
        raise NotFound(f"{name}: neither file nor folder, and not in the library, which has {nearest(name, library())}")
    return [shipped[name]]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in _ENDINGS and not p.name.startswith("."))
