"""`nearmiss evaluate`: run all stages on held-out scenes and measure the results beside trivial references."""

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

from conditioning.geometry.camera import Camera
from models.pixels import signed, to_bytes
from models.precision import compute_context
from models.presets import WEIGHTS
from outputs.atomic_write import whole_file, write_text
from pipeline.checks.sight import Frames, observe
from pipeline.errors import UserError, refuse_unwritable
from pipeline.evaluation.metrics import Evaluation, EvaluationCase, evaluate_subjects
from pipeline.evaluation.tables import markdown, table
from pipeline.networks import Networks, compute_on, load_calibrated, load_networks, rig_of
from pipeline.renderers.gaia import TOKEN_STRIDE, add_precipitation, predict_tokens, render_frames
from pipeline.renderers.renderer import ClipFrames, ClipSeed
from pipeline.stages import ConditionedClip, Conditions, condition, seed_for, source_frames
from pipeline.training.contact_sheets import sheet
from pipeline.training.training_data import HELD_OUT_SEED
from pipeline.worlds import roll_out
from scenarios.load import library, load
from scenarios.random_scenarios import sample_scenario
from scenarios.scenario import Scenario
from scenarios.story.mentions import mentioned

CLIP_S = 6.0
OCCLUSION = "corner/behind-the-truck"  # sampled streets rarely have an object that is hidden and visible again
EVALUATION_SEED = HELD_OUT_SEED + 100_000  # other clips than those of the calibration
SHOWN = 6  # frames on a contact sheet
COMPARED = ("generated", "decoder on source's tokens")  # subjects of an earlier evaluation that are measured again


@dataclass(frozen=True)
class GeneratedCase(EvaluationCase):
    """A case with the inputs that the networks need to generate it."""

    scenario: Scenario
    conditions: Conditions
    seed: int

    @property
    def scene(self) -> ConditionedClip:
        """The clip in the form that the stages expect."""
        return ConditionedClip(self.rollout, self.conditions, (self.source,))

    @property
    def clip_seed(self) -> ClipSeed:
        return ClipSeed(self.scenario, self.seed)


def prepare_case(scenario: Scenario, seed: int, rig: tuple[Camera, ...]) -> GeneratedCase:
    """Roll out a scenario and render its front camera's source pictures and labels."""
    rollout = roll_out(scenario)
    look = seed_for(scenario, seed, "look")
    conditions = condition(rollout, rig[:1], look)
    (source,) = source_frames(rollout, conditions, look)
    view = conditions.views[0]
    named = mentioned(scenario.events)
    return GeneratedCase(
        f"{scenario.name}/{seed}", rollout, view.labels, view.camera, view.layers, source, named, scenario, conditions,
        seed,
    )  # fmt: skip


def held_out_scenarios(clips: int, first_seed: int) -> Iterator[tuple[Scenario, int]]:
    """One scenario with an occlusion, then sampled streets that no network was trained on."""
    yield load(library()[OCCLUSION])[0], first_seed
    for seed in range(first_seed, first_seed + clips - 1):
        yield sample_scenario(seed, duration_s=CLIP_S), seed


def subjects(networks: Networks) -> Mapping[str, Callable[[GeneratedCase], Frames]]:
    """What is measured beside the source: the whole pipeline, parts of it, and two trivial references."""

    def source_codes(case: GeneratedCase) -> Int[Tensor, "1 1 step row column"]:
        return _encode(case.source[::TOKEN_STRIDE], networks)[None, None]

    def generated(case: GeneratedCase) -> Frames:
        tokens = predict_tokens((case.scene,), networks, (case.clip_seed,))
        return sensed(clean(tokens, case), case)

    def decoded(case: GeneratedCase) -> Frames:
        return sensed(clean(source_codes(case), case), case)

    def clean(tokens: Int[Tensor, "1 1 step row column"], case: GeneratedCase) -> ClipFrames:
        return render_frames(tokens, (case.scene,), networks, (case.clip_seed,))

    def sensed(frames: ClipFrames, case: GeneratedCase) -> Frames:
        return add_precipitation(frames, (case.scene,), (case.clip_seed,))[0, 0]

    def another_look(case: GeneratedCase) -> Frames:
        return source_frames(case.rollout, case.conditions, seed_for(case.scenario, case.seed + 1, "look"))[0]

    return {
        "generated": generated,
        "decoder on source's tokens": decoded,
        "the same without rain, snow and noise": lambda case: clean(source_codes(case), case)[0, 0],
        "tokenizer alone": lambda case: _tokenized(case.source, networks),
        "first frame held": lambda case: np.repeat(case.source[:1], len(case.source), axis=0),
        "source with another look": another_look,
    }


@torch.inference_mode()
def _encode(pictures: Frames, networks: Networks) -> Int[Tensor, "time row column"]:
    with compute_context():
        return torch.cat([networks.tokenizer.encode(p) for p in signed(pictures).movedim(-1, 1).split(12)])


@torch.inference_mode()
def _tokenized(pictures: Frames, networks: Networks) -> Frames:
    with compute_context():
        return np.concatenate([to_bytes(networks.tokenizer.decode(c)) for c in _encode(pictures, networks).split(12)])


def evaluate(
    preset: str, clips: int, out: Path, console: Console, folder: Path = WEIGHTS, keep: bool = False,
    beside: Path | None = None,
) -> Evaluation:  # fmt: skip
    """Measure a preset on `clips` held-out clips; write evaluation.json, evaluation.md and a sheet for each clip.

    `keep` saves all frames in `out`/frames. `beside` is the `out` folder of an evaluation with kept frames, of other
    weights or of another version of the program; its subjects are measured again here.
    """
    refuse_unwritable(out, "--out")
    if beside is not None:
        _refuse_without_frames(beside, clips)
    compute_on(torch.get_num_threads())
    networks, checking, rig = load_networks(preset, folder), load_calibrated(preset, folder), rig_of(preset, folder)
    makers = {name: _with_sheet(make, name, out, keep) for name, make in subjects(networks).items()}
    if beside is not None:
        makers |= {
            f"{name}, {beside.name}": partial(load_kept_frames, folder=beside, subject=name) for name in COMPARED
        }
    cases = (prepare_case(scenario, seed, rig) for scenario, seed in held_out_scenarios(clips, EVALUATION_SEED))
    with Progress(console=console) as progress:
        task = progress.add_task("evaluating", total=clips * (len(makers) + 1))

        def report(name: str, subject: str) -> None:
            progress.update(task, advance=1, description=f"{name}: {subject}")

        measured = evaluate_subjects(
            cases, makers, partial(observe, checker=checking.checker), checking.baseline, report
        )
    write_results(measured, out)
    console.print(table(measured))
    console.print(f"written {out / 'evaluation.md'}; pictures {out / 'sheets'}", markup=False)
    return measured


def _refuse_without_frames(folder: Path, clips: int) -> None:
    """UserError if kept frames of a clip are missing in `folder`."""
    for scenario, seed in held_out_scenarios(clips, EVALUATION_SEED):
        for subject in COMPARED:
            _kept(f"{scenario.name}/{seed}", folder, subject)


def write_results(measured: Evaluation, out: Path) -> None:
    """Write evaluation.json and evaluation.md, each atomically."""
    write_text(out / "evaluation.json", measured.to_json() + "\n")
    write_text(out / "evaluation.md", markdown(measured))


def _with_sheet(
    make: Callable[[GeneratedCase], Frames], subject: str, out: Path, keep: bool
) -> Callable[[GeneratedCase], Frames]:
    """Wrap `make`: also write a sheet of its frames below the source's, and all frames if `keep`."""

    def make_with_sheet(case: GeneratedCase) -> Frames:
        frames = make(case)
        shown = np.linspace(0, len(frames) - 1, SHOWN).round().astype(int)
        sheet([case.source[shown], frames[shown]], out / "sheets" / f"{_file_name(case.name, subject)}.png")
        if keep:
            with whole_file(out / "frames" / f"{_file_name(case.name, subject)}.npy") as part, part.open("wb") as file:
                np.save(file, frames)
        return frames

    return make_with_sheet


def load_kept_frames(case: EvaluationCase, folder: Path, subject: str) -> Frames:
    """A subject's frames of the same clip in an earlier evaluation; UserError if missing, or of another shape."""
    path = _kept(case.name, folder, subject)
    frames = np.load(path)
    if frames.shape != case.source.shape:
        kept, expected = (f"{len(x)} frames of {' x '.join(map(str, x.shape[1:3]))}" for x in (frames, case.source))
        raise UserError(f"{path} has {kept}, the clip has {expected}: evaluate with --keep again, by the same version")
    return frames


def _kept(case: str, folder: Path, subject: str) -> Path:
    path = folder / "frames" / f"{_file_name(case, subject)}.npy"
    if not path.exists():
        raise UserError(f"no {path}: `nearmiss evaluate --keep` saves frames, for the number of clips in --clips")
    return path


def _file_name(case: str, subject: str) -> str:
    return f"{case.replace('/', '-')} {subject}".replace(" ", "-")
