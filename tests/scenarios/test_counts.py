"""Counts in sentences have the right form of the noun."""

import re
from pathlib import Path

import pytest

from scenarios.source.counts import counted, listed_counts

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("count", "told"), [(0, "0 clips"), (1, "1 clip"), (2, "2 clips")])
def test_one_is_singular(count, told):
    assert counted(count, "clip") == told


def test_several_counts():
    assert listed_counts(scene=1, sample=40) == "1 scene, 40 samples"


def test_nobody_forms_plurals_by_hand():
    """`'s' * (count != 1)` and the like are other places for one rule."""
    by_hand = re.compile(r"'s' (\*|if)|\{len\([^{}]*\)\} (clip|scene|file|trial)s\b")
    sources = [path for folder in ("pipeline/cli", "pipeline/batch", "pipeline/datasets", "scenarios/authoring")
               for path in (ROOT / folder).rglob("*.py")]  # fmt: skip
    assert len(sources) > 30
    assert not [path for path in sources if by_hand.search(path.read_text(encoding="utf-8"))]
