"""Progress observers that kill parts of a batch that runs on Ray."""

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
    """The clips of the batch, in order."""
    return [job.clip for job in make_plan(request_of(batch)).jobs]


@dataclass
class Trouble:
    """An observer that causes a fault soon after a clip has ended, while others are running, a number of times."""

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
    """Start and resume until no clip is missing: an item that failed three times is left for the next start."""
    summary = generate(request_of(batch), how, trouble)
    for _ in range(trouble.times):
        if summary.complete:
            return
        assert all(failure.transient for failure in summary.failures)
        (summary,) = resume(batch.out, trouble)
    assert summary.complete
