"""Plain words: images and indefinite persons that were replaced by technical terms do not return."""

import io
import re
import tokenize
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
SOURCES = sorted(SCENARIOS.rglob("*.py"))
WORDS = re.compile(r"\b(whoever|somebody|nobody|everybody|troupe|wardrobe|doubts?|misread|hopeless)\b", re.IGNORECASE)
IDENTIFIERS = {
    "Deed", "Doubt", "Minds", "Misread", "Mover", "NotSaid", "Troupe", "Unclear", "Wish", "doubts", "foreseen",
    "heeded", "laid", "lay_slide", "lie_in", "not_said",
}  # fmt: skip


def retired_words(source: str) -> list[str]:
    """Retired words in comments and strings, and retired identifiers, each with its line."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            found += [f"line {token.start[0]}: {word}" for word in WORDS.findall(token.string)]
        elif token.type == tokenize.NAME and token.string in IDENTIFIERS:
            found.append(f"line {token.start[0]}: {token.string}")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(SCENARIOS)))
def test_retired_words_do_not_return(source):
    assert not retired_words(source.read_text("utf-8"))


def test_a_retired_word_is_found_in_comments_strings_and_names():
    text = 'def lay_slide():\n    """Nobody moves."""\n    return "somebody"  # whoever\n'
    assert retired_words(text) == ["line 1: lay_slide", "line 2: Nobody", "line 3: somebody", "line 3: whoever"]
