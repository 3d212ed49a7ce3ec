"""Conversion of pictures between bytes and the networks' range [-1, 1]."""

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor


def signed(values: np.ndarray) -> Float[Tensor, "..."]:
    """Convert bytes 0..255 to -1..1."""
    return torch.from_numpy(np.require(values, requirements=("C", "W"))).float() / 127.5 - 1


def to_bytes(pictures: Float[Tensor, "*any 3 height width"]) -> UInt8[np.ndarray, "*any height width 3"]:
    """Convert pictures in [-1, 1] to bytes."""
    scaled = ((pictures.float().clamp(-1, 1) + 1) * 127.5).round()
    return rearrange(scaled.byte().cpu().numpy(), "... c h w -> ... h w c")
