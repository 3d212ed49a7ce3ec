"""The list behind a door: records by name, none twice, and an unknown name is refused with those that there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, runtime_checkable


class RegistryError(ValueError):
    """A name that is taken, or that nothing has; the message says what was found and what there is."""


@runtime_checkable
class NamedExtension(Protocol):
    """What can be registered: `name` is its stable id on the command line and in files."""

    @property
    def name(self) -> str: ...


Extension = TypeVar("Extension", bound=NamedExtension)


@dataclass
class ExtensionRegistry(Generic[Extension]):
    """`what` says in messages what is registered: a renderer, an export format, a check."""

    what: str
    first: Iterable[Extension] = ()
    known: dict[str, Extension] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for extension in self.first:
            self.add(extension)

    def add(self, extension: Extension) -> Extension:
        """Registers it; RegistryError where the name is taken."""
        if extension.name in self.known:
            raise RegistryError(f"the {self.what} {extension.name!r} is there already")
        self.known[extension.name] = extension
        return extension

    def get(self, name: str) -> Extension:
        """RegistryError names what there is."""
        if name not in self.known:
            raise RegistryError(f"no {self.what} is named {name!r}; there are {', '.join(self.known)}")
        return self.known[name]

    def __iter__(self) -> Iterator[Extension]:
        return iter(self.known.values())
