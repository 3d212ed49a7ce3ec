"""Where the time of many clips went, in memory that does not grow with their number."""

from dataclasses import dataclass, field

from pipeline.endings import Made


@dataclass
class Timings:
    """Sums and maxima over clips that were made just now; seconds by stage, GiB."""

    clips: int = 0
    total_s: dict[str, float] = field(default_factory=dict)
    longest_s: dict[str, float] = field(default_factory=dict)
    longest_clip_s: float = 0.0
    peak_gib: float = 0.0

    def add(self, made: Made) -> None:
        self.clips += 1
        for stage, seconds in made.seconds.items():
            self.total_s[stage] = self.total_s.get(stage, 0.0) + seconds
            self.longest_s[stage] = max(self.longest_s.get(stage, 0.0), seconds)
        self.longest_clip_s = max(self.longest_clip_s, sum(made.seconds.values()))
        self.peak_gib = max(self.peak_gib, made.peak_gib)
