"""The critical instant: contact, else the least TTC; the frame that a preview marks."""

import numpy as np
import pytest

from scenarios.load import library, load
from scenarios.metrics.critical_instant import critical_instant
from scenarios.metrics.criticality import encounters
from scenarios.simulation.simulate import simulate
from tests.scenarios.situations import child_between_cars


def test_without_contact_it_is_the_instant_of_the_least_ttc():
    rollout = simulate(load(library()["nhtsa/lead-brake"])[0])
    critical = critical_instant(rollout)
    ttc = encounters(rollout).ttc_s
    assert ttc[critical.frame].min() == ttc.min()
    assert critical.words == f"least TTC {ttc.min():.1f} s, to lead ahead"
    assert critical.t_s == rollout.t_s[critical.frame]


def test_a_contact_has_priority():
    rollout = simulate(child_between_cars(50.0))
    hits = [h for h in rollout.happenings if h.other and "ego" in (h.actor, h.other)]
    critical = critical_instant(rollout)
    if not hits:
        pytest.fail("the situation no longer ends in a contact: choose another")
    assert critical.words == "contact with child"
    assert critical.t_s == pytest.approx(np.ceil(hits[0].t_s * 12 - 1e-4) / 12, abs=1e-6)
