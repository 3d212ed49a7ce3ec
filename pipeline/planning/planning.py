"""Plan of a batch: clips, hours, machine hours and disk for a number of accepted clips; modelled and simulated."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from pipeline.planning.cost_model import MeasuredCosts, NotMeasured
from pipeline.planning.forecast import Acceptance, Cluster, FailureRates, Forecast, Load, acceptance, forecast, load_of
from pipeline.planning.simulated_batch import simulate_batch
from pipeline.renderers.registry import RENDERERS

CORES_A_GPU = 16  # assumed without --cpus: common for rented GPU machines
SIMULATED_CLIPS, SIMULATIONS = 10_000, 3
USUAL_START_S = 30.0  # assumed if it is unknown for the run and in the shipped measurements


@dataclass(frozen=True)
class PlanRequest:
    """The number of accepted clips, and the cluster. `gpu_speedup` is the assumed speed of a GPU over the measured
    core,
    None if it is not given."""

    clips: int
    cluster: Cluster
    trouble: FailureRates
    gpu_speedup: float | None = None


@dataclass(frozen=True)
class ForecastCheck:
    """The forecast beside simulations, for as many clips as can be simulated."""

    clips: int
    modelled_s: float
    simulated_s: tuple[float, ...]


@dataclass(frozen=True)
class CostCase:
    """One interpretation of the measured seconds: `about` states an assumption about GPUs, "" if there is none."""

    about: str
    usual: Forecast
    most: Forecast  # with the lower limit of the accepted share (95 %)
    least: Forecast
    check: ForecastCheck


@dataclass(frozen=True)
class PlanResult:
    """The plan. `run_bytes` is for all clips, `dataset_bytes` for the accepted ones in a dataset."""

    request: PlanRequest
    accepted: Acceptance
    startup_s: float
    cases: tuple[CostCase, ...]
    run_bytes: float
    dataset_bytes: float


def plan_batch(measured: MeasuredCosts, request: PlanRequest, usual_start_s: float = USUAL_START_S) -> PlanResult:
    """Raises `NotMeasured` if the measurements do not fit the request."""
    try:
        share = acceptance(measured.accepted, measured.tried)
    except ValueError as error:
        raise NotMeasured(str(error)) from None
    startup = usual_start_s if measured.startup_s is None else measured.startup_s
    cases = tuple(_case(about, load, request, share) for about, load in _readings(measured, request, startup))
    clips = share.to_make(request.clips)
    return PlanResult(
        request, share, startup, cases, run_bytes=clips * _mean([c.size for c in measured.clips]),
        dataset_bytes=request.clips * _mean([c.dataset_size for c in measured.clips if c.accepted]),
    )  # fmt: skip


def _readings(measured: MeasuredCosts, request: PlanRequest, startup_s: float) -> tuple[tuple[str, Load], ...]:
    """The measured seconds, or the range that they can have on a GPU that was not measured."""
    on_gpu = measured.device != "cpu"
    if request.cluster.gpus and not RENDERERS.get(measured.renderer).gpu_stages:
        raise NotMeasured(f"the renderer {measured.renderer} draws on the cores and uses no GPU: leave --gpus out")
    if on_gpu and not request.cluster.gpus:
        raise NotMeasured(f"the networks' seconds were measured on {measured.device}; give --gpus, or measure on cores")
    if on_gpu and request.gpu_speedup is not None:
        raise NotMeasured(f"the networks' seconds were measured on {measured.device}: --gpu-speedup has no meaning")
    if on_gpu or not request.cluster.gpus:
        return (("", load_of(measured, startup_s)),)
    if request.gpu_speedup is not None:
        return (
            (f"ASSUMED: a GPU {request.gpu_speedup:g} x a core", load_of(measured, startup_s, request.gpu_speedup)),
        )
    return (
        ("if a GPU were as slow as a core", load_of(measured, startup_s)),
        ("if the networks took no time", load_of(measured, startup_s, float("inf"))),
    )


def _case(about: str, load: Load, request: PlanRequest, share: Acceptance) -> CostCase:
    def forecast_for(accepted: float) -> Forecast:
        return forecast(load, request.cluster, request.trouble, ceil(request.clips / accepted))

    return CostCase(
        about,
        forecast_for(share.share),
        forecast_for(share.least),
        forecast_for(share.most),
        _check(load, request, forecast_for(share.share).clips),
    )


def _check(load: Load, request: PlanRequest, clips: int) -> ForecastCheck:
    count = min(clips, SIMULATED_CLIPS)
    simulated = tuple(
        simulate_batch(load, request.cluster, request.trouble, count, seed).wall_s for seed in range(SIMULATIONS)
    )
    return ForecastCheck(count, forecast(load, request.cluster, request.trouble, count).wall_s, simulated)


def _mean(values: list[int]) -> float:
    return float(np.mean(values)) if values else 0.0
