"""Counts in sentences."""


def counted(count: int, one: str) -> str:
    """A count with its noun: '1 clip', '2 clips', '0 clips'. `one`: a noun whose plural ends with an added 's'."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def listed_counts(**counts: int) -> str:
    """'1 scene, 40 samples', for `scene=1, sample=40`."""
    return ", ".join(counted(count, one) for one, count in counts.items())
