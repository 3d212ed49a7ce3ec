"""Reads OpenSCENARIO elements with resolved parameters, and records which elements are never read."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from scenarios.openscenario.source.expression import BadExpression, resolved
from scenarios.source.errors import quoted
from scenarios.source.xml_document import Element

LARGEST_NUMBER = 1e9


@dataclass(frozen=True)
class ImportRemark:
    """A remark on an element of a file, with its name and line; `file` if it is not in the scenario itself."""

    name: str
    line: int
    said: str
    file: str = ""
    wanted: str = ""  # what would be right, if the file is wrong

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file else f"line {self.line}"
        return f"{place}: {self.name}: {self.said}" + (f"; wanted {self.wanted}" if self.wanted else "")


class Unsupported(Exception):
    """Something that the scenario language cannot express, or an error in the file. Ends the reading of one element."""

    def __init__(self, remark: ImportRemark):
        self.remark = remark
        super().__init__(str(remark))


class Reported(Unsupported):
    """A consequence of something that is refused already: it is not told a second time."""


@dataclass
class Report:
    """What an import refused, approximated, or left out because it has no effect.

    `absent`: names of entities that are refused, so that what is said of them is not refused once more.
    """

    refused: list[ImportRemark] = field(default_factory=list)
    approximated: list[ImportRemark] = field(default_factory=list)
    left_out: list[ImportRemark] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)

    def refuse(self, reason: Unsupported) -> None:
        """List a refusal, unless it follows from one that is listed."""
        if not isinstance(reason, Reported):
            self.refused.append(reason.remark)

    def sorted(self) -> "Report":
        """Each remark once, in the order of the file."""
        refused, approximated, left_out = (
            sorted(dict.fromkeys(found), key=lambda r: (r.file, r.line, r.name))
            for found in (self.refused, self.approximated, self.left_out)
        )
        return Report(refused, approximated, left_out)


@dataclass(frozen=True)
class Node:
    """An element with the parameters that are in scope."""

    element: Element
    scope: Mapping[str, str]
    report: Report
    home: str  # name of the scenario file; remarks on other files include their name

    @property
    def tag(self) -> str:
        return self.element.tag

    def remark(self, said: str, name: str = "", wanted: str = "") -> ImportRemark:
        file = self.element.file.name
        return ImportRemark(name or self.tag, self.element.line, said, "" if file == self.home else file, wanted)

    def unsupported(self, said: str, name: str = "") -> Unsupported:
        return Unsupported(self.remark(said, name))

    def wrong(self, found: str, wanted: str) -> Unsupported:
        """An error in the file itself."""
        return Unsupported(self.remark(found, wanted=wanted))

    def refuse(self, said: str, name: str = "") -> None:
        """Report something that the scenario language cannot express, and continue."""
        self.element.seen = True
        self.report.refused.append(self.remark(said, name))

    def differs(self, said: str, name: str = "") -> None:
        """Report something that is approximated."""
        self.report.approximated.append(self.remark(said, name))

    # -- attributes --------------------------------------------------------------------------------------------

    def word(self, name: str, usual: str | None = None) -> str:
        """An attribute as text; `usual` if it is missing."""
        self.element.seen = True
        self.element.read.add(name)
        said = self.element.attributes.get(name)
        if said is None:
            if usual is None:
                raise self.wrong(f"no {name}", f"{name}=...")
            return usual
        try:
            return resolved(said.strip(), self.scope)
        except BadExpression as error:
            raise self.wrong(f"{name}={quoted(said)}: {error.found}", error.wanted) from error

    def label(self, name: str) -> str:
        """An attribute as it is written, for the name of a parameter."""
        self.element.seen = True
        self.element.read.add(name)
        return self.element.attributes.get(name, "").strip()

    def has(self, name: str) -> bool:
        return name in self.element.attributes

    def number(self, name: str, usual: float | None = None) -> float:
        """An attribute as a finite number."""
        said = self.word(name, None if usual is None else repr(float(usual)))
        try:
            value = float(said)
        except ValueError as error:
            raise self.wrong(f"{name}={quoted(said)}", "a number") from error
        if not abs(value) <= LARGEST_NUMBER or math.isnan(value):
            raise self.wrong(f"{name}={quoted(said)}", f"a number from {-LARGEST_NUMBER:g} to {LARGEST_NUMBER:g}")
        return value

    def flag(self, name: str, usual: bool | None = None) -> bool:
        said = self.word(name, None if usual is None else str(usual).lower())
        if said not in ("true", "false", "1", "0"):
            raise self.wrong(f"{name}={quoted(said)}", "true or false")
        return said in ("true", "1")

    # -- children ----------------------------------------------------------------------------------------------

    def children(self, *tags: str) -> Iterator["Node"]:
        """The children with one of these tags; without tags all children."""
        self.element.seen = True
        for child in self.element.children:
            if not tags or child.tag in tags:
                child.seen = True
                yield replace(self, element=child)

    def child(self, tag: str) -> "Node | None":
        return next(self.children(tag), None)

    def need(self, tag: str) -> "Node":
        found = self.child(tag)
        if found is None:
            raise self.wrong(f"no <{tag}> in it", f"<{tag}>")
        return found

    def only(self) -> "Node":
        """The only child of a choice element."""
        found = next(self.children(), None)
        if found is None:
            raise self.wrong("nothing in it", "an element")
        return found

    def inner(self, *tags: str) -> "Node | None":
        """A descendant by a path of tags; None if one is missing."""
        here: Node | None = self
        for tag in tags:
            here = here.child(tag) if here is not None else None
        return here

    # -- remaining parts ---------------------------------------------------------------------------------------

    def within(self, scope: Mapping[str, str]) -> "Node":
        """The same element with additional parameters."""
        return replace(self, scope={**self.scope, **scope})

    def leave_out(self, why: str) -> None:
        """Report that the whole element has no effect in a rollout."""
        self.element.seen, self.element.left_out = True, why
        self.report.left_out.append(self.remark(why))

    def ignore(self, *names: str) -> None:
        """Mark attributes that are only labels as read."""
        self.element.read.update(names)


def unread(top: Element, home: str) -> Iterator[ImportRemark]:
    """All parts of an element in the scenario's file that were never read, outermost first."""
    waiting = [top]
    while waiting:
        element = waiting.pop()
        file = "" if element.file.name == home else element.file.name
        if element.left_out:
            continue
        if not element.seen:
            yield ImportRemark(element.tag, element.line, "not supported", file)
            continue
        for name in element.attributes:
            if name not in element.read:
                yield ImportRemark(element.tag, element.line, f"attribute {name} not supported", file)
        waiting += element.children
