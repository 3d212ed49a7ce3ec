"""The phrases offered to an author who was not understood, and numbers in words."""

import re
from difflib import SequenceMatcher

from scenarios.references import Cast, Unclear, resolve

# Offered to an author whose sentence is not understood; {a} and {b} are actors. A test parses every one.
PHRASES = (
    "{a} brakes at 6 m/s^2 after 1.5 s",
    "{a} brakes hard after 1.5 s",
    "{a} brakes gently after 1.5 s",
    "{a} brakes at 4 m/s^2 until 20 km/h",
    "{a} brakes to a stop",
    "{a} comes to a stop",
    "{a} makes an emergency stop after 1 s",
    "{a} holds its speed",
    "{a} keeps 50 km/h",
    "{a} follows at 50 km/h",
    "{a} follows traffic",
    "{a} speeds up to 60 km/h",
    "{a} accelerates to 60 km/h at 1.5 m/s^2",
    "{a} slows down to 30 km/h after 1 s",
    "{a} cuts in after 1 s",
    "{a} cuts in within 1.5 s after 1 s",
    "{a} changes into the ego's lane after 1 s",
    "{a} crosses the road at 15 km/h after 1 s",
    "{a} walks across the road after 1 s",
    "{a} runs across the road after 1 s",
    "{a} steps out from behind {b} after 2 s",
    "{a} runs out from behind {b} after 2 s",
)
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELT = {word: n for n, word in enumerate(_ONES.split())}
_SPELT |= {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}


def spelt(words: str) -> str:
    """A number in words as digits: "two" 2, "twenty-five" 25, "half a" 0.5, "one and a half" 1.5."""
    if words.startswith("half"):
        return "0.5"
    whole = words.partition(" and a half")[0]
    whole, _, decimal = whole.partition(" point ")
    number = 100 if "hundred" in whole else 1 if whole in ("a", "an") else 0
    if not number:
        number = sum(_SPELT[word] for word in re.split("[ -]", whole))
    tenths = 5 if words.endswith("half") else _SPELT.get(decimal, 0)
    return f"{number}.{tenths}" if tenths else str(number)


def nearest_phrases(plain: str, cast: Cast, count: int = 3) -> list[str]:
    """The phrases of this language most like a sentence, with this scenario's actors in them."""
    words = plain.split()
    subject = subject_of(words, cast)
    rest = _masked(" ".join(words[len(subject.split()) :]) if plain.startswith(subject) else " ".join(words[1:]))
    other = next((m.id for m in cast.members.values() if m.parked), "the parked truck")

    def likeness(phrase: str) -> float:
        wanted = _masked(phrase.replace("{a} ", "").replace("{b}", ""))
        shared = len({w[:4] for w in rest.split()} & {w[:4] for w in wanted.split()}) / (1 + len(wanted.split()))
        return SequenceMatcher(None, rest, wanted).ratio() + 1.5 * shared

    best = sorted(PHRASES, key=likeness, reverse=True)[:count]
    return [phrase.format(a=subject, b=other) for phrase in best]


def _masked(text: str) -> str:
    return re.sub(r"[\d.]+ ?\S*", "#", text)


def subject_of(words: list[str], cast: Cast) -> str:
    """The longest beginning of a sentence that names an actor, else the first actor there is."""
    for end in range(min(5, len(words)), 0, -1):
        try:
            resolve(" ".join(words[:end]), cast)
        except Unclear:
            continue
        return " ".join(words[:end])
    return next((name for name in cast.members if name != "ego"), "the ego")
