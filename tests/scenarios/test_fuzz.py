"""Any story line is parsed or refused with a message, without a traceback, a hang or growth of memory."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.events.action_spec import Do
from scenarios.load import loads
from scenarios.source.errors import SpecErrors
from scenarios.spec.trigger_spec import When
from scenarios.story.sentence import LONGEST
from tests.fuzzing.asking import SLOWEST_S, blamed
from tests.fuzzing.lines import KEYS, SAYS, WORDS, around, mangled
from tests.scenarios.street import STREET

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def answer(line: object) -> str | None:
    """The message for one story line; None if it is accepted. Any other error than SpecErrors fails the test."""
    began = time.process_time()
    try:
        loads(around(line))
        told = None
    except SpecErrors as faults:
        told = str(faults)
        assert not any(map(blamed, faults.faults)), told
    assert time.process_time() - began < SLOWEST_S, line
    return told


WRITTEN = [
    "10 m", "1.5 s", "30 km/h", "4 m/s^2", "90 deg", "lead", "ego", "van", "left", "oncoming 0", "hardest", "smooth",
]  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
SCALARS = PLAIN | st.text(max_size=12) | st.sampled_from(WRITTEN)
NESTED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
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
def test_mangled_phrases_are_accepted_or_refused(seed):
    answer(mangled(random.Random(seed)))


@FEW
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_any_words_are_accepted_or_refused(line):
    answer(line)


@FEW
@given(EVENTS | NESTED)
def test_any_mapping_is_accepted_or_refused(line):
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
def test_long_or_strange_lines_are_refused_quickly(line):
    assert answer(line)


def test_a_long_circle_of_waiting_events_is_refused():
    lines = [f"step{i}: lead brakes when step{(i + 1) % 60} has ended" for i in range(60)]
    with pytest.raises(SpecErrors, match="do not wait for each other"):
        loads(STREET.format(story="".join(f"  - '{line}'\n" for line in lines)))
