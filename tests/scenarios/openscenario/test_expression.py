"""Expressions in attributes have the right values, and nothing else is evaluated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.openscenario.source.expression import BadExpression, resolved
from scenarios.openscenario.source.parameters import holds

SCOPE = {"speed": "36", "on": "true", "name": "lead"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$name", "lead"),
        ("${$speed / 3.6}", "10"),
        ("${1 + 2 * 3 - 4}", "3"),
        ("${-$speed + +3}", "-33"),
        ("${(1 + 2) * 3}", "9"),
        ("${pow(2, 3) % 5}", "3"),
        ("${7 % -4}", "3"),
        ("${round(2.5)}", "3"),
        ("${floor(-0.5)}", "-1"),
        ("${max($speed, 3) >= 10 and $on}", "true"),
        ("${not (1 < 2) or false}", "false"),
        ("${0.1 + 0.2}", repr(0.1 + 0.2)),
    ],
)
def test_expressions_have_their_value(text, value):
    assert resolved(text, SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        "$nobody", "${$nobody}", "${1 / 0}", "${1 % 0}", "${pow(10, 400)}", "${sqrt(-1)}", "${__import__('os')}",
        "${exec(1)}", "${(lambda: 1)()}", "${pow(1)}", "${true + 1}", "${1 and 2}", "${}", "${" + "(" * 390 + "}",
        "${" + "1+" * 5000 + "1}", "${1e999}", "${$name + 1}", "${[1]}", "${1;2}",
    ],
)  # fmt: skip
def test_any_other_text_is_refused_with_a_message(text):
    with pytest.raises(BadExpression) as caught:
        resolved(text, SCOPE)
    assert caught.value.found
    assert caught.value.wanted


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.+-*/%()$ spedonx<>=,{}_ande", max_size=40))
def test_any_text_has_a_value_or_is_refused(text):
    try:
        assert isinstance(resolved("${" + text + "}", SCOPE), str)
    except BadExpression as bad:
        assert bad.found


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_rules_and_their_opposites(a, b):
    for rule, opposite in (("lessThan", "greaterOrEqual"), ("greaterThan", "lessOrEqual"), ("equalTo", "notEqualTo")):
        assert holds(repr(a), rule, repr(b)) is not holds(repr(a), opposite, repr(b))
