"""How the way of an item is cut into acts, and who plays them: the same workers all, or pools with their own needs.

whole     one act, one kind of worker: an item never leaves it. Best where everything runs on cores.
staged    prepare -> imagine -> finish: the networks in workers of their own, on (a share of) a GPU, several items
          at once; what is before and after them on cores. Between two acts only so much waits as the next one's
          workers can take up at once, so memory does not grow with the number of items.
"""

from dataclasses import dataclass

from pipeline.engine.outcomes import NOTHING, Hands, Needs
from pipeline.errors import UserError

NETWORKS_SHARE = 0.7  # of a clip's seconds on a core: predict_tokens and render_frames, as `generate` prints them


@dataclass(frozen=True)
class Act:
    """One step of an item's way: a method of the worker, called in one of the pools.

    It is called with the item and the results of the acts before. Where `batch` is given it takes up to so many items
    at once, as sequences, and returns as many results.
    """

    name: str
    pool: int = 0
    batch: int | None = None


@dataclass(frozen=True)
class Pool:
    """Workers that are alike."""

    hands: Hands
    needs: Needs = NOTHING


@dataclass(frozen=True)
class Line:
    """Acts in order, and the pools that play them."""

    acts: tuple[Act, ...]
    pools: tuple[Pool, ...]


@dataclass(frozen=True)
class Staged:
    """The networks in workers of their own: on `gpus` in all (none: on cores), with `share` of one for each worker."""

    gpus: float = 0.0
    share: float = 1.0
    batch: int = 1

    @property
    def on_gpus(self) -> int:
        """How many workers the GPUs are shared out to."""
        return int(self.gpus / self.share)


class Unstaged(UserError):
    """What was asked of the networks' workers cannot be had."""


def staging(wanted: bool, gpus: float, share: float, batch: int, inline: bool) -> Staged | None:
    """What an operator asked for, None for whole items. Raises `Unstaged`."""
    if not (wanted or gpus or batch > 1):
        return None
    if inline:
        raise Unstaged("--inline works in this process: --staged, --gpus and --batch need Ray's workers")
    if share > 1 and share != int(share):
        raise Unstaged(f"--gpu-share {share:g}: a worker has a part of one GPU (0.5, say) or whole ones (1, 2)")
    if 0 < gpus < share:
        raise Unstaged(f"--gpus {gpus:g} is not enough for one worker, which takes --gpu-share {share:g}")
    return Staged(gpus, share, batch)


def line_of(hands: Hands, needs: Needs, staged: Staged | None) -> Line:
    """For so many workers in all; with GPUs those at the networks come on top."""
    if staged is None:
        return Line((Act("process"),), (Pool(hands, needs),))
    acts = (Act("prepare"), Act("imagine", pool=1, batch=staged.batch), Act("finish"))
    if staged.gpus:
        imagining = Pool(Hands(max(1, staged.on_gpus), 1), Needs(staged.share, needs.memory_gib))
        return Line(acts, (Pool(hands, needs), imagining))
    imagining = max(1, min(round(NETWORKS_SHARE * hands.workers), hands.workers - 1))
    others = max(1, hands.workers - imagining)
    return Line(acts, (Pool(Hands(others, hands.threads), needs), Pool(Hands(imagining, hands.threads), needs)))
