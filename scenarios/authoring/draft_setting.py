"""Reads the setting of a phrase: light, weather, road and the ego's speed, as in "at night", "on a wet road".

Values are those of a scenario file; the rest of the phrase is for the grammar of story lines.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from scenarios.model.environment import SURFACES, TIMES, WEATHERS, Surface
from scenarios.source.units import LENGTH, SPEED, spelling

Values = dict[str, str]
TIME, WEATHER, SURFACE = "environment.time", "environment.weather", "road.surface"
# File values and their words: those that may end a phrase ("in the rain"), and those that may not ("rainy").
_SYNONYMS: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (path, str(name)): (" ".join(record.words.nouns), " ".join(record.words.adjectives))
        for path, records in ((TIME, TIMES), (WEATHER, WEATHERS), (SURFACE, SURFACES))
        for name, record in records.items()
    },
    ("road.kind", "curve"): ("curve bend", "curved winding"),
    ("road.kind", "straight"): ("", "straight"),
    ("road.direction", "left"): ("", "left-hand"),
    ("road.direction", "right"): ("", "right-hand"),
    ("road.opposite_lanes", "2"): ("", "wide"),
    ("road.lanes", "1"): ("", "one-lane single-lane"),
    ("road.lanes", "2"): ("", "two-lane dual-lane"),
    ("road.lanes", "3"): ("motorway highway freeway", "three-lane"),
    ("road.lanes", "4"): ("", "four-lane"),
}
WORDS = {word: said for said, words in _SYNONYMS.items() for word in " ".join(words).split()}
# Nouns of such phrases without a meaning of their own.
_NOUNS = {"road", "street", "surface", "asphalt", "carriageway", "weather", "conditions", "light"}
_HEADS = {word for heads, _ in _SYNONYMS.values() for word in heads.split()} | _NOUNS
_PREPOSITIONS = {"at", "by", "in", "on", "during", "through", "under", "after", "behind", "while", "around", "round"}
_FILLERS = {"the", "a", "an", "and", "it", "is", "of", "time", "black", "left", "right"}
_EGO = r"(?:(?:while|with|and|as) )?(?:the |an |my |our )?(?:ego|own)(?: car| vehicle)?(?: is)?"
_EGO_SPEED = re.compile(
    rf"\b{_EGO}(?: drives| driving| goes| going| travels| travelling| does| doing| comes)?(?: along)?(?: at)? "
    rf"({spelling(SPEED, signed=False)})"
)
_DISTANCE = re.compile(rf"\b({spelling(LENGTH, signed=False)}) (?:ahead|away|in front)(?: of (?:the )?ego)?\b")


_PATTERNS = {"ego.speed": _EGO_SPEED, "distance": _DISTANCE}


@dataclass(frozen=True)
class DraftSetting:
    """`values` by path of the file, and the `distance` of the main actor; `rest` is not about the setting."""

    rest: str
    values: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def read_setting(phrase: str) -> DraftSetting:
    """Remove the setting from a phrase. Words without a meaning here are unknown."""
    plain = " ".join(phrase.lower().replace(": ", ", ").split()).rstrip(".!")
    values: dict[str, str] = {}
    unknown: list[str] = []
    for key, pattern in _PATTERNS.items():
        if found := pattern.search(plain):
            values[key] = found[1]
            plain = plain[: found.start()] + " " + plain[found.end() :]
    words, rest = re.findall(r",|[^\s,]+", plain), []
    while words:
        length = _run(words)
        if length:
            rest += _said(words[:length], values, unknown)
        else:
            rest.append(words[0])
        del words[: max(length, 1)]
    return DraftSetting(_tidy(rest), values, tuple(unknown))


def _run(words: list[str]) -> int:
    """Number of the first words that form one phrase about the setting; up to two unknown adjectives may be in it."""
    begins = words[0] in _PREPOSITIONS
    if not begins and words[0] not in WORDS:
        return 0
    last, strange = 0, 0
    for i, word in enumerate(words[begins:], int(begins)):
        if word in WORDS or word in _NOUNS:
            last = i + 1
        elif word not in _FILLERS:
            strange += 1
            if not begins or strange > 2 or word == "," or word in _PREPOSITIONS:
                break
    run = words[:last]
    elsewhere = {"left", "right"} & set(run) and run[-1] not in ("curve", "bend")  # a side of the road
    whole = run and run[-1] in _HEADS and not elsewhere and (begins or any(word in WORDS for word in run))
    return last if whole else int(words[0] in WORDS)


def _said(run: list[str], values: Values, unknown: list[str]) -> list[str]:
    """Store the setting of a phrase; returns the words that the sentence around it still needs."""
    begins, on = run[0] in _PREPOSITIONS, run[0] == "on"
    for word in run[begins:]:
        if word in ("left", "right") and run[-1] in ("curve", "bend"):
            _note("road.direction", word, word, values, unknown)
        elif word == "snow" and on:
            _note(SURFACE, Surface.SNOW, word, values, unknown)
        elif word in WORDS:
            _note(*WORDS[word], word, values, unknown)
        elif word not in _NOUNS | _FILLERS:
            unknown.append(word)
    return [] if begins or run[-1] not in _NOUNS else run[-1:]  # "crosses the wet road" keeps "road"


def _note(path: str, value: str, word: str, values: Values, unknown: list[str]) -> None:
    if values.setdefault(path, str(value)) != value:
        unknown.append(f"{word} (beside {values[path]})")
    if path == "road.direction":
        values.setdefault("road.kind", "curve")


def _tidy(words: list[str]) -> str:
    text = re.sub(r"(?:\s*,)+", ",", " ".join(words))
    text = re.sub(r"\s+,", ",", text).strip(" ,")
    return re.sub(r"\s+", " ", re.sub(r"^(?:and|while|with)\b|\b(?:and|while|with)$", "", text)).strip(" ,")
