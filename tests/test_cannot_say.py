"""The page docs/cannot-say.md: every refused example is refused, and every alternative is valid."""

import pytest

from docs.conventions import street
from scenarios.load import loads
from scenarios.source.errors import SpecErrors
from tests.documents import TEXT

PAGE = TEXT["docs/cannot-say.md"]
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")]
REFUSED = [row[1] for row in ROWS if row[1][0] in "*`"]
INSTEAD = [row[2].strip("*") for row in ROWS if len(row) > 2 and row[2].startswith("*")]


def scenario(example: str) -> str:
    """A file with the example: a line of a story between *, a section of the file between `."""
    if example.startswith("*"):
        return street(example.strip("*"))
    section = example.strip("`")
    key = section.partition(":")[0]
    own = "ego: {lane: 0, speed: 50 km/h, drive: follow}\n"
    head = f"name: street\nintent: To see what is refused.\n{own}"
    return head + ("" if key == "road" else "road: {lanes: 2}\n") + section + "\n"


@pytest.mark.parametrize("example", REFUSED)
def test_every_refused_example_is_refused(example):
    with pytest.raises(SpecErrors):
        loads(scenario(example), "street.yaml")


@pytest.mark.parametrize("line", INSTEAD)
def test_every_alternative_is_valid(line):
    assert loads(street(line), "street.yaml")


def test_the_file_around_the_examples_is_valid():
    assert loads(street(), "street.yaml")
    sound = ("road: {lanes: 2}", "environment: {weather: rain}", "actors: {other: {kind: car, box: {at: [30 m, 0 m]}}}")
    assert all(loads(scenario(f"`{section}`"), "street.yaml") for section in sound)
    assert len(REFUSED) > 50
