"""Attention of all networks: xformers' memory-efficient kernel on CUDA, torch's own elsewhere."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

_ALIGNMENT = 8  # xformers requires the rows of a tensor bias to start at multiples of 8 numbers


@cache
def xformers_ops() -> ModuleType | None:
    """`xformers.ops` if it is installed, imported at the first use: the import takes seconds."""
    return import_module("xformers.ops") if find_spec("xformers") else None


def attend(
    q: Float[Tensor, "batch query head channel"],
    k: Float[Tensor, "batch token head channel"],
    v: Float[Tensor, "batch token head channel"],
    *,
    causal: bool = False,
    mask: Bool[Tensor, "query token"] | None = None,
) -> Float[Tensor, "batch query head channel"]:
    """Compute softmax(q k / sqrt(channel)) v in xformers' axis order.

    `causal` aligns the last query with the last token, so that queries can continue a cache. `mask` is True where a
    query may attend. ValueError if both are given.
    """
    if causal and mask is not None:
        raise ValueError("attend: give causal or mask, not both; include the causal part in the mask")
    if q.device.type == "cuda" and xformers_ops() is not None:
        return attend_xformers(q, k, v, causal, mask)
    return attend_torch(q, k, v, causal, mask)


def attend_torch(
    q: Float[Tensor, "batch query head channel"],
    k: Float[Tensor, "batch token head channel"],
    v: Float[Tensor, "batch token head channel"],
    causal: bool,
    mask: Bool[Tensor, "query token"] | None,
) -> Float[Tensor, "batch query head channel"]:
    """`attend` with torch's scaled-dot-product attention."""
    queries, tokens = q.shape[1], k.shape[1]
    square = queries == tokens
    if causal and not square and queries > 1:  # torch's own causal flag aligns the first query with the first token
        mask = torch.ones(queries, tokens, dtype=torch.bool, device=q.device).tril(tokens - queries)
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal and square).transpose(1, 2)


def attend_xformers(
    q: Float[Tensor, "batch query head channel"],
    k: Float[Tensor, "batch token head channel"],
    v: Float[Tensor, "batch token head channel"],
    causal: bool,
    mask: Bool[Tensor, "query token"] | None,
) -> Float[Tensor, "batch query head channel"]:
    """`attend` with xformers' memory-efficient attention; RuntimeError where that is not installed."""
    ops = xformers_ops()
    if ops is None:
        raise RuntimeError("attend_xformers: xformers is not installed")
    bias = None
    if causal:
        bias = ops.fmha.attn_bias.LowerTriangularFromBottomRightMask()
    elif mask is not None:
        queries, tokens = mask.shape
        padded = torch.zeros(queries, -(-tokens // _ALIGNMENT) * _ALIGNMENT, dtype=q.dtype, device=q.device)
        padded[:, :tokens].masked_fill_(~mask, float("-inf"))
        bias = padded.expand(q.shape[0], q.shape[2], *padded.shape)[..., :tokens]
    return ops.memory_efficient_attention(q, k, v, attn_bias=bias)
