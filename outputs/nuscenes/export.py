"""The dataset format `nuscenes` of the registry."""

from collections.abc import Sequence
from pathlib import Path

from outputs.defaults import FIRST_FORMAT
from outputs.export_format import ExportFormat
from outputs.nuscenes.dataset import VERSION, write_dataset
from scenarios.source.counts import listed_counts


def _write(clips: Sequence[Path], root: Path) -> str:
    made = write_dataset(clips, root)
    return listed_counts(scene=made.scenes, sample=made.samples, annotation=made.annotations)


def _validate(root: Path) -> tuple[str, ...]:
    """Check every version in the folder with nuScenes' own devkit."""
    from outputs.nuscenes.validate import check_dataset

    versions = sorted(path.parent.name for path in root.glob("*/sample.json"))
    if not versions:
        return ("no folder of tables",)
    return tuple(f"{version}: {problem}" for version in versions for problem in check_dataset(root, version).faults)


NUSCENES = ExportFormat(
    FIRST_FORMAT, "nuScenes tables, pictures, sweeps and maps, for nuscenes-devkit 1.2", _write, _validate,
    opens=f"NuScenes('{VERSION}', '{{place}}')", versions=True,
)  # fmt: skip
