"""The page of phrases: it equals the grammar, and all its phrases are parsed."""

from pathlib import Path

import pytest
from lark.exceptions import UnexpectedInput

from scenarios.events.action_spec import Do
from scenarios.model.driver_models import DRIVERS
from scenarios.spec.trigger_spec import When
from scenarios.story.examples import PHRASES
from scenarios.story.parse_tree import Clause, ClauseError, clauses
from scenarios.story.phrase_catalog import openings, page, sentences, verb_of, verbs, words

PAGE = Path(__file__).resolve().parents[3] / "docs" / "phrases.md"
SAID = [phrase.format(a="lead", b="truck", c="crate").lower() for phrase in PHRASES]


def test_the_page_in_the_docs_is_the_generated_one():
    assert PAGE.read_text() == page(), "run: nearmiss explain --phrases > docs/phrases.md"


def test_every_published_word_is_parsed_in_its_place():
    tried = list(sentences())
    assert len(tried) > 2000
    strange = []
    for rule, sentence in tried:
        try:
            if rule != "when" and verb_of(sentence) != rule:
                strange.append(sentence)
        except UnexpectedInput:
            strange.append(sentence)
    assert strange == []


def test_every_verb_has_an_example_and_every_action_and_trigger_a_verb():
    assert {verb_of(phrase) for phrase in SAID} >= set(verbs()) - {"emergency", "change_speed"}
    told = [clause for phrase in SAID for clause in clauses(phrase)[1]]
    assert all(isinstance(clause, Clause) for clause in told)
    assert {clause.verb for clause in told} == set(Do.model_fields)
    assert {clause.when.key for clause in told if clause.when is not None} == set(When.model_fields)


def test_the_grammar_knows_every_driver():
    assert set(words("DRIVER")) == set(DRIVERS)


def test_every_sentence_gives_a_clause_or_states_what_is_missing():
    for rule, sentence in sentences():
        assert all(isinstance(said, Clause | ClauseError) for said in clauses(sentence)[1]), (rule, sentence)


def test_verbs_are_recognised_by_their_first_word():
    assert openings()["skids"] == {"lose_control"}
    assert "cut_in" in openings()["changes"] and "change_lane" in openings()["changes"]


@pytest.mark.parametrize("phrase", SAID)
def test_every_example_is_on_the_page(phrase):
    assert phrase in " ".join(page().split())
