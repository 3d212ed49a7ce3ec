"""Learners on real footage, with the smallest networks."""

from dataclasses import replace
from pathlib import Path

import pytest

from models import weights
from models.presets import PRESETS
from pipeline.errors import UserError
from pipeline.networks import check_part
from pipeline.training.batches import OBJECT_CLIPS
from pipeline.training.loop import TrainingSchedule
from pipeline.training.train import train_part
from pipeline.training.training_data import FootageConfig

CONFIG = FootageConfig(clips=1, bursts=2, burst=9, height=48, width=80)


def train(part: str, folder: Path, into: Path) -> Path:
    schedule = TrainingSchedule(steps=1, save_every=1)
    return train_part(part, "speck", folder / "footage", CONFIG, schedule, folder / "runs", 1, lambda *_: None, into)


@pytest.mark.parametrize("part", ["world", "decoder"])
def test_networks_that_read_tokens_are_trained_with_the_tokenizer_they_are_used_with(tmp_path, speck_weights, part):
    with pytest.raises(weights.WeightsError, match=str(tmp_path / "none" / "speck" / "tokenizer")):
        train(part, tmp_path, tmp_path / "none")
    own = tmp_path / "own" / "speck" / "tokenizer.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes((speck_weights / "speck" / "tokenizer.safetensors").read_bytes())
    shipped = own.with_name(f"{part}.safetensors")
    assert train(part, tmp_path, tmp_path / "own") == shipped
    assert weights.lineage(shipped)["steps"] == "1"
    check_part(PRESETS["speck"], part, shipped)
    assert [path.name for path in (tmp_path / "footage").glob("codes-*")] == [f"codes-{weights.fingerprint(own)}-1.npy"]


def test_the_detector_is_trained_on_the_least_footage_and_refuses_less_before_it_is_made(tmp_path):
    def trained(clips: int, folder: Path) -> Path:
        config, schedule = replace(CONFIG, clips=clips, bursts=1, burst=3), TrainingSchedule(steps=1, save_every=1)
        return train_part(
            "detector", "speck", folder, config, schedule, tmp_path / "runs", 1, lambda *_: None, tmp_path / "own"
        )

    less = OBJECT_CLIPS - 1
    with pytest.raises(UserError, match=rf"{less} clips; each step .* draws {OBJECT_CLIPS} .*--clips {OBJECT_CLIPS}"):
        trained(less, tmp_path / "less")
    assert not (tmp_path / "less").exists()
    assert trained(OBJECT_CLIPS, tmp_path / "least").exists()
