"""Constraints: units, comparisons of words, and refusals of what cannot be compared."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.sweeps.constraint import Unfit, read_constraint

WRITTEN = {
    "ego.speed": "36 km/h", "actors.near-car.ahead": "8 m", "environment.weather": "rain", "road.lanes": 2,
    "ego.driver": "r157 careful", "duration": "6 s", "ego.trajectory": [[0, 0, 0]],
}  # fmt: skip


def holds(text: str) -> bool:
    return read_constraint(text, "here").holds(WRITTEN.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ego.speed == 10 m/s", True),
        ("ego.speed < 22 mph", False),
        ("actors.near-car.ahead / ego.speed >= 0.8 s", True),  # 0.8 s within the tolerance
        ("actors.near-car.ahead / ego.speed > 0.8 s", False),
        ("ego.speed * 2 s - 5 m == 15 m", True),
        ("ego.speed * ego.speed / (2 * 6 m/s^2) < actors.near-car.ahead", False),
        ("1 m < actors.near-car.ahead <= 800 cm", True),
        ("10 m > actors.near-car.ahead > 9 m", False),
        ("-ego.speed < 0 m/s", True),
        ("road.lanes + 1 == 3", True),
        ("environment.weather == rain", True),
        ("environment.weather != 'rain'", False),
        ("ego.driver == 'r157 careful'", True),
        ("duration >= 5 s", True),
        ("environment.weather == fog or road.lanes == 2 and duration == 6 s", True),
        ("(environment.weather == fog or road.lanes == 2) and duration == 5 s", False),
        ("not environment.weather == fog and not road.lanes == 3", True),
    ],
)
def test_constraints_are_evaluated(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ego.speed < 3 m", "a speed < a length"),
        ("ego.speed + 3 s > 1 m/s", "a speed + a time"),
        ("ego.speed < 36", "a speed < a number"),
        ("ego.speed", "which is a speed"),
        ("environment.weather < snow", "the word 'rain' < the word 'snow'"),
        ("environment.weather == 3", "the word 'rain' == a number"),
        ("road.lanes / (road.lanes - 2) > 1", "a division by zero"),
        ("ego.sped > 1 m/s", "ego.sped, which is not written"),
        ("ego.trajectory == 3", "which is a list of 1"),
        ("ego.speed > 3 furlongs", "'3 furlongs'"),
        ("road.lanes and duration == 6 s", "a number beside and"),
    ],
)
def test_comparisons_that_cannot_be_evaluated_are_refused(text, said):
    with pytest.raises(Unfit) as caught:
        holds(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", " ", "ego.speed <", "(ego.speed > 1 m/s", "ego.speed > 1 m/s)", "a ; b", "x()", None, 3]
)
def test_invalid_conditions_are_refused(text):
    with pytest.raises(Unfit):
        read_constraint(text, "here")


@settings(deadline=None)
@given(st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_arithmetic_agrees_with_pythons(a, b):
    a, b = round(a, 3), round(b, 3)
    seconds = {"ego.gap": f"{a:f} m", "ego.speed": f"{b:f} m/s"}
    for limit in (0.5, 2.0):
        found = read_constraint(f"(ego.gap + 1 m) / ego.speed <= {limit} s", "here").holds(seconds.__getitem__)
        assert found is (((a + 1) / b <= limit) or math.isclose((a + 1) / b, limit, rel_tol=1e-9))
