"""Machine, versions and code of a run, recorded so that clips can be compared later; devices and memory."""

import ctypes
import functools
import hashlib
import os
import platform
import resource
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine.own_code import OURS, ROOT
from pipeline.errors import UserError

if TYPE_CHECKING:
    import torch

_NOTEWORTHY = ("torch", "numpy", "numba", "scipy", "av", "ray", "prefect", "nuscenes-devkit")


class NoGpu(UserError):
    """The GPU asked for is not there, or torch cannot use it."""


def cores() -> int:
    """Cores this process may use: its affinity, cut to the container's share of processor time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("utf-8").split()
    except (OSError, ValueError):  # no cgroup v2 here: the affinity stands
        return allowed
    return allowed if quota == "max" else max(1, min(allowed, round(int(quota) / int(period))))


def machine() -> dict[str, str]:
    """Processor, system and the instruction set torch computes with: results differ between those in last bits."""
    import torch  # here, so that callers of `cores` do not wait for torch

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "cores": str(cores()),
        "device": device,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def granted_device() -> str:
    """torch's name of this process's device: "cuda" if it was given a GPU, else "cpu".

    Raises `NoGpu` where there is one and torch cannot use it.
    """
    import torch

    if not os.environ.get("CUDA_VISIBLE_DEVICES"):
        return "cpu"
    if not torch.cuda.is_available():
        raise NoGpu(
            f"this worker was given a GPU ({os.environ['CUDA_VISIBLE_DEVICES']}) that torch {torch.__version__} cannot "
            "use: install a torch built for it on every machine, or leave --gpus out to work on cores"
        )
    return "cuda"


def device_named(name: str) -> "torch.device":
    """The device of this name, "cpu", "cuda" or "cuda:1"; UserError for others, NoGpu where torch sees none."""
    import torch

    if name == "cpu":
        return torch.device(name)
    if name.split(":")[0] != "cuda":
        raise UserError(f"no device {name!r}; there are cpu, cuda and cuda:N")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"no device {name!r}; there are cpu, cuda and cuda:N") from error
    if (device.index or 0) >= torch.cuda.device_count():
        raise NoGpu(f"no {name}: torch {torch.__version__} sees {torch.cuda.device_count()} GPUs here")
    return device


def versions() -> dict[str, str]:
    """Versions of Python, of our code and of the libraries that decide results."""
    ours = {"python": platform.python_version(), "code": code_fingerprint()}
    return ours | {name: metadata.version(name) for name in _NOTEWORTHY}


@functools.cache
def code_fingerprint() -> str:
    """Hash over our sources: identifies the code that made a clip, with or without git."""
    digest = hashlib.sha256()
    for path in sorted(p for name in OURS for p in (ROOT / name).rglob("*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def peak_memory_gib() -> float:
    """The most memory that this process has held, shared pages included."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def keep_freed_memory() -> None:
    """Ask glibc to reuse large blocks rather than return each to the system.

    Fresh pages cost more than the arithmetic on them: measured up to 3 x faster training steps on a CPU.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
