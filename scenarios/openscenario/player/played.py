"""What has been played: the motion of all entities, and the actions that moved them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.openscenario.player.world import ActionRecord
from scenarios.openscenario.source.node import Unsupported


@dataclass(frozen=True)
class Played:
    """What has been played: for every entity by name x and y of the box's centre, heading and speed at every frame.

    `ends_s`: when the storyboard's StopTrigger held; None if it did not. `last_s`: when the last action ended or, if
    it has not ended, began. `pending`: whether an event had not happened when the playing ended. `refused`: what
    could not be played.
    """

    tracks: dict[str, Float[np.ndarray, "time 4"]]
    records: list[ActionRecord]
    ends_s: float | None
    last_s: float
    pending: bool
    road_ends_s: dict[str, float]
    refused: list[Unsupported]
