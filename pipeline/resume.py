"""Going on with a run from its folder alone: nothing has to be remembered but where it is."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.generate import Summary, Watch, Which, generate
from pipeline.requests import kept, wanted
from pipeline.runs import Run, RunRefused, look


def resume(path: Path, watch: Watch, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make what is missing of every request of a run, with the files, seeds, weights and workers that it began with.

    What failed by its own fault is left: it would fail again (`retry_failed`).
    """
    return _go_on(path, watch, stop, Run.untried)


def retry_failed(path: Path, watch: Watch, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make only what failed, for whatever reason, once more."""
    return _go_on(path, watch, stop, Run.failed)


def _go_on(path: Path, watch: Watch, stop: Callable[[], object], which: Which) -> Iterator[Summary]:
    run = look(path)
    if not (keys := tuple(wanted(run))):
        raise RunRefused(f"{path} was made by a version that did not write down how to go on; give its command again")
    for key in keys:
        request, how = kept(run, key)
        yield generate(request, how, watch, stop, which)
