"""`nearmiss train`: render footage if there is none, then train one network of a preset on it."""

from collections.abc import Callable
from pathlib import Path

from models.presets import WEIGHTS, find_preset
from models.weights import fingerprint, refuse_installed
from pipeline.engine.machine import code_fingerprint, cores, device_named
from pipeline.errors import UserError, refuse_unwritable
from pipeline.networks import VOCABULARIES, check_layers, check_part
from pipeline.training.learners import PARTS, READ_TOKENS, refuse_too_little
from pipeline.training.loop import TrainingSchedule, train
from pipeline.training.train_options import TrainOptions
from pipeline.training.training_data import FootageConfig, make_footage, open_footage

Progress = Callable[[int, dict[str, float]], None]


def train_part(
    part: str, preset: str, footage_folder: Path, config: FootageConfig, schedule: TrainingSchedule, runs: Path,
    workers: int, progress: Progress, weights: Path = WEIGHTS, begin: Path | None = None, device: str = "cpu",
) -> Path:  # fmt: skip
    """Train one part on a device; checkpoints, loss curve and samples go to `runs/part`, weights to `weights/preset`.

    `begin` names weights to start from, for example the shipped ones for further training on new footage. KeyError
    lists the known parts or presets. Decoder and world model need the tokenizer in `weights`/`preset`. WeightsError,
    before any footage is made, where that is missing or where `weights` is an installation.
    """
    if part not in PARTS:
        raise KeyError(f"no part {part!r} to train; there are {sorted(PARTS)}")
    sizes = find_preset(preset, weights)
    refuse_installed(weights, "name a folder of your own with --weights FOLDER")
    check_layers(sizes, part)
    tokenizer = weights / preset / "tokenizer.safetensors"
    if part in READ_TOKENS:
        check_part(sizes, "tokenizer", tokenizer)
    refuse_too_little(part, sizes, config, f"footage in {footage_folder}")
    place = device_named(device)
    footage = make_footage(footage_folder, config, workers, lambda done, total: progress(done, {"clips": total}))
    ships_to = weights / preset / f"{part}.safetensors"
    lineage = {"part": part, "preset": preset, "footage": footage.fingerprint, "code": code_fingerprint()}
    if begin:
        lineage["begun from"] = f"{begin.name} {fingerprint(begin)}"
    learner = PARTS[part](sizes, footage, tokenizer, place)
    train(learner, schedule, runs / part, ships_to, lineage, progress, begin, VOCABULARIES.get(part, ()))
    return ships_to


def train_here(part: str, told: TrainOptions, progress: Progress) -> Path:
    """Train on the footage in a folder, or on new clips if there is none. UserError for unknown names."""
    if part not in PARTS:
        raise UserError(f"no part {part!r}; there are {', '.join(PARTS)}")
    sizes = find_preset(told.preset, told.weights)
    for option, folder in (("--footage", told.footage), ("--runs", told.runs)):
        refuse_unwritable(folder, option)
    new = FootageConfig(told.clips, told.bursts, told.burst, sizes.height, sizes.width)
    config = open_footage(told.footage).config if (told.footage / "footage.json").exists() else new
    return train_part(
        part, told.preset, told.footage, config, TrainingSchedule(told.steps, told.save_every, told.seed), told.runs,
        told.workers or cores(), progress, told.weights, told.begin, told.device,
    )  # fmt: skip
