"""The Ray actor. Ray sends it by value, so that nothing of ours is imported before it has said where ours lie.

No types are checked in it at run time: what a checker wraps around a function cannot be sent.
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, no_type_check


@no_type_check
class _OwnPackages:
    """Finds our packages in the driver's folder of them, where this machine has it.

    Ray puts the driver's working directory first on the path: a folder `models` there would be taken for ours.
    """

    def __init__(self, root: str, names: Sequence[str]) -> None:
        self.root, self.names = root, names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [self.root]) if path is None and name in self.names else None


@no_type_check
class _PoolActor:
    """Loads a worker (`pipeline.engine.outcomes.StageRunner`) and plays its acts. Its arguments are plain values."""

    def __init__(self, root: str, names: Sequence[str], threads: int, on_gpu: bool) -> None:
        sys.meta_path.insert(0, _OwnPackages(root, names))
        from pipeline.engine.own_code import refuse_shadows
        from pipeline.engine.shutdown import left_to_the_driver

        refuse_shadows()
        if not on_gpu:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Ray does not hide them from those who asked for none
        self.worker, self.threads = None, threads
        left_to_the_driver()

    def setup(self, worker: Any) -> None:
        self.worker = worker
        self.worker.setup(self.threads)

    def process(self, act: Any, last: bool, items: Sequence[Any], *before: Any) -> Any:
        """Play an act (`pipeline.engine.stage_plan.Stage`); `before`: what the acts before it gave, in turn.

        The last act's results come as one value. Others stay in Ray, each on its own, behind a None that says that they
        are there: whoever waits for them does not fetch them.
        """
        columns = [before[i : i + len(items)] for i in range(0, len(before), len(items))]
        method = getattr(self.worker, act.name)
        rows = zip(items, *columns, strict=True)
        results = method(items, *columns) if act.batch else [method(*row) for row in rows]
        return list(results) if last else (None, *results)
