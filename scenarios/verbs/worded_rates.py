"""Rates and speeds given by a word, such as "hard", "gently" or "runs", instead of a number."""

from collections.abc import Iterable, Mapping

from scenarios.verbs.clause import Part, flat


class WordedRate(str):
    """A rate given by a word such as "hard" instead of a number; the value is a car's. An actor whose kind brakes less
    well uses less. `usual` is the field of a kind's `Dynamics` that has the value for each kind, if there is one.
    """

    usual: str = ""

    def __new__(cls, rate: str, usual: str = "") -> "WordedRate":
        """A rate with its unit, such as "4 m/s^2"."""
        made = super().__new__(cls, rate)
        made.usual = usual
        return made


class RelativeSpeed(str):
    """A speed relative to the one at the beginning of the event: more or less by a speed, or a share of it."""

    share: float = 0.0

    def __new__(cls, by: str, share: float = 0.0) -> "RelativeSpeed":
        """A difference such as "10 km/h", or a share such as 0.5."""
        made = super().__new__(cls, by)
        made.share = share
        return made


class OppositeLane(str):
    """The oncoming lane, called the opposite one: for an oncoming actor that is a lane of the other direction."""


# Decelerations of words. 2 and 6: Euro NCAP's gentle and hard lead; 4: its lead of 2026; 8: near a dry road's limit.
BRAKING = {
    "plain": WordedRate("4 m/s^2"), "gently": WordedRate("2 m/s^2"), "hard": WordedRate("6 m/s^2"),
    "emergency": WordedRate("8 m/s^2"),
}  # fmt: skip
RUNNING = "at a run"  # a speed that depends on the actor


def rated(parts: Iterable[Part | list[Part]], key: str, words: Mapping[str, str]) -> list[Part]:
    """The parts of a clause with the rate of its manner ("gently" or "hard") under a key."""
    return [(key, words[str(value)]) if name == "manner" else (name, value) for name, value in flat(parts)]
