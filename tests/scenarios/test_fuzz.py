"""Whatever is written, a story is understood or refused in a sentence: no trace, no hang, nothing that grows."""

import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.build import cast_of
from scenarios.do_spec import Do
from scenarios.document import parse_document
from scenarios.faults import Faults
from scenarios.load import loads
from scenarios.phrases import PHRASES
from scenarios.sayable import sentences
from scenarios.story import LONGEST
from scenarios.storyline import compiled_story, read_story
from scenarios.when_spec import When
from tests.scenarios.street import STREET

SAID = [phrase.format(a="lead", b="truck", c="crate") for phrase in PHRASES]
WORDS = sorted({word for phrase in SAID for word in phrase.split()} | {"and", "then", "it", ",", "(", ":", "s", "'"})
SLOWEST_S = 2.0
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def answer(line: object) -> str | None:
    """What an author is told of one line of a story; None where it is understood. Anything but Faults is a failure."""
    text = STREET.format(story="  - " + json.dumps(line) + "\n")
    began = time.process_time()
    try:
        loads(text)
        told = None
    except Faults as faults:
        told = str(faults)
        for fault in faults.faults:
            assert fault.found and fault.wanted and len(str(fault)) < 1500, fault
            assert "Traceback" not in told and "\n" not in str(fault)
    assert time.process_time() - began < SLOWEST_S, line
    return told


def mangled(chance: random.Random) -> str:
    """A phrase of the language with some of its words or letters swapped, doubled, dropped or replaced."""
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


WRITTEN = [
    "10 m", "1.5 s", "30 km/h", "4 m/s^2", "90 deg", "lead", "ego", "van", "left", "oncoming 0", "hardest", "smooth",
]  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
SCALARS = PLAIN | st.text(max_size=12) | st.sampled_from(WRITTEN)
NESTED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KEYS = ["of", "to", "below", "above", "event", "after", "distance", "along", "lane", "what"]
SAYS = [
    "decel",
    "until",
    "to",
    "rate",
    "within",
    "profile",
    "speed",
    "for",
    "behind",
    "cargo",
    "turn",
    "points",
    "driver",
]
EVENTS = st.fixed_dictionaries(
    {
        "actor": st.sampled_from(["lead", "van", "ego", "crate", "walker", "nobody"]) | NESTED,
        "when": st.dictionaries(
            st.sampled_from(list(When.model_fields)),
            st.dictionaries(st.sampled_from(KEYS), NESTED, max_size=3) | NESTED,
            max_size=2,
        )
        | NESTED,
        "do": st.dictionaries(
            st.sampled_from(list(Do.model_fields)),
            st.dictionaries(st.sampled_from(SAYS), NESTED, max_size=3) | NESTED,
            max_size=2,
        )
        | NESTED,
    },
    optional={"id": NESTED},
)


@FEW
@given(st.integers(0, 2**32))
def test_mangled_phrases_are_understood_or_refused(seed):
    answer(mangled(random.Random(seed)))


@FEW
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_any_words_are_understood_or_refused(line):
    answer(line)


@FEW
@given(EVENTS | NESTED)
def test_any_mapping_is_understood_or_refused(line):
    answer(line)


@pytest.mark.parametrize(
    "line",
    [
        "lead " + "very " * 200 + "brakes",
        "lead brakes" + " and then brakes" * 100,
        "lead follows the trajectory " + "(1 s, 1 m, 1 m), " * 700,
        "(" * 5000,
        "lead brakes after " + "9" * 390 + " s",
        "the " * 100,
        "lead brakes when " * 24,
        "a" * LONGEST,
        "lead brakes at 6 m/s^2 after 1.5 s\x00",
        "slow: " * 60 + "lead brakes",
    ],
    ids=lambda line: line[:24],
)
def test_what_is_long_or_strange_is_refused_quickly(line):
    assert answer(line)


def test_a_story_of_many_lines_that_all_wait_for_each_other_is_read():
    lines = [f"step{i}: lead brakes when step{(i + 1) % 60} has ended" for i in range(60)]
    with pytest.raises(Faults, match="in a circle"):
        loads(STREET.format(story="".join(f"  - '{line}'\n" for line in lines)))


def _number(chance: random.Random) -> object:
    units = ["m", "s", "km/h", "m/s^2", "deg", "", "parsec", "m/m"]
    return f"{chance.choice([0, 1, 2.5, -3, 40, 1e9])} {chance.choice(units)}".strip()


def any_event(chance: random.Random) -> dict[str, object]:
    """A structured event whose every part may be right, wrong, or of another kind."""

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


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
def test_twenty_thousand_inputs_are_understood_or_refused():
    """Mangled phrases, words in any order, published words and structured events; a good part is understood."""
    chance, counted = random.Random(1), {True: 0, False: 0}
    published = [said for _, said in sentences()]
    (scenario,) = loads(STREET.format(story=""))
    cast = cast_of(parse_document(STREET.format(story="")).data)
    for turn in range(20_000):
        match turn % 5:
            case 0 | 1:
                line: object = mangled(chance)
            case 2:
                line = " ".join(chance.choices(WORDS, k=chance.randint(1, 14)))
            case 3:
                line = chance.choice(published)
            case _:
                line = any_event(chance)
        began = time.process_time()
        lines, faults = read_story([line], cast, scenario.duration_s)
        faults += () if faults else compiled_story(lines, cast)[1]
        assert time.process_time() - began < SLOWEST_S, line
        assert all(fault.found and fault.wanted and len(str(fault)) < 1500 for fault in faults), line
        counted[not faults] += 1
    assert min(counted.values()) > 2_000
