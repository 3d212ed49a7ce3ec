"""Weights on disk: safetensors that carry their config and lineage; strict both ways, nothing is unpickled.

Channels and word ids are numbers whose meaning a file must carry with it: the config names the layers that are read,
and the vocabulary lists the words by id. Both are compared wherever weights are used.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

Network = TypeVar("Network", bound=nn.Module)
Names = Sequence[str]
_JSON = {"config": dict, "lineage": dict, "vocabulary": list}  # what a file says of itself in JSON
_LISTED = 8  # names in a message; further ones are counted


class WeightsError(ValueError):
    """A weight file is missing, damaged or made for another network."""


def save(
    module: nn.Module,
    path: Path,
    lineage: dict[str, str],
    vocabulary: Names = (),
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write a network whole or not at all; its `config`, `lineage` and `vocabulary` travel inside."""
    tensors = {
        k: v.detach().to(dtype).contiguous() if v.is_floating_point() else v for k, v in module.state_dict().items()
    }
    metadata = description(module, vocabulary) | {"lineage": json.dumps(lineage, sort_keys=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata=metadata)
    os.replace(unfinished, path)


def description(module: nn.Module, vocabulary: Names = ()) -> dict[str, str]:
    """What a file says of its network, so that `differs` can compare: class, config and vocabulary."""
    return {
        "class": type(module).__name__,
        "config": json.dumps(asdict(module.config), sort_keys=True),
        "vocabulary": json.dumps(list(vocabulary)),
    }


def differs(path: Path, module: nn.Module, vocabulary: Names = ()) -> str:
    """Every setting, layer and word in which a file's `description` is another than this network's; "" for none.

    A file without a description differs. WeightsError if it cannot be read.
    """
    metadata = _metadata(path)
    here = description(module, vocabulary)
    if not here.keys() <= metadata.keys():
        return "it does not say which network and which words it is of, as files of earlier versions do not"
    if metadata["class"] != here["class"]:
        return f"it is of {metadata['class']}, not of {here['class']}"
    words = names_differ(_vocabulary(metadata), vocabulary)
    settings = _settings_differ(_config(metadata), _plain(module.config))
    return "; ".join([*settings, *([f"it has another vocabulary, {words}"] if words else [])])


def load(module: Network, path: Path, vocabulary: Names = ()) -> Network:
    """Fill a freshly built network, in fp32, for inference; WeightsError as of `check`."""
    check(path, type(module), module.config, vocabulary)
    module.load_state_dict(_tensors(path), strict=True)
    return module.eval().requires_grad_(False)


def check(path: Path, network: type[nn.Module], config: Any, vocabulary: Names = ()) -> None:
    """Raise WeightsError unless `path` holds such a network of this `config`, for captions in these words.

    The message names every setting, layer and word that differs.
    """
    metadata = _metadata(path)
    if metadata.get("class") != network.__name__:
        raise WeightsError(f"{path} holds {metadata.get('class')}; the preset asks for {network.__name__}")
    if differ := "; ".join(_settings_differ(_config(metadata), _plain(config))):
        raise WeightsError(f"{path} does not fit the preset: {differ}")
    known = _vocabulary(metadata)
    if differ := names_differ(known, vocabulary):
        cure = "Train it anew"
        if known and list(vocabulary[: len(known)]) == known:
            cure = f"`nearmiss train {path.stem} --from {path} --weights FOLDER` teaches new words"
        raise WeightsError(f"{path} has another vocabulary than captions are written in: {differ}. {cure}")


def begin_from(module: nn.Module, path: Path, vocabulary: Names = ()) -> None:
    """Fill a network that is to be trained further; WeightsError says why it cannot be.

    Settings may have changed and words may have been added at the end; shapes, layers and ids of words may not change.
    """
    metadata = _metadata(path)
    known = _vocabulary(metadata)
    differ = _layers_differ(_config(metadata), _plain(module.config))
    differ = differ or names_differ(known, vocabulary[: len(known)] if known else vocabulary)
    if differ:
        raise WeightsError(f"{path} holds {metadata.get('class')}, which cannot be trained on here: {differ}")
    try:
        module.load_state_dict(_tensors(path), strict=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} holds {metadata.get('class')}, which cannot be trained on here: {error}") from error


def names_differ(there: Names, here: Names) -> str:
    """Which names are new here, gone or at another place than there; "" if there are none."""
    place = {name: i for i, name in enumerate(there)}
    changes = {
        "new": [name for name in here if name not in place],
        "gone": [name for name in there if name not in here],
        "moved": [name for i, name in enumerate(here) if place.get(name, i) != i],
    }
    return "; ".join(f"{what}: {_listed(names)}" for what, names in changes.items() if names)


def lineage(path: Path) -> dict[str, str]:
    """What a weight file says of its making: steps, footage, seed, code version. WeightsError if it says nothing."""
    metadata = _metadata(path)
    if "lineage" not in metadata:
        raise WeightsError(f"{path} does not say how it was made: it was not written by `nearmiss train`")
    return metadata["lineage"]


def fingerprint(path: Path) -> str:
    """First 16 hex digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _listed(names: Names) -> str:
    further = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(repr(name) for name in names[:_LISTED]) + further


def _settings_differ(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    if differ := _layers_differ(there, here):
        yield differ
    for name in sorted((there.keys() | here.keys()) - {"layers"}):
        if there.get(name) != here.get(name):
            yield f"{name} is {there.get(name)}, the preset asks for {here.get(name)}"


def _layers_differ(there: dict[str, Any], here: dict[str, Any]) -> str:
    known = there.get("layers", [])
    if not isinstance(known, list):
        return f"its {known} layers have no names"
    differ = names_differ(known, here.get("layers", []))
    return f"it reads other layers, {differ}" if differ else ""


def _config(metadata: dict[str, Any]) -> dict[str, Any]:
    return metadata.get("config", {})


def _plain(config: Any) -> dict[str, Any]:
    """A config as it is when it comes back from a file."""
    return json.loads(json.dumps(asdict(config)))


def _vocabulary(metadata: dict[str, Any]) -> list[str]:
    return metadata.get("vocabulary", [])


def _metadata(path: Path) -> dict[str, Any]:
    """What a file says of itself, read from JSON where it is that; WeightsError names what is damaged."""
    with _opened(path) as file:
        metadata = file.metadata() or {}
    return metadata | {name: _read(path, name, metadata[name]) for name in _JSON.keys() & metadata.keys()}


def _read(path: Path, name: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise WeightsError(f"{path} is damaged: its {name} is not JSON ({error})") from error
    if not isinstance(value, _JSON[name]):
        raise WeightsError(f"{path} is damaged: its {name} is no {_JSON[name].__name__} but {text}")
    return value


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    with _opened(path) as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.exists():
        raise WeightsError(f"no weights at {path}; train them with `nearmiss train`, or name another --preset")
    try:
        with safe_open(path, "pt") as file:
            yield file
    except Exception as error:
        raise WeightsError(f"{path} is not a whole safetensors file: {error}") from error
