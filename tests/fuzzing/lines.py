"""Story lines as inputs: phrases of the language with mistakes, words in random order, structured events."""

import json
import random
from functools import lru_cache

from scenarios.events.action_spec import Do
from scenarios.load import loads
from scenarios.scenario import Scenario
from scenarios.spec.trigger_spec import When
from scenarios.story.examples import PHRASES
from scenarios.story.phrase_catalog import sentences
from tests.scenarios.street import STREET

SAID = [phrase.format(a="lead", b="truck", c="crate") for phrase in PHRASES]
WORDS = sorted({word for phrase in SAID for word in phrase.split()} | {"and", "then", "it", ",", "(", ":", "s", "'"})
KEYS = ["of", "to", "below", "above", "event", "after", "distance", "along", "lane", "what"]
SAYS = [
    "decel", "until", "to", "rate", "within", "profile", "speed", "for", "behind", "cargo", "turn", "points", "driver",
    "whom", "side", "gap",
]  # fmt: skip


def made(chance: random.Random) -> str:
    """A scenario with one story line, as JSON, which is valid YAML."""
    match chance.randrange(5):
        case 0 | 1:
            line: object = mangled(chance)
        case 2:
            line = " ".join(chance.choices(WORDS, k=chance.randint(1, 14)))
        case 3:
            line = chance.choice(_published())
        case _:
            line = any_event(chance)
    return around(line)


@lru_cache(maxsize=1)
def _published() -> list[str]:
    """Every example sentence of the published list of phrases."""
    return [said for _, said in sentences()]


def around(line: object) -> str:
    """A scenario file with this as the last line of its story."""
    return STREET.format(story="  - " + json.dumps(line) + "\n")


def read(text: str) -> tuple[Scenario, ...]:
    return loads(text)


def mangled(chance: random.Random) -> str:
    """A phrase of the language with some words or letters swapped, doubled, deleted or replaced."""
    words = chance.choice(SAID).split()
    for _ in range(chance.randint(0, 4)):
        place = chance.randrange(len(words) + 1)
        match chance.randrange(5):
            case 0:
                words[place:place] = [chance.choice(WORDS)]
            case 1 if place < len(words) > 1:
                del words[place]
            case 2 if place < len(words):
                words[place] = chance.choice(WORDS)
            case 3 if place < len(words):
                at = chance.randrange(len(words[place]) + 1)
                words[place] = words[place][:at] + chance.choice("abz019 ;(.'°²") + words[place][at:]
            case _:
                words += [chance.choice(["and then", "then", ", then"]), *chance.choice(SAID).split()]
    return " ".join(words)


def any_event(chance: random.Random) -> dict[str, object]:
    """A structured event with parts that are valid, wrong, or of another type."""

    def value(depth: int = 0) -> object:
        match chance.randrange(9):
            case 0:
                return chance.choice([None, True, 7, 1.5, "", "lead", "ego", "nobody", "left", "oncoming 0", "hardest"])
            case 1 if depth < 3:
                return [value(depth + 1) for _ in range(chance.randrange(4))]
            case 2 if depth < 3:
                return {chance.choice([*KEYS, *SAYS, "x"]): value(depth + 1) for _ in range(chance.randrange(3))}
        return _number(chance)

    def part(known: list[str], says: list[str]) -> object:
        inside = {chance.choice(says): value() for _ in range(chance.randrange(3))}
        return {
            chance.choice(known): chance.choice([inside, inside, value()]) for _ in range(chance.choice([1, 1, 1, 2]))
        }

    event = {
        "actor": chance.choice(["lead", "van", "ego", "crate", "walker", "nobody", 3]),
        "when": part(list(When.model_fields), KEYS),
        "do": part(list(Do.model_fields), SAYS),
    }
    return event | ({"id": chance.choice(["slow", "load", "", 3, "A b"])} if chance.random() < 0.2 else {})


def _number(chance: random.Random) -> object:
    units = ["m", "s", "km/h", "m/s^2", "deg", "", "parsec", "m/m"]
    return f"{chance.choice([0, 1, 2.5, -3, 40, 1e9])} {chance.choice(units)}".strip()
