"""What an author is told of a line that cannot be: which word could not be used, and what would be right."""

import pytest

from tests.scenarios.street import refusal


@pytest.mark.parametrize(
    ("line", "structured", "reason"),
    [
        ("van pulls out at 30 km/h", "{pull_out: {speed: 30 km/h}}",
         "van, which moves already; wanted an actor that stands; of one that moves: cut_in"),
        ("lead pulls out", "pull_out", "lead, which moves already; wanted an actor that stands"),
        ("van merges into a gap", "{merge: {gap: true}}", "van, which is not on the ramp; wanted an actor with"),
    ],
)  # fmt: skip
def test_english_and_structure_are_refused_for_one_reason(line, structured, reason):
    actor = line.split()[0]
    assert reason in refusal(line)
    assert reason in refusal("{actor: " + actor + ", when: {after: 0 s}, do: " + structured + "}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lead overtakes truck slowly", "no such a manner: it has no meaning for 'overtake'"),
        ("truck opens its door slowly", "no such a manner: it has no meaning for 'open door'"),
        ("van cuts in for 2 s", "no 'for 2 s': it has no meaning for 'cut in'"),
        ("lead brakes within 2 s", "no 'within 2 s': it has no meaning for 'brake'"),
        ("lead holds its speed in front of the van", "no such place: hold_speed has none"),
        (
            "lead overtakes the truck quickly",
            "'quickly' does not describe truck, and is not allowed here for its action",
        ),
        ("the truck probably brakes", "'probably' does not describe truck"),
        ("van merges into my lane", "'the ego' or 'the ego's' instead of 'my'"),
        (
            "lead brakes gently at 6 m/s^2",
            "a word such as hard or gently, or a rate such as 'at 4 m/s^2'",
        ),
        ("lead passes lorry-2", "'... when lead passes lorry-2' (the action is 'overtakes')"),
        ("lead overtakes the truc", "'truc' describes none of them, did you mean truck?"),
    ],
)
def test_the_word_that_cannot_be_used_is_named(line, said):
    assert said in refusal(line)


def test_conditions_are_still_distinguished_from_actions():
    assert "so write '... when the gap is below 10 m'" in refusal("the gap is below 10 m")


@pytest.mark.parametrize(
    "line",
    [
        "ego brakes when van-door is 10 m away",
        "lead overtakes the van-door",
        "{actor: van-door, when: {after: 1 s}, do: {brake: {decel: 3 m/s^2}}}",
        "{actor: ego, when: {gap: {of: van-door, below: 10 m}}, do: {brake: {decel: 3 m/s^2}}}",
        "{actor: lead, when: {after: 1 s}, do: {overtake: {whom: van-door}}}",
    ],
)
def test_the_door_of_a_car_is_explained(line):
    assert "wanted van: van-door is its door, a body without a story of its own" in refusal(line)


def test_only_what_has_a_door_is_said_to_have_one():
    assert "'walker-door' describes none" in refusal("ego brakes when walker-door is 10 m away")


@pytest.mark.parametrize("delay", ["2 s after hide has been over for 3 s", "2 s after the gap is below 10 m"])
def test_a_delay_stands_only_before_the_end_of_an_event(delay):
    assert "a delay only after an event" in refusal(f"lead brakes {delay}")
