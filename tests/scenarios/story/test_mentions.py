"""The actors of a story: those that act, and those that triggers and actions refer to."""

from dataclasses import fields
from typing import get_args

import pytest

from scenarios.load import library, load
from scenarios.model.triggers import After, AllOf, AnyOf, AtGap, AtStandstill, HasPassed, Single
from scenarios.scenario import Event, brought
from scenarios.story.mentions import mentioned
from scenarios.verbs import VERBS
from scenarios.verbs.longitudinal.brake import Brake

ACTIONS = [action for verb in VERBS.all() for action in verb.actions]
NO_BODIES = {"driver", "event"}  # fields with other names


@pytest.mark.parametrize("kind", [*get_args(Single), *ACTIONS], ids=lambda kind: kind.__name__)
def test_every_field_that_names_a_body_counts(kind):
    """Fails for a new trigger or action with a body in it, until that is added to `mentioned`."""
    names = {f.name: f"body-{f.name}" for f in fields(kind) if f.type in (str, str | None) and f.name not in NO_BODIES}
    inner = {key: f"body-{key}" for verb in VERBS.all() if kind in verb.actions for key in verb.triggers}
    values = {f.name: names.get(f.name, f.type is bool or 1.0) for f in fields(kind)}
    values |= {key: AtStandstill(name) for key, name in inner.items()}
    made = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    event = Event("who", After(0.0), made) if kind in ACTIONS else Event("who", made, Brake(3.0))
    assert mentioned([event]) == {"who", *names.values(), *inner.values(), *brought([event])}


def test_joined_conditions_count_too():
    when = AnyOf((AllOf((AtGap("ego", "lead", 10.0), After(1.0))), HasPassed("lead", "van")))
    assert mentioned([Event("truck", when, Brake(3.0))]) == {"truck", "ego", "lead", "van"}


def test_the_child_and_its_cover_are_mentioned_and_other_parked_cars_are_not():
    assert mentioned(load(library()["euro_ncap/cpnco-child"])[0].events) == {"child", "near-car"}
