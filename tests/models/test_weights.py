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


def test_training_may_go_on_under_other_settings_but_not_in_other_shapes(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    written = Tokenizer(CONFIG)
    weights.save(written, path, {})
    same, other = Tokenizer(CONFIG), Tokenizer(dataclasses.replace(CONFIG, widths=(16, 16, 32)))
    weights.begin_from(same, path)
    assert torch.equal(
        same.state_dict()["decoder.0.weight"], written.state_dict()["decoder.0.weight"].bfloat16().float()
    )
    assert all(p.requires_grad for p in same.parameters())
    with pytest.raises(weights.WeightsError, match="cannot be trained on"):
        weights.begin_from(other, path)


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
