"""Scenario files as inputs: shipped files with wrong lines, values, keys or letters."""

import random

from scenarios.load import library, loads, suites
from scenarios.scenario import Scenario

SHIPPED = [path.read_text() for path in (*library().values(), *suites().values())]
ODD = [
    "", "~", "null", "[]", "{}", "[[[[]]]]", "-1", "1e999", ".nan", "9" * 400, "0x7fffffffffffffff", "yes",
    "2001-01-01", "../../etc/passwd", "/etc/passwd", "~/.ssh", "C:\\con", "a/b", "..", "'a\\0b'", '"\\u0000"',
    '"\\ud800"', "é", "\u202e", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "&a [*a]", "*missing",
    "<<: {a: 1}", "? {a: 1}", "%s %d {0}", "10 m", "-10 m", "1e9 km/h", "50 km/h", "[1 m, 2 m]",
    "{from: 0 m, to: 1000000 m, step: 0.001 m}", "{between: [1 m, 2 m], draws: 1000000}",
    "{between: [1 m, 1 m], draws: 2}", "lead brakes", "oncoming 0",
]  # fmt: skip
SWEPT = ["ego.speed", "actors.lead.ahead", "rows", "drawn", "where", "at_most", "name", "x.y"]


def made(chance: random.Random) -> str:
    """A shipped file with lines, values, keys or letters swapped, doubled, deleted or replaced."""
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
                lines += ["sweep:", f"  {chance.choice(SWEPT)}: {chance.choice(ODD)}"]
            case _:
                words = line.split(" ")
                words[chance.randrange(len(words))] = chance.choice(ODD)
                lines[place] = " ".join(words)
    return "\n".join(lines) + "\n"


def read(text: str) -> tuple[Scenario, ...]:
    return loads(text)
