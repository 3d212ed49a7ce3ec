"""The page of what can be said: it is what the grammar says, and all of it is understood."""

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


def test_the_page_in_the_docs_is_the_one_that_is_generated():
    assert PAGE.read_text() == page(), "run: nearmiss explain --phrases > docs/phrases.md"


def test_every_word_that_is_published_is_understood_where_it_may_stand():
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


def test_every_sentence_comes_to_a_clause_or_to_what_it_lacks():
    for rule, sentence in sentences():
        assert all(isinstance(said, Clause | ClauseError) for said in clauses(sentence)[1]), (rule, sentence)


def test_verbs_are_known_by_their_first_word():
    assert openings()["skids"] == {"lose_control"}
    assert "cut_in" in openings()["changes"] and "change_lane" in openings()["changes"]


@pytest.mark.parametrize("phrase", SAID)
def test_every_example_is_on_the_page(phrase):
    assert phrase in " ".join(page().split())
