"""The learners of the trainable networks, each with its batches, its loss and its sample sheet."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from conditioning.ego_actions import driven
from models import weights
from models.checker.detector import Detector
from models.checker.egomotion import EgoMotion
from models.decoder.adversary import Critic, CriticConfig, decoder_loss
from models.decoder.diffusion import (
    KNOWN,
    ODDS,
    TrainingWindow,
    corrupt_tokens,
    decode_draft,
    degrade_frames,
    diffusion_loss,
    drop_small_bodies,
    predict_clean,
)
from models.decoder.network import WINDOW, VideoDecoder
from models.decoder.rendering import render_video
from models.decoder.reprojection import CameraPath
from models.decoder.windows import STRIDE, Anchor, DecoderInputs, first_frame_conditions, window_conditions
from models.pixels import signed, to_bytes
from models.precision import channels_last, compute_context
from models.presets import Preset
from models.tokens.tokenizer import Tokenizer
from models.world_model.network import WorldModel
from models.world_model.sampling import Sampling, sample_tokens
from outputs.atomic_write import whole_file
from pipeline.errors import UserError
from pipeline.training.batches import (
    OBJECT_CLIPS,
    OBJECT_FRAMES,
    clips_batch,
    objects_batch,
    pairs_batch,
    pictures_batch,
    to_device,
    windows_batch,
)
from pipeline.training.contact_sheets import outlined, sheet
from pipeline.training.loop import Learner, OptimizedNetwork
from pipeline.training.training_data import ANOTHER_FOLDER, Footage, FootageConfig
from scenarios.rollout import FRAME_RATE_HZ

BODY_STRENGTH = 6.0  # weight of a body's pixel over that of the background
BETAS = (0.9, 0.98)
WORLD_STRENGTH = 3.0  # the same for the world model's tokens
FRAMES = 9  # frames in a batch of the decoder: many small steps train it faster than few large ones
DENOISING = 0.1  # share of the decoder's steps at all noise levels, without the critic
PICTURES = 0.1  # share of the other steps that draw single pictures
ROLLOUTS = 4  # bursts drawn in turn, so that consecutive steps use different streets
FROM_REAL = 0.6  # share of bursts that start at a degraded real frame
CRITIC_WIDTHS = (64, 128, 192)
CRITIC_RATE = 3e-4


class TokenizerLearner:
    """Trains the tokenizer on pictures; bodies and background have equal weight."""

    rate = 1e-3
    betas = BETAS
    critic = None

    def __init__(self, preset: Preset, footage: Footage, device: torch.device):
        self.network, self.footage, self.device = Tokenizer(preset.tokenizer).to(device), footage, device

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        return self.network.loss(*to_device(pictures_batch(self.footage, rng, 32, BODY_STRENGTH), self.device))

    def picture(self, path: Path) -> None:
        shown = self.footage.pictures[self.footage.ready[:4], 0]
        decoded = self.network.decode(
            self.network.encode(rearrange(signed(shown), "b h w c -> b c h w").to(self.device))
        )
        sheet([shown, to_bytes(decoded)], path)


def encode_footage(tokenizer: Tokenizer, footage: Footage, name: str) -> np.ndarray:
    """Encode all pictures and keep the FSQ codes beside the footage, named by the tokenizer's fingerprint.

    Int "clip time row column"; written once, atomically.
    """
    path = footage.folder / f"codes-{name}-{len(footage.ready)}.npy"
    if not path.exists():
        c = footage.config
        device = next(tokenizer.parameters()).device
        codes = np.zeros((c.clips, c.frames, c.height // 16, c.width // 16), np.int64)
        for clip in footage.ready:
            pictures = rearrange(signed(footage.pictures[clip]), "t h w c -> t c h w").to(device)
            with torch.inference_mode(), compute_context(device.type):
                codes[clip] = tokenizer.encode(pictures).cpu().numpy()
        with whole_file(path) as part, part.open("wb") as file:
            np.save(file, codes)
    return np.load(path, mmap_mode="r")


def _tokenizer(preset: Preset, path: Path, device: torch.device) -> tuple[Tokenizer, str]:
    return weights.load(Tokenizer(preset.tokenizer), path).to(device), weights.fingerprint(path)


@dataclass(frozen=True)
class DecoderRollout:
    """A burst that the decoder draws window by window from its own frames, with the real frames beside it."""

    window: TrainingWindow
    inputs: DecoderInputs
    start: int  # first frame of the next window
    last: Float[Tensor, "batch 3 height width"]
    anchor: Anchor

    def after(self, drawn: Float[Tensor, "batch 2 3 height width"]) -> "DecoderRollout":
        """The rollout after a window was drawn."""
        start, last = self.start + STRIDE, drawn[:, -1].clamp(-1, 1)
        return replace(self, start=start, last=last, anchor=self.anchor.renewed(last, start))


class DecoderLearner:
    """Trains the decoder on GAIA-1's four tasks with windows of three frames and tokens of the trained tokenizer.

    It learns clean pictures: the renderer adds precipitation and noise. Tokens are those of the pictures with both.

    Most steps are those of the renderer, from pure noise, with a critic: a picture, or the next window of one of some
    rollouts, so that drawn frames can be continued. The other steps train all four tasks at all noise levels. Rollouts
    exist only in memory: a resumed run starts new ones.
    """

    rate = 2e-4
    betas = (0.5, 0.99)  # with more momentum, decoder and critic oscillate

    def __init__(self, preset: Preset, footage: Footage, tokenizer: Path, device: torch.device):
        self.network, self.footage, self.device = VideoDecoder(preset.decoder).to(device), footage, device
        critic = channels_last(Critic(CriticConfig(preset.decoder.layers, CRITIC_WIDTHS))).to(device)
        self.rollouts: dict[int, DecoderRollout] = {}
        self.critic = OptimizedNetwork(critic, torch.optim.Adam(critic.parameters(), CRITIC_RATE, self.betas))
        trained, fingerprint = _tokenizer(preset, tokenizer, device)
        self.read = trained.decoder
        codes = torch.from_numpy(np.array(encode_footage(trained, footage, fingerprint)))
        quantiser = trained.quantiser
        self.values = np.stack(
            [quantiser.values(quantiser.uncode(clip)).movedim(-1, 1).half().numpy() for clip in codes]
        )  # fmt: skip

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        if rng.random() < DENOISING:
            task = str(rng.choice(list(ODDS), p=list(ODDS.values())))
            return diffusion_loss(self.network, self.read, self._window(rng, len(KNOWN[task])), task, generator)
        if rng.random() < PICTURES:
            window = self._window(rng, 1)
            drawn = predict_clean(self.network, first_frame_conditions(self._decoder_inputs(window, generator)))
            return self._against_critic(drawn, window, slice(0, 1))
        slot = int(rng.integers(ROLLOUTS))
        rollout = self.rollouts.pop(slot, None) or self._begin(rng, generator)
        which = self.network.config.regions
        drawn = predict_clean(
            self.network, window_conditions(rollout.inputs, rollout.start, rollout.last, rollout.anchor, which)
        )
        if (after := rollout.after(drawn.detach())).start + STRIDE < rollout.inputs.layers.shape[1]:
            self.rollouts[slot] = after
        return self._against_critic(drawn, rollout.window, slice(rollout.start + 1, rollout.start + WINDOW))

    def _against_critic(
        self, drawn: Float[Tensor, "batch time 3 height width"], window: TrainingWindow, frames: slice
    ) -> dict[str, Tensor]:
        """Train the critic for a step; return the loss of the drawn frames of the window."""
        flat = lambda x: x[:, frames].flatten(0, 1)  # noqa: E731
        critic, real, layers = self.critic.network, flat(window.pictures), flat(window.layers)
        drawn = drawn.flatten(0, 1)
        self.critic.descend(critic.loss(drawn, real, layers))
        critic.age += 1
        return decoder_loss(critic, drawn, real, layers, flat(window.weight))

    def _window(self, rng: np.random.Generator, frames: int) -> TrainingWindow:
        """Crops of so many frames; the batch size keeps the number of drawn frames constant."""
        batch = FRAMES // min(frames, STRIDE)
        window = windows_batch(self.footage, self.values, rng, batch, frames, BODY_STRENGTH)
        return to_device(window, self.device)

    def _decoder_inputs(self, window: TrainingWindow, generator: torch.Generator) -> DecoderInputs:
        """The decoder's inputs, with errors in some tokens as from the world model."""
        tokens = corrupt_tokens(
            drop_small_bodies(window.tokens, window.layers, self.network.config.regions, generator), generator
        )
        tokens = tokens[:, ::STRIDE]
        return DecoderInputs(window.layers, tokens, decode_draft(self.read, tokens), window.cameras)

    def _begin(self, rng: np.random.Generator, generator: torch.Generator) -> "DecoderRollout":
        """Start the rollout of a burst, from its degraded first frame or from one drawn from tokens alone."""
        window = self._window(rng, self.footage.config.burst)
        inputs = self._decoder_inputs(window, generator)
        if rng.random() < FROM_REAL:
            first = degrade_frames(window.pictures[:, 0], generator)
        else:
            with torch.no_grad():
                first = predict_clean(self.network, first_frame_conditions(inputs))[:, 0].clamp(-1, 1)
        return DecoderRollout(window, inputs, 0, first, Anchor(first, 0))

    def picture(self, path: Path) -> None:
        rows, burst = [], self.footage.config.burst
        shown = [1, burst // 2, burst - 1]
        for clip in self.footage.ready[:4]:
            tokens = torch.from_numpy(self.values[clip, :burst:STRIDE]).float()
            layers = torch.from_numpy(self.footage.layers[clip, :burst])
            camera = self.footage.config.camera
            poses = driven(self.footage.actions[clip, :burst]) @ camera.camera_to_ego
            cameras = CameraPath(torch.from_numpy(poses)[None], torch.from_numpy(camera.intrinsic)[None])
            generator = torch.Generator().manual_seed(0)
            prompt = torch.from_numpy(self.footage.clean[clip, :1])
            conditions = to_device((tokens[None], layers[None], cameras, prompt), self.device)
            drawn = render_video(self.network, self.read, *conditions, [generator])[0].cpu().numpy()
            rows += [self.footage.clean[clip, shown], drawn[shown]]
        sheet(rows, path)


class WorldLearner:
    """Trains the prediction of tokens from layout, action and text. UserError if clips are shorter than its context."""

    rate = 1e-3
    betas = BETAS
    critic = None

    def __init__(self, preset: Preset, footage: Footage, tokenizer: Path, device: torch.device):
        refuse_too_little("world", preset, footage.config, str(footage.folder))
        self.network, self.footage, self.device = WorldModel(preset.world).to(device), footage, device
        self.tokenizer, fingerprint = _tokenizer(preset, tokenizer, device)
        self.codes = encode_footage(self.tokenizer, footage, fingerprint)

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        batch = clips_batch(self.footage, self.codes, rng, 4, self.network.config.window, WORLD_STRENGTH)
        c = to_device(batch, self.device)
        return self.network.loss(c.codes, c.layers, c.actions, c.words, c.t_s, generator, c.weight)

    def picture(self, path: Path) -> None:
        rows = []
        for clip in self.footage.ready[:3]:
            frames = self.footage.config.at_token_rate
            select = lambda x: torch.from_numpy(np.array(x[clip, frames]))[None]  # noqa: B023, E731
            t_s = select(self.footage.moments) / FRAME_RATE_HZ
            words = torch.from_numpy(np.array(self.footage.words[clip]))[None]
            known = (select(self.codes)[:, :1], select(self.footage.layers), select(self.footage.actions), words, t_s)
            generators = [torch.Generator().manual_seed(0)]
            codes = sample_tokens(self.network, *to_device(known, self.device), generators, Sampling())
            shown = [0, 1, len(frames) // 2, len(frames) - 1]
            true = select(self.codes)[0][shown].to(self.device)
            rows += [to_bytes(self.tokenizer.decode(true)), to_bytes(self.tokenizer.decode(codes[0][shown]))]
        sheet(rows, path)


class DetectorLearner:
    """Trains the checker's detector on source pictures."""

    rate = 1e-3
    betas = BETAS
    critic = None

    def __init__(self, preset: Preset, footage: Footage, device: torch.device):
        self.network, self.footage, self.device = Detector(preset.detector).to(device), footage, device

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        batch = to_device(objects_batch(self.footage, rng, OBJECT_CLIPS, OBJECT_FRAMES), self.device)
        ignore = batch.pop("ignore")
        return self.network.loss(**batch, weight=1 - ignore, generator=generator)

    def picture(self, path: Path) -> None:
        shown = self.footage.pictures[self.footage.ready[:8], min(3, self.footage.config.frames - 1)]
        detections = self.network.detect(rearrange(signed(shown), "b h w c -> b c h w").to(self.device), 0.3)
        outlined_pictures = np.stack(
            [outlined(*pair) for pair in zip(shown, (f.boxes.cpu().numpy() for f in detections), strict=True)]
        )
        sheet([row for row in (outlined_pictures[:4], outlined_pictures[4:]) if len(row)], path)


class EgoMotionLearner:
    """Trains the checker's ego-motion network: speed and curvature from two pictures."""

    rate = 1e-3
    betas = BETAS
    critic = None

    def __init__(self, preset: Preset, footage: Footage, device: torch.device):
        self.network, self.footage, self.device = EgoMotion(preset.egomotion).to(device), footage, device

    def loss(self, rng: np.random.Generator, generator: torch.Generator) -> dict[str, Tensor]:
        pairs = to_device(pairs_batch(self.footage, rng, 16), self.device)
        return self.network.loss(pairs.before, pairs.after, pairs.motion, generator)

    def picture(self, path: Path) -> None:
        """No sheet: its errors are in the loss curve."""


def refuse_too_little(part: str, preset: Preset, config: FootageConfig, footage: str) -> None:
    """UserError if a batch of this part needs more clips, or longer ones, than `config` has."""
    available, window = len(config.at_token_rate), preset.world.window
    if part == "world" and available < window:
        raise UserError(
            f"{footage} has {available} pictures with tokens in each clip; the world model needs {window} "
            f"in its context: {ANOTHER_FOLDER}, with more --bursts or a longer --burst"
        )
    if part == "detector" and config.clips < OBJECT_CLIPS:
        raise UserError(
            f"{footage} has {config.clips} clips; each step of the detector draws {OBJECT_CLIPS} different ones: "
            f"{ANOTHER_FOLDER}, with --clips {OBJECT_CLIPS} or more"
        )


READ_TOKENS = ("decoder", "world")  # need a trained tokenizer
PARTS: dict[str, Callable[[Preset, Footage, Path, torch.device], Learner]] = {
    "tokenizer": lambda preset, footage, tokenizer, device: TokenizerLearner(preset, footage, device),
    "decoder": DecoderLearner,
    "world": WorldLearner,
    "detector": lambda preset, footage, tokenizer, device: DetectorLearner(preset, footage, device),
    "egomotion": lambda preset, footage, tokenizer, device: EgoMotionLearner(preset, footage, device),
}
