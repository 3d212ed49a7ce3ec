"""Example phrases of the grammar, and numbers in words."""

import re

from scenarios.verbs import VERBS

# Triggers, and several actions in one line; the phrases of single verbs are theirs (`StoryVerb.phrases`). They are
# offered for a sentence that is not understood, and shown on the page of phrases; {a} and {b} are actors, {c} is cargo.
# A test parses every one.
_PHRASES = (
    "{a} brakes at a TTC of 1.5 s",
    "{a} brakes when the ego is 2 s away",
    "{a} brakes when the headway is below 1 s",
    "{a} brakes when it has travelled 40 m",
    "{a} brakes when it has reached 60 m along the road",
    "{a} brakes when it is in lane 1",
    "{a} brakes when it has passed {b}",
    "{a} brakes when the ego is slower than 30 km/h",
    "{a} brakes when {b} stands still",
    "{a} brakes when event-1 has ended",
    "{a} brakes 1 s after event-1 has begun",
    "{a} brakes when the gap is below 10 m and the ego is faster than 30 km/h",
    "{a} brakes when {b} stands still or 3 s have passed",
    "{a} stops for 2 s and then speeds up to 30 km/h",
    "{a} keeps 50 km/h for 2 s and then brakes",
)
PHRASES = tuple(phrase for verb in VERBS.all() for phrase in verb.phrases) + _PHRASES
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELT = {word: n for n, word in enumerate(_ONES.split())}
_SPELT |= {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}


def spelt(words: str) -> str:
    """Converts a number in words to digits: "two" 2, "twenty-five" 25, "half a" 0.5, "one and a half" 1.5."""
    if words.startswith("half"):
        return "0.5"
    whole = words.partition(" and a half")[0]
    whole, _, decimal = whole.partition(" point ")
    number = 100 if "hundred" in whole else 1 if whole in ("a", "an") else 0
    if not number:
        number = sum(_SPELT[word] for word in re.split("[ -]", whole))
    tenths = 5 if words.endswith("half") else _SPELT.get(decimal, 0)
    return f"{number}.{tenths}" if tenths else str(number)
