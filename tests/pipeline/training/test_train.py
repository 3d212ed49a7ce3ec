"""The training loop on toy pictures: resuming changes nothing; weights, curves and samples are written."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models import weights
from models.pixels import to_bytes
from models.tokens.tokenizer import Tokenizer, TokenizerConfig
from pipeline.training.contact_sheets import sheet
from pipeline.training.loop import RATE_OVER_FAN_IN, TrainingSchedule, parameter_groups, train

CONFIG = TokenizerConfig(widths=(16, 16, 16), depths=(1, 1, 1), levels=(8, 5))


class Squares:
    """Learns constant colours drawn at random: the smallest real learner."""

    rate = 1e-3
    betas = (0.9, 0.98)
    critic = None

    def __init__(self):
        torch.manual_seed(0)
        self.network = Tokenizer(CONFIG)

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        colours = torch.from_numpy(rng.uniform(-1, 1, (4, 3, 1, 1))).float()
        return self.network.loss(colours.expand(-1, -1, 32, 32), torch.ones(4, 1, 32, 32))

    def picture(self, path: Path) -> None:
        sheet([to_bytes(self.network.decode(torch.zeros(2, 2, 2, dtype=torch.long)))], path)


def run(folder: Path, *stops: int) -> dict[str, Tensor]:
    for stop in stops:
        schedule = TrainingSchedule(steps=stop, save_every=20, seed=5)
        train(
            Squares(), schedule, folder / "run", folder / "squares.safetensors", {"footage": "squares"}, lambda *_: None
        )
    return weights.load(Tokenizer(CONFIG), folder / "squares.safetensors").state_dict()


def test_a_resumed_run_ends_with_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(TrainingSchedule, "rate", lambda self, step: 1.0)  # fewer steps would cool down earlier
    straight, resumed = run(tmp_path / "a", 60), run(tmp_path / "b", 40, 60)
    for name, value in straight.items():
        assert torch.equal(value, resumed[name]), name


def trained(folder: Path, words: tuple[str, ...], config: TokenizerConfig = CONFIG) -> None:
    """Train one step more than the checkpoint has, or the first step."""
    part = Squares()
    part.network = Tokenizer(config)
    train(part, TrainingSchedule(1, 1), folder / "run", folder / "s.safetensors", {}, lambda *_: None, vocabulary=words)


def test_a_run_with_other_words_or_another_network_is_refused_and_the_difference_named(tmp_path):
    trained(tmp_path, ("day", "night"))
    trained(tmp_path, ("day", "night"))
    with pytest.raises(weights.WeightsError, match=r"another vocabulary, new: 'rain'; moved: 'night'.*--runs"):
        trained(tmp_path, ("day", "rain", "night"))
    with pytest.raises(weights.WeightsError, match=r"levels is \[8, 5\], the preset asks for \[5, 8\]"):
        trained(tmp_path, ("day", "night"), replace(CONFIG, levels=(5, 8)))  # as many codes, so all shapes are equal


def test_a_checkpoint_without_a_description_is_refused(tmp_path):
    trained(tmp_path, ())
    checkpoint = tmp_path / "run" / "checkpoint.safetensors"
    save_file(load_file(checkpoint), checkpoint, {"step": "1"})  # as earlier versions wrote them
    with pytest.raises(weights.WeightsError, match="its network and words are unknown"):
        trained(tmp_path, ())


def test_training_starts_from_given_weights_unless_there_is_a_checkpoint(tmp_path):
    run(tmp_path / "before", 20)
    given = tmp_path / "before" / "squares.safetensors"
    part, schedule = Squares(), TrainingSchedule(steps=0, save_every=20)
    train(part, schedule, tmp_path / "run", tmp_path / "after.safetensors", {}, lambda *_: None, begin=given)
    expected = weights.load(Tokenizer(CONFIG), given).state_dict()
    for name, value in part.network.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_training_reduces_the_loss_and_writes_curve_samples_and_lineage(tmp_path):
    run(tmp_path, 300)
    with (tmp_path / "run" / "loss.csv").open() as file:
        losses = [float(row["total"]) for row in csv.DictReader(file)]
    assert np.mean(losses[-3:]) < 0.7 * losses[0]
    assert (tmp_path / "run" / "sample-000300.png").exists()
    assert weights.lineage(tmp_path / "squares.safetensors") == {"footage": "squares", "steps": "300", "seed": "5"}


def test_the_rate_warms_up_stays_constant_and_decays_to_zero():
    schedule = TrainingSchedule(steps=1_000, save_every=100)
    assert schedule.rate(0) == pytest.approx(0.01)
    assert schedule.rate(500) == 1.0
    assert schedule.rate(900) == pytest.approx(0.4)
    assert schedule.rate(1_000) == 0.0


def test_the_learning_rate_of_a_weight_decreases_with_its_fan_in():
    network = nn.Sequential(nn.Conv2d(256, 8, 3), nn.Linear(4, 4))
    most = [group["most"] for group in parameter_groups(network, 1e-3)]
    assert most == [RATE_OVER_FAN_IN / (256 * 9), 1e-3, 1e-3, 1e-3]  # weight and bias of each
