"""Sampling of the world model with a cache: token by token, or several tokens at once with the same result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from models.world_model.network import KeyValues, WorldModel
from models.world_model.sequence import CONDITIONS, PREFIX


@dataclass(frozen=True)
class Sampling:
    """The sampling method.

    Both methods add the same noise to the same logits and so give the same tokens, except for float ties. "parallel"
    guesses the next `ahead` tokens, corrects all guesses at once and keeps those that no longer change (Jacobi
    decoding); `rounds`, if given, limits the corrections per frame.
    """

    method: Literal["sequential", "parallel"] = "parallel"
    top_k: int = 8  # levels of a digit
    temperature: float = 1.0
    guidance: float = 1.0  # 1: off, without extra cost
    guided_by: tuple[str, ...] = CONDITIONS  # conditions that are left out of the unguided logits
    trust: float = 1.0  # 1 - the share of wrong tokens that the model assumes in generated frames
    ahead: int = 24
    rounds: int | None = None

    def __post_init__(self):
        unknown = set(self.guided_by) - set(CONDITIONS)
        if self.top_k < 1 or self.temperature <= 0 or self.ahead < 1 or unknown:
            raise ValueError(f"{self}: expected top_k and ahead >= 1, temperature > 0, guided_by among {CONDITIONS}")
        if self.rounds is not None and (self.method == "sequential" or self.rounds < 1):
            raise ValueError(f"{self}: rounds must be >= 1 and need the parallel method")


def select_context_frames(t_s: Float[Tensor, "batch time"], step: int, window: int, memory_s: float) -> list[int]:
    """Frames before `step` that stay in the context: at most `window` - 1, none older than `memory_s`.

    Their distances grow by a constant factor from the last frame to the oldest (for example 1, 2, 3, 5, 8, 14, 24
    steps), so that the context includes objects that are hidden for a while.
    """
    ages_s = (t_s[:, step : step + 1] - t_s[:, :step]).amax(0)
    reach, room = int((ages_s <= memory_s).sum()), window - 1
    if reach <= room:
        return list(range(step - reach, step))
    distances: list[int] = []
    for index in range(room):
        even = round(reach ** (index / max(room - 1, 1)))
        distances.append(max(even, distances[-1] + 1 if distances else 1))
    return [step - distance for distance in reversed(distances)]


@torch.inference_mode()
def sample_tokens(
    model: WorldModel,
    prompt: Int[Tensor, "batch given row column"],
    layers: UInt8[Tensor, "batch time layer height width"],
    actions: Float[Tensor, "batch time 2"],
    words: Int[Tensor, "batch word"],
    t_s: Float[Tensor, "batch time"],
    generators: Sequence[torch.Generator],
    sampling: Sampling,
) -> Int[Tensor, "batch time row column"]:
    """Tokens of all frames; the first frames are the prompt's (without a prompt all come from the conditions).

    Each clip has its own generator, so its result does not depend on the other clips of the batch.
    """
    drawn = (t_s.shape[1], model.cells, len(model.config.levels), max(model.config.levels))
    noise = torch.stack([_gumbel(drawn, generator) for _, generator in zip(t_s, generators, strict=True)])
    clip = _ClipSampler(model, prompt.shape[1], layers, actions, words, t_s, sampling)
    given = model.quantiser.uncode(prompt).flatten(2, 3)
    frames: list[Int[Tensor, "batch cell digit"]] = []
    for step in range(t_s.shape[1]):
        clip.load_context(step, frames[-1] if frames else None)
        if step < prompt.shape[1]:
            digits = given[:, step]
            clip.run(slice(0, model.slots), digits)
        else:
            guess = frames[-1] if frames else torch.zeros_like(noise[:, 0, ..., 0], dtype=torch.long)
            digits = _draw_frame(clip, guess, noise[:, step].to(guess.device), sampling)
        clip.store_keys(step)
        frames.append(digits)
    return model.quantiser.codes(torch.stack(frames, 1)).unflatten(2, model.config.grid)


def _draw_frame(
    clip: "_ClipSampler",
    guess: Int[Tensor, "batch cell digit"],
    noise: Float[Tensor, "batch cell digit level"],
    sampling: Sampling,
) -> Int[Tensor, "batch cell digit"]:
    """The digits of one frame. Cells below `final` are in the cache with their final tokens."""
    cells = guess.shape[1]
    ahead = 1 if sampling.method == "sequential" else cells if sampling.rounds else sampling.ahead
    tokens = guess.clone()
    clip.run(slice(0, PREFIX - 1), tokens)
    final = 0  # cells with a final token; slot PREFIX - 1 + final predicts the next one
    rounds = 0
    while final < cells and rounds != sampling.rounds:
        end = min(final + ahead, cells)
        hidden = clip.run(slice(PREFIX - 1 + final, PREFIX - 1 + end), tokens)
        drawn = clip.draw(hidden, noise[:, final:end], sampling)
        same = (drawn == tokens[:, final:end]).all(-1).all(0).long().cumprod(0)
        gained = min(int(same.sum()) + 1, end - final)  # the first different one was also drawn from final tokens
        tokens[:, final:end] = drawn
        clip.rewind(end - final - gained)
        final, rounds = final + gained, rounds + 1
    clip.run(slice(PREFIX - 1 + final, PREFIX + cells), tokens)
    return tokens


class _ClipSampler:
    """The state of sampling a clip: the conditions of each slot, the keys of all frames, and the current context."""

    def __init__(
        self,
        model: WorldModel,
        given: int,
        layers: UInt8[Tensor, "batch time layer height width"],
        actions: Float[Tensor, "batch time 2"],
        words: Int[Tensor, "batch word"],
        t_s: Float[Tensor, "batch time"],
        sampling: Sampling,
    ):
        batch, steps = t_s.shape
        self.model, self.t_s = model, t_s
        self.guided = sampling.guidance != 1
        dtype = model.embed.table.dtype
        noise = torch.where(torch.arange(steps, device=t_s.device) < given, 0.0, 1 - sampling.trust).expand(batch, -1)
        branches = [()] + [sampling.guided_by] * self.guided
        self.known = torch.cat(
            [model.steps(layers, actions, words, noise.to(dtype), _dropped(b, batch, t_s.device)) for b in branches]
        )
        self.turn = model.rotation(t_s).to(dtype).repeat(len(branches), 1, 1, 1, 1, 1)
        self.all_frames = KeyValues(model, batch * len(branches), steps * model.slots)
        self.context = KeyValues(model, batch * len(branches), model.config.window * model.slots)

    def load_context(self, step: int, before: Int[Tensor, "batch cell digit"] | None) -> None:
        """Begin a frame: copy its context frames into the cache; `before` has the last frame's digits."""
        slots, context, config = self.model.slots, self.context, self.model.config
        kept = select_context_frames(self.t_s, step, config.window, config.memory_s)
        for place, index in enumerate(kept):
            frame = self.all_frames.values[..., index * slots : (index + 1) * slots, :]
            context.values[..., place * slots : (place + 1) * slots, :] = frame
        context.filled = slots * len(kept)
        self.step, self.context_end = step, context.filled
        if before is not None:
            self.known[:, step] += self.model.before(before).repeat(2 if self.guided else 1, 1, 1)

    def run(self, slots: slice, tokens: Int[Tensor, "batch cell digit"]) -> Float[Tensor, "branch slot width"]:
        """Run some slots of the current frame after those already run; returns guided copies, then unguided ones."""
        x = self.known[:, self.step, slots]
        first, last = max(slots.start - PREFIX, 0), slots.stop - PREFIX
        if last > first:
            embedded = self.model.embed(tokens[:, first:last]).repeat(2 if self.guided else 1, 1, 1)
            x = torch.cat([x[:, : x.shape[1] - (last - first)], x[:, -(last - first) :] + embedded], 1)
        hidden = self.model.trunk(x, self.turn[:, self.step, slots], self.context)
        self.context.filled += x.shape[1]
        return hidden

    def rewind(self, slots: int) -> None:
        """Remove the last slots, whose tokens were guesses."""
        self.context.filled -= slots

    def store_keys(self, step: int) -> None:
        """End a frame: store its keys."""
        slots = self.model.slots
        frame = self.context.values[..., self.context_end : self.context_end + slots, :]
        self.all_frames.values[..., step * slots : (step + 1) * slots, :] = frame

    def draw(
        self,
        hidden: Float[Tensor, "branch token width"],
        noise: Float[Tensor, "drawn token digit level"],
        sampling: Sampling,
    ) -> Int[Tensor, "drawn token digit"]:
        """Draw digits in order: the argmax of logits plus Gumbel noise, which is a draw from their softmax."""
        head = self.model.head
        inner = head.begin(hidden.flatten(0, 1))
        noise = noise.flatten(0, 1)
        drawn = []
        for digit, levels in enumerate(head.levels):
            logits = head.logits(inner, digit)
            if self.guided:
                guided, unguided = logits.chunk(2)
                logits = unguided + sampling.guidance * (guided - unguided)
            if sampling.top_k < levels:
                least = logits.topk(sampling.top_k, -1).values[:, -1:]
                logits = logits.masked_fill(logits < least, float("-inf"))
            value = (logits / sampling.temperature + noise[:, digit, :levels]).argmax(-1)
            inner = head.learn(inner, digit, value.repeat(2) if self.guided else value)
            drawn.append(value)
        return torch.stack(drawn, -1).unflatten(0, (-1, hidden.shape[1]))


def _gumbel(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator, device=generator.device)
    return -torch.log(-torch.log(uniform.clamp(1e-7, 1 - 1e-7)))


def _dropped(names: tuple[str, ...], batch: int, device: torch.device) -> Tensor:
    return torch.tensor([name in names for name in CONDITIONS], device=device).expand(batch, -1)
