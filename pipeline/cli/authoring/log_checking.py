"""`nearmiss check-log`: what a log holds and what is wrong with its tables. Draws nothing, runs no network."""

from pathlib import Path

from rich.console import Console

from conditioning.logs.check_log import LogReport, LogScene, check_log
from pipeline.cli.json_output import CheckLogDocument, JsonLogScene, log_fault_json, print_document


def check_log_folder(root: Path, scene: str, as_json: bool, console: Console) -> bool:
    """Print a log's scenes and every fault once, refused ones first; False if a scene cannot be read.

    Raises LogError for a folder without tables, or without a scene of that name.
    """
    report = check_log(root, scene)
    if as_json:
        scenes = tuple(JsonLogScene(**vars(one)) for one in report.scenes)
        faults = tuple(map(log_fault_json, report.faults))
        print_document(CheckLogDocument(ok=report.sound, log=str(root), scenes=scenes, faults=faults), console)
    else:
        _print_report(report, console)
    return report.sound


def _print_report(report: LogReport, console: Console) -> None:
    refused = sum(fault.refused for fault in report.faults)
    readable = sum(scene.readable for scene in report.scenes)
    counted = f"scenes: {len(report.scenes)}, can be read: {readable}; faults that are refused: {refused}, "
    head = f"{'ok' if report.sound else 'not ok'}: {counted}remarks: {len(report.faults) - refused}"
    _print(console, head, "green" if report.sound else "red")
    for scene in report.scenes:
        _print(console, f"{scene.version} {scene.name}", "bold" if scene.readable else "red")
        for line in _holdings(scene):
            _print(console, f"  {line}", "")
    for fault in report.faults:
        _print(console, f"{'refused' if fault.refused else 'remark '}  {fault}", "red" if fault.refused else "yellow")


def _holdings(scene: LogScene) -> list[str]:
    lines = [f"{scene.lasts_s:.1f} s, {scene.keyframes} keyframes", _counted("pictures and sweeps", scene.pictures)]
    lines.append(_counted("boxes", scene.boxes))
    return [*lines, _counted("left out", scene.left_out)] if scene.left_out else lines


def _counted(what: str, counts: dict[str, int]) -> str:
    return f"{what}: {', '.join(f'{count} {name}' for name, count in counts.items()) or 'none'}"


def _print(console: Console, text: str, style: str) -> None:
    console.print(text, style=style or None, markup=False, highlight=False, soft_wrap=True)
