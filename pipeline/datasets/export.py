"""Datasets in any format of the registry `outputs.exporters`, from a run folder or a version of a merged dataset."""

from dataclasses import dataclass
from pathlib import Path

from outputs.atomic_write import whole_folder
from outputs.clips.inventory import describe_damages
from outputs.export_format import ExportFormat
from outputs.exporters import EXPORTERS
from outputs.nuscenes.export import NUSCENES
from outputs.versioned.fetch import fetch_version, find_version
from outputs.versioned.store import BadAddress, open_store
from pipeline.datasets.garbage_collect import is_dataset
from pipeline.errors import UserError
from pipeline.runs.run_folder import Run, State, look, run_around, run_instead
from scenarios.source.counts import listed_counts


class DatasetNotExported(UserError):
    """The dataset cannot be exported; nothing was written."""


@dataclass(frozen=True)
class RunDataset:
    """A run's dataset in one format."""

    format: ExportFormat
    folder: Path

    @property
    def opens(self) -> str:
        return self.format.opens.format(place=self.folder)


def datasets_of(run: Run) -> tuple[RunDataset, ...]:
    """One dataset for each format requested by any start of the run: `dataset` for nuScenes, `dataset-<format>` else.

    RegistryError for a format that is not registered.
    """
    saved = [start.goes_on_with for start in run.file().starts]
    names = [name for one in saved for name in (one.formats if one else (NUSCENES.name,))]
    formats = [EXPORTERS.get(name) for name in dict.fromkeys(names)]
    return tuple(RunDataset(one, run.path / dataset_folder(one.name)) for one in formats)


def dataset_folder(name: str) -> str:
    return "dataset" if name == NUSCENES.name else f"dataset-{name}"


def export_dataset(place: str, name: str, out: Path, version: str | None = None) -> str:
    """Write the clips of a run folder or a merged dataset to the new folder `out`; returns a summary.

    The files are validated before `out` appears. Raises `DatasetNotExported` or RegistryError.
    """
    chosen = EXPORTERS.get(name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetNotExported(f"--out {out} exists and is not empty: name a new folder")
    try:
        with whole_folder(out) as part:
            merged = is_dataset(place) and run_around(place) is None
            summary = _of_dataset(place, chosen, part, version) if merged else _of_run(place, chosen, part)
            if problems := chosen.validate(part):
                raise DatasetNotExported(
                    f"{place} gives an invalid dataset in format {name}, nothing was kept: {'; '.join(problems[:10])}"
                )
    except (OSError, ValueError) as error:
        raise DatasetNotExported(f"{place}: {error}") from error
    return summary


def _of_run(place: str, chosen: ExportFormat, out: Path) -> str:
    if not (Path(place) / "run.json").is_file():
        neither = f"{place} is neither a run folder (no run.json) nor a merged dataset (no versions/)"
        raise DatasetNotExported(neither + run_instead(place))
    clips = look(Path(place)).folders(State.ACCEPTED)
    if not clips:
        raise DatasetNotExported(f"{place} has no accepted clip")
    if damage := describe_damages(clips):
        raise DatasetNotExported(f"{place}: {damage}")
    return chosen.write(clips, out)


def _of_dataset(place: str, chosen: ExportFormat, out: Path, version: str | None) -> str:
    if not chosen.versions:
        held = ", ".join(one.name for one in EXPORTERS if one.versions)
        raise DatasetNotExported(
            f"{place} is a merged dataset: it has tables in format {held}, but not the clips that {chosen.name} is "
            "written from; export the merged run folders one by one"
        )
    try:
        store = open_store(place)
    except BadAddress as error:
        raise DatasetNotExported(str(error)) from None
    wanted = find_version(store, version)
    fetch_version(store, wanted, out)
    holds = listed_counts(scene=len(wanted.scenes), sample=wanted.samples, annotation=wanted.annotations)
    return f"{wanted.name}: {holds}"
