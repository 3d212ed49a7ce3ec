"""The number format that networks compute in: bf16 where the hardware multiplies it, fp32 elsewhere."""

from functools import cache

import torch


@cache
def compute_dtype(device: str = "cpu") -> torch.dtype:
    """bf16 or fp32 for a kind of device.

    Without instructions for it a processor takes a hundred times longer over a bf16 product than over an fp32 one.
    """
    if device == "cuda":
        quick = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has = torch.cpu.get_capabilities()
        quick = any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if quick else torch.float32


def computing(device: str = "cpu") -> torch.autocast:
    """A context in which networks compute in `compute_dtype`."""
    dtype = compute_dtype(device)
    return torch.autocast(device, torch.bfloat16, enabled=dtype is torch.bfloat16)
