"""Splits: more clips move no scene, a family stays together, requested and actual shares are both reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outputs.nuscenes.splits import (
    ALL,
    TEST,
    TRAIN,
    VAL,
    SceneFamily,
    Shares,
    assign_splits,
    fixed_splits,
    scene_splits,
    split_of,
    splits_table,
)

FAMILIES = {f"clip-{family}-{seed}": f"family-{family}" for family in range(400) for seed in range(3)}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=4)), st.dictionaries(st.text(max_size=8), st.text()))
def test_more_clips_move_no_scene_to_another_split(some, more):
    shares = Shares(0.3, 0.1)
    before, after = splits_table(assign_splits(some, shares)), splits_table(assign_splits({**more, **some}, shares))
    assert all(set(before[split]) <= set(after[split]) for split in before)


def test_a_family_is_in_one_split_and_every_scene_in_exactly_one():
    found = assign_splits(FAMILIES, Shares(0.2, 0.1))
    where = {scene: side.split for side in found for scene in side.scenes}
    assert sum(len(side.scenes) for side in found) == len(where) == len(FAMILIES)
    for clip, family in FAMILIES.items():
        assert where[clip] == split_of(family, Shares(0.2, 0.1))


def test_a_split_has_its_requested_and_its_actual_share():
    found = {side.split: side for side in assign_splits(FAMILIES, Shares(0.2, 0.1))}
    assert {name: side.asked for name, side in found.items()} == pytest.approx({TRAIN: 0.7, VAL: 0.2, TEST: 0.1})
    assert sum(side.got for side in found.values()) == pytest.approx(1)
    assert all(side.got == side.families / 400 for side in found.values())
    assert all(abs(side.got - side.asked) < 0.06 for side in found.values())


def test_with_three_families_the_actual_share_differs_from_the_requested_one():
    (train, val) = assign_splits({"a": "x", "b": "y", "c": "z"}, Shares())
    assert train.families + val.families == 3
    assert val.got in (0, 1 / 3, 2 / 3, 1)


def test_a_split_of_share_zero_is_absent():
    assert set(splits_table(assign_splits(FAMILIES, Shares()))) == {ALL, TRAIN, VAL}
    assert set(splits_table(assign_splits({}, Shares()))) == {ALL, TRAIN, VAL}


@pytest.mark.parametrize("val, test", [(1.0, 0.0), (0.5, 0.5), (-0.1, 0.0), (float("nan"), 0.0)])
def test_shares_that_leave_nothing_for_training_are_refused(val, test):
    with pytest.raises(ValueError, match="together below 1"):
        Shares(val, test)


def test_a_family_with_a_split_keeps_it_against_the_hash():
    scenes = {"a": SceneFamily("one", "one"), "b": SceneFamily("one", "one"), "c": SceneFamily("two", "two")}
    other = {TRAIN: VAL, VAL: TRAIN}[split_of("one")]
    known = fixed_splits(scenes, {"a": other})
    assert known == {"one": other}
    found = splits_table(assign_splits({scene: kin.family for scene, kin in scenes.items()}, Shares(), known))
    assert {"a", "b"} <= set(found[other])
    assert "c" in found[split_of("two")]


def test_a_log_s_scene_gets_the_split_of_an_older_clip_of_the_same_scenario():
    """Older clips from a log have the scenario's name as family, new ones the log's scene: both in the same split."""
    names = [f"case-{i}" for i in range(40)]
    for name in names:
        scenes = {
            "old": SceneFamily(name, name),
            "new": SceneFamily("log:scene-0002", name),
            "also": SceneFamily("log:scene-0002", "another"),
        }
        known = fixed_splits(scenes, {"old": split_of(name)})
        found = splits_table(assign_splits({scene: kin.family for scene, kin in scenes.items()}, Shares(), known))
        assert {"old", "new", "also"} == set(found[split_of(name)])
    assert len({split_of(name) for name in names}) == 2, "the names must cover both splits"


def test_a_scenario_s_name_matters_for_clips_from_logs_only():
    scenes = {"a": SceneFamily("one", "street"), "b": SceneFamily("two", "street")}
    assert fixed_splits(scenes, {"a": VAL}) == {"one": VAL}


def test_splits_json_gives_the_split_of_every_scene():
    found = assign_splits(FAMILIES, Shares(0.2, 0.1))
    assert scene_splits(splits_table(found)) == {scene: side.split for side in found for scene in side.scenes}
