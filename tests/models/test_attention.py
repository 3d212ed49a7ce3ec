"""Attention: the formula, the causal alignment of a cache, and the agreement of the two kernels."""

import pytest
import torch
from einops import einsum

from models.attention import attend, attend_torch, attend_xformers, xformers_ops


def random_attention(queries: int, tokens: int, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(queries + tokens)
    shapes = [(2, queries, 3, 32), (2, tokens, 3, 32), (2, tokens, 3, 32)]
    q, k, v = (torch.randn(shape, generator=generator).to(device) for shape in shapes)
    return q, k, v


def by_formula(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    scores = einsum(q, k, "batch query head channel, batch token head channel -> batch head query token")
    weights = (scores / q.shape[-1] ** 0.5).masked_fill(~mask, float("-inf")).softmax(-1)
    return einsum(weights, v, "batch head query token, batch token head channel -> batch query head channel")


@pytest.mark.parametrize(("queries", "tokens"), [(7, 7), (1, 9), (4, 9), (9, 9)])
def test_with_causal_attention_no_query_sees_a_later_token(queries, tokens):
    q, k, v = random_attention(queries, tokens)
    mask = torch.arange(tokens) <= torch.arange(queries)[:, None] + tokens - queries
    torch.testing.assert_close(attend(q, k, v, causal=True), by_formula(q, k, v, mask), rtol=1e-4, atol=1e-5)


def test_without_a_mask_every_query_sees_every_token():
    q, k, v = random_attention(5, 8)
    torch.testing.assert_close(
        attend(q, k, v), by_formula(q, k, v, torch.ones(5, 8, dtype=torch.bool)), rtol=1e-4, atol=1e-5
    )


def test_a_masked_token_has_no_influence():
    q, k, v = random_attention(5, 8)
    mask = torch.rand(5, 8, generator=torch.Generator().manual_seed(0)) < 0.6
    mask[:, 0] = True
    out = attend(q, k, v, mask=mask)
    torch.testing.assert_close(out, by_formula(q, k, v, mask), rtol=1e-4, atol=1e-5)
    mask[:, 3] = False
    before = attend(q, k, v, mask=mask)
    k[:, 3], v[:, 3] = 50.0, -50.0
    torch.testing.assert_close(attend(q, k, v, mask=mask), before)


def test_causal_with_a_mask_is_refused():
    q, k, v = random_attention(4, 4)
    with pytest.raises(ValueError, match="causal or mask, not both"):
        attend(q, k, v, causal=True, mask=torch.ones(4, 4, dtype=torch.bool))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("queries", "tokens"), [(8, 8), (3, 13)])
def test_xformers_and_torch_agree(queries, tokens, causal):
    if not torch.cuda.is_available():
        pytest.skip("xformers' kernels need a CUDA device; there is none here")
    if xformers_ops() is None:
        pytest.skip("xformers is not installed")
    q, k, v = random_attention(queries, tokens, "cuda")
    mask = None if causal else torch.rand(queries, tokens, device="cuda") < 0.7
    if mask is not None:
        mask[:, 0] = True
    ours, theirs = attend_torch(q, k, v, causal, mask), attend_xformers(q, k, v, causal, mask)
    torch.testing.assert_close(ours, theirs, rtol=2e-3, atol=2e-3)
