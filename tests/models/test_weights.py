import dataclasses

import pytest
import torch

from models import weights
from models.tokenizer import Tokenizer, TokenizerConfig

CONFIG = TokenizerConfig(widths=(16, 16, 16), depths=(1, 1, 1), levels=(8, 5))


def test_what_is_saved_loads_with_its_lineage(tmp_path):
    written, path = Tokenizer(CONFIG), tmp_path / "tokenizer.safetensors"
    weights.save(written, path, {"steps": "12"})
    read = weights.load(Tokenizer(CONFIG), path)
    assert weights.lineage(path) == {"steps": "12"}
    for name, value in written.state_dict().items():
        assert torch.equal(read.state_dict()[name], value.bfloat16().float())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_weights_of_another_config_are_refused_by_name(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    weights.save(Tokenizer(CONFIG), path, {})
    with pytest.raises(weights.WeightsError, match="the preset asks for"):
        weights.load(Tokenizer(dataclasses.replace(CONFIG, levels=(8, 8))), path)


def test_missing_and_damaged_files_are_told_apart(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    with pytest.raises(weights.WeightsError, match="no weights at"):
        weights.load(Tokenizer(CONFIG), path)
    weights.save(Tokenizer(CONFIG), path, {})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(weights.WeightsError, match="not a whole safetensors file"):
        weights.load(Tokenizer(CONFIG), path)


def test_the_fingerprint_follows_the_content(tmp_path):
    one, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    weights.save(Tokenizer(CONFIG), one, {})
    weights.save(Tokenizer(CONFIG), other, {})
    assert weights.fingerprint(one) != weights.fingerprint(other)
