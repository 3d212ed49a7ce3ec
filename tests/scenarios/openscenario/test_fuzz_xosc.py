"""Any .xosc or .xodr file is read or refused with a message, without a traceback, a hang or growth of memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.source.errors import SpecErrors
from tests.fuzzing.asking import asked, blamed
from tests.scenarios.openscenario.situations import imported


@pytest.mark.parametrize("number", range(25))
@pytest.mark.parametrize("kind", ["xosc", "xodr"])
def test_mangled_files_are_read_or_refused(kind, number):
    assert not asked(kind, number).failure


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_refused(content):
    with pytest.raises(SpecErrors) as caught:
        imported(content)
    assert not any(map(blamed, caught.value.faults))
