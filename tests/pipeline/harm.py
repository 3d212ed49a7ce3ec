"""Watches that do harm to the batch they look at, for batches that Ray spreads over workers."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.batch.generate import generate, make_plan
from pipeline.batch.resume import resume
from pipeline.runs.clip_outcome import Ending
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from tests.pipeline.troubles import Batch


def request_of(batch: Batch) -> RunConfig:
    return RunConfig(paths=(str(batch.folder / "batch.yaml"),), out=batch.out, preset="speck", weights=batch.weights)


def planned(batch: Batch) -> list[str]:
    """The clips that the batch means, in order."""
    return [job.clip for job in make_plan(request_of(batch)).jobs]


@dataclass
class Trouble:
    """A watch that does harm soon after a clip has ended, while others are in work, as often as it is told to."""

    times: int
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    done: int = 0

    def begins(self, run: Path, missing: int, there: int) -> None:
        pass

    def ended(self, ending: Ending) -> None:
        if self.done < self.times:
            time.sleep(self.chance.uniform(0.0, 0.5))
            self.done += self.harm()

    def harm(self) -> bool | None:
        raise NotImplementedError


def all_of(batch: Batch, how: ExecutionConfig, trouble: Trouble) -> None:
    """Begin, and go on until nothing is missing: an item that was hit three times is left for the next start."""
    summary = generate(request_of(batch), how, trouble)
    for _ in range(trouble.times):
        if summary.complete:
            return
        assert all(failure.transient for failure in summary.failures)
        (summary,) = resume(batch.out, trouble)
    assert summary.complete
