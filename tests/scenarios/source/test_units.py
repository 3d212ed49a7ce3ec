"""Quantities: every unit of the language, and all refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.source.units import ACCELERATION, ANGLE, LENGTH, SPEED, TIME, NotAQuantity, measure_of, quantity, shown

READ = [
    ("50 km/h", SPEED, 50 / 3.6),
    ("50km/h", SPEED, 50 / 3.6),
    ("36 kph", SPEED, 10.0),
    ("30 mph", SPEED, 13.4112),
    ("10 m/s", SPEED, 10.0),
    ("6 m/s^2", ACCELERATION, 6.0),
    ("6 m/s²", ACCELERATION, 6.0),
    ("6 m/s**2", ACCELERATION, 6.0),
    ("6 m/s2", ACCELERATION, 6.0),
    ("6 m/s/s", ACCELERATION, 6.0),
    ("0.5 g", ACCELERATION, 4.903325),
    ("12 m", LENGTH, 12.0),
    ("-3.5 m", LENGTH, -3.5),
    ("\N{MINUS SIGN}3.5 m", LENGTH, -3.5),
    ("350 cm", LENGTH, 3.5),
    ("0.1 km", LENGTH, 100.0),
    ("10 ft", LENGTH, 3.048),
    ("2 s", TIME, 2.0),
    ("1500 ms", TIME, 1.5),
    ("2 seconds", TIME, 2.0),
    ("90 deg", ANGLE, math.pi / 2),
    ("90°", ANGLE, math.pi / 2),
    ("1 rad", ANGLE, 1.0),
]


@pytest.mark.parametrize(("text", "measure", "value"), READ)
def test_quantities_become_si(text, measure, value):
    assert quantity(text, measure) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("bare", [50, 50.0, "50", "-3", " 7.5 "])
def test_a_bare_number_is_refused_and_the_units_that_fit_are_named(bare):
    with pytest.raises(NotAQuantity, match=r"km/h, m/s, mph.*bare number has no unit"):
        quantity(bare, SPEED)


@pytest.mark.parametrize(
    ("text", "measure", "said"),
    [("12 m", SPEED, "this is a length"), ("6 m/s^2", SPEED, "this is an acceleration"), ("3 s", LENGTH, "a time")],
)
def test_a_wrong_dimension_is_named(text, measure, said):
    with pytest.raises(NotAQuantity, match=said):
        quantity(text, measure)


@pytest.mark.parametrize(
    "text",
    [
        "nan m", "inf m", "-inf m", "1e9 m", "1e400 m", "9" * 13 + " m", "9**9**9 m", "2 * 3 m", "m", "", " ", "1,5 m",
        "__import__('os').system('x') m", "1 m^99999999", "1 m^9", "(1) m", "1 m; 2 m", "1 m\n2 m",
        "0x10 m", "١٢ m", "1 {m}", "1 m/0",
    ],
)  # fmt: skip
def test_only_a_number_with_a_unit_is_accepted(text):
    with pytest.raises(NotAQuantity):
        quantity(text, LENGTH)


@pytest.mark.parametrize("thing", [None, True, False, [], {}, [1], b"1 m"])
def test_values_other_than_text_are_not_quantities(thing):
    with pytest.raises(NotAQuantity):
        quantity(thing, LENGTH)


@pytest.mark.parametrize("unit", ["furlong", "kg", "K", "eV", "lightyear", "parsec", "dimensionless"])
def test_the_registry_has_no_other_units(unit):
    with pytest.raises(NotAQuantity, match=f"no unit {unit}|wanted|length"):
        quantity(f"3 {unit}", LENGTH)


def test_implausible_sizes_are_refused():
    assert quantity("999 km", LENGTH) == pytest.approx(999e3)
    with pytest.raises(NotAQuantity, match="fits on a road"):
        quantity("9999999 km", LENGTH)


def test_the_measure_of_a_text_is_recognised():
    assert measure_of("6 m/s^2") is ACCELERATION
    assert measure_of("1.5 s") is TIME
    assert measure_of("3 m^3/s") is None
    assert measure_of("lead") is None


@given(st.integers(-999_999, 999_999))
def test_centimetres_are_hundredths_of_metres(n):
    assert quantity(f"{n} cm", LENGTH) == pytest.approx(n / 100, rel=1e-12)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        value = quantity(text, SPEED)
    except NotAQuantity:
        return
    assert math.isfinite(value)


def test_values_are_shown_in_usual_units():
    assert shown(50 / 3.6, SPEED) == "50 km/h (13.89 m/s)"
    assert shown(math.pi / 2, ANGLE) == "90 deg"
    assert shown(12.0, LENGTH) == "12 m"
