import dataclasses
from dataclasses import dataclass

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models import weights
from models.tokens.tokenizer import Tokenizer, TokenizerConfig

CONFIG = TokenizerConfig(widths=(16, 16, 16), depths=(1, 1, 1), levels=(8, 5))
WORDS = ("", "?", "day", "night", "clear", "rain")


@dataclass(frozen=True)
class ReaderConfig:
    layers: tuple[str, ...]


class Reader(nn.Module):
    """A network with as many input channels as its config has layers, and with captions."""

    def __init__(self, *layers: str):
        super().__init__()
        self.config = ReaderConfig(layers)
        self.layers, self.words = nn.Linear(len(layers), 2), nn.Embedding(16, 2)


def test_saved_weights_are_loaded_with_their_lineage(tmp_path):
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


def test_training_may_continue_with_other_settings_and_not_with_other_shapes(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    written = Tokenizer(CONFIG)
    weights.save(written, path, {})
    same, other = Tokenizer(CONFIG), Tokenizer(dataclasses.replace(CONFIG, widths=(16, 16, 32)))
    weights.initialise_from(same, path)
    assert torch.equal(
        same.state_dict()["decoder.0.weight"], written.state_dict()["decoder.0.weight"].bfloat16().float()
    )
    assert all(p.requires_grad for p in same.parameters())
    with pytest.raises(weights.WeightsError, match="cannot be trained on"):
        weights.initialise_from(other, path)


def test_missing_and_damaged_files_have_different_messages(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    with pytest.raises(weights.WeightsError, match="no weights at"):
        weights.load(Tokenizer(CONFIG), path)
    weights.save(Tokenizer(CONFIG), path, {})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(weights.WeightsError, match="not a complete safetensors file"):
        weights.load(Tokenizer(CONFIG), path)


def test_a_file_without_lineage_is_refused(tmp_path):
    path = tmp_path / "tokenizer.safetensors"
    save_file({"w": torch.zeros(1)}, path)
    with pytest.raises(weights.WeightsError, match="has no lineage"):
        weights.lineage(path)


@pytest.mark.parametrize("name", ["config", "lineage", "vocabulary"])
@pytest.mark.parametrize(("text", "told"), [("{", "is not JSON"), ("3", "is no .* but 3")])
def test_damaged_metadata_is_refused_by_name(tmp_path, name, text, told):
    path, network = tmp_path / "tokenizer.safetensors", Tokenizer(CONFIG)
    said = weights.description(network) | {"lineage": "{}"}
    save_file(network.state_dict(), path, said | {name: text})
    for use in (
        weights.lineage,
        lambda path: weights.load(network, path),
        lambda path: weights.initialise_from(network, path),
    ):
        with pytest.raises(weights.WeightsError, match=f"is damaged: its {name} {told}"):
            use(path)


def test_the_fingerprint_depends_on_the_content(tmp_path):
    one, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    weights.save(Tokenizer(CONFIG), one, {})
    weights.save(Tokenizer(CONFIG), other, {})
    assert weights.fingerprint(one) != weights.fingerprint(other)


@pytest.fixture
def reader_of_words(tmp_path):
    path = tmp_path / "reader.safetensors"
    weights.save(Reader("road", "tree"), path, {}, WORDS)
    return path


def test_a_network_is_used_with_the_words_and_layers_that_it_was_saved_with(reader_of_words):
    read = weights.load(Reader("road", "tree"), reader_of_words, WORDS)
    assert not read.training


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*WORDS, "hail"), "new: 'hail'. `nearmiss train reader --from .* teaches new words"),
        (("", "?", "day", "dusk", *WORDS[3:]), "new: 'dusk'; moved: 'night', 'clear', 'rain'. Train it anew"),
        (WORDS[:-1], "gone: 'rain'"),
        ((*WORDS[:-2], "rain", "clear"), "moved: 'rain', 'clear'"),
        ((*WORDS, *"abcdefghij"), "new: 'a', .*, 'h' and 2 more"),
        ((), "gone: '', "),
    ],
)
def test_words_with_another_index_are_named(reader_of_words, words, told):
    with pytest.raises(weights.WeightsError, match=f"another vocabulary than captions are written in: {told}"):
        weights.load(Reader("road", "tree"), reader_of_words, words)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (("tree", "road"), "moved: 'tree', 'road'"),
        (("road", "water", "tree"), "new: 'water'; moved: 'tree'"),
        (("road",), "gone: 'tree'"),
    ],
)
def test_layers_with_another_index_are_named_wherever_weights_are_used(reader_of_words, layers, told):
    for use in (weights.load, weights.initialise_from):
        with pytest.raises(weights.WeightsError, match=f"it reads other layers, {told}"):
            use(Reader(*layers), reader_of_words, WORDS)


def test_words_may_be_added_after_the_known_ones_and_not_between_them(reader_of_words):
    learner = Reader("road", "tree")
    weights.initialise_from(learner, reader_of_words, (*WORDS, "hail"))
    assert all(p.requires_grad for p in learner.parameters())
    for words, told in ((("hail", *WORDS), "new: 'hail'"), (WORDS[:-1], "gone: 'rain'")):
        with pytest.raises(weights.WeightsError, match=f"cannot be trained on here: {told}"):
            weights.initialise_from(Reader("road", "tree"), reader_of_words, words)


def test_weights_without_a_vocabulary_are_refused(tmp_path):
    path = tmp_path / "reader.safetensors"
    weights.save(Reader("road"), path, {})
    for use in (weights.load, weights.initialise_from):
        with pytest.raises(weights.WeightsError, match="new: '', '\\?', 'day'"):
            use(Reader("road"), path, WORDS)
