"""A batch of synthetic clips, so that the code around the clips can be tested in seconds."""

from collections.abc import Callable, Iterator

from outputs.clips.clip import write_clip
from pipeline.runs.clip_outcome import ClipDone
from pipeline.runs.run_folder import Job
from tests.outputs.made import BAD, GOOD, clip, record


class Batch:
    """Replaces `make_clips`. `trouble` maps scenario names to exceptions; `made` are the clips in order.

    By default every clip is rejected (`rejects`), so that no dataset has to be built.
    """

    def __init__(self, trouble: dict[str, Exception] | None = None, rejects: Callable[[Job], bool] = lambda job: True):
        self.trouble = trouble or {}
        self.rejects = rejects
        self.made: list[str] = []

    def __call__(self, run, jobs, request, how, stop=bool) -> Iterator:
        for job in jobs:
            if stop():
                return
            error = self.trouble.get(job.scenario.name)
            if isinstance(error, BaseException):
                transient = isinstance(error, OSError)
                yield run.fail(job, f"{type(error).__name__}: {error}", "trace", transient)
                continue
            self.made.append(job.clip)
            yield self._made(run, job)

    def _made(self, run, job) -> ClipDone:
        verdicts = BAD if self.rejects(job) else GOOD
        told = record(
            job.clip, verdicts, scenario_id=job.scenario.id, family=job.scenario.name, name=job.scenario.name,
            seed=job.seed, parameters=job.scenario.parameters,
        )  # fmt: skip
        place = run.begin(job.clip)
        write_clip(place, clip(told, source=()))
        return ClipDone(run.finish(place, told), {"rollout": 0.1, "judge": 0.2}, 1.0)
