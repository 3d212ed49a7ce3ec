"""`nearmiss evaluate`: held-out scenes made by every stage, measured beside what doing nothing would score."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from rich.console import Console
from rich.progress import Progress
from torch import Tensor

from models.pixels import signed, to_bytes
from models.precision import computing
from models.presets import WEIGHTS
from outputs.atomic_write import whole_file, write_text
from pipeline.checks.sight import Frames, observe
from pipeline.errors import UserError
from pipeline.evaluation.metrics import Evaluation, EvaluationCase, evaluate_subjects
from pipeline.evaluation.tables import markdown, table
from pipeline.networks import Networks, load_networks
from pipeline.stages import (
    TOKEN_STRIDE,
    ConditionedClip,
    Conditions,
    condition,
    predict_tokens,
    render_frames,
    seed_for,
    source_frames,
)
from pipeline.training.contact_sheets import sheet
from pipeline.training.training_data import HELD_OUT_SEED
from pipeline.worlds import roll_out
from scenarios.load import library, load
from scenarios.random_scenarios import sample_scenario
from scenarios.scenario import Scenario
from scenarios.story.mentions import mentioned

CLIP_S = 6.0
OCCLUSION = "corner/behind-the-truck"  # sampled streets seldom hide a thing and show it again
EVALUATION_SEED = HELD_OUT_SEED + 100_000  # not the clips that set the checks' limits
SHOWN = 6  # frames on a contact sheet
COMPARED = ("generated", "decoder on source's tokens")  # what is measured again of an earlier evaluation


@dataclass(frozen=True)
class GeneratedCase(EvaluationCase):
    """A case with what the networks need to make it again."""

    scenario: Scenario
    conditions: Conditions
    seed: int

    @property
    def scene(self) -> ConditionedClip:
        """As the networks get it."""
        return ConditionedClip(self.rollout, self.conditions, (self.source,))


def shoot(scenario: Scenario, seed: int, networks: Networks) -> GeneratedCase:
    """The front camera's source pictures and labels of a scenario."""
    rollout = roll_out(scenario)
    look = seed_for(scenario, seed, "look")
    conditions = condition(rollout, networks.rig[:1], look)
    (source,) = source_frames(rollout, conditions, look)
    view = conditions.views[0]
    named = mentioned(scenario.events)
    return GeneratedCase(
        f"{scenario.name}/{seed}", rollout, view.labels, view.camera, view.layers, source, named, scenario, conditions,
        seed,
    )  # fmt: skip


def held_out(clips: int, first_seed: int) -> Iterator[tuple[Scenario, int]]:
    """Sampled streets that no network was trained on, after one with something that hides and comes out."""
    yield load(library()[OCCLUSION])[0], first_seed
    for seed in range(first_seed, first_seed + clips - 1):
        yield sample_scenario(seed, duration_s=CLIP_S), seed


def subjects(networks: Networks) -> Mapping[str, Callable[[GeneratedCase], Frames]]:
    """What is measured beside the source: the whole line, its parts, and two ways of doing nothing."""

    def source_codes(shot: GeneratedCase) -> Int[Tensor, "1 1 step row column"]:
        return _encode(shot.source[::TOKEN_STRIDE], networks)[None, None]

    def generated(shot: GeneratedCase) -> Frames:
        dice, noise = (seed_for(shot.scenario, shot.seed, what) for what in ("tokens", "frames"))
        tokens = predict_tokens((shot.scene,), networks, (dice,))
        return render_frames(tokens, (shot.scene,), networks, (noise,))[0, 0]

    def decoded(shot: GeneratedCase) -> Frames:
        noise = seed_for(shot.scenario, shot.seed, "frames")
        return render_frames(source_codes(shot), (shot.scene,), networks, (noise,))[0, 0]

    def another_look(shot: GeneratedCase) -> Frames:
        return source_frames(shot.rollout, shot.conditions, seed_for(shot.scenario, shot.seed + 1, "look"))[0]

    return {
        "generated": generated,
        "decoder on source's tokens": decoded,
        "tokenizer alone": lambda shot: _tokenized(shot.source, networks),
        "first frame held": lambda shot: np.repeat(shot.source[:1], len(shot.source), axis=0),
        "source with another look": another_look,
    }


@torch.inference_mode()
def _encode(pictures: Frames, networks: Networks) -> Int[Tensor, "time row column"]:
    with computing():
        return torch.cat([networks.tokenizer.encode(p) for p in signed(pictures).movedim(-1, 1).split(12)])


@torch.inference_mode()
def _tokenized(pictures: Frames, networks: Networks) -> Frames:
    with computing():
        return np.concatenate([to_bytes(networks.tokenizer.decode(c)) for c in _encode(pictures, networks).split(12)])


def evaluate(
    preset: str, clips: int, out: Path, console: Console, folder: Path = WEIGHTS, keep: bool = False,
    beside: Path | None = None,
) -> Evaluation:  # fmt: skip
    """Measure a preset on `clips` held-out clips; writes evaluation.json, evaluation.md and a sheet for each clip.

    `keep` leaves all frames in `out`/frames; `beside` is the `out` of an evaluation that kept its frames, of other
    weights or of another version of the program, whose subjects are measured here once more.
    """
    networks = load_networks(preset, torch.get_num_threads(), folder)
    makers = {name: _kept(make, name, out, keep) for name, make in subjects(networks).items()}
    if beside is not None:
        makers |= {f"{name}, {beside.name}": partial(frames_of, folder=beside, subject=name) for name in COMPARED}
    shots = (shoot(scenario, seed, networks) for scenario, seed in held_out(clips, EVALUATION_SEED))
    with Progress(console=console) as progress:
        task = progress.add_task("evaluating", total=clips * (len(makers) + 1))

        def tell(case: str, subject: str) -> None:
            progress.update(task, advance=1, description=f"{case}: {subject}")

        measured = evaluate_subjects(shots, makers, partial(observe, checker=networks.checker), networks.baseline, tell)
    keep_figures(measured, out)
    console.print(table(measured))
    console.print(f"written {out / 'evaluation.md'}; pictures {out / 'sheets'}")
    return measured


def keep_figures(measured: Evaluation, out: Path) -> None:
    """Write evaluation.json and evaluation.md, each whole or not at all."""
    write_text(out / "evaluation.json", measured.to_json() + "\n")
    write_text(out / "evaluation.md", markdown(measured))


def _kept(
    make: Callable[[GeneratedCase], Frames], subject: str, out: Path, keep: bool
) -> Callable[[GeneratedCase], Frames]:
    """The same maker, leaving its frames below the source's on a sheet for a person to judge, all of them if asked."""

    def kept(shot: GeneratedCase) -> Frames:
        frames = make(shot)
        shown = np.linspace(0, len(frames) - 1, SHOWN).round().astype(int)
        sheet([shot.source[shown], frames[shown]], out / "sheets" / f"{_file_name(shot, subject)}.png")
        if keep:
            with whole_file(out / "frames" / f"{_file_name(shot, subject)}.npy") as part, part.open("wb") as file:
                np.save(file, frames)
        return frames

    return kept


def frames_of(shot: EvaluationCase, folder: Path, subject: str) -> Frames:
    """What a subject of an earlier evaluation made of the same clip; UserError if not kept, or of another shape."""
    path = folder / "frames" / f"{_file_name(shot, subject)}.npy"
    if not path.exists():
        raise UserError(f"no {path}: `nearmiss evaluate --keep` leaves frames, of as many clips as --clips says")
    frames = np.load(path)
    if frames.shape != shot.source.shape:
        kept, wanted = (f"{len(x)} frames of {' x '.join(map(str, x.shape[1:3]))}" for x in (frames, shot.source))
        raise UserError(f"{path} holds {kept}, the clip has {wanted}: evaluate with --keep again, by the same version")
    return frames


def _file_name(shot: EvaluationCase, subject: str) -> str:
    return f"{shot.name.replace('/', '-')} {subject}".replace(" ", "-")
