"""FSQ codes as digits: the embedding of a code, and the prediction of a code digit by digit."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


class DigitEmbedding(nn.Module):
    """The sum of one learned vector per digit: 38 rows represent 64,000 codes."""

    start: Int[Tensor, "digit"]

    def __init__(self, levels: tuple[int, ...], width: int):
        super().__init__()
        self.table = nn.Parameter(torch.randn(sum(levels), width) * 0.5 / len(levels) ** 0.5)
        self.register_buffer("start", _starts(levels), persistent=False)

    def forward(self, digits: Int[Tensor, "*batch digit"]) -> Float[Tensor, "*batch width"]:
        """A product with one-hot rows: its gradient is a product as well, not a scatter into few rows."""
        return one_hot(digits + self.start, len(self.table), self.table.dtype) @ self.table


class DigitHead(nn.Module):
    """Predict a code's digits in order, each by a network with one hidden layer that sees the digits before it.

    Independent digits would combine two likely codes into an unlikely third one.
    """

    start: Int[Tensor, "digit"]
    is_earlier: Bool[Tensor, "row digit"]
    no_level: Bool[Tensor, "digit level"]

    def __init__(self, levels: tuple[int, ...], width: int, hidden: int):
        super().__init__()
        digits, most = len(levels), max(levels)
        self.levels = levels
        self.context = nn.Linear(width, digits * hidden)
        self.earlier = nn.Parameter(torch.randn(sum(levels), digits, hidden) * 0.1)
        self.weight = nn.Parameter(torch.randn(digits, hidden, most) * 0.1 / hidden**0.5)
        self.bias = nn.Parameter(torch.zeros(digits, most))
        digit_of_row = torch.repeat_interleave(torch.arange(digits), torch.tensor(levels))
        no_level = torch.arange(most) >= torch.tensor(levels)[:, None]
        self.register_buffer("start", _starts(levels), persistent=False)
        self.register_buffer("is_earlier", digit_of_row[:, None] < torch.arange(digits), persistent=False)
        self.register_buffer("no_level", no_level, persistent=False)

    def forward(
        self, hidden: Float[Tensor, "token width"], digits: Int[Tensor, "token digit"]
    ) -> Float[Tensor, "token digit level"]:
        """Logits of every digit given the true digits before it; -inf beyond a digit's levels."""
        earlier = (self.earlier * self.is_earlier[..., None]).flatten(1)
        known = one_hot(digits + self.start, len(earlier), earlier.dtype) @ earlier
        inner = F.gelu(self.context(hidden) + known).unflatten(-1, self.weight.shape[:2])
        logits = torch.bmm(inner.transpose(0, 1), self.weight).transpose(0, 1).float()
        return (logits + self.bias).masked_fill(self.no_level, float("-inf"))

    def begin(self, hidden: Float[Tensor, "token width"]) -> Float[Tensor, "token digit hidden"]:
        """The hidden state of each digit before any is drawn; `logits` and `learn` continue from it."""
        return self.context(hidden).unflatten(-1, self.weight.shape[:2])

    def logits(self, inner: Float[Tensor, "token digit hidden"], digit: int) -> Float[Tensor, "token level"]:
        """Logits of one digit, one per level."""
        levels = self.levels[digit]
        scores = F.gelu(inner[:, digit]) @ self.weight[digit, :, :levels]
        return scores.float() + self.bias[digit, :levels]

    def learn(
        self, inner: Float[Tensor, "token digit hidden"], digit: int, value: Int[Tensor, "token"]
    ) -> Float[Tensor, "token digit hidden"]:
        """Update `inner` with the drawn value of this digit."""
        rows = self.earlier[value + sum(self.levels[:digit])] * self.is_earlier[sum(self.levels[:digit])][:, None]
        return inner + rows


def one_hot(rows: Int[Tensor, "*batch digit"], count: int, dtype: torch.dtype) -> Float[Tensor, "*batch row"]:
    """Ones at the given rows."""
    return torch.zeros(*rows.shape[:-1], count, dtype=dtype, device=rows.device).scatter_(-1, rows, 1)


def _starts(levels: tuple[int, ...]) -> Int[Tensor, "digit"]:
    return torch.tensor([sum(levels[:digit]) for digit in range(len(levels))])
