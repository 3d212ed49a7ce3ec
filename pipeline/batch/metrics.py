"""Metrics of a batch for Prometheus, at the endpoint of the Ray that runs it.

Ray serves it if its extra `default` is installed (`pip install nearmiss[metrics]`), our own Ray on loopback only. It
adds `ray_` before every name, `_total` after a counter's, and `_bucket`, `_sum`, `_count` after a histogram's. It drops
a gauge that is not set for a while; the dashboard uses the last value.
"""

from outputs.clips.manifest import failed_checks
from pipeline.runs.clip_outcome import ClipFailed, Ending

CLIPS, REJECTED, STAGE = "nearmiss_clips", "nearmiss_rejected", "nearmiss_stage_seconds"
SPENT = "nearmiss_spent_seconds"  # exact, whereas Ray's histograms use the middle of a bucket for every value
WAITING, MEMORY = "nearmiss_waiting_clips", "nearmiss_worker_peak_memory_gib"
BOUNDS_S = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]


class Meters:
    """Metrics of a batch of `clips`. They are created when the first clip ends, since Ray must be running."""

    def __init__(self, clips: int) -> None:
        self.left = clips
        self.ready = False

    def ended(self, ending: Ending) -> None:
        """Count a clip that was made or has failed."""
        if not self.ready:
            self._make()
        self.left -= 1
        self.waiting.set(self.left)
        if isinstance(ending, ClipFailed):
            self.clips.inc(tags={"state": "failed"})
            return
        self.clips.inc(tags={"state": "accepted" if ending.record.accepted else "rejected"})
        self.memory.set(ending.peak_gib)
        for check in failed_checks(ending.record):
            self.rejected.inc(tags={"check": check})
        for stage, seconds in ending.seconds.items():
            self.stage.observe(seconds, tags={"stage": stage})
            if seconds > 0:  # Ray's counters refuse an increment of 0
                self.spent.inc(seconds, tags={"stage": stage})

    def _make(self) -> None:
        from ray.util.metrics import Counter, Gauge, Histogram

        self.clips = Counter(CLIPS, "Clips that ended: accepted, rejected or failed.", ("state",))
        self.rejected = Counter(REJECTED, "Rejected clips by each check that they failed.", ("check",))
        self.stage = Histogram(STAGE, "Seconds of each stage of a clip.", BOUNDS_S, ("stage",))
        self.spent = Counter(SPENT, "Seconds spent in each stage of all clips together.", ("stage",))
        self.waiting = Gauge(WAITING, "Clips of this batch that have not ended.")
        self.memory = Gauge(MEMORY, "Most memory that the worker of the last clip has held.")
        self.ready = True
