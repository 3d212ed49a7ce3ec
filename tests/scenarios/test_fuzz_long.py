"""Thousands of random inputs; `python -m tests.fuzzing` runs the same ones and prints its counts."""

import pytest

from tests.fuzzing.many import USUAL, answers


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", USUAL)
def test_thousands_of_inputs_are_accepted_or_refused(kind):
    """Many of them are accepted and many refused, so that neither answer is constant."""
    found, peaks = zip(*answers(kind, range(USUAL[kind])), strict=True)
    assert not [(answer.number, answer.failure) for answer in found if answer.failure]
    refused = sum(bool(answer.told) for answer in found)
    assert 0.02 * len(found) < refused < 0.98 * len(found)
    assert max(peaks) < 1000  # MiB
