"""Going on with a run from its folder alone: nothing has to be remembered but where it is."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.batch.generate import ProgressObserver, Summary, Which, generate
from pipeline.runs.batch_history import no_other_night
from pipeline.runs.run_folder import Run, RunRefused, look
from pipeline.runs.saved_request import kept, refuse_changed_rig, wanted


def resume(path: Path, watch: ProgressObserver, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make what is missing of every request of a run, with the files, seeds, cameras, weights and workers that it
    began with.

    What failed by its own fault is left: it would fail again (`retry_failed`). So is what other nights made since.
    """
    return _go_on(path, watch, stop, Run.untried)


def retry_failed(path: Path, watch: ProgressObserver, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make only what failed, for whatever reason, once more."""
    return _go_on(path, watch, stop, Run.failed)


def _go_on(path: Path, watch: ProgressObserver, stop: Callable[[], object], which: Which) -> Iterator[Summary]:
    run = look(path)
    if not (keys := tuple(wanted(run))):
        raise RunRefused(f"{path} was made by a version that did not write down how to go on; give its command again")
    with no_other_night(run) as elsewhere:
        for key in keys:
            request, how = kept(run, key)
            refuse_changed_rig(run, request)
            if elsewhere and request.clips is not None:
                request = request.replaced(clips=tuple(clip for clip in request.clips if clip not in elsewhere))
            yield generate(request, how, watch, stop, which)
