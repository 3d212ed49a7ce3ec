"""The Ray actor. Ray sends it by value, so that it sets the path of our packages before any of them is imported.

Types are not checked in it at run time: what a type checker wraps around a function cannot be sent.
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, no_type_check


@no_type_check
class _OwnPackages:
    """Find our packages in the folder where the driver has them.

    Ray puts the driver's working directory first on the path: a folder `models` there would hide ours.
    """

    def __init__(self, root: str, names: Sequence[str]) -> None:
        self.root, self.names = root, names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [self.root]) if path is None and name in self.names else None


@no_type_check
class _PoolActor:
    """Sets up a worker (`pipeline.engine.outcomes.StageRunner`) and runs its stages. Its arguments are plain values."""

    def __init__(self, root: str, names: Sequence[str], threads: int, on_gpu: bool) -> None:
        sys.meta_path.insert(0, _OwnPackages(root, names))
        from pipeline.engine.own_code import refuse_shadows
        from pipeline.engine.shutdown import ignore_sigterm

        refuse_shadows()
        if not on_gpu:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Ray does not hide GPUs from actors that asked for none
        self.worker: Any = None  # until `setup`
        self.threads = threads
        ignore_sigterm()

    def setup(self, worker: Any) -> None:
        self.worker = worker
        self.worker.setup(self.threads)

    def process(self, stage: Any, last: bool, items: Sequence[Any], *before: Any) -> Any:
        """Run a `pipeline.engine.stage_plan.Stage`; `before` are the results of the stages before it, one after the
        other.

        The last stage returns its results as one value. Other stages return None and then each result as a value of
        its own: the driver waits for the None and does not fetch the results.
        """
        columns = [before[i : i + len(items)] for i in range(0, len(before), len(items))]
        method = getattr(self.worker, stage.name)
        rows = zip(items, *columns, strict=True)
        results = method(items, *columns) if stage.batch else [method(*row) for row in rows]
        return list(results) if last else (None, *results)
