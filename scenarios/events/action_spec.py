"""The spec of an event's action, and its compilation: exactly one verb with its section."""

from typing import Any

from pydantic import Field, create_model, model_validator

from scenarios.model.actions import Action
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, fault
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import StoryVerb


class _WrittenAction(Section):
    """Exactly one action."""

    @model_validator(mode="after")
    def _one(self) -> "_WrittenAction":
        known = type(self).model_fields
        named = [name for name in known if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(" and ".join(named) or "no action", "exactly one of " + ", ".join(known))
        return self

    @property
    def verb(self) -> str:
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def says(self) -> Any:
        """The section of the one action."""
        return getattr(self, self.verb)


def _described(verb: StoryVerb) -> str:
    return "an empty mapping" if verb.example == "{}" else f"a mapping such as {verb.example}"


_SECTIONS: dict[str, Any] = {
    verb.key: (verb.section | None, Field(None, description=_described(verb))) for verb in VERBS.all()
}
Do: Any = create_model("Do", __base__=_WrittenAction, __doc__=_WrittenAction.__doc__, **_SECTIONS)


def compiled_action(do: Do, actor: ActorDescription, cast: ActorIndex) -> Action:
    """The action of a valid spec for this actor, with defaults for missing values."""
    return VERBS[do.verb].compiled(do.says, actor, cast)
