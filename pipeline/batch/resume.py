"""Resume a run from its folder only."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.batch.generate import ProgressObserver, Summary, Which, generate
from pipeline.runs.batch_history import no_other_night
from pipeline.runs.run_folder import Run, RunRefused, look
from pipeline.runs.saved_request import kept, refuse_changed_rig, wanted


def resume(path: Path, watch: ProgressObserver, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make the missing clips of every request of a run, with its files, seeds, cameras, weights and workers.

    Clips with a permanent failure are skipped (`retry_failed` makes them), and so are clips that other nightly runs
    have made in the meantime.
    """
    return _go_on(path, watch, stop, Run.untried)


def retry_failed(path: Path, watch: ProgressObserver, stop: Callable[[], object] = bool) -> Iterator[Summary]:
    """Make all failed clips again."""
    return _go_on(path, watch, stop, Run.failed)


def _go_on(path: Path, watch: ProgressObserver, stop: Callable[[], object], which: Which) -> Iterator[Summary]:
    run = look(path)
    if not (keys := tuple(wanted(run))):
        raise RunRefused(f"{path} was made by a version that did not store its requests; give its command again")
    with no_other_night(run) as elsewhere:
        for key in keys:
            request, how = kept(run, key)
            refuse_changed_rig(run, request)
            if elsewhere and request.clips is not None:
                request = request.replaced(clips=tuple(clip for clip in request.clips if clip not in elsewhere))
            yield generate(request, how, watch, stop, which)
