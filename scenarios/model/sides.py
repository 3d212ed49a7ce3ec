"""Left and right."""

from enum import StrEnum


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
