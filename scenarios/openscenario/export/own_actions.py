"""Actions of a story in an exported file in their own words, so that the import reads the same action again."""

import json

from scenarios.event_text import sentence
from scenarios.model.kinds.listed import Kind
from scenarios.model.triggers import After
from scenarios.scenario import Action, Event
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.story.sentence import StoryContext, StorySyntaxError, read_line

WHO = "it-itself"  # an id that no word of the grammar is


def own_action(action: Action, kind: Kind, speed_mps: float, delay_s: float) -> str:
    """The mapping `do:` of an action, and the delay that its exported trigger adds, in JSON; "" if it names others."""
    cast = ActorIndex({
        "ego": ActorDescription("ego", Kind.CAR, speed_mps), WHO: ActorDescription(WHO, kind, speed_mps),
    })  # fmt: skip
    try:
        (event,) = read_line(sentence(Event(WHO, After(1.0), action, "")), cast, StoryContext(frozenset()))
    except (StorySyntaxError, ValueError):
        return ""
    return json.dumps({"do": event["do"], "delay": round(delay_s, 6)}, sort_keys=True)
