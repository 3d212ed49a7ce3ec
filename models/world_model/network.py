"""The world model: a causal transformer over the steps of a driving clip that predicts each frame's tokens in order."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn

from models.attention import attend
from models.tokens.digits import DigitEmbedding, DigitHead
from models.tokens.fsq import FSQ
from models.world_model.sequence import CONDITIONS, PREFIX, Rotation, StepEncoder, rotate


@dataclass(frozen=True)
class WorldModelConfig:
    """Sizes and training probabilities of the world model; the defaults are those of the tiny preset."""

    layers: tuple[str, ...]  # names of the input layers, in their order
    width: int = 320
    depth: int = 8
    heads: int = 5
    head_width: int = 192  # hidden channels for each digit of the output head
    levels: tuple[int, ...] = (8, 8, 8, 5, 5, 5)  # of the tokenizer's quantiser
    grid: tuple[int, int] = (9, 16)  # rows, columns of a frame's tokens
    vocabulary: int = 128  # number of words, including padding
    words: int = 16  # in a caption
    window: int = 8  # frames in the context, including the predicted one
    memory_s: float = 1.25  # maximum age of context frames in sampling: not longer than the training clips
    # Probabilities that a training clip loses a condition, mutually exclusive; GAIA-1: all .2, text .4, action .4.
    drop_all: float = 0.1
    drop_text: float = 0.1
    drop_layout: float = 0.05
    drop_action: float = 0.1
    context_noise: float = 0.2  # maximum share of a frame's tokens that training replaces


class KeyValues:
    """Keys and values of the tokens so far, allocated for `length` tokens.

    The tokens of a head are contiguous: torch's CPU kernel is up to twice as fast on them.
    """

    def __init__(self, model: "WorldModel", batch: int, length: int):
        config, parameter = model.config, model.embed.table
        shape = (config.depth, 2, batch, config.heads, length, config.width // config.heads)
        self.values = torch.zeros(shape, dtype=parameter.dtype, device=parameter.device)
        self.filled = 0

    def extend(self, depth: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write after the filled part and return everything up to the end; the caller updates `filled`."""
        keys, values = self.values[depth].transpose(2, 3)
        end = self.filled + k.shape[1]
        keys[:, self.filled : end] = k
        values[:, self.filled : end] = v
        return keys[:, :end], values[:, :end]


class Block(nn.Module):
    """Pre-norm causal attention and a feed-forward layer; starts as the identity."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.mix = nn.Linear(width, width, bias=False)
        self.before_feed = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)
        for last in (self.mix, self.contract):
            nn.init.zeros_(last.weight)
        with torch.no_grad():  # equal vectors attend to each other at first: most predictions repeat an earlier token
            self.qkv.weight[width : 2 * width] = self.qkv.weight[:width]

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        turn: Float[Tensor, "batch token 2 2 pair"],
        depth: int,
        cache: KeyValues | None,
    ) -> Float[Tensor, "batch token width"]:
        qkv = self.qkv(self.before_attention(x)).unflatten(-1, (3, self.heads, -1))
        q, k = rotate(qkv[:, :, :2], turn).unbind(2)
        v = qkv[:, :, 2]
        if cache is not None:
            k, v = cache.extend(depth, k, v)
        x = x + self.mix(attend(q, k, v, causal=True).flatten(2))
        return x + self.contract(F.gelu(self.expand(self.before_feed(x))))


class WorldModel(nn.Module):
    """Predict the tokens of a clip's frames from earlier ones and from layers, actions and words."""

    def __init__(self, config: WorldModelConfig):
        super().__init__()
        self.config = config
        self.cells = config.grid[0] * config.grid[1]
        self.slots = PREFIX + self.cells
        self.quantiser = FSQ(config.levels)
        self.embed = DigitEmbedding(config.levels, config.width)
        self.embed_before = DigitEmbedding(config.levels, config.width)
        self.steps = StepEncoder(
            config.width, config.grid, len(config.layers), config.vocabulary, config.words
        )  # fmt: skip
        self.rotation = Rotation(config.grid, config.width // config.heads)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.head = DigitHead(config.levels, config.width, config.head_width)

    def trunk(
        self,
        x: Float[Tensor, "batch token width"],
        turn: Float[Tensor, "batch token 2 2 pair"],
        cache: KeyValues | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """The transformer; with a cache, `x` continues the cached sequence."""
        for depth, block in enumerate(self.blocks):
            x = block(x, turn, depth, cache)
        return self.norm(x)

    def before(self, digits: Int[Tensor, "*batch cell digit"]) -> Float[Tensor, "*batch slot width"]:
        """The input of each slot from the frame before: the token of its cell there."""
        return F.pad(self.embed_before(digits), (0, 0, PREFIX - 1, 1))

    def hidden(
        self,
        digits: Int[Tensor, "batch time cell digit"],
        known: Float[Tensor, "batch time slot width"],
        t_s: Float[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time cell width"]:
        """The trunk's output at the position that predicts each token."""
        before = F.pad(self.before(digits[:, :-1]), (0, 0, 0, 0, 1, 0))
        x = known + before + F.pad(self.embed(digits), (0, 0, PREFIX, 0))
        turn = rearrange(self.rotation(t_s), "batch time slot ... -> batch (time slot) ...")
        x = self.trunk(rearrange(x, "batch time slot width -> batch (time slot) width"), turn)
        x = rearrange(x, "batch (time slot) width -> batch time slot width", slot=self.slots)
        return x[:, :, PREFIX - 1 : -1]

    def loss(
        self,
        tokens: Int[Tensor, "batch time row column"],
        layers: UInt8[Tensor, "batch time layer height width"],
        actions: Float[Tensor, "batch time 2"],
        words: Int[Tensor, "batch word"],
        t_s: Float[Tensor, "batch time"],
        generator: torch.Generator,
        weight: Float[Tensor, "batch time row column"] | None = None,
    ) -> dict[str, Tensor]:
        """Cross-entropy of the image tokens, nats per token ("total"), and the accuracy of each digit.

        `actions`: speed in m/s, curvature in 1/m. `t_s` may be irregular. `weight` (mean about 1) weighs the cells.
        """
        target = self.quantiser.uncode(tokens).flatten(2, 3)
        noise = self._draw_noise((len(tokens), tokens.shape[1]), generator).to(tokens.device)
        noisy = self._replace(target, noise, generator)
        dropped = self._draw_dropped(len(tokens), generator).to(tokens.device)
        hidden = self.hidden(noisy, self.steps(layers, actions, words, noise, dropped), t_s)
        logits = self.head(hidden.flatten(0, 2), target.flatten(0, 2))
        accuracy = (logits.detach().argmax(-1) == target.flatten(0, 2)).float().mean(0)
        nats = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none").view(-1, target.shape[-1])
        total = nats.sum(-1) if weight is None else nats.sum(-1) * weight.flatten()
        return {"total": total.mean(), **{f"digit_{d}": share for d, share in enumerate(accuracy)}}

    def _draw_noise(self, shape: tuple[int, int], generator: torch.Generator) -> Float[Tensor, "batch time"]:
        """Half of the frames are clean; the others' share of replaced tokens is uniform."""
        share = torch.rand(shape, generator=generator) * 2 - 1
        return share.clamp(min=0) * self.config.context_noise

    def _replace(
        self,
        digits: Int[Tensor, "batch time cell digit"],
        share: Float[Tensor, "batch time"],
        generator: torch.Generator,
    ) -> Int[Tensor, "batch time cell digit"]:
        """Replace tokens by tokens from elsewhere in the batch, which are as plausible as sampling errors."""
        chosen = torch.rand(digits.shape[:3], generator=generator).to(digits.device) < share[..., None]
        everywhere = digits.flatten(0, 2)
        donors = torch.randint(len(everywhere), digits.shape[:3], generator=generator).to(digits.device)
        return torch.where(chosen[..., None], everywhere[donors], digits)

    def _draw_dropped(self, batch: int, generator: torch.Generator) -> Bool[Tensor, "batch 3"]:
        config = self.config
        odds = torch.tensor([config.drop_text, config.drop_layout, config.drop_action, config.drop_all])
        draw = torch.rand(batch, 1, generator=generator)
        ends = odds.cumsum(0)
        event = (draw >= ends - odds) & (draw < ends)
        return event[:, : len(CONDITIONS)] | event[:, len(CONDITIONS) :]
