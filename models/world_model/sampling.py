"""Sampling the world model: token by token from a cache, or a stretch of tokens at once to the same result."""

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
    """How tokens are drawn.

    Both methods add the same noise to the same logits and so give the same tokens, but for float ties. "parallel"
    guesses the next `ahead` tokens, corrects all guesses at once and keeps those that no longer change (Jacobi
    decoding); `rounds`, if given, ends a frame after so many corrections with what stands then.
    """

    method: Literal["sequential", "parallel"] = "parallel"
    top_k: int = 8  # of a digit's levels
    temperature: float = 1.0
    guidance: float = 1.0  # 1: off, at no cost
    guided_by: tuple[str, ...] = CONDITIONS  # what the unguided logits do not see
    trust: float = 1.0  # 1 - the share of wrong tokens that the model is told to expect in generated frames
    ahead: int = 24
    rounds: int | None = None

    def __post_init__(self):
        unknown = set(self.guided_by) - set(CONDITIONS)
        if self.top_k < 1 or self.temperature <= 0 or self.ahead < 1 or unknown:
            raise ValueError(f"{self}: top_k and ahead from 1, temperature above 0, guided_by among {CONDITIONS}")
        if self.rounds is not None and (self.method == "sequential" or self.rounds < 1):
            raise ValueError(f"{self}: rounds are the parallel method's, from 1")


def remembered(t_s: Float[Tensor, "batch time"], step: int, window: int, memory_s: float) -> list[int]:
    """Frames before `step` that are kept in sight: at most `window` - 1, none older than `memory_s`.

    Their distances grow by a constant factor from the last frame to the oldest (1, 2, 3, 5, 8, 14, 24 steps, say), so
    that what was hidden for a while is not forgotten.
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
def predict(
    model: WorldModel,
    prompt: Int[Tensor, "batch given row column"],
    layers: UInt8[Tensor, "batch time layer height width"],
    actions: Float[Tensor, "batch time 2"],
    words: Int[Tensor, "batch word"],
    t_s: Float[Tensor, "batch time"],
    chances: Sequence[torch.Generator],
    how: Sampling,
) -> Int[Tensor, "batch time row column"]:
    """Tokens of all frames; the first are the prompt's (none: dreamt from the conditions alone).

    Each clip draws from a generator of its own, so that its neighbours in the batch do not change what it draws.
    """
    drawn = (t_s.shape[1], model.cells, len(model.config.levels), max(model.config.levels))
    noise = torch.stack([_gumbel(drawn, chance) for _, chance in zip(t_s, chances, strict=True)])
    clip = _Clip(model, prompt.shape[1], layers, actions, words, t_s, how)
    given = model.quantiser.uncode(prompt).flatten(2, 3)
    frames = []
    for step in range(t_s.shape[1]):
        clip.recall(step, frames[-1] if frames else None)
        if step < prompt.shape[1]:
            digits = given[:, step]
            clip.run(slice(0, model.slots), digits)
        else:
            guess = frames[-1] if frames else torch.zeros_like(noise[:, 0, ..., 0], dtype=torch.long)
            digits = _draw_frame(clip, guess, noise[:, step].to(guess.device), how)
        clip.keep(step)
        frames.append(digits)
    return model.quantiser.codes(torch.stack(frames, 1)).unflatten(2, model.config.grid)


def _draw_frame(
    clip: "_Clip", guess: Int[Tensor, "batch cell digit"], noise: Float[Tensor, "batch cell digit level"], how: Sampling
) -> Int[Tensor, "batch cell digit"]:
    """One frame's digits. Slots below `done` are in the cache with their final tokens, and so are the cells before."""
    cells = guess.shape[1]
    ahead = 1 if how.method == "sequential" else cells if how.rounds else how.ahead
    tokens = guess.clone()
    clip.run(slice(0, PREFIX - 1), tokens)
    sure = 0  # cells whose token is final; slot PREFIX - 1 + sure predicts the first that is not
    rounds = 0
    while sure < cells and rounds != how.rounds:
        end = min(sure + ahead, cells)
        hidden = clip.run(slice(PREFIX - 1 + sure, PREFIX - 1 + end), tokens)
        drawn = clip.draw(hidden, noise[:, sure:end], how)
        same = (drawn == tokens[:, sure:end]).all(-1).all(0).long().cumprod(0)
        gained = min(int(same.sum()) + 1, end - sure)  # the first that differs was drawn from final tokens
        tokens[:, sure:end] = drawn
        clip.rewind(end - sure - gained)
        sure, rounds = sure + gained, rounds + 1
    clip.run(slice(PREFIX - 1 + sure, PREFIX + cells), tokens)
    return tokens


class _Clip:
    """A clip being sampled: what is known of every slot, the keys of all frames, and those now in sight."""

    def __init__(
        self,
        model: WorldModel,
        given: int,
        layers: UInt8[Tensor, "batch time layer height width"],
        actions: Float[Tensor, "batch time 2"],
        words: Int[Tensor, "batch word"],
        t_s: Float[Tensor, "batch time"],
        how: Sampling,
    ):
        batch, steps = t_s.shape
        self.model, self.t_s = model, t_s
        self.guided = how.guidance != 1
        dtype = model.embed.table.dtype
        noise = torch.where(torch.arange(steps, device=t_s.device) < given, 0.0, 1 - how.trust).expand(batch, -1)
        branches = [()] + [how.guided_by] * self.guided
        self.known = torch.cat(
            [model.steps(layers, actions, words, noise.to(dtype), _dropped(b, batch, t_s.device)) for b in branches]
        )
        self.turn = model.rotation(t_s).to(dtype).repeat(len(branches), 1, 1, 1, 1, 1)
        self.all = KeyValues(model, batch * len(branches), steps * model.slots)
        self.sight = KeyValues(model, batch * len(branches), model.config.window * model.slots)

    def recall(self, step: int, before: Int[Tensor, "batch cell digit"] | None) -> None:
        """Begin a frame: bring the frames it may look at into sight; `before` is the last one's digits."""
        slots, sight, config = self.model.slots, self.sight, self.model.config
        kept = remembered(self.t_s, step, config.window, config.memory_s)
        for place, index in enumerate(kept):
            frame = self.all.values[..., index * slots : (index + 1) * slots, :]
            sight.values[..., place * slots : (place + 1) * slots, :] = frame
        sight.filled = slots * len(kept)
        self.step, self.begun = step, sight.filled
        if before is not None:
            self.known[:, step] += self.model.before(before).repeat(2 if self.guided else 1, 1, 1)

    def run(self, slots: slice, tokens: Int[Tensor, "batch cell digit"]) -> Float[Tensor, "branch slot width"]:
        """Run some slots of the current frame behind those already run; guided copies, then unguided ones."""
        x = self.known[:, self.step, slots]
        first, last = max(slots.start - PREFIX, 0), slots.stop - PREFIX
        if last > first:
            embedded = self.model.embed(tokens[:, first:last]).repeat(2 if self.guided else 1, 1, 1)
            x = torch.cat([x[:, : x.shape[1] - (last - first)], x[:, -(last - first) :] + embedded], 1)
        hidden = self.model.trunk(x, self.turn[:, self.step, slots], self.sight)
        self.sight.filled += x.shape[1]
        return hidden

    def rewind(self, slots: int) -> None:
        """Forget the last slots: their tokens were guesses."""
        self.sight.filled -= slots

    def keep(self, step: int) -> None:
        """End a frame: store its keys."""
        slots = self.model.slots
        frame = self.sight.values[..., self.begun : self.begun + slots, :]
        self.all.values[..., step * slots : (step + 1) * slots, :] = frame

    def draw(
        self,
        hidden: Float[Tensor, "branch token width"],
        noise: Float[Tensor, "drawn token digit level"],
        how: Sampling,
    ) -> Int[Tensor, "drawn token digit"]:
        """Digits in order, each the best of its noisy logits (the Gumbel trick: a draw from their softmax)."""
        head = self.model.head
        inner = head.begin(hidden.flatten(0, 1))
        noise = noise.flatten(0, 1)
        drawn = []
        for digit, levels in enumerate(head.levels):
            logits = head.logits(inner, digit)
            if self.guided:
                sighted, blind = logits.chunk(2)
                logits = blind + how.guidance * (sighted - blind)
            if how.top_k < levels:
                least = logits.topk(how.top_k, -1).values[:, -1:]
                logits = logits.masked_fill(logits < least, float("-inf"))
            value = (logits / how.temperature + noise[:, digit, :levels]).argmax(-1)
            inner = head.learn(inner, digit, value.repeat(2) if self.guided else value)
            drawn.append(value)
        return torch.stack(drawn, -1).unflatten(0, (-1, hidden.shape[1]))


def _gumbel(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator, device=generator.device)
    return -torch.log(-torch.log(uniform.clamp(1e-7, 1 - 1e-7)))


def _dropped(names: tuple[str, ...], batch: int, device: torch.device) -> Tensor:
    return torch.tensor([name in names for name in CONDITIONS], device=device).expand(batch, -1)
