"""Refusals that several verbs share."""

from collections.abc import Iterator

from scenarios.model.bodies import ON_FOOT
from scenarios.roads.road import Road
from scenarios.source.errors import Inconsistency
from scenarios.spec.actor_references import ActorDescription


def keeps_no_lane(actor: ActorDescription) -> Iterator[Inconsistency]:
    """Refuses an actor on foot where a lane is needed."""
    if actor.kind in ON_FOOT:
        yield "", f"{actor.a_kind}, which does not keep to a lane", "a vehicle or a cyclist"


def no_junction(road: Road) -> Iterator[Inconsistency]:
    """Refuses a road without junction."""
    if road.junction is None:
        yield "", "a road without junction", "road.junction, such as {at: 40 m}"
