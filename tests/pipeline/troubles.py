"""Faults on request: drivers that can be killed, workers whose clips fail, and the count of clips afterwards.

Clips are specks (`tests.pipeline.specks`), made by the whole pipeline in a real run folder. A driver is a fork of the
test that runs the command: all modules are loaded, so that it can be started dozens of times.
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import jaxtyping
import numpy as np
from torch import nn

import pipeline.batch.generate
from models.world_model.network import WorldModel
from outputs.clips.inventory import describe_damage
from pipeline.clip_maker import GeneratedClip, PreparedClip
from pipeline.renderers.models import LoadedModels
from pipeline.runs.clip_outcome import ClipDone
from pipeline.runs.run_folder import Job, look
from pipeline.runs.saved_request import wanted
from tests.pipeline.situations import case
from tests.pipeline.specks import SpeckMaker

TROUBLES = "troubles"  # a folder beside the run folder: one file a clip with the fault to cause
TIMES = "times"  # another folder beside it: one file a clip, one byte an attempt


class Broken(WorldModel):
    """A network that fails."""

    def __init__(self) -> None:
        nn.Module.__init__(self)

    def __getattr__(self, name: str):
        raise RuntimeError("shapes [3, 5] and [9, 16] do not fit")


@dataclass
class TroubledMaker(SpeckMaker):
    """A worker whose clips fail as `TROUBLES` requests; it counts its attempts."""

    def process(self, job: Job) -> ClipDone:
        self._count(job)
        with self._trouble(job):
            return super().process(job)

    def prepare(self, job: Job) -> PreparedClip:
        self._count(job)
        return super().prepare(job)

    def imagine(self, jobs: Sequence[Job], begun: Sequence[PreparedClip]) -> list[GeneratedClip]:
        with ExitStack() as troubles:
            for job in jobs:
                troubles.enter_context(self._trouble(job))
            return super().imagine(jobs, begun)

    def _count(self, job: Job) -> None:
        if (folder := self.out.parent / TIMES).is_dir():
            with (folder / job.clip).open("ab") as times:
                times.write(b".")

    @contextmanager
    def _trouble(self, job: Job) -> Iterator[None]:
        trouble = self.out.parent / TROUBLES / job.clip
        what = trouble.read_text() if trouble.exists() else ""
        if what.endswith("once"):
            trouble.unlink()
        if what.startswith("hang"):
            time.sleep(3600)
        if what.startswith("wait"):
            until(Path(what.split()[1]).exists)
        if what.startswith("hunger"):
            reserve(4.0)
        if what.startswith("starve"):
            starve(Path(what.split()[1]))
        whole: LoadedModels = self.models
        if what.startswith("raise"):
            broken = replace(whole.renderer.networks, world=Broken())
            self.models = replace(whole, renderer=replace(whole.renderer, networks=broken))
        try:
            yield
        finally:
            self.models = whole


def reserve(gib: float) -> None:
    """Allocate memory without using it, for a limit on a process's address space."""
    asked = [np.empty(2**24, np.uint8) for _ in range(int(gib * 64))]
    del asked


def eat(gib: float) -> None:
    """Allocate and use memory in parts of a GiB, until the system ends the process."""
    taken = [np.ones(2**24, np.uint8) for _ in range(int(gib * 64))]
    del taken


def starve(group: Path) -> None:
    """Enter a memory control group with a limit of 256 MiB (memory in use is not counted) and allocate 2 GiB, so that
    the kernel kills the process."""
    bound = next(group / name for name in ("memory.limit_in_bytes", "memory.max") if (group / name).exists())
    bound.write_text(str(2**28))
    (group / "cgroup.procs").write_text(str(os.getpid()))
    eat(2.0)


@dataclass(frozen=True)
class Batch:
    """A folder with a scenario file, weights and a run folder."""

    folder: Path
    weights: Path
    clips: int

    @classmethod
    def of(cls, clips: int, folder: Path, weights: Path, monkeypatch) -> "Batch":
        """A batch without clips; its workers are `TroubledMaker`s."""
        for name in (TROUBLES, TIMES):
            (folder / name).mkdir()
        (folder / "batch.yaml").write_text(case(clips))
        monkeypatch.setattr(pipeline.batch.generate, "ClipMaker", TroubledMaker)
        return cls(folder, weights, clips)

    @property
    def out(self) -> Path:
        return self.folder / "run"

    @property
    def command(self) -> list[str]:
        """The arguments of the command that starts the batch."""
        options = ["--preset", "speck", "--weights", str(self.weights), "--out", str(self.out)]
        return ["generate", str(self.folder / "batch.yaml"), *options]

    def trouble(self, clip: str, what: str) -> None:
        (self.folder / TROUBLES / clip).write_text(what)

    def attempts(self, clip: str) -> int:
        path = self.folder / TIMES / clip
        return path.stat().st_size if path.exists() else 0

    def there(self) -> dict[str, int]:
        """The finished clips, each with the inode of its folder."""
        places = [p for kind in ("clips", "rejected") for p in (self.out / kind).glob("[!.]*/")]
        return {place.name: place.stat().st_ino for place in places}

    def counted(self) -> dict[str, int]:
        """Numbers of clips after a completed batch: requested, lost (missing or incomplete), and doubled."""
        clips = {clip for some in wanted(look(self.out)).values() for clip in some}
        places = [p for kind in ("clips", "rejected") for p in (self.out / kind).glob("[!.]*/")]
        whole = {place.name for place in places if not describe_damage(place)}
        listed = Counter(clip["id"] for clip in json.loads((self.out / "manifest.json").read_text())["clips"])
        folders = Counter(place.name for place in places)
        twice = sum(count - 1 for count in (folders | listed).values())
        return {"asked": len(clips), "lost": len(clips - (whole & set(listed))), "duplicated": twice}

    def all_made(self) -> dict[str, int]:
        """The value of `counted` if all clips are there once."""
        return {"asked": self.clips, "lost": 0, "duplicated": 0}


def drive(*arguments: str, before: Callable[[], None] = lambda: None) -> int:
    """Start the command in its own process and return its id; the test captures its output.

    It runs without the checks of array shapes, as for users.
    """
    if pid := os.fork():
        return pid
    code = 70
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        before()
        from pipeline.cli.main import app

        app(list(arguments), standalone_mode=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    """Wait for a driver; returns its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int) -> None:
    """Send SIGKILL."""
    os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a driver is running; its exit code can still be read afterwards."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def until(what: Callable[[], bool], seconds: float = 240.0) -> bool:
    """Wait until `what` is true; False after a timeout."""
    end = time.monotonic() + seconds
    while not (there := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(there)
