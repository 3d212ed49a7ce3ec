"""Named configurations of all networks. `tiny` has shipped weights and runs on two CPU cores."""

from dataclasses import dataclass
from pathlib import Path

from models.checker.detector import DetectorConfig
from models.checker.egomotion import EgoMotionConfig
from models.decoder.network import DecoderConfig
from models.decoder.regions import Regions
from models.tokens.tokenizer import TokenizerConfig
from models.world_model.network import WorldModelConfig

WEIGHTS = Path(__file__).parent / "weights"
LEVELS = (8, 8, 8, 5, 5, 5)
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
    place=_at("local_x", "local_y", "local_z"),
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


PRESETS = {
    "tiny": Preset(
        height=144,
        width=256,
        tokenizer=TokenizerConfig(widths=(64, 160, 288), depths=(1, 2, 2), levels=LEVELS),
        world=WorldModelConfig(
            layers=LAYERS,
            width=256,
            depth=8,
            heads=4,
            head_width=128,
            levels=LEVELS,
            grid=(9, 16),
            vocabulary=128,
            words=16,
            window=6,
            memory_s=6.0,
            drop_all=0.1,
            drop_text=0.1,
            drop_layout=0.05,
            drop_action=0.1,
            context_noise=0.2,
        ),
        decoder=DecoderConfig(
            layers=LAYERS, regions=REGIONS, digits=len(LEVELS), full=48, widths=(96, 192, 256), depths=(1, 1, 1)
        ),
        detector=DetectorConfig(widths=(64, 128, 192), depths=(2, 2, 3), classes=6, embedding=32),
        egomotion=EgoMotionConfig(widths=(64, 64, 96), depth=1),
    ),
}
