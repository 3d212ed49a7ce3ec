"""What so many accepted clips take on a cluster: clips to make, hours, machine hours, disk; modelled and played."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from pipeline.planning.cost_model import MeasuredCosts, NotMeasured
from pipeline.planning.forecast import Acceptance, Cluster, Forecast, Load, Trouble, acceptance, forecast, load_of
from pipeline.planning.simulated_batch import play
from pipeline.renderers.registry import RENDERERS

CORES_A_GPU = 16  # assumed where --cpus is left out: what rented GPU machines commonly have
PLAYED_CLIPS, PLAYS = 10_000, 3
USUAL_START_S = 30.0  # assumed where neither the run nor the shipped figures tell


@dataclass(frozen=True)
class Ask:
    """How many accepted clips, on what. `gpu_speedup` is how many times faster than the measured core a GPU is
    assumed to be, None if nobody says."""

    clips: int
    cluster: Cluster
    trouble: Trouble
    gpu_speedup: float | None = None


@dataclass(frozen=True)
class Check:
    """The model beside the batch played through, of as many clips as could be played."""

    clips: int
    modelled_s: float
    played_s: tuple[float, ...]


@dataclass(frozen=True)
class CostCase:
    """One reading of the measured seconds: `about` says what is taken for granted of GPUs, "" if nothing is."""

    about: str
    usual: Forecast
    most: Forecast  # with the fewest clips accepted that the measured share allows (95 %)
    least: Forecast
    check: Check


@dataclass(frozen=True)
class Outlook:
    """The answer. Bytes are of all clips made, and of the accepted ones in a dataset."""

    ask: Ask
    accepted: Acceptance
    startup_s: float
    cases: tuple[CostCase, ...]
    run_bytes: float
    dataset_bytes: float


def plan_batch(measured: MeasuredCosts, ask: Ask, usual_start_s: float = USUAL_START_S) -> Outlook:
    """Raises `NotMeasured` where the figures do not fit the question."""
    try:
        share = acceptance(measured.accepted, measured.tried)
    except ValueError as error:
        raise NotMeasured(str(error)) from None
    startup = usual_start_s if measured.startup_s is None else measured.startup_s
    cases = tuple(_case(about, load, ask, share) for about, load in _readings(measured, ask, startup))
    made = share.to_make(ask.clips)
    return Outlook(
        ask, share, startup, cases, run_bytes=made * _mean([c.size for c in measured.clips]),
        dataset_bytes=ask.clips * _mean([c.dataset_size for c in measured.clips if c.accepted]),
    )  # fmt: skip


def _readings(measured: MeasuredCosts, ask: Ask, startup_s: float) -> tuple[tuple[str, Load], ...]:
    """The seconds as they were measured, or what they can be on a GPU that nobody has measured."""
    on_gpu = measured.device != "cpu"
    if ask.cluster.gpus and not RENDERERS.get(measured.renderer).gpu_stages:
        raise NotMeasured(f"the renderer {measured.renderer} draws on the cores and uses no GPU: leave --gpus out")
    if on_gpu and not ask.cluster.gpus:
        raise NotMeasured(f"the networks' seconds were measured on {measured.device}; say --gpus, or measure on cores")
    if on_gpu and ask.gpu_speedup is not None:
        raise NotMeasured(f"the networks' seconds were measured on {measured.device}: --gpu-speedup has no meaning")
    if on_gpu or not ask.cluster.gpus:
        return (("", load_of(measured, startup_s)),)
    if ask.gpu_speedup is not None:
        return ((f"ASSUMED: a GPU {ask.gpu_speedup:g} x a core", load_of(measured, startup_s, ask.gpu_speedup)),)
    return (
        ("if a GPU were as slow as a core", load_of(measured, startup_s)),
        ("if the networks took no time", load_of(measured, startup_s, float("inf"))),
    )


def _case(about: str, load: Load, ask: Ask, share: Acceptance) -> CostCase:
    def told(accepted: float) -> Forecast:
        return forecast(load, ask.cluster, ask.trouble, ceil(ask.clips / accepted))

    return CostCase(
        about, told(share.share), told(share.least), told(share.most), _check(load, ask, told(share.share).clips)
    )


def _check(load: Load, ask: Ask, clips: int) -> Check:
    few = min(clips, PLAYED_CLIPS)
    played = tuple(play(load, ask.cluster, ask.trouble, few, seed).wall_s for seed in range(PLAYS))
    return Check(few, forecast(load, ask.cluster, ask.trouble, few).wall_s, played)


def _mean(values: list[int]) -> float:
    return float(np.mean(values)) if values else 0.0
