"""The base class of models of files and of options."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Model = TypeVar("Model", bound="StrictModel")
Content = TypeVar("Content")


class StrictModel(BaseModel):
    """A frozen model; unknown fields and values of another type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def replaced(self: Model, **changes: object) -> Model:
        """A copy with other values in some fields. Raises pydantic's ValidationError for an unknown or invalid one."""
        known = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**known, **changes})


class DamagedFile(ValueError):
    """A damaged file; the message has its path and every invalid field."""


def read_strictly(place: object, text: bytes | str, read: Callable[[bytes | str], Content]) -> Content:
    """Parse the text of the file at `place` with `read`, a JSON validator of pydantic. Raises `DamagedFile`."""
    try:
        return read(text)
    except ValidationError as error:
        raise DamagedFile(f"{place} is damaged ({describe(error)})") from None


def describe(error: ValidationError) -> str:
    """Every fault with its field: 'starts.0.at: Field required; seed: Input should be a valid integer'."""
    faults = ((".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors(include_url=False))
    return "; ".join(f"{field}: {message}" if field else message for field, message in faults)
