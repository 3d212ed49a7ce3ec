"""Presets are files: the page's example is one like any other, and what is wrong in one is said by its place."""

import re
from pathlib import Path

import pytest
import torch

from models.checker.detector import Detector
from models.checker.egomotion import EgoMotion
from models.decoder.network import VideoDecoder
from models.presets import FILES, PRESETS, PresetError, find_preset, read_preset
from models.tokens.tokenizer import Tokenizer
from models.world_model.network import WorldModel

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending" / "presets.md"
TINY = (FILES / "tiny.toml").read_text(encoding="utf-8")


@pytest.fixture
def weights(tmp_path) -> Path:
    """A user's weights with the page's preset."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "preset.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_network_can_be_built_in_the_sizes_of_the_page_s_example(weights):
    preset = find_preset("small", weights)
    assert (preset.height, preset.width, preset.world.grid) == (96, 160, (6, 10))
    picture = torch.zeros(1, 3, preset.height, preset.width)
    assert Tokenizer(preset.tokenizer).encode(picture).shape == (1, 6, 10)
    for network, config in ((WorldModel, preset.world), (VideoDecoder, preset.decoder),
                            (Detector, preset.detector), (EgoMotion, preset.egomotion)):  # fmt: skip
        assert sum(weight.numel() for weight in network(config).parameters()) > 1000


def test_the_shipped_preset_has_its_sizes_everywhere(tmp_path):
    assert find_preset("tiny", tmp_path) is PRESETS["tiny"]
    assert PRESETS["tiny"].world.grid == (9, 16)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("height = 144", "height = 150", "a picture of 150 x 256; multiples of 16"),
        ("full = 48", "ful = 48", "decoder.full: Field required; decoder.ful: Unexpected keyword"),
        ("widths = [64, 160, 288]", "widths = [64, 160]", "tokenizer.widths.2: Field required"),
        ("depth = 1\n", 'depth = "one"\n', "egomotion.depth: Input should be a valid integer"),
        ("[picture]", "[picture", "is no TOML"),
        ("height = 144", 'height = "144"', "picture.height: Input should be a valid integer"),
        ("heads = 4", "heads = true", "world.heads: Input should be a valid integer"),
        ("levels = [8, 8, 8, 5, 5, 5]", "levels = []", "tokenizer.levels: an empty list"),
        ("window = 6", "window = 0", "world.window: 0; 1 and more"),
        ("drop_all = 0.1", "drop_all = 2.0", "world.drop_all: 2; a share from 0 to 1"),
        ("[egomotion]", "[egomotions]", "egomotion: Field required; egomotions: Unexpected keyword"),
    ],
)
def test_faults_of_a_file_are_reported_with_their_place(tmp_path, written, instead, told):
    path = tmp_path / "preset.toml"
    path.write_text(TINY.replace(written, instead), encoding="utf-8")
    with pytest.raises(PresetError, match=re.escape(told)):
        read_preset(path)


def test_an_unknown_a_shipped_or_an_escaping_name_is_refused(weights):
    with pytest.raises(PresetError, match=r"no preset 'large'; there are .*tiny"):
        find_preset("large", weights)
    with pytest.raises(PresetError, match="is no preset's name"):
        find_preset("../small", weights)
    (weights / "small").rename(weights / "tiny")
    with pytest.raises(PresetError, match="has the name of a preset that ships"):
        find_preset("tiny", weights)
