"""What a clip shows, in at most sixteen words of a closed vocabulary."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from conditioning.assets.kinds.registry import DRAWN
from scenarios.model.bodies import ON_FOOT, TWO_WHEELS
from scenarios.model.environment import Surface, TimeOfDay, Weather
from scenarios.model.kinds.debris import DOOR_SIZE
from scenarios.model.kinds.registry import ActorKindError
from scenarios.rollout import Rollout

WORDS = 16
# Most telling first: where the caption is full, what comes later in this order is left out.
DEEDS = ("hits", "brakes", "crosses", "shifts", "oncoming", "rides", "drives", "walks", "stands", "parked")
# A word's place is its id, which networks have learnt: no place ever changes, new words are written at the end.
# "" is padding and "?" a word that is not in the list.
_PLACED = (
    "", "?", "day", "dusk", "night", "clear", "rain", "fog", "snow", "dry", "wet", "flooded", "ice",
    "straight", "curve", "street", "one", "two", "three", "four", "many", "lanes", "ego",
    "car", "van", "truck", "bus", "motorcycle", "cyclist", "pedestrian", "child", "construction", "trailer", "cone",
    "barrier", "hits", "brakes", "crosses", "shifts", "oncoming", "rides", "drives", "walks", "stands", "parked",
    "animal", "debris",
)  # fmt: skip
# A word that has no place yet comes after them, so that weights which do not know it are refused by its name.
VOCABULARY: tuple[str, ...] = tuple(
    dict.fromkeys(str(word) for word in (*_PLACED, *TimeOfDay, *Weather, *Surface, *DEEDS))
)
if unknown := [record for record in DRAWN.values() if record.caption_word not in VOCABULARY]:
    raise ActorKindError(
        f"captions have no word '{unknown[0].caption_word}' for the kind '{unknown[0].kind}'; a new word would end the "
        f"shipped weights, so take one of {', '.join(VOCABULARY[2:])}"
    )
RANGE_M = 60.0  # farther bodies are a few pixels tall at the tiny preset's size
BRAKING_MPS2 = -2.0
STANDING_MPS = 0.3
_PLACE = {word: i for i, word in enumerate(VOCABULARY)}
_COUNT = ("", "one", "two", "three", "four")


def caption(rollout: Rollout) -> str:
    """Light, weather, surface, road, the ego and the actors with what they do, e.g.

    "night rain wet straight two lanes ego brakes child crosses truck parked". Same rollout, same words.
    """
    said = [*_setting(rollout), "ego", _ego_deed(rollout)]
    for kind, deed in _actors(rollout):
        if len(said) + 2 <= WORDS:
            said += [kind, deed]
    return " ".join(said)


def word_ids(text: str) -> Int[np.ndarray, "word"]:
    """Places of a caption's words in `VOCABULARY`, 0 after its end, 1 for unknown words; only the first 16 count."""
    ids = [_PLACE.get(word, 1) for word in text.lower().split()[:WORDS]]
    return np.array(ids + [0] * (WORDS - len(ids)))


def _setting(rollout: Rollout) -> list[str]:
    said = [str(rollout.environment.time), str(rollout.environment.weather), str(rollout.surface)]
    if rollout.road is None:
        return [*said, "street"]
    lanes = rollout.road.lanes + rollout.road.opposite_lanes
    bent = "curve" if rollout.road.tightest_per_m > 0 else "straight"
    return [*said, bent, _COUNT[lanes] if lanes < len(_COUNT) else "many", "lanes"]


def _ego_deed(rollout: Rollout) -> str:
    speed, acceleration = rollout.speed_mps[:, 0], rollout.acceleration_mps2[:, 0]
    me = rollout.bodies[0].id
    if any(h.actor == me and "collision" in h.what for h in rollout.happenings):
        return "hits"
    if np.abs(speed).max() < STANDING_MPS:
        return "stands"
    return "brakes" if acceleration.min() < BRAKING_MPS2 else "drives"


def _actors(rollout: Rollout) -> Iterator[tuple[str, str]]:
    """(kind, deed) of the bodies that come near, most telling first, each pair once."""
    found = []
    for row in range(1, len(rollout.bodies)):
        distance = _nearest(rollout, row)
        is_door = rollout.bodies[row].size == DOOR_SIZE  # no word says that a door opens
        if distance <= RANGE_M and not is_door:
            deed = _deed(rollout, row)
            found.append((DEEDS.index(deed), distance, DRAWN[rollout.bodies[row].kind].caption_word, deed))
    yield from dict.fromkeys((kind, deed) for _, _, kind, deed in sorted(found))


def _nearest(rollout: Rollout, row: int) -> float:
    """Least distance in metres at which a body is ahead of the ego; inf if it never is."""
    to_ego = np.linalg.inv(rollout.ego_to_map)
    local = np.einsum("tij,tj->ti", to_ego[:, :3, :3], rollout.centre[:, row]) + to_ego[:, :3, 3]
    ahead = rollout.valid[:, row] & (local[:, 0] > 0)
    return float(np.hypot(local[ahead, 0], local[ahead, 1]).min(initial=np.inf))


def _deed(rollout: Rollout, row: int) -> str:
    """The one word for what a body does in the clip, told from its motion."""
    kind, valid = rollout.bodies[row].kind, rollout.valid[:, row]
    speed = rollout.speed_mps[valid, row]
    if np.abs(speed).max() < STANDING_MPS:
        return "parked" if DRAWN[kind].parks else "stands"
    heading = rollout.yaw_rad[valid, row] - _road_heading(rollout, row)[valid]
    fastest = np.abs(speed).argmax()
    along = np.cos(heading[fastest]) * np.sign(speed[fastest])
    if rollout.acceleration_mps2[valid, row].min() < BRAKING_MPS2 and kind not in ON_FOOT:
        return "brakes"
    if abs(along) < np.cos(np.radians(50)):
        return "crosses"
    if along < 0:
        return "walks" if kind in ON_FOOT else "oncoming"
    if kind in ON_FOOT | TWO_WHEELS:
        return "walks" if kind in ON_FOOT else "rides"
    return "shifts" if _sideways(rollout, row) > 1.5 else "drives"


def _road_heading(rollout: Rollout, row: int) -> np.ndarray:
    """Direction of the road (rad) where a body is; a log without a road: the ego's."""
    if rollout.road is None:
        return np.arctan2(rollout.ego_to_map[:, 1, 0], rollout.ego_to_map[:, 0, 0])
    s_d = rollout.road.project(rollout.centre[:, row, :2])
    return rollout.road.pose(s_d[:, 0], s_d[:, 1])[:, 2]


def _sideways(rollout: Rollout, row: int) -> float:
    """Metres that a body moves across the road; 0 where no road is known."""
    if rollout.road is None:
        return 0.0
    d = rollout.road.project(rollout.centre[rollout.valid[:, row], row, :2])[:, 1]
    return float(np.ptp(d))
