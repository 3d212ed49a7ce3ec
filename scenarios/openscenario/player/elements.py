"""The states of storyboard elements, and the log that conditions read."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.openscenario.source.node import Node
from scenarios.source.errors import quoted


class ElementState(StrEnum):
    STANDBY = "standbyState"
    RUNNING = "runningState"
    COMPLETE = "completeState"


TRANSITIONS = ("startTransition", "endTransition", "stopTransition", "skipTransition")
STATES = (*map(str, ElementState), *TRANSITIONS)


@dataclass
class PlayedElement:
    """A story, act, manoeuvre group, manoeuvre, event or action: its path of names, and its state."""

    kind: str
    path: tuple[str, ...]
    state: ElementState | None = None
    last: str = ""  # its last transition, and the step in which it was
    last_step: int = -10
    executions: int = 0

    def named(self, said: str) -> bool:
        """Whether a reference, which may have a prefix of the names around it, means this element."""
        names = tuple(re.split(r"::|(?<!:):(?!:)", said))
        return self.path[-len(names) :] == names


@dataclass
class StateLog:
    """All elements; `step` counts the steps of the simulation."""

    elements: list[PlayedElement] = field(default_factory=list)
    step: int = 0

    def add(self, kind: str, path: tuple[str, ...]) -> PlayedElement:
        self.elements.append(PlayedElement(kind, path))
        return self.elements[-1]

    def element(self, kind: str, name: str, node: Node) -> PlayedElement:
        """The one element of a type and name; raises Unsupported."""
        found = [one for one in self.elements if one.kind == kind and one.named(name)]
        if len(found) > 1:  # a whole path means itself, though another path may end like it
            found = [one for one in found if len(one.path) == min(len(one.path) for one in found)] or found
        if len(found) != 1:
            said = "no" if not found else "more than one"
            raise node.wrong(f"{said} {kind} {quoted(name)}", "the name of one")
        return found[0]

    def enter(self, element: PlayedElement, state: ElementState, transition: str = "") -> None:
        """Change a state; the transition can be seen in this step and in the next one."""
        element.state = state
        if transition:
            element.last, element.last_step = transition, self.step

    def in_state(self, element: PlayedElement, state: str) -> bool:
        """Whether an element is in a state, or has just had a transition."""
        if state in TRANSITIONS:
            return element.last == state and element.last_step >= self.step - 1
        return element.state == state
