"""Join a Ray cluster, or start Ray on this machine: on loopback only, without usage reports."""

import logging
import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from pipeline.engine.loopback import only_this_machine
from pipeline.engine.machine import cores
from pipeline.engine.outcomes import NOTHING, RETRIES, Resources, WorkerCount, worker_count
from pipeline.engine.shutdown import keep_sigterm_handler
from pipeline.engine.stage_plan import StagedConfig, StagePlan, stage_plan
from pipeline.errors import UserError, refusal_of_disk

WHOLE_STORE, STAGED_STORE = 2**27, 2**30  # bytes of shared memory for results between stages; more is spilled to disk


class NoWorkers(UserError):
    """Ray starts no worker, or none survives its setup."""


@dataclass(frozen=True)
class RayPlan:
    """Where and how to use Ray. `address` None: start Ray on this machine.

    `workers` None: as many as the cluster has cores when we join it, at most `most`. `deadline_s` bounds one attempt at
    a stage of an item, `start_s` the time without any worker that is ready. `staged` None: whole items.
    """

    workers: WorkerCount | None
    address: str | None = None
    deadline_s: float = 1800.0
    retries: int = RETRIES
    needs: Resources = NOTHING
    start_s: float = 600.0
    most: int = 1
    metrics_port: int | None = None  # of a Ray that we start
    staged: StagedConfig | None = None


def start_ray(plan: RayPlan) -> bool:
    """Connect to Ray; True if we must stop it."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with only_this_machine() if plan.address is None else nullcontext(), keep_sigterm_handler():
        return _join(plan)


def _join(plan: RayPlan) -> bool:
    import ray

    if ray.is_initialized():
        return False
    if plan.address:
        try:
            ray.init(address=plan.address, logging_level=logging.ERROR, log_to_driver=False)
        except ConnectionError as error:
            raise NoWorkers(f"no Ray cluster answers at {plan.address}: {error}") from None
        return True
    asked = sum(
        pool.workers.workers * pool.workers.threads for pool in _stages(plan, plan.workers or WorkerCount(1, 1)).pools
    )
    share = {"num_cpus": max(cores(), asked), "object_store_memory": STAGED_STORE if plan.staged else WHOLE_STORE}
    metrics = {"_metrics_export_port": plan.metrics_port} if plan.metrics_port else {}
    _start_here(include_dashboard=False, **share, **metrics, logging_level=logging.ERROR, log_to_driver=False)
    return True


def _start_here(**settings: Any) -> None:
    """Not retried: processes that a failed start leaves behind end only with this process."""
    import ray

    try:
        ray.init(address="local", **settings)
    except Exception as error:  # Ray raises no narrower one where its parts are not up within its own 30 s
        message = f"Ray did not start on this machine ({type(error).__name__}: {error})"
        raise NoWorkers(f"{message}; {_likely_cause(error)}; --inline works without Ray") from error


def _likely_cause(error: Exception) -> str:
    """The likely cause of a failed start, and its remedy."""
    from ray._common.utils import get_default_ray_temp_dir

    place = f"Ray keeps its sockets, logs and overflow in {get_default_ray_temp_dir()}"
    if "AF_UNIX" in str(error):  # the system allows 107 bytes, of which Ray's own names take some 65
        return f"{place}, too long a name for sockets: name a folder of at most 40 letters in RAY_TMPDIR, such as /tmp"
    if isinstance(error, OSError) and (refusal := refusal_of_disk(error)):
        return f"{place} ({refusal}): name a folder that can be written, and has room, in RAY_TMPDIR"
    return "is it too busy, or out of memory?"


def plan_on_cluster(plan: RayPlan) -> StagePlan:
    """The stage plan for the cluster that was joined. Raises `NoWorkers` if our own Ray lacks the GPUs asked for."""
    import ray

    gpus = ray.cluster_resources().get("GPU", 0)
    if plan.staged and plan.address is None and plan.staged.gpus > gpus:
        message = f"--gpus {plan.staged.gpus:g}: Ray sees {gpus:g} GPUs on this machine"
        raise NoWorkers(f"{message}; leave --gpus out to work on cores, or name a cluster that has some with --ray")
    return _stages(plan, plan.workers or _workers_of_cluster(plan))


def _stages(plan: RayPlan, workers: WorkerCount) -> StagePlan:
    return stage_plan(workers, plan.needs, plan.staged)


def _workers_of_cluster(plan: RayPlan) -> WorkerCount:
    """One core a worker; more threads only if the smallest machine has cores for them."""
    import ray

    cores_of = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    beside_gpus = plan.staged.on_gpus if plan.staged else 0  # each takes a core, too
    share = worker_count(plan.most, None, max(1, sum(cores_of) - beside_gpus))
    return replace(share, threads=min(share.threads, min((n for n in cores_of if n), default=1)))
