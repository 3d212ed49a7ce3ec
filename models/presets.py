"""Named sizes. `tiny` ships with weights and runs on two CPU cores."""

from dataclasses import dataclass
from pathlib import Path

from models.decoder import DecoderConfig
from models.detector import DetectorConfig
from models.egomotion import EgoMotionConfig
from models.outlines import Regions
from models.tokenizer import TokenizerConfig
from models.world import WorldModelConfig

WEIGHTS = Path(__file__).parent / "weights"
LEVELS = (8, 8, 8, 5, 5, 5)
LAYERS = 36  # in conditioning's list
# Places in conditioning's list of layers: road, sidewalk, terrain, building, tree; marking; parts of bodies; colours.
REGIONS = Regions(
    behind=(0, 2, 3, 4, 5),
    paint=1,
    front=tuple(range(24, 32)),
    behind_nearness=6,
    front_nearness=20,
    place=(17, 18, 19),
    colours=(32, 33, 34, 35),
)


@dataclass(frozen=True)
class Preset:
    """Every network's configuration, and the picture they all work on."""

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
            width=256,
            depth=8,
            heads=4,
            head_width=128,
            levels=LEVELS,
            grid=(9, 16),
            layer_channels=LAYERS,
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
