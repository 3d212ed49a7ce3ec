"""Presets: the sizes of all networks and of the picture they work on, read from TOML files.

`tiny` ships with weights and runs on two CPU cores.
"""

import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from models.checker.detector import DetectorConfig
from models.checker.egomotion import EgoMotionConfig
from models.decoder.network import DecoderConfig
from models.decoder.regions import Regions
from models.tokens.tokenizer import TokenizerConfig
from models.weights import WEIGHTS
from models.world_model.network import WorldModelConfig

FILES = Path(__file__).parent / "preset_files"
CELL = 16  # pixels aside that one token stands for
WORDS = 16  # of a caption that are read
CLASSES = 6  # that the detector tells apart
_PARTS = ("paint", "cover", "trousers", "skin", "glass", "dark", "red", "bright")
_COLOURS = ("colour_red", "colour_green", "colour_blue", "colour_known")
# The layers that the networks read, in their order; the pipeline refuses to run if other layers are drawn.
LAYERS = (
    "road", "marking", "sidewalk", "terrain", "building", "tree", "background_nearness",
    "texture_sin_u", "texture_cos_u", "texture_sin_v", "texture_cos_v",
    "car", "truck", "bus", "two_wheeler", "person", "obstacle", "local_x", "local_y", "local_z", "foreground_nearness",
    "brake_light", "heading_sin", "heading_cos", *_PARTS, *_COLOURS,
)  # fmt: skip


def _at(*names: str) -> tuple[int, ...]:
    return tuple(LAYERS.index(name) for name in names)


REGIONS = Regions(
    behind=_at("road", "sidewalk", "terrain", "building", "tree"),
    paint=LAYERS.index("marking"),
    front=_at(*_PARTS),
    behind_nearness=LAYERS.index("background_nearness"),
    front_nearness=LAYERS.index("foreground_nearness"),
    place=(LAYERS.index("local_x"), LAYERS.index("local_y"), LAYERS.index("local_z")),
    colours=_at(*_COLOURS),
)


@dataclass(frozen=True)
class Preset:
    """The configurations of all networks, and the size of their pictures."""

    height: int
    width: int
    tokenizer: TokenizerConfig
    world: WorldModelConfig
    decoder: DecoderConfig
    detector: DetectorConfig
    egomotion: EgoMotionConfig


PRESETS: dict[str, Preset] = {}  # those that ship and those that a program adds; a user's own lie beside the weights


class PresetError(ValueError):
    """A preset that is not there or cannot be read; the message says what was found and what would be right."""


def read_preset(path: Path) -> Preset:
    """The preset that a TOML file describes; PresetError names every key that is missing, unknown or wrong.

    The grid of tokens follows from the picture's size, and layers, regions, levels, words and classes are the same
    in all presets.
    """
    try:
        text = json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str)
        written = _FILE.validate_json(text, strict=True)
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise PresetError(f"{path}: {wrong}") from None
    for place, problem in _out_of_range(asdict(written), ""):
        raise PresetError(f"{path}: {place}: {problem}")
    picture, levels = written.picture, written.tokenizer.levels
    if picture.height % CELL or picture.width % CELL:
        raise PresetError(f"{path}: a picture of {picture.height} x {picture.width}; multiples of {CELL} are needed")
    grid = (picture.height // CELL, picture.width // CELL)
    decoder = DecoderConfig(layers=LAYERS, regions=REGIONS, digits=len(levels), **asdict(written.decoder))
    world = WorldModelConfig(layers=LAYERS, levels=levels, grid=grid, words=WORDS, **asdict(written.world))
    detector = DetectorConfig(classes=CLASSES, **asdict(written.detector))
    return Preset(picture.height, picture.width, written.tokenizer, world, decoder, detector, written.egomotion)


def _out_of_range(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Where a size is below 1 or missing from its list, and where a share is not between 0 and 1."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _out_of_range(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(value, tuple):
        if not value:
            yield place, "an empty list"
        for inner in value:
            yield from _out_of_range(inner, place)
    elif isinstance(value, int) and value < 1:
        yield place, f"{value}; 1 and more is possible"
    elif isinstance(value, float) and not 0 <= value <= (math.inf if place.endswith("_s") else 1):
        yield place, f"{value:g}; a share from 0 to 1 is possible, and no negative time"


def find_preset(name: str, weights: Path = WEIGHTS) -> Preset:
    """A preset by its name: one that ships, or `preset.toml` in the folder of that name among the user's weights.

    PresetError where neither is there, and where a user's own would take the name of one that ships.
    """
    if Path(name).name != name:
        raise PresetError(f"{name!r} is no preset's name; a preset of one's own is a folder in that of the weights")
    own = weights / name / "preset.toml"
    if own.is_file() and name in PRESETS:
        raise PresetError(f"{own} has the name of a preset that ships; give the folder another name")
    if own.is_file():
        return read_preset(own)
    if name not in PRESETS:
        raise PresetError(f"no preset {name!r}; there are {', '.join(PRESETS)}, and there is no {own}")
    return PRESETS[name]


@dataclass(frozen=True)
class _Picture:
    height: int
    width: int


@dataclass(frozen=True)
class _World:
    width: int
    depth: int
    heads: int
    head_width: int
    vocabulary: int
    window: int
    memory_s: float
    drop_all: float
    drop_text: float
    drop_layout: float
    drop_action: float
    context_noise: float


@dataclass(frozen=True)
class _Decoder:
    full: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]


@dataclass(frozen=True)
class _Detector:
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    embedding: int


@dataclass(frozen=True)
class _PresetFile:
    picture: _Picture
    tokenizer: TokenizerConfig
    world: _World
    decoder: _Decoder
    detector: _Detector
    egomotion: EgoMotionConfig


_FILE: TypeAdapter[_PresetFile] = TypeAdapter(with_config(ConfigDict(extra="forbid", allow_inf_nan=False))(_PresetFile))
PRESETS.update({path.stem: read_preset(path) for path in sorted(FILES.glob("*.toml"))})
