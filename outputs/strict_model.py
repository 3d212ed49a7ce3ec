"""The base of every model of a file that we write and read back."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Frozen; unknown fields and values of another type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
