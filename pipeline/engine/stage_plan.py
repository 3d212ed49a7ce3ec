"""Stage plans: the stages that an item goes through, and the pools of workers that run them.

whole     one stage, one pool: a worker processes a whole item. Best where everything runs on cores.
staged    prepare -> imagine -> finish: the networks in a pool of their own, on (a share of) a GPU, several items at
          once; the rest on cores. No more items wait between two stages than the next one's workers can take at
          once, so that memory does not grow with the number of items.
"""

from dataclasses import dataclass

from pipeline.engine.outcomes import NOTHING, Resources, WorkerCount
from pipeline.errors import UserError

NETWORKS_SHARE = 0.7  # of a clip's seconds on a core: predict_tokens and render_frames, as `generate` prints them


@dataclass(frozen=True)
class Stage:
    """A method of the worker, called in one of the pools with the item and the results of the stages before.

    With `batch` it takes up to so many items at once, as sequences, and returns as many results.
    """

    name: str
    pool: int = 0
    batch: int | None = None


@dataclass(frozen=True)
class WorkerPool:
    """Workers of one kind, and what each needs."""

    workers: WorkerCount
    needs: Resources = NOTHING


@dataclass(frozen=True)
class StagePlan:
    """Stages in order, and the pools that run them."""

    stages: tuple[Stage, ...]
    pools: tuple[WorkerPool, ...]


@dataclass(frozen=True)
class StagedConfig:
    """Networks in a pool of their own: on `gpus` in all (0: on cores), with `share` of a GPU for each worker."""

    gpus: float = 0.0
    share: float = 1.0
    batch: int = 1

    @property
    def on_gpus(self) -> int:
        """How many workers share the GPUs."""
        return int(self.gpus / self.share)


class StagingError(UserError):
    """The options of staged workers contradict each other."""


def staging(wanted: bool, gpus: float, share: float, batch: int, inline: bool) -> StagedConfig | None:
    """The configuration that the options ask for, None for whole items. Raises `StagingError`."""
    if share != 1 and not gpus:
        raise StagingError(f"--gpu-share {share:g} shares out GPUs: it needs --gpus")
    if not (wanted or gpus or batch > 1):
        return None
    if inline:
        raise StagingError("--inline works in this process: --staged, --gpus and --batch need Ray's workers")
    if share > 1 and share != int(share):
        raise StagingError(f"--gpu-share {share:g}: a worker has a part of one GPU (0.5, say) or whole ones (1, 2)")
    if 0 < gpus < share:
        raise StagingError(f"--gpus {gpus:g} is not enough for one worker, which takes --gpu-share {share:g}")
    return StagedConfig(gpus, share, batch)


def stage_plan(workers: WorkerCount, needs: Resources, staged: StagedConfig | None) -> StagePlan:
    """The plan for so many workers in all; workers on GPUs are added to them."""
    if staged is None:
        return StagePlan((Stage("process"),), (WorkerPool(workers, needs),))
    stages = (Stage("prepare"), Stage("imagine", pool=1, batch=staged.batch), Stage("finish"))
    if staged.gpus:
        imagining = WorkerPool(WorkerCount(max(1, staged.on_gpus), 1), Resources(staged.share, needs.memory_gib))
        return StagePlan(stages, (WorkerPool(workers, needs), imagining))
    networks = max(1, min(round(NETWORKS_SHARE * workers.workers), workers.workers - 1))
    others = max(1, workers.workers - networks)
    return StagePlan(
        stages,
        (
            WorkerPool(WorkerCount(others, workers.threads), needs),
            WorkerPool(WorkerCount(networks, workers.threads), needs),
        ),
    )
