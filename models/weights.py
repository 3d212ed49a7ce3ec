"""Weights on disk: safetensors that carry their config and lineage; strict both ways, nothing is unpickled."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class WeightsError(ValueError):
    """A weight file is missing, damaged or made for another network."""


def save(module: nn.Module, path: Path, lineage: dict[str, str], dtype: torch.dtype = torch.bfloat16) -> None:
    """Write a network whole or not at all; its `config` and `lineage` travel inside."""
    tensors = {
        k: v.detach().to(dtype).contiguous() if v.is_floating_point() else v for k, v in module.state_dict().items()
    }
    metadata = {
        "config": json.dumps(asdict(module.config), sort_keys=True),
        "lineage": json.dumps(lineage, sort_keys=True),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata={"class": type(module).__name__, **metadata})
    os.replace(unfinished, path)


def load(module: Network, path: Path) -> Network:
    """Fill a freshly built network, in fp32, for inference; WeightsError says what does not fit."""
    metadata, tensors = _read(path)
    expected = json.dumps(asdict(module.config), sort_keys=True)
    if metadata.get("class") != type(module).__name__ or metadata.get("config") != expected:
        found = f"{metadata.get('class')} {metadata.get('config')}"
        raise WeightsError(f"{path} holds {found}; the preset asks for {type(module).__name__} {expected}")
    module.load_state_dict(tensors, strict=True)
    return module.eval().requires_grad_(False)


def begin_from(module: nn.Module, path: Path) -> None:
    """Fill a network that is to be trained further; settings may have changed, shapes may not (WeightsError)."""
    metadata, tensors = _read(path)
    try:
        module.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} holds {metadata.get('class')}, which cannot be trained on here: {error}") from error


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    if not path.exists():
        raise WeightsError(f"no weights at {path}; train them with `nearmiss train`, or name another --preset")
    try:
        with safe_open(path, "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            return file.metadata(), {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    except Exception as error:
        raise WeightsError(f"{path} is not a whole safetensors file: {error}") from error


def lineage(path: Path) -> dict[str, str]:
    """What a weight file says of its making: steps, footage, seed, code version."""
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["lineage"])


def fingerprint(path: Path) -> str:
    """First 16 hex digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
