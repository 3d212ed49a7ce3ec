"""Training footage: sampled streets photographed by the procedural camera, as memory-mapped arrays on disk."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from conditioning.assets.scenery import build_scenery
from conditioning.caption import VOCABULARY, WORDS, caption, word_ids
from conditioning.ego_actions import ego_actions
from conditioning.geometry.camera import FRONT, Camera
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.renderer.procedural import photograph
from conditioning.sensors.visibility import see
from models.weights import names_differ
from pipeline.checks.targets import MAX_OBJECTS, targets
from pipeline.errors import UserError
from scenarios.random_scenarios import sample_scenario
from scenarios.rollout import frame_count
from scenarios.simulation.simulate import simulate

HELD_OUT_SEED = 1_000_000  # seeds from here on are never trained on
DURATION_S = 6.0
ANOTHER_FOLDER = "name another folder with --footage, to make some there"
BURST = 9  # pictures in a burst unless asked otherwise: four windows of the decoder, five steps of the world model


@dataclass(frozen=True)
class FootageConfig:
    """`clips` sampled scenarios of `DURATION_S` from `first_seed` on, each photographed in `bursts` at 12 Hz.

    A burst is `burst` consecutive pictures, an odd number, since every other one has tokens. Bursts spread over a clip
    show more streets in fewer pictures than whole clips, and what comes back after seconds.
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
                f"a burst of {self.burst} pictures; wanted an odd number from 3 on, as every other has tokens"
            )
        if self.burst > (most := frame_count(DURATION_S)):
            raise UserError(f"a burst of {self.burst} pictures; a clip of {DURATION_S:g} s has {most}")

    @property
    def camera(self) -> Camera:
        return FRONT.resized(self.height, self.width)

    @property
    def frames(self) -> int:
        """Pictures of a clip."""
        return self.bursts * self.burst

    @property
    def at_token_rate(self) -> Int[np.ndarray, "step"]:
        """Places of the pictures that have tokens: every other one of each burst."""
        return np.arange(self.frames).reshape(-1, self.burst)[:, ::2].ravel()


@dataclass(frozen=True)
class Footage:
    """Views of the arrays on disk; `done` says which clips are there."""

    folder: Path
    config: FootageConfig
    pictures: UInt8[np.ndarray, "clip time height width 3"]
    layers: UInt8[np.ndarray, "clip time layer height width"]
    boxes: Float[np.ndarray, "clip time object 4"]
    classes: Int[np.ndarray, "clip time object"]
    instances: Int[np.ndarray, "clip time object"]
    ignore: Float[np.ndarray, "clip time object"]
    actions: Float[np.ndarray, "clip time 2"]
    words: Int[np.ndarray, "clip word"]
    moments: Int[np.ndarray, "clip time"]  # the rollout's frames that the pictures show
    done: Bool[np.ndarray, "clip"]

    @property
    def ready(self) -> Int[np.ndarray, "clip"]:
        """Indices of the clips that are complete."""
        return np.flatnonzero(self.done)

    @property
    def fingerprint(self) -> str:
        """Says in a weight file what it was trained on."""
        c = self.config
        last = c.first_seed + c.clips - 1
        pictures = f"{len(self.ready)} clips of {c.bursts} x {c.burst} frames at {c.height} x {c.width}"
        return f"procedural camera, seeds {c.first_seed}-{last}, {pictures}"


def _shapes(c: FootageConfig) -> dict[str, tuple[tuple[int, ...], type]]:
    lead = (c.clips, c.frames)
    return {
        "pictures": ((*lead, c.height, c.width, 3), np.uint8),
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


def open_footage(folder: Path, mode: str = "r") -> Footage:
    """Footage that was begun in `folder`; FileNotFoundError says how to make some, UserError why it cannot be used."""
    if not (folder / "footage.json").exists():
        raise FileNotFoundError(f"no footage in {folder}; `nearmiss train tokenizer --footage {folder}` makes some")
    config = _described(folder / "footage.json")
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name in _shapes(config)}
    return Footage(folder, config, **arrays)


def begin_footage(folder: Path, config: FootageConfig) -> None:
    """Lay out empty arrays, or check that those there were begun for the same `config`, layers and words."""
    there = folder / "footage.json"
    if there.exists():
        if (described := _described(there)) != config:
            raise UserError(f"{folder} holds footage made for {described}, not for {config}; {ANOTHER_FOLDER}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, (shape, dtype) in _shapes(config).items():
        np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
    there.write_text(json.dumps(asdict(config) | _meanings(), sort_keys=True))


def _meanings() -> dict[str, list[str]]:
    """What the numbers in the arrays stand for: layers by place, words by id."""
    return {"layers": list(LAYERS), "vocabulary": list(VOCABULARY)}


def _described(path: Path) -> FootageConfig:
    """What a footage.json says. UserError if it was written by another version, or for other layers or words."""
    there = json.loads(path.read_text(encoding="utf-8"))
    wanted = {field.name for field in fields(FootageConfig)} | _meanings().keys()
    if odd := sorted(wanted ^ there.keys()):
        raise UserError(
            f"{path} was written by another version: it and this one differ in {', '.join(odd)}; {ANOTHER_FOLDER}"
        )
    for what, names in _meanings().items():
        if differ := names_differ(there.pop(what), names):
            raise UserError(f"{path.parent} holds footage with another list of {what}, {differ}; {ANOTHER_FOLDER}")
    return FootageConfig(**there)


def draw_moments(config: FootageConfig, length: int, seed: int) -> Int[np.ndarray, "time"]:
    """Frames of a rollout of `length` frames to photograph: bursts with random gaps, overlapping only if they must."""
    order = np.arange(config.bursts)
    gaps = (order + np.random.default_rng(seed).random(config.bursts)) / config.bursts
    starts = (gaps * max(1, length - config.frames + 1)).astype(np.int64) + order * config.burst
    return (np.minimum(starts, length - config.burst)[:, None] + np.arange(config.burst)).ravel()


def shoot(folder: Path, clip: int) -> int:
    """Simulate, draw and photograph one clip into its place; marks it done last, so a kill loses nothing else."""
    footage = open_footage(folder, "r+")
    config, seed = footage.config, footage.config.first_seed + clip
    rollout = simulate(sample_scenario(seed, duration_s=DURATION_S))
    moments = draw_moments(config, len(rollout.t_s), seed)
    scenery, camera = build_scenery(rollout), config.camera
    boxes, classes, instances, ignore = targets(see(rollout, scenery, camera, moments), rollout)
    footage.pictures[clip] = photograph(rollout, scenery, camera, seed, moments)
    footage.layers[clip] = draw_layers(rollout, scenery, camera, moments, seed).values
    for name, values in (("boxes", boxes), ("classes", classes), ("instances", instances), ("ignore", ignore)):
        getattr(footage, name)[clip] = values[moments]
    footage.actions[clip] = ego_actions(rollout)[moments]
    footage.words[clip] = word_ids(caption(rollout))
    footage.moments[clip] = moments
    footage.done[clip] = True
    return clip


def make_footage(folder: Path, config: FootageConfig, workers: int, progress: Callable[[int, int], None]) -> Footage:
    """Shoot the clips that are missing, `workers` at a time; call again after a kill to go on."""
    begin_footage(folder, config)
    missing = np.flatnonzero(~open_footage(folder).done).tolist()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for count, job in enumerate(as_completed([pool.submit(shoot, folder, clip) for clip in missing]), 1):
            job.result()
            progress(config.clips - len(missing) + count, config.clips)
    return open_footage(folder)
