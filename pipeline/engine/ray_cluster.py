"""Joining a Ray cluster, or starting a Ray of our own on this machine: loopback only, nothing reported to anybody."""

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from pipeline.engine.loopback import only_this_machine
from pipeline.engine.machine import cores
from pipeline.engine.outcomes import NOTHING, RETRIES, Resources, WorkerCount, hands
from pipeline.engine.shutdown import own_sigterm
from pipeline.engine.stage_plan import StagedConfig, StagePlan, line_of
from pipeline.errors import UserError, refusal_of_disk

WHOLE_STORE, STAGED_STORE = 2**27, 2**30  # bytes of shared memory for results on their way; more goes to the disk


class NoWorkers(UserError):
    """Ray gives us no worker, or none lives long enough to begin."""


@dataclass(frozen=True)
class RayPlan:
    """Where and how Ray works. `address` None: a Ray of our own on this machine.

    `hands` None: as many as the cluster has cores when we join it, `most` of them at most. `deadline_s` bounds one
    attempt at an act of an item, `start_s` the time without any worker that is ready. `staged` None: whole items.
    """

    hands: WorkerCount | None
    address: str | None = None
    deadline_s: float = 1800.0
    retries: int = RETRIES
    needs: Resources = NOTHING
    start_s: float = 600.0
    most: int = 1
    metrics_port: int | None = None  # of our own Ray
    staged: StagedConfig | None = None


def start_ray(plan: RayPlan) -> bool:
    """Connect to Ray; True if it is ours to stop."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with only_this_machine() if plan.address is None else nullcontext(), own_sigterm():
        return _join(plan)


def _join(plan: RayPlan) -> bool:
    import ray

    if ray.is_initialized():
        return False
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if plan.address:
        try:
            ray.init(address=plan.address, **quiet)
        except ConnectionError as error:
            raise NoWorkers(f"no Ray cluster answers at {plan.address}: {error}") from None
        return True
    asked = sum(pool.hands.workers * pool.hands.threads for pool in _line(plan, plan.hands or WorkerCount(1, 1)).pools)
    share = {"num_cpus": max(cores(), asked), "object_store_memory": STAGED_STORE if plan.staged else WHOLE_STORE}
    metrics = {"_metrics_export_port": plan.metrics_port} if plan.metrics_port else {}
    _start_here(include_dashboard=False, **share, **metrics, **quiet)
    return True


def _start_here(**settings: Any) -> None:
    """Not tried again here: what a start that failed leaves running goes with this process, and not before."""
    import ray

    try:
        ray.init(address="local", **settings)
    except Exception as error:  # Ray raises no narrower one where its parts are not up within its own 30 s
        said = f"Ray did not start on this machine ({type(error).__name__}: {error})"
        raise NoWorkers(f"{said}; {_likely(error)}; --inline works without Ray") from error


def _likely(error: Exception) -> str:
    """What is the matter where Ray did not start, and what to do about it."""
    from ray._common.utils import get_default_ray_temp_dir

    place = f"Ray keeps its sockets, logs and overflow in {get_default_ray_temp_dir()}"
    if "AF_UNIX" in str(error):  # the system allows 107 bytes, of which Ray's own names take some 65
        return f"{place}, too long a name for sockets: name a folder of at most 40 letters in RAY_TMPDIR, such as /tmp"
    if isinstance(error, OSError) and (told := refusal_of_disk(error)):
        return f"{place} ({told}): name a folder that can be written, and has room, in RAY_TMPDIR"
    return "is it too busy, or out of memory?"


def line_here(plan: RayPlan) -> StagePlan:
    """Who works on the Ray that was joined. Raises `NoWorkers` where our own has not the GPUs that are asked for."""
    import ray

    there = ray.cluster_resources().get("GPU", 0)
    if plan.staged and plan.address is None and plan.staged.gpus > there:
        said = f"--gpus {plan.staged.gpus:g}: Ray sees {there:g} GPUs on this machine"
        raise NoWorkers(f"{said}; leave --gpus out to work on cores, or name a cluster that has some with --ray")
    return _line(plan, plan.hands or _hands_of_cluster(plan))


def _line(plan: RayPlan, share: WorkerCount) -> StagePlan:
    return line_of(share, plan.needs, plan.staged)


def _hands_of_cluster(plan: RayPlan) -> WorkerCount:
    """A core a worker; more threads only as far as the smallest machine has cores for them."""
    import ray

    cores_of = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    beside_gpus = plan.staged.on_gpus if plan.staged else 0  # each takes a core, too
    share = hands(plan.most, None, max(1, sum(cores_of) - beside_gpus))
    return replace(share, threads=min(share.threads, min((n for n in cores_of if n), default=1)))
