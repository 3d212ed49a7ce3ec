"""The training loop of all networks: seeded, resumable, on a CPU or on a GPU."""

import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from models import weights
from models.precision import channels_last, compute_context
from pipeline.engine.machine import keep_freed_memory

WARM_UP_STEPS = 100
# Adam changes every weight by about the same amount. The more weights are summed, the smaller the step must be, or
# hidden units die (Yang et al., arXiv 2203.03466): a weight's rate is this over its fan-in, limited to the part's rate.
RATE_OVER_FAN_IN = 0.3
LOG_EVERY = 20  # steps; their mean is logged, since tasks and batches differ
COOL_DOWN = 0.25  # the last share of the steps, in which the rate decreases to zero


@runtime_checkable
class Learner(Protocol):
    """One network for the training loop: its parameters, its loss on a drawn batch, and its samples."""

    rate: float
    betas: tuple[float, float]

    @property
    def network(self) -> nn.Module: ...

    @property
    def critic(self) -> "OptimizedNetwork | None":
        """Trained against the network, within its loss."""
        ...

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        """Loss terms on a batch drawn with `rng`, on the network's device; "total" is minimised."""
        ...

    def picture(self, path: Path) -> None:
        """Write a sample sheet of the network, which has the averaged weights now, for visual inspection."""
        ...


@dataclass(frozen=True)
class TrainingSchedule:
    """The number of steps and the interval between checkpoints; `seed` and step together set every random draw."""

    steps: int
    save_every: int
    seed: int = 0

    def rate(self, step: int) -> float:
        """The share of the full learning rate: warm-up, constant, cool-down to zero."""
        left = (self.steps - step) / max(1, COOL_DOWN * self.steps)
        return min(1.0, (step + 1) / WARM_UP_STEPS, left)


def parameter_groups(network: nn.Module, most: float) -> list[dict]:
    """Optimiser groups, one per parameter, whose full rate ("most") depends on its fan-in."""
    fan_in = lambda weight: weight[0].numel() if weight.ndim > 1 else 1  # noqa: E731
    return [{"params": [w], "lr": 0.0, "most": min(most, RATE_OVER_FAN_IN / fan_in(w))} for w in network.parameters()]


Trained = TypeVar("Trained", bound=nn.Module, covariant=True)


@dataclass(frozen=True)
class OptimizedNetwork(Generic[Trained]):
    """A network and its optimiser."""

    network: Trained
    optimiser: torch.optim.Optimizer

    def descend(self, loss: Tensor) -> None:
        """Take one step down the gradient of `loss`, clipped to norm 1."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()

    def state(self, prefix: str) -> dict[str, Tensor]:
        """All tensors needed to resume, with names that begin with `prefix`."""
        tensors = {f"{prefix}network.{k}": v for k, v in self.network.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"{prefix}optimiser.{index}.{k}": v for k, v in state.items()}
        return tensors

    def restore(self, prefix: str, tensors: dict[str, Tensor]) -> None:
        """Restore the tensors of `state`. RuntimeError if they are of another network."""
        self.network.load_state_dict(_below(f"{prefix}network.", tensors), strict=True)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(f"{prefix}optimiser.", tensors).items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


class Average:
    """Exponential moving average of the weights (GAIA-1 uses .999); in early steps it decays faster."""

    def __init__(self, network: nn.Module):
        self.values = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        decay = min(0.999, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            kept = self.values[name]
            kept.lerp_(value, 1 - decay) if value.is_floating_point() else kept.copy_(value)


def save_checkpoint(
    path: Path,
    learner: OptimizedNetwork,
    critic: OptimizedNetwork | None,
    average: Average,
    step: int,
    vocabulary: weights.Names = (),
) -> None:
    """Write everything needed to resume, with the network's config and vocabulary, atomically."""
    tensors = learner.state("") | {f"average.{k}": v for k, v in average.values.items()}
    if critic:
        tensors |= critic.state("critic.")
    unfinished = path.with_suffix(".unfinished")
    metadata = weights.description(learner.network, vocabulary) | {"step": str(step)}
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, unfinished, metadata)
    os.replace(unfinished, path)


def load_checkpoint(
    path: Path,
    learner: OptimizedNetwork,
    critic: OptimizedNetwork | None,
    average: Average,
    vocabulary: weights.Names = (),
) -> int:
    """Restore a checkpoint and return the next step.

    WeightsError names the differences if it is of another network, or of other words or layers: the written weights
    would claim today's.
    """
    if differ := weights.describe_mismatch(path, learner.network, vocabulary):
        raise weights.WeightsError(
            f"training cannot resume from {path}: {differ}. Name another folder with --runs, or remove the checkpoint "
            "to start again"
        )
    device = next(learner.network.parameters()).device
    with safe_open(path, "pt", device=str(device)) as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
        step = int(file.metadata()["step"])
    learner.restore("", tensors)
    if critic:
        critic.restore("critic.", tensors)
    average.values = _below("average.", tensors)
    return step


def train(
    part: Learner, schedule: TrainingSchedule, folder: Path, ships_to: Path, lineage: dict[str, str],
    progress: Callable[[int, dict[str, float]], None], begin: Path | None = None, vocabulary: weights.Names = (),
) -> None:  # fmt: skip
    """Train to `schedule.steps`, resuming from a checkpoint in `folder`; write the averaged weights to `ships_to`.

    WeightsError if the checkpoint is of another network or vocabulary. Without a checkpoint the network starts from the
    weights in `begin`, if given, else from its random ones. It stays on its device. `vocabulary` lists the words by id,
    for a network that reads captions.
    """
    keep_freed_memory()
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.safetensors"
    if begin and not checkpoint.exists():
        weights.initialise_from(part.network, begin, vocabulary)
    network = channels_last(part.network).train()
    average = Average(network)
    learner = OptimizedNetwork(
        network, torch.optim.AdamW(parameter_groups(network, part.rate), betas=part.betas, weight_decay=0.01)
    )
    first = load_checkpoint(checkpoint, learner, part.critic, average, vocabulary) if checkpoint.exists() else 0
    recent: list[dict[str, float]] = []
    for step in range(first, schedule.steps):
        recent.append({name: float(term.detach()) for name, term in _step(part, learner, schedule, step).items()})
        average.update(network, step)
        if (step + 1) % LOG_EVERY == 0:
            means = _means(recent)
            recent.clear()
            _log(folder / "loss.csv", step + 1, means)
            progress(step + 1, means)
        if (step + 1) % schedule.save_every == 0 or step + 1 == schedule.steps:
            save_checkpoint(checkpoint, learner, part.critic, average, step + 1, vocabulary)
            metadata = {**lineage, "steps": str(step + 1), "seed": str(schedule.seed)}
            write_averaged_weights(part, average, ships_to, metadata, folder, step + 1, vocabulary)


def _step(part: Learner, learner: OptimizedNetwork, schedule: TrainingSchedule, step: int) -> dict[str, Tensor]:
    rng = np.random.default_rng([schedule.seed, step])  # depends on the step, so that a resumed run draws the same
    generator = torch.Generator().manual_seed(schedule.seed * 1_000_003 + step)
    for group in learner.optimiser.param_groups:
        group["lr"] = group["most"] * schedule.rate(step)
    with compute_context(next(learner.network.parameters()).device.type):
        terms = part.loss(rng, generator)
    learner.descend(terms["total"])
    return terms


def _means(recent: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each term over the steps that have it."""
    names = dict.fromkeys(name for terms in recent for name in terms)
    return {name: float(np.mean([terms[name] for terms in recent if name in terms])) for name in names}


def write_averaged_weights(
    part: Learner, average: Average, path: Path, lineage: dict[str, str], folder: Path, step: int,
    vocabulary: weights.Names = (),
) -> None:  # fmt: skip
    """Write the averaged weights and a sample sheet made with them."""
    raw = {k: v.detach().clone() for k, v in part.network.state_dict().items()}
    part.network.load_state_dict(average.values)
    part.network.eval()
    weights.save(part.network, path, lineage, vocabulary)
    with torch.inference_mode():
        part.picture(folder / f"sample-{step:06d}.png")
    part.network.load_state_dict(raw)
    part.network.train()


def _log(path: Path, step: int, terms: dict[str, float]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if file.tell() == 0:
            writer.writerow(["step", "time", *terms])
        writer.writerow([step, round(time.time(), 1), *(f"{v:.5f}" for v in terms.values())])
