"""Behaviours of bodies, and the base class of the actions of a story. SI units and radians.

The verbs of a story define their actions (`scenarios.verbs`), as subclasses of `VerbAction`. Two of them are also
behaviours and therefore stand here: to hold a speed, and to follow traffic.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from scenarios.source.identity import ADDED


@dataclass(frozen=True)
class HidingPlace:
    """The body behind which, or with `in_front` in front of which, an actor waits for its action."""

    behind: str
    in_front: bool


class VerbAction:
    """An action defined by a verb of `scenarios.verbs`, as a frozen dataclass.

    The class states what the action replaces: the control of the body's speed, of its path, or both. `along_road`: the
    action continues along the body's road, so a body that heads across the road cannot take it. `joins_road`: the
    action turns from the present heading to the road, so a body that heads steeply across it cannot take it.
    `faces_across`: a body that stands until this action, its first one, faces across the road. `acts` is False for an
    action that needs no body that is able to act, such as a load that falls off. `arrives`: the actor is not in the
    scene before.
    """

    takes_speed: ClassVar[bool] = False
    takes_path: ClassVar[bool] = False
    along_road: ClassVar[bool] = False
    joins_road: ClassVar[bool] = False
    faces_across: ClassVar[bool] = False
    acts: ClassVar[bool] = True
    arrives: ClassVar[bool] = False

    def brought(self, actor: str) -> tuple[str, ...]:
        """Ids of bodies that the action of `actor` adds to the scene when it begins."""
        return ()

    def carried(self) -> tuple[str, ...]:
        """Ids of actors that the action's actor carries until it begins; before it they are not in the scene."""
        return ()

    def hidden_at(self) -> HidingPlace | None:
        """The place of its actor before the action, if the action decides that place."""
        return None

    def by_first_exit(self) -> bool:
        """Whether its actor leaves a roundabout by the first exit."""
        return False


Action = VerbAction


@dataclass(frozen=True)
class HoldSpeed(VerbAction):
    """Keep lane and speed; as an action for `for_s` seconds, or until another action."""

    takes_speed: ClassVar[bool] = True

    speed_mps: float
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Follow(VerbAction):
    """IDM car following at a desired speed, with the reaction of a named driver model."""

    takes_speed: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    speed_mps: float
    driver: str  # a name in scenarios.model.driver_models.DRIVERS
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Parked:
    """Stands for the whole clip."""


@dataclass(frozen=True)
class FollowTrajectory:
    """Map x, y of the body's reference point (ego: rear axle, others: box centre) at given times."""

    points: tuple[tuple[float, float, float], ...]  # (t_s, x_m, y_m)
    headings_rad: tuple[float, ...] = field(default=(), metadata=ADDED)  # at each point; none: the direction of travel


Behaviour = HoldSpeed | Follow | Parked | FollowTrajectory
Entry = TypeVar("Entry", bound=Callable[..., Any])


class ActionTable(Generic[Entry]):
    """A table by action type of what lower packages need of verbs; `scenarios.verbs` fills it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.entries: dict[type[VerbAction], Entry] = {}

    def add(self, action: type[VerbAction], entry: Entry) -> None:
        """Raises ValueError for an action that is registered already."""
        if action in self.entries:
            raise ValueError(f"{action.__name__} has its {self.what} already")
        self.entries[action] = entry

    def of(self, action: VerbAction) -> Entry:
        """Raises TypeError for an action that no registered verb defines."""
        if type(action) not in self.entries:
            there = ", ".join(sorted(known.__name__ for known in self.entries))
            raise TypeError(f"no {self.what} for {action!r}; there are those of {there}")
        return self.entries[type(action)]
