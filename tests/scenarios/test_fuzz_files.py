"""Any file is read or refused with a message, without a traceback, a hang or growth of memory."""

import random
import resource
import time

import pytest

from scenarios.load import loads
from scenarios.source.errors import SpecErrors
from tests.fuzzing.asking import SLOWEST_S, blamed
from tests.fuzzing.specs import SHIPPED, made


def answer(text: str) -> str | None:
    """The message for a file; None if it is accepted. Any other error than SpecErrors fails the test."""
    began = time.process_time()
    try:
        loads(text)
        told = None
    except SpecErrors as faults:
        told = str(faults)
        assert not any(map(blamed, faults.faults)), told
    assert time.process_time() - began < SLOWEST_S
    return told


@pytest.mark.parametrize("seed", range(60))
def test_mutated_files_are_accepted_or_refused(seed):
    answer(made(random.Random(seed)))


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
def test_files_that_expand_are_refused_before_they_do(text):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert answer(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/b", "..", ".", "-rf", "a\\b", "con:", "a b", "é", "a" * 300]
)
def test_a_name_is_not_a_path(name):
    text = SHIPPED[0].replace("name: ", f"name: {name!r} #", 1)
    assert "name" in answer(text)
