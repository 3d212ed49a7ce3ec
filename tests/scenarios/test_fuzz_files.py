"""Whole files with anything in them: read, or refused in sentences; no trace, no hang, nothing that grows."""

import random
import resource
import time

import pytest

from scenarios.faults import Faults
from scenarios.load import library, loads, suites

SHIPPED = [path.read_text() for path in (*library().values(), *suites().values())]
ODD = [
    "", "~", "null", "[]", "{}", "[[[[]]]]", "-1", "1e999", ".nan", "9" * 400, "0x7fffffffffffffff", "yes",
    "2001-01-01", "../../etc/passwd", "/etc/passwd", "~/.ssh", "C:\\con", "a/b", "..", "'a\\0b'", '"\\u0000"',
    '"\\ud800"', "é", "\u202e", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "&a [*a]", "*missing",
    "<<: {a: 1}", "? {a: 1}", "%s %d {0}", "10 m", "-10 m", "1e9 km/h", "50 km/h", "[1 m, 2 m]",
    "{from: 0 m, to: 1000000 m, step: 0.001 m}", "{between: [1 m, 2 m], draws: 1000000}",
    "{between: [1 m, 1 m], draws: 2}", "lead brakes", "oncoming 0",
]  # fmt: skip
SLOWEST_S = 4.0


def answer(text: str) -> str | None:
    """What an author is told of a file; None where it is understood. Anything but Faults is a failure."""
    began = time.process_time()
    try:
        loads(text)
        told = None
    except Faults as faults:
        told = str(faults)
        for fault in faults.faults:
            assert fault.found and fault.wanted and len(str(fault)) < 1500, fault
            assert "Traceback" not in str(fault) and "\n" not in str(fault)
    assert time.process_time() - began < SLOWEST_S
    return told


def mutated(chance: random.Random) -> str:
    """A shipped file of which lines, values, keys or letters were swapped, doubled, dropped or replaced."""
    lines = chance.choice(SHIPPED).splitlines()
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        line = lines[place]
        match chance.randrange(7):
            case 0:
                lines[place:place] = [chance.choice(lines)]
            case 1 if len(lines) > 1:
                del lines[place]
            case 2:
                lines[place] = " " * chance.randint(0, 6) + line.strip()
            case 3 if ": " in line:
                lines[place] = f"{line.partition(': ')[0]}: {chance.choice(ODD)}"
            case 4 if line:
                at = chance.randrange(len(line))
                lines[place] = line[:at] + chance.choice("{}[]:,'\"#&*!|>%@`-? \t0") + line[at + chance.randint(0, 1) :]
            case 5:
                key = chance.choice(
                    ["ego.speed", "actors.lead.ahead", "rows", "drawn", "where", "at_most", "name", "x.y"]
                )
                lines += ["sweep:", f"  {key}: {chance.choice(ODD)}"]
            case _:
                words = line.split(" ")
                words[chance.randrange(len(words))] = chance.choice(ODD)
                lines[place] = " ".join(words)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(60))
def test_mutated_files_are_understood_or_refused(seed):
    answer(mutated(random.Random(seed)))


SWEEP = SHIPPED[0].partition("\nsweep:")[0] + "\nsweep:\n"
HUGE = {
    "product": "".join(f"  p.k{i}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n" for i in range(12)),
    "range": "  ego.speed: {from: 0 km/h, to: 999999999 km/h, step: 0.000001 km/h}\n",
    "draws": "  ego.speed: {between: [1 km/h, 9 km/h], draws: 999999999}\n",
    "cap": "  ego.speed: [1 km/h, 2 km/h]\n  at_most: 999999999\n",
    "rows": "  rows:\n" + "".join(f"    - {{ego.speed: {i} km/h}}\n" for i in range(15_000)),
    "where": "  ego.speed: [1 km/h, 2 km/h]\n  where: " + "(" * 4000 + "ego.speed > 1 km/h" + ")" * 4000 + "\n",
    "power": "  ego.speed: [1 km/h, 2 km/h]\n  where: " + "9" * 12 + " * 9" * 3000 + " > 1\n",
}
NESTED = {
    "lists": "name: " + "[" * 20_000,
    "mappings": "name: " + "{a: " * 20_000 + "1" + "}" * 20_000,
    "blocks": "".join(" " * i + "a:\n" for i in range(300)),
    "joined": SWEEP.partition("story:")[0]
    + "story:\n  - {actor: ego, do: stop, when: "
    + "{all: [" * 40
    + "]}" * 40
    + "}\n",
}
BOMBS = {
    "laughs": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)),
    "merge": "a: &a {x: 1}\n" + "".join(f"b{i}: &b{i} {{<<: [{', '.join(['*a'] * 50)}]}}\n" for i in range(50)),
    "circle": "name: &n [*n]\n",
    "long": "name: " + "a" * 300_000,
    "keys": "".join(f"k{i}: 1\n" for i in range(25_000)),
}


@pytest.mark.parametrize("text", [*(SWEEP + sweep for sweep in HUGE.values()), *NESTED.values(), *BOMBS.values()],
                         ids=[*HUGE, *NESTED, *BOMBS])  # fmt: skip
def test_what_would_grow_is_refused_before_it_does(text):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert answer(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/b", "..", ".", "-rf", "a\\b", "con:", "a b", "é", "a" * 300]
)
def test_a_name_is_no_path(name):
    text = SHIPPED[0].replace("name: ", f"name: {name!r} #", 1)
    assert "name" in answer(text)


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("slice_", range(10))
def test_ten_thousand_mutated_files_are_understood_or_refused(slice_):
    """In slices, each of which can be run alone: -k 'files and 3'."""
    chance, counted = random.Random(1000 + slice_), {True: 0, False: 0}
    for _ in range(1000):
        counted[answer(mutated(chance)) is None] += 1
    assert counted[True] > 30 and counted[False] > 300
