"""Measure the time of a clip's stages and show the running stage in a file."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from outputs.atomic_write import write_text
from pipeline.runs.clip_outcome import RunningStage, read_stage
from pipeline.runs.run_folder import UNFINISHED


class Stopwatch:
    """`with clock("judge"):` adds the seconds of its block to `seconds["judge"]`.

    The running stage is written to the files `shows`, one for each clip, for the progress display and for failures.
    `begun` are the seconds of earlier stages.
    """

    def __init__(self, *shows: Path, begun: Mapping[str, float] = MappingProxyType({})) -> None:
        self.seconds: dict[str, float] = dict(begun)
        self.shows = shows

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """If the block raises, its seconds are not counted."""
        for shown in self.shows:
            write_text(shown, json.dumps(dict(RunningStage(stage=stage, since=time.time()))))
        begun = time.perf_counter()
        yield
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - begun, 3)

    def stop(self) -> None:
        """Delete the files with the running stage."""
        for shown in self.shows:
            shown.unlink(missing_ok=True)


def in_work(run: Path) -> list[tuple[str, str, float]]:
    """Clip, stage and seconds in that stage of every clip that is being made in a run folder."""
    rows = []
    for path in sorted((run / UNFINISHED).glob("*.stage")):
        try:
            shown = read_stage(path)
        except (OSError, ValueError):  # it ended, or is being written
            continue
        since = max(0.0, time.time() - shown.since)  # the clock may have been set back
        rows.append((path.name.split(".")[0], shown.stage, since))
    return rows
