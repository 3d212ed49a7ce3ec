"""Networks are trained on the requested device; a missing device is refused before anything is created."""

import pytest
import torch

from models import weights
from pipeline.engine.machine import NoGpu, device_named
from pipeline.errors import UserError
from pipeline.training.learners import PARTS
from pipeline.training.loop import TrainingSchedule
from pipeline.training.train import train_part
from pipeline.training.training_data import FootageConfig

CONFIG = FootageConfig(clips=1, bursts=2, burst=9, height=48, width=80)


def train(part: str, folder, weights_folder, device: str):
    schedule = TrainingSchedule(steps=1, save_every=1)
    return train_part(
        part, "speck", folder / "footage", CONFIG, schedule, folder / "runs", 1, lambda *_: None, weights_folder,
        device=device,
    )  # fmt: skip


def test_a_missing_device_is_refused_before_footage_is_made(tmp_path):
    missing = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(NoGpu, match=f"no {missing}"):
        train("tokenizer", tmp_path, tmp_path, missing)
    assert not (tmp_path / "footage").exists()


@pytest.mark.parametrize("name", ["tpu", "cuda:one", ""])
def test_an_invalid_device_is_refused_with_the_list_of_devices(name):
    with pytest.raises(UserError, match="cpu, cuda and cuda:N"):
        device_named(name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: that loops run on one is untested")
@pytest.mark.parametrize("part", PARTS)
def test_every_part_learns_on_a_gpu(tmp_path, speck_weights, part):
    own = tmp_path / "weights" / "speck"
    own.mkdir(parents=True)
    (own / "tokenizer.safetensors").write_bytes((speck_weights / "speck" / "tokenizer.safetensors").read_bytes())
    made = train(part, tmp_path, tmp_path / "weights", "cuda")
    assert weights.lineage(made)["steps"] == "1"
