"""Collects and checks the records of all kinds in the list."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from scenarios.model.kinds.actor_kind import ActorKind
from scenarios.model.kinds.listed import Kind

RESERVED = ("ego", "it", "he", "she", "they")  # words that refer to other actors


Record = TypeVar("Record")


class ActorKindError(ValueError):
    """A kind's record is missing, duplicated, or uses a word of another kind."""


class KindRegistry(Mapping[Kind, Record], Generic[Record]):
    """One record per kind, in the order of the list. Refuses a second record, and a kind without a record."""

    def __init__(self, what: str, records: Iterable[tuple[Kind, Record]]):
        """`what` names the records in messages. Raises ActorKindError."""
        self.what = what
        found: dict[Kind, Record] = {}
        for kind, record in records:
            if kind in found:
                raise ActorKindError(f"two {what}s of the kind '{kind}'; there are {', '.join(found)}")
            found[kind] = record
        if missing := [kind for kind in Kind if kind not in found]:
            listed = ", ".join(f"'{kind}' (module {kind.module})" for kind in missing)
            raise ActorKindError(f"no {what} of the kind {listed}; there are {', '.join(found) or 'none'}")
        self._found: dict[Kind, Record] = {kind: found[kind] for kind in Kind}

    def __getitem__(self, kind: str) -> Record:
        """The record of a kind; ActorKindError for an unknown name."""
        try:
            return self._found[Kind(kind)]
        except ValueError:
            raise ActorKindError(f"no {self.what} of '{kind}'; there are {', '.join(self._found)}") from None

    def __contains__(self, kind: object) -> bool:
        return kind in self._found

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def records_of(package: str, name: str) -> Iterator[Any]:
    """The records in the tuple `name` of every listed module of `package`. Raises ActorKindError."""
    for module in dict.fromkeys(kind.module for kind in Kind):
        path = f"{package}.{module}"
        try:
            records = getattr(import_module(path), name)
        except ModuleNotFoundError as error:
            if error.name != path:
                raise
            raise ActorKindError(f"no module {path}, in which the list of kinds looks for a record") from None
        except AttributeError:
            raise ActorKindError(f"{path} has no {name}, the tuple of its records") from None
        yield from records


def check_words(records: Iterable[ActorKind]) -> None:
    """A word means one kind: raises ActorKindError for a word of two records."""
    records = tuple(records)
    taken = dict.fromkeys(RESERVED, "the language itself")
    taken |= {group: "several kinds" for record in records for group in record.groups}
    for record in records:
        for word in words_of(record):
            if word in taken:
                raise ActorKindError(f"'{word}' is a word for {record.kind}, and already one of {taken[word]}")
            if word != word.lower().strip() or not word:
                raise ActorKindError(f"'{word}', a word for {record.kind}; words are written small")
            taken[word] = str(record.kind)


def words_of(record: ActorKind) -> Iterator[str]:
    """All words for a kind and for its variants."""
    yield from (str(record.kind), *record.words)
    for name, variant in record.variants.items():
        yield from (name, *variant.words)


def _gathered() -> KindRegistry[ActorKind]:
    records: list[ActorKind] = list(records_of(__package__, "KINDS"))
    check_words(records)
    return KindRegistry("record", ((record.kind, record) for record in records))


KINDS = _gathered()
