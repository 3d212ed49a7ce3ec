"""Any tables are read or refused with a message; `python -m tests.fuzzing --kind logs` runs twenty thousand."""

import pytest

from tests.fuzzing.asking import asked

INPUTS, AT_ONCE = 200, 20


@pytest.mark.parametrize("first", range(0, INPUTS, AT_ONCE))
def test_mutated_tables_are_read_or_refused(first):
    """Some of them are read and some are refused, so that neither answer is constant."""
    found = [asked("logs", number) for number in range(first, first + AT_ONCE)]
    assert not [(answer.number, answer.failure) for answer in found if answer.failure]
    assert 0 < sum(bool(answer.told) for answer in found) < AT_ONCE
