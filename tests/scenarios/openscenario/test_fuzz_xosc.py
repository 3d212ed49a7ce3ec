"""Whatever is in an .xosc file, it is read or refused in sentences: no trace, no hang, nothing that grows."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.faults import Faults
from scenarios.load import loads
from scenarios.openscenario.importing import Asked, import_parsed
from scenarios.xml_document import parse_xml
from tests.scenarios.openscenario.situations import FILES, TWO_CARS, XOSC, after, event, scenario_xml, speed_action

SLOWEST_S = 4.0
WHOLE = [(XOSC / name).read_bytes() for name in ("cut-in.xosc", "lead-brake.xosc", "pedestrian.xosc")]
SMALL = scenario_xml(TWO_CARS, event("e", speed_action(5, "linear", "rate", 3), after(1)))
STRANGE = [
    b"0", b"-1", b"1e308", b"nan", b"INF", b"", b"$x", b"${1/0}", b"Ego", b"../../x", b"&lt;", b"true", b"9" * 40,
    b"linear", b"rate", b"distance", b"\xc3\xa9", b"${" + b"(" * 60 + b"}",
]  # fmt: skip


def answer(content: bytes, partial: bool) -> str | None:
    """What is told of a file; None where it is read. Anything but Faults is a failure."""
    began = time.process_time()
    try:
        file = parse_xml(content, XOSC / "case.xosc" if b'"../' in content else FILES / "case.xosc")
        loads(import_parsed(file, Asked(partial=partial), {}).text)
        told = None
    except Faults as faults:
        told = str(faults)
        for fault in faults.faults:
            assert fault.found and fault.wanted and len(str(fault)) < 2500, fault
            assert "Traceback" not in told and "\n" not in str(fault)
    assert time.process_time() - began < SLOWEST_S, content
    return told


def mangled(content: bytes, chance: random.Random) -> bytes:
    """A file with some of its values, elements or bytes swapped, doubled, dropped or replaced."""
    for _ in range(chance.randint(1, 4)):
        quotes = [i for i, byte in enumerate(content) if byte == 0x22]
        pick = chance.randrange(max(len(quotes) // 2, 1)) * 2
        match chance.randrange(5):
            case 0 | 1 if len(quotes) > pick + 1:  # a value
                content = content[: quotes[pick] + 1] + chance.choice(STRANGE) + content[quotes[pick + 1] :]
            case 2:  # an element twice, or not at all
                parts = content.split(b"<")
                at = chance.randrange(1, len(parts))
                parts[at : at + 1] = chance.choice([[], [parts[at], parts[at]]])
                content = b"<".join(parts)
            case 3:  # bytes
                at = chance.randrange(len(content))
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + chance.randrange(3) :]
            case _:  # a value of elsewhere
                if len(quotes) > pick + 1:
                    other = chance.randrange(len(quotes) // 2) * 2
                    value = content[quotes[other] + 1 : quotes[other + 1]]
                    content = content[: quotes[pick] + 1] + value + content[quotes[pick + 1] :]
    return content


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_mangled_files_are_read_or_refused(seed):
    chance = random.Random(seed)
    answer(mangled(chance.choice([*WHOLE, SMALL, SMALL]), chance), chance.random() < 0.5)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_refused(content):
    assert answer(content, False)


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_thousands_of_mangled_files_are_read_or_refused():
    """Of valid files with mistakes in them a good part is still read."""
    chance, counted = random.Random(1), {True: 0, False: 0}
    for _ in range(5_000):
        told = answer(mangled(chance.choice([*WHOLE, SMALL, SMALL]), chance), chance.random() < 0.5)
        counted[told is None] += 1
    assert min(counted.values()) > 100
