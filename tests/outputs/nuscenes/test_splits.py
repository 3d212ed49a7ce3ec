"""Splits: growth moves nobody, a sweep's siblings stay together, and what was got is told beside what was asked."""

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
    as_table,
    placed,
    settled,
    sides,
    split_of,
)

FAMILIES = {f"clip-{family}-{seed}": f"family-{family}" for family in range(400) for seed in range(3)}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=4)), st.dictionaries(st.text(max_size=8), st.text()))
def test_more_clips_never_move_one(some, more):
    shares = Shares(0.3, 0.1)
    before, after = as_table(sides(some, shares)), as_table(sides({**more, **some}, shares))
    assert all(set(before[split]) <= set(after[split]) for split in before)


def test_siblings_are_on_one_side_and_every_scene_is_on_exactly_one():
    found = sides(FAMILIES, Shares(0.2, 0.1))
    where = {scene: side.split for side in found for scene in side.scenes}
    assert sum(len(side.scenes) for side in found) == len(where) == len(FAMILIES)
    for clip, family in FAMILIES.items():
        assert where[clip] == split_of(family, Shares(0.2, 0.1))


def test_what_was_got_is_told_beside_what_was_asked():
    found = {side.split: side for side in sides(FAMILIES, Shares(0.2, 0.1))}
    assert {name: side.asked for name, side in found.items()} == pytest.approx({TRAIN: 0.7, VAL: 0.2, TEST: 0.1})
    assert sum(side.got for side in found.values()) == pytest.approx(1)
    assert all(side.got == side.families / 400 for side in found.values())
    assert all(abs(side.got - side.asked) < 0.06 for side in found.values())


def test_of_three_families_the_share_got_is_not_the_share_asked_and_that_is_said():
    (train, val) = sides({"a": "x", "b": "y", "c": "z"}, Shares())
    assert train.families + val.families == 3
    assert val.got in (0, 1 / 3, 2 / 3, 1)


def test_a_split_that_nobody_asked_for_is_not_there():
    assert set(as_table(sides(FAMILIES, Shares()))) == {ALL, TRAIN, VAL}
    assert set(as_table(sides({}, Shares()))) == {ALL, TRAIN, VAL}


@pytest.mark.parametrize("val, test", [(1.0, 0.0), (0.5, 0.5), (-0.1, 0.0), (float("nan"), 0.0)])
def test_shares_that_leave_nothing_to_train_on_are_refused(val, test):
    with pytest.raises(ValueError, match="together below 1"):
        Shares(val, test)


def test_who_is_placed_stays_whatever_the_hash_says():
    scenes = {"a": SceneFamily("one", "one"), "b": SceneFamily("one", "one"), "c": SceneFamily("two", "two")}
    other = {TRAIN: VAL, VAL: TRAIN}[split_of("one")]
    known = settled(scenes, {"a": other})
    assert known == {"one": other}
    found = as_table(sides({scene: kin.family for scene, kin in scenes.items()}, Shares(), known))
    assert {"a", "b"} <= set(found[other])
    assert "c" in found[split_of("two")]


def test_a_scene_of_a_log_follows_a_clip_that_was_placed_by_its_scenario_s_name():
    """Older clips from a log were placed by the name; new ones by the scene: the same street on the same side."""
    names = [f"case-{i}" for i in range(40)]
    for name in names:
        scenes = {
            "old": SceneFamily(name, name),
            "new": SceneFamily("log:scene-0002", name),
            "also": SceneFamily("log:scene-0002", "another"),
        }
        known = settled(scenes, {"old": split_of(name)})
        found = as_table(sides({scene: kin.family for scene, kin in scenes.items()}, Shares(), known))
        assert {"old", "new", "also"} == set(found[split_of(name)])
    assert len({split_of(name) for name in names}) == 2, "or nothing was tried"


def test_a_name_moves_nobody_but_clips_from_logs():
    scenes = {"a": SceneFamily("one", "street"), "b": SceneFamily("two", "street")}
    assert settled(scenes, {"a": VAL}) == {"one": VAL}


def test_what_lies_beside_the_tables_says_where_everybody_is():
    found = sides(FAMILIES, Shares(0.2, 0.1))
    assert placed(as_table(found)) == {scene: side.split for side in found for scene in side.scenes}
