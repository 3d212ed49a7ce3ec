"""The number format of the networks: bf16 where the hardware supports it, fp32 elsewhere; and their memory layout."""

from functools import cache
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


@cache
def compute_dtype(device: str = "cpu") -> torch.dtype:
    """bf16 or fp32 for a type of device.

    A processor without bf16 instructions takes a hundred times longer for a bf16 product than for an fp32 one.
    """
    if device == "cuda":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has = torch.cpu.get_capabilities()
        supported = any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if supported else torch.float32


def compute_context(device: str = "cpu") -> torch.autocast:
    """A context in which networks compute in `compute_dtype`."""
    dtype = compute_dtype(device)
    return torch.autocast(device, torch.bfloat16, enabled=dtype is torch.bfloat16)


def channels_last(network: Network) -> Network:
    """Lay a network's convolutions out with channels last, in which they are faster; returns the same network."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's overloads lack it
