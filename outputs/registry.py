"""Registries of extensions: records by name; duplicate and unknown names are refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, runtime_checkable


class RegistryError(ValueError):
    """A duplicate or unknown name; the message lists the registered names."""


@runtime_checkable
class NamedExtension(Protocol):
    """A record that can be registered: `name` is its stable id on the command line and in files."""

    @property
    def name(self) -> str: ...


Extension = TypeVar("Extension", bound=NamedExtension)


@dataclass
class ExtensionRegistry(Generic[Extension]):
    """`what` is the kind of record in messages: a renderer, an export format, a check."""

    what: str
    first: Iterable[Extension] = ()
    known: dict[str, Extension] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for extension in self.first:
            self.add(extension)

    def add(self, extension: Extension) -> Extension:
        """Register a record; RegistryError if the name exists."""
        if extension.name in self.known:
            raise RegistryError(f"the {self.what} {extension.name!r} is there already")
        self.known[extension.name] = extension
        return extension

    def get(self, name: str) -> Extension:
        """The record with this name; RegistryError for an unknown name."""
        if name not in self.known:
            raise RegistryError(f"no {self.what} is named {name!r}; there are {', '.join(self.known)}")
        return self.known[name]

    def __iter__(self) -> Iterator[Extension]:
        return iter(self.known.values())
