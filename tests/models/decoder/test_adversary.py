"""The critic distinguishes blur from detail, its gradient has the specified norm, and a 4 x 4 grid is penalised."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.decoder.adversary import (
    ADVERSARY,
    FEATURES,
    GRID,
    WARM_UP,
    Critic,
    CriticConfig,
    decoder_loss,
    grid_pattern,
)
from models.decoder.adversary import EDGES as EDGE_WEIGHT
from models.tokens.tokenizer import picture_losses

CONFIG = CriticConfig(layers=("road", "car"), widths=(16, 16, 16))


def pictures(frames: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pictures full of detail, and layers."""
    g = torch.Generator().manual_seed(seed)
    return torch.rand(frames, 3, 32, 48, generator=g) * 2 - 1, torch.rand(frames, 2, 32, 48, generator=g) * 2 - 1


def soft(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def test_it_learns_to_distinguish_blur_from_detail():
    torch.manual_seed(0)
    critic = Critic(CONFIG)
    optimiser = torch.optim.Adam(critic.parameters(), 1e-3, (0.5, 0.99))
    for step in range(40):
        real, layers = pictures(4, step)
        optimiser.zero_grad()
        critic.loss(soft(real), real, layers).backward()
        optimiser.step()
    real, layers = pictures(4, 1_000)
    with torch.no_grad():
        assert all((r > 0.5).float().mean() > 0.9 for r in critic(real, layers).scores)
        assert all((f < -0.5).float().mean() > 0.9 for f in critic(soft(real), layers).scores)


@pytest.mark.parametrize("age", [0, WARM_UP])
def test_gradients_of_the_adversary_have_the_specified_norm(age):
    torch.manual_seed(0)
    critic = Critic(CONFIG)
    critic.age += age
    real, layers = pictures(2)
    drawn = soft(real).requires_grad_()
    terms = decoder_loss(critic, drawn, real, layers, torch.ones(2, 1, 32, 48))
    (slope,) = torch.autograd.grad(terms["total"], drawn)
    base = picture_losses(drawn, real, torch.ones(2, 1, 32, 48), EDGE_WEIGHT)["total"] + GRID * grid_pattern(
        drawn - real
    )
    (alone,) = torch.autograd.grad(base, drawn)
    beyond = (slope - alone).norm() / alone.norm()
    if age == 0:  # the critic is untrained
        assert beyond < 1e-5
    else:
        assert 0.3 < beyond <= ADVERSARY + FEATURES + 1e-3


def test_a_pattern_of_four_pixels_is_penalised_and_other_detail_is_not():
    real, _ = pictures(1)
    grid = torch.zeros(1, 3, 32, 48)
    grid[..., ::4, ::4] = 0.2
    flat = torch.full_like(grid, float(grid.mean()))
    assert grid_pattern(grid) > 5 * grid_pattern(flat).clamp(min=1e-4)
    assert grid_pattern(real + flat - real) < 1e-4  # patterns of the picture itself are in both
