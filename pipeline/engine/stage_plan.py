"""How the way of an item is cut into acts, and who plays them: the same workers all, or pools with their own needs.

whole     one act, one kind of worker: an item never leaves it. Best where everything runs on cores.
staged    prepare -> imagine -> finish: the networks in workers of their own, on (a share of) a GPU, several items
          at once; what is before and after them on cores. Between two acts only so much waits as the next one's
          workers can take up at once, so memory does not grow with the number of items.
"""

from dataclasses import dataclass

from pipeline.engine.outcomes import NOTHING, Resources, WorkerCount
from pipeline.errors import UserError

NETWORKS_SHARE = 0.7  # of a clip's seconds on a core: predict_tokens and render_frames, as `generate` prints them


@dataclass(frozen=True)
class Stage:
    """One step of an item's way: a method of the worker, called in one of the pools.

    It is called with the item and the results of the acts before. Where `batch` is given it takes up to so many items
    at once, as sequences, and returns as many results.
    """

    name: str
    pool: int = 0
    batch: int | None = None


@dataclass(frozen=True)
class WorkerPool:
    """Workers that are alike."""

    hands: WorkerCount
    needs: Resources = NOTHING


@dataclass(frozen=True)
class StagePlan:
    """Acts in order, and the pools that play them."""

    acts: tuple[Stage, ...]
    pools: tuple[WorkerPool, ...]


@dataclass(frozen=True)
class StagedConfig:
    """The networks in workers of their own: on `gpus` in all (none: on cores), with `share` of one for each worker."""

    gpus: float = 0.0
    share: float = 1.0
    batch: int = 1

    @property
    def on_gpus(self) -> int:
        """How many workers the GPUs are shared out to."""
        return int(self.gpus / self.share)


class StagingError(UserError):
    """What was asked of the networks' workers cannot be had."""


def staging(wanted: bool, gpus: float, share: float, batch: int, inline: bool) -> StagedConfig | None:
    """What an operator asked for, None for whole items. Raises `StagingError`."""
    if not (wanted or gpus or batch > 1):
        return None
    if inline:
        raise StagingError("--inline works in this process: --staged, --gpus and --batch need Ray's workers")
    if share > 1 and share != int(share):
        raise StagingError(f"--gpu-share {share:g}: a worker has a part of one GPU (0.5, say) or whole ones (1, 2)")
    if 0 < gpus < share:
        raise StagingError(f"--gpus {gpus:g} is not enough for one worker, which takes --gpu-share {share:g}")
    return StagedConfig(gpus, share, batch)


def line_of(hands: WorkerCount, needs: Resources, staged: StagedConfig | None) -> StagePlan:
    """For so many workers in all; with GPUs those at the networks come on top."""
    if staged is None:
        return StagePlan((Stage("process"),), (WorkerPool(hands, needs),))
    acts = (Stage("prepare"), Stage("imagine", pool=1, batch=staged.batch), Stage("finish"))
    if staged.gpus:
        imagining = WorkerPool(WorkerCount(max(1, staged.on_gpus), 1), Resources(staged.share, needs.memory_gib))
        return StagePlan(acts, (WorkerPool(hands, needs), imagining))
    imagining = max(1, min(round(NETWORKS_SHARE * hands.workers), hands.workers - 1))
    others = max(1, hands.workers - imagining)
    return StagePlan(
        acts,
        (
            WorkerPool(WorkerCount(others, hands.threads), needs),
            WorkerPool(WorkerCount(imagining, hands.threads), needs),
        ),
    )
