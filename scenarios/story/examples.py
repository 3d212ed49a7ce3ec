"""Example phrases of the grammar, and numbers in words."""

import re

from scenarios.verbs import VERBS

# Offered for a sentence that is not understood, and shown on the page of phrases; {a} and {b} are actors, {c} is
# cargo. A test parses every one.
_PHRASES = (
    "{a} brakes at 6 m/s^2 after 1.5 s",
    "{a} brakes hard after 1.5 s",
    "{a} brakes gently after 1.5 s",
    "{a} brakes at 4 m/s^2 until 20 km/h",
    "{a} brakes to a stop",
    "{a} brakes as hard as the road allows when the gap is below 10 m",
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
    "{a} brakes when the gap is below 10 m and the ego is faster than 30 km/h",
    "{a} brakes when {b} stands still or 3 s have passed",
    "{a} comes to a stop",
    "{a} stops within 20 m",
    "{a} stops for 2 s and then speeds up to 30 km/h",
    "{a} makes an emergency stop after 1 s",
    "{a} holds its speed",
    "{a} keeps 50 km/h",
    "{a} keeps 50 km/h for 2 s and then brakes",
    "{a} follows at 50 km/h",
    "{a} follows traffic",
    "{a} speeds up to 60 km/h",
    "{a} accelerates to 60 km/h at 1.5 m/s^2",
    "{a} slows down to 30 km/h after 1 s",
    "{a} changes speed to 40 km/h within 3 s smoothly",
    "{a} cuts in after 1 s",
    "{a} cuts in within 1.5 s after 1 s",
    "{a} changes into the ego's lane after 1 s",
    "{a} cuts out to the left after 1 s",
    "{a} changes lane to the left within 3 s",
    "{a} moves to lane 0 after 1 s",
    "{a} drifts 0.5 m to the right after 1 s",
    "{a} returns to the centre of its lane",
    "{a} turns left at the junction",
    "{a} stops at the line",
    "{a} runs the red light",
    "{a} takes the second exit",
    "{a} merges within 3 s",
    "{a} merges into a gap",
    "{a} crosses the road at 15 km/h after 1 s",
    "{a} walks across the road after 1 s",
    "{a} runs across the road after 1 s",
    "{a} steps out from behind {b} after 2 s",
    "{a} runs out from behind {b} after 2 s",
    "{a} steps out from in front of {b} after 2 s",
    "{a} drops {c} after 2 s",
    "{a} appears at the scene's edge after 1 s",
    "{a} disappears at the scene's edge",
)
PHRASES = _PHRASES + tuple(phrase for verb in VERBS.all() for phrase in verb.phrases)
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
