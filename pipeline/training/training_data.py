"""Training footage: sampled streets rendered by the procedural camera, as memory-mapped arrays on disk."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from pydantic import ConfigDict, TypeAdapter, with_config

from conditioning.assets.scenery import build_scenery
from conditioning.caption import VOCABULARY, WORDS, caption, word_ids
from conditioning.ego_actions import ego_actions
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FRONT
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.renderer.procedural import render_with_clean
from conditioning.sensors.visibility import label_visibility
from models.weights import describe_name_changes
from outputs.strict_model import read_strictly
from pipeline.checks.targets import MAX_OBJECTS, targets
from pipeline.errors import UserError
from scenarios.random_scenarios import sample_scenario
from scenarios.rollout import frame_count
from scenarios.simulation.simulate import simulate

HELD_OUT_SEED = 1_000_000  # seeds from here on are never used for training
DURATION_S = 6.0
ANOTHER_FOLDER = "name another folder with --footage for new footage"


@dataclass(frozen=True)
class FootageConfig:
    """`clips` sampled scenarios of `DURATION_S` from `first_seed` on, each rendered in `bursts` at 12 Hz.

    A burst is `burst` consecutive pictures, an odd number, since every second one has tokens. Bursts spread over a clip
    show more streets in fewer pictures than whole clips do, and objects that reappear after seconds.
    """

    clips: int
    bursts: int
    burst: int
    height: int
    width: int
    first_seed: int = 0

    def __post_init__(self):
        if self.burst < 3 or self.burst % 2 == 0:
            raise UserError(
                f"a burst of {self.burst} pictures; expected an odd number from 3 on, as every second one has tokens"
            )
        if self.burst > (most := frame_count(DURATION_S)):
            raise UserError(f"a burst of {self.burst} pictures; a clip of {DURATION_S:g} s has {most}")

    @property
    def camera(self) -> Camera:
        return FRONT.resized(self.height, self.width)

    @property
    def frames(self) -> int:
        """Pictures per clip."""
        return self.bursts * self.burst

    @property
    def at_token_rate(self) -> Int[np.ndarray, "step"]:
        """Indices of the pictures that have tokens: every second one of each burst."""
        return np.arange(self.frames).reshape(-1, self.burst)[:, ::2].ravel()


@dataclass(frozen=True)
class Footage:
    """The arrays on disk; `done` marks the complete clips.

    `clean` are the pictures without precipitation and sensor noise: what the decoder learns to draw.
    """

    folder: Path
    config: FootageConfig
    pictures: UInt8[np.ndarray, "clip time height width 3"]
    clean: UInt8[np.ndarray, "clip time height width 3"]
    layers: UInt8[np.ndarray, "clip time layer height width"]
    boxes: Float[np.ndarray, "clip time object 4"]
    classes: Int[np.ndarray, "clip time object"]
    instances: Int[np.ndarray, "clip time object"]
    ignore: Float[np.ndarray, "clip time object"]
    actions: Float[np.ndarray, "clip time 2"]
    words: Int[np.ndarray, "clip word"]
    moments: Int[np.ndarray, "clip time"]  # the rollout's frame of each picture
    done: Bool[np.ndarray, "clip"]

    @property
    def ready(self) -> Int[np.ndarray, "clip"]:
        """Indices of the complete clips."""
        return np.flatnonzero(self.done)

    @property
    def fingerprint(self) -> str:
        """A description for a weight file of what it was trained on."""
        c = self.config
        last = c.first_seed + c.clips - 1
        pictures = f"{len(self.ready)} clips of {c.bursts} x {c.burst} frames at {c.height} x {c.width}"
        return f"procedural camera, seeds {c.first_seed}-{last}, {pictures}"


def _shapes(c: FootageConfig) -> dict[str, tuple[tuple[int, ...], type]]:
    lead = (c.clips, c.frames)
    return {
        "pictures": ((*lead, c.height, c.width, 3), np.uint8),
        "clean": ((*lead, c.height, c.width, 3), np.uint8),
        "layers": ((*lead, len(LAYERS), c.height, c.width), np.uint8),
        "boxes": ((*lead, MAX_OBJECTS, 4), np.float32),
        "classes": ((*lead, MAX_OBJECTS), np.int64),
        "instances": ((*lead, MAX_OBJECTS), np.int64),
        "ignore": ((*lead, MAX_OBJECTS), np.float32),
        "actions": ((*lead, 2), np.float32),
        "words": ((c.clips, WORDS), np.int64),
        "moments": (lead, np.int64),
        "done": ((c.clips,), np.bool_),
    }


def open_footage(folder: Path, mode: Literal["r", "r+"] = "r") -> Footage:
    """Open footage in `folder`; FileNotFoundError says how to create some, UserError why it cannot be used."""
    if not (folder / "footage.json").exists():
        raise FileNotFoundError(f"no footage in {folder}; `nearmiss train tokenizer --footage {folder}` creates some")
    config = _read_config(folder / "footage.json")
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name in _shapes(config)}
    return Footage(folder, config, **arrays)


def create_footage(folder: Path, config: FootageConfig) -> None:
    """Create empty arrays, or check that existing ones have the same `config`, layers and words."""
    path = folder / "footage.json"
    if path.exists():
        if (described := _read_config(path)) != config:
            raise UserError(f"{folder} has footage for {described}, not for {config}; {ANOTHER_FOLDER}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, (shape, dtype) in _shapes(config).items():
        np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
    path.write_text(json.dumps(asdict(config) | _meanings(), sort_keys=True))


def _meanings() -> dict[str, list[str]]:
    """Which arrays there are, and the meaning of their indices: layers by channel, words by id."""
    arrays = [field.name for field in fields(Footage) if field.name not in ("folder", "config")]
    return {"layers": list(LAYERS), "vocabulary": list(VOCABULARY), "arrays": arrays}


_OBJECT = TypeAdapter(dict[str, Any])
_NAMES = TypeAdapter(list[str])
_CONFIG: TypeAdapter[FootageConfig] = TypeAdapter(with_config(ConfigDict(strict=True))(FootageConfig))


def _read_config(path: Path) -> FootageConfig:
    """Read a footage.json. DamagedFile, or UserError if it is of another version, or of other layers or words."""
    stored = read_strictly(path, path.read_bytes(), _OBJECT.validate_json)
    expected = {field.name for field in fields(FootageConfig)} | _meanings().keys()
    if different := sorted(expected ^ stored.keys()):
        raise UserError(
            f"{path} was written by another version: they differ in {', '.join(different)}; {ANOTHER_FOLDER}"
        )
    for what, names in _meanings().items():
        there = read_strictly(f"{path}, {what}", json.dumps(stored.pop(what)), _NAMES.validate_json)
        if differ := describe_name_changes(there, names):
            raise UserError(f"{path.parent} has footage with another list of {what}, {differ}; {ANOTHER_FOLDER}")
    return read_strictly(path, json.dumps(stored), _CONFIG.validate_json)


def draw_moments(config: FootageConfig, length: int, seed: int) -> Int[np.ndarray, "time"]:
    """Frames of a rollout of `length` frames to render: bursts with random gaps, overlapping only if necessary."""
    order = np.arange(config.bursts)
    gaps = (order + np.random.default_rng(seed).random(config.bursts)) / config.bursts
    starts = (gaps * max(1, length - config.frames + 1)).astype(np.int64) + order * config.burst
    return (np.minimum(starts, length - config.burst)[:, None] + np.arange(config.burst)).ravel()


def film_clip(folder: Path, clip: int) -> int:
    """Simulate and render one clip into its arrays; it is marked done last, so an interruption loses only this clip."""
    footage = open_footage(folder, "r+")
    config, seed = footage.config, footage.config.first_seed + clip
    rollout = simulate(sample_scenario(seed, duration_s=DURATION_S))
    moments = draw_moments(config, len(rollout.t_s), seed)
    scenery, camera = build_scenery(rollout), config.camera
    boxes, classes, instances, ignore = targets(label_visibility(rollout, scenery, camera, moments), rollout)
    footage.pictures[clip], footage.clean[clip] = render_with_clean(rollout, scenery, camera, seed, moments.tolist())
    footage.layers[clip] = draw_layers(rollout, scenery, camera, moments.tolist(), seed).values
    for name, values in (("boxes", boxes), ("classes", classes), ("instances", instances), ("ignore", ignore)):
        getattr(footage, name)[clip] = values[moments]
    footage.actions[clip] = ego_actions(rollout)[moments]
    footage.words[clip] = word_ids(caption(rollout))
    footage.moments[clip] = moments
    footage.done[clip] = True
    return clip


def make_footage(folder: Path, config: FootageConfig, workers: int, progress: Callable[[int, int], None]) -> Footage:
    """Render the missing clips, `workers` at a time; call again to resume after an interruption."""
    create_footage(folder, config)
    missing = np.flatnonzero(~open_footage(folder).done).tolist()
    if missing:
        progress(config.clips - len(missing), config.clips)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for count, job in enumerate(as_completed([pool.submit(film_clip, folder, clip) for clip in missing]), 1):
            job.result()
            progress(config.clips - len(missing) + count, config.clips)
    return open_footage(folder)
