"""Whether an action takes place where its event says: in front of another body, behind it, or between two.

Decided when the actor comes into the path of the other body: the strip along the road that the other body's width
covers. Until then the actor can still come to be ahead of it or behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.scenario import Relation
from scenarios.simulation.dynamics.body_state import BodyState, Station, station

BodyById = Callable[[str], BodyState]


def out_of_place(relation: Relation, mover: BodyState, look: BodyById) -> str:
    """Why an action cannot take place there any more when it begins; "" if it can."""
    reasons = (_too_late(mover, look(other), ahead) for other, ahead in _sides(relation, mover, look))
    return next(filter(None, reasons), "")


def _sides(relation: Relation, mover: BodyState, look: BodyById) -> tuple[tuple[str, bool], ...]:
    """The other bodies, each with whether the actor must be ahead of it; between two: of the rear one."""
    if len(relation.of) == 1:
        return ((relation.of[0], relation.ahead),)
    places = {name: _along(look(name), mover) for name in relation.of}
    return tuple((name, places[name] == min(places.values())) for name in relation.of)


def _along(other: BodyState, mover: BodyState) -> float:
    there = station(other, mover.road)
    return (there.near_m + there.far_m) / 2 * there.facing


def _too_late(mover: BodyState, other: BodyState, ahead: bool) -> str:
    if not other.present:
        return f"{other.body.id} is not there"
    own, his = station(mover, other.road), station(other)
    front = own.far_m - his.far_m if his.facing > 0 else his.near_m - own.near_m
    return f"it is behind the front of {other.body.id}" if ahead and front < 0 else ""


def _aside(own: Station, his: Station, mover: BodyState, other: BodyState) -> bool:
    return abs(own.d_m - his.d_m) >= (mover.body.size.width_m + other.body.size.width_m) / 2


@dataclass
class RelationWatch:
    """Watches where an actor comes into the paths of the bodies that its event names; `missed`: why not as said."""

    relation: Relation
    mover: BodyState
    look: BodyById
    missed: str = ""
    _open: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._open = dict(_sides(self.relation, self.mover, self.look))

    def step(self) -> None:
        """Decide for each body into whose path the actor has come by now."""
        for name, ahead in list(self._open.items()):
            other = self.look(name)
            own, his = station(self.mover, other.road), station(other)
            if _aside(own, his, self.mover, other):
                continue
            del self._open[name]
            clear = own.near_m - his.far_m if (his.facing > 0) == ahead else his.near_m - own.far_m
            if clear < -1e-6:
                self.missed = (
                    self.missed
                    or f"it came into the path of {name} {'beside or behind' if ahead else 'beside or ahead of'} it"
                )

    @property
    def pending(self) -> str:
        """Why it is not decided yet; "" if it is."""
        names = " and ".join(self._open)
        return f"it never came into the path of {names}" if names else ""
