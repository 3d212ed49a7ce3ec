"""Conditions joined by and, and by or: read from English and mappings, printed as English, and evaluated together."""

import pytest

from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.model.triggers import After, AfterEvent, AllOf, AnyOf, AtGap, AtSpeed, AtStandstill, singles
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: joined
intent: Something happens when several things are so.
duration: 8 s
road: {{lanes: 2}}
ego: {{lane: 0, speed: 60 km/h, drive: hold speed}}
actors:
  lead: {{kind: car, lane: 0, ahead: 60 m, speed: 40 km/h}}
  van: {{kind: van, lane: 1, ahead: 30 m, speed: 50 km/h}}
story:
{story}
expect: {{collision: allowed}}
"""
KMH = 1 / 3.6


def read(*story: str):
    (scenario,) = loads(FILE.format(story="\n".join(f"  - {line}" for line in story)))
    return scenario


def when(*story: str):
    return read(*story).events[-1].when


def refused(*story: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        read(*story)
    return "; ".join(map(str, caught.value.faults))


BRAKE = "do: {brake: {decel: 4 m/s^2}}"
NEAR, FAST, SLOW = AtGap("lead", "ego", 20.0), AtSpeed("ego", 30 * KMH, False), AtSpeed("van", 20 * KMH, True)
SAME = [
    (
        "lead brakes when the gap is below 20 m and the ego is faster than 30 km/h",
        "{actor: lead, when: {all: [{gap: {below: 20 m}}, {speed: {of: ego, above: 30 km/h}}]}, " + BRAKE + "}",
        AllOf((NEAR, FAST)),
    ),
    (
        "lead brakes when the gap is below 20 m, or when the van is slower than 20 km/h",
        "{actor: lead, when: {any: [{gap: {below: 20 m}}, {speed: {of: van, below: 20 km/h}}]}, " + BRAKE + "}",
        AnyOf((NEAR, SLOW)),
    ),
    (
        "once the gap between lead and the ego is below 20 m and the ego exceeds 30 km/h or 3 s have passed,"
        " lead brakes",
        "{actor: lead, when: {any: [{all: [{gap: {below: 20 m}}, {speed: {of: ego, above: 30 km/h}}]}, {after: 3 s}]},"
        f" {BRAKE}}}",
        AnyOf((AllOf((NEAR, FAST)), After(3.0))),
    ),
]


@pytest.mark.parametrize(("english", "mapping", "meant"), SAME)
def test_english_and_mapping_mean_the_same(english, mapping, meant):
    spoken, structured = read(english), read(mapping)
    assert [(type(s), s) for s in singles(spoken.events[0].when)] == [
        (type(s), pytest.approx(s) if isinstance(s, float) else s) for s in singles(meant)
    ]
    assert type(spoken.events[0].when) is type(meant)
    assert spoken.events == structured.events
    assert spoken.id == structured.id


@pytest.mark.parametrize(("english", "mapping", "meant"), SAME)
def test_explain_prints_a_line_that_is_parsed_to_the_same_trigger(english, mapping, meant):
    lines = [line for line in told((read(mapping),)).splitlines() if line.startswith("  - ")]
    assert len(lines) == 1
    assert read(lines[0].removeprefix("  - ")).events == read(mapping).events


def test_the_end_of_an_event_may_be_one_of_them_and_names_do_not_change_the_id():
    stories = [
        (f"{name}: van brakes until 30 km/h after 1 s",
         f"lead brakes when {name} has been over for 0.5 s and the gap is below 30 m")
        for name in ("slow", "other")
    ]  # fmt: skip
    one, other = (read(*story) for story in stories)
    ended, gap = one.events[1].when.parts
    assert ended == AfterEvent("slow", 0.5) and gap.gap_m == 30.0
    assert one.id == other.id
    assert "slow has been over for 0.5 s and the gap between lead and the ego is below 30 m" in told((one,))


def first_time(*story: str) -> float | None:
    rollout = simulate(read(*story))
    return next((h.t_s for h in rollout.happenings if h.actor == "lead" and h.what.startswith("brakes")), None)


def test_all_fires_when_the_last_condition_holds_and_any_with_the_first():
    """Ego and lead close in at 20 km/h: 40 m until 20 m are left take 7.2 s."""
    gap, late, soon = 40 / (20 * KMH), 7.5, 2.0
    assert first_time("lead brakes when the gap is below 20 m") == pytest.approx(gap, abs=0.03)
    assert first_time(f"lead brakes when the gap is below 20 m and {soon} s have passed") == pytest.approx(
        gap, abs=0.03
    )
    assert first_time(f"lead brakes when the gap is below 20 m and {late} s have passed") == pytest.approx(
        late, abs=0.03
    )
    assert first_time(f"lead brakes when the gap is below 20 m or {soon} s have passed") == pytest.approx(
        soon, abs=0.03
    )
    assert first_time(f"lead brakes when the gap is below 20 m or {late} s have passed") == pytest.approx(gap, abs=0.03)


def test_conditions_that_hold_one_after_another_do_not_hold_together():
    story = (
        "van speeds up to 90 km/h at the start",
        "lead brakes when van is slower than 55 km/h and van is faster than 60 km/h",
    )
    (never,) = simulate(read(*story)).unfired
    assert never.why == "each of its conditions held, but never all at once"


def test_only_the_conditions_that_never_held_are_reported():
    (never,) = simulate(read("lead brakes when the gap is below 40 m and the van stands still")).unfired
    assert "van was never slower than 50" in never.why
    assert "gap" not in never.why
    (neither,) = simulate(read("lead brakes when lead stands still or the van stands still")).unfired
    assert "lead was never slower" in neither.why and "van was never slower" in neither.why


def test_it_in_joined_conditions_is_the_actor_of_the_line():
    assert AtStandstill("van") in singles(when("lead brakes when the van stands still and it is faster than 30 km/h"))
    assert AtSpeed("lead", 30 * KMH, False) in singles(
        when("lead brakes when the van stands still and it is faster than 30 km/h")
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{actor: lead, when: {all: [{after: 1 s}]}, do: {brake: {decel: 4 m/s^2}}}", "from 2 to 8"),
        ("{actor: lead, when: {any: []}, do: {brake: {decel: 4 m/s^2}}}", "from 2 to 8"),
        ("{actor: lead, when: {all: [{after: 1 s}, {any: [{after: 2 s}, {after: 3 s}]}]}, " + BRAKE + "}",
         "any within all"),
        ("{actor: lead, when: {all: [{after: 1 s}, {gap: {below: 3 s}}]}, do: {brake: {decel: 4 m/s^2}}}",
         "story.0.when.all.1.gap.below"),
        ("{actor: lead, when: {all: [{after: 1 s}, {standstill: {of: bus}}]}, do: {brake: {decel: 4 m/s^2}}}",
         "story.0.when.all.1.standstill.of"),
        ("{actor: lead, when: {any: [{after: 9 s}, {standstill: van}]}, do: {brake: {decel: 4 m/s^2}}}",
         "story.0.when.any.0.after"),
        ("{actor: lead, when: {after: 1 s, all: [{after: 1 s}, {after: 2 s}]}, do: {brake: {decel: 4 m/s^2}}}",
         "after and all"),
        ("lead brakes when the gap is below 20 m and the bus stands still", "'bus'"),
        ("lead brakes when the gap is below 20 m and van brakes", "one sentence a line"),
        ("lead brakes when the gap is below 20 m and the van is in lane 4", "one of lane 0, lane 1"),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_joined_are_refused_with_their_path(line, said):
    assert said in refused(line)


def test_two_events_that_wait_for_each_other_in_joined_conditions_are_refused():
    first = "one: lead brakes until 30 km/h when two has ended and 1 s have passed"
    second = "two: van brakes until 30 km/h when one has ended or 2 s have passed"
    assert "do not wait for each other" in refused(first, second)
