"""Weight files: safetensors with config and lineage in their metadata; strictly compared, never unpickled.

Channels and word ids are numbers, so a file must store their meaning: the config names the layers that the network
reads, the vocabulary lists the words by id. Both are compared wherever weights are used.

The shipped weights are not part of the program's distribution: they are one of their own (`models/weights`), so that
the code can be installed alone.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

Network = TypeVar("Network", bound=nn.Module)
Names = Sequence[str]
_JSON = {"config": dict, "lineage": dict, "vocabulary": list}  # metadata stored as JSON
_LISTED = 8  # names listed in a message; further ones are counted
SHIPPED = {"tiny": "nearmiss-weights-tiny"}  # presets that have weights, and the distributions that hold those
_IN_CHECKOUT = Path(__file__).parent / "weights"  # beside this file in a checkout, never where the wheel is installed
_PACKAGE = "nearmiss_weights"  # that those distributions install: a folder a preset, no code


class WeightsError(ValueError):
    """A weight file is missing, damaged or of another network."""


def _shipped_weights() -> Path:
    package = None if _IN_CHECKOUT.is_dir() else find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    return Path(next(iter(folders))) if folders else _IN_CHECKOUT


WEIGHTS = _shipped_weights()  # one folder a preset: the checkout's, else the installed ones'; else it does not exist


def describe_missing(paths: Sequence[Path]) -> str:
    """Which weight files are not there and how to get them: to be installed where they ship, else to be trained."""
    folder = paths[0].parent
    if folder.parent == WEIGHTS and folder.name in SHIPPED and not folder.is_dir():
        return (
            f"the weights of the preset {folder.name} are not installed. They are a distribution of their own, "
            f"{SHIPPED[folder.name]}: run `pip install ./models/weights` in a checkout, or install its wheel"
        )
    return f"no weights at {', '.join(map(str, paths))}; train them with `nearmiss train`, or name another --preset"


def refuse_installed(folder: Path, instead: str) -> None:
    """WeightsError where files would be written among installed weights, which belong to pip; it says what to do."""
    if folder == WEIGHTS and (folder != _IN_CHECKOUT or not folder.is_dir()):
        raise WeightsError(f"no new weights are written into an installation; {instead}")


def save(
    module: nn.Module,
    path: Path,
    lineage: dict[str, str],
    vocabulary: Names = (),
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write a network atomically, with its `config`, `lineage` and `vocabulary` in the metadata."""
    tensors = {
        k: v.detach().to(dtype).contiguous() if v.is_floating_point() else v for k, v in module.state_dict().items()
    }
    metadata = description(module, vocabulary) | {"lineage": json.dumps(lineage, sort_keys=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata=metadata)
    os.replace(unfinished, path)


def description(module: nn.Module, vocabulary: Names = ()) -> dict[str, str]:
    """The metadata that `describe_mismatch` compares: class, config and vocabulary."""
    return {
        "class": type(module).__name__,
        "config": json.dumps(asdict(_config_of(module)), sort_keys=True),
        "vocabulary": json.dumps(list(vocabulary)),
    }


def describe_mismatch(path: Path, module: nn.Module, vocabulary: Names = ()) -> str:
    """Describe every setting, layer and word that differs between a file and this network; "" if none does.

    A file without these metadata differs. WeightsError if it cannot be read.
    """
    metadata = _metadata(path)
    here = description(module, vocabulary)
    if not here.keys() <= metadata.keys():
        return "its network and words are unknown, as in files of earlier versions"
    if metadata["class"] != here["class"]:
        return f"it is of {metadata['class']}, not of {here['class']}"
    words = describe_name_changes(_vocabulary(metadata), vocabulary)
    settings = _settings_differ(_config(metadata), _as_json(_config_of(module)))
    return "; ".join([*settings, *([f"it has another vocabulary, {words}"] if words else [])])


def load(module: Network, path: Path, vocabulary: Names = ()) -> Network:
    """Load weights into a new network, in fp32, for inference; WeightsError as in `check`."""
    check(path, type(module), _config_of(module), vocabulary)
    module.load_state_dict(_tensors(path), strict=True)
    return module.eval().requires_grad_(False)


def check(path: Path, network: type[nn.Module], config: Any, vocabulary: Names = ()) -> None:
    """Raise WeightsError unless `path` holds this network with this `config` and vocabulary.

    The message names every setting, layer and word that differs.
    """
    metadata = _metadata(path)
    if metadata.get("class") != network.__name__:
        raise WeightsError(f"{path} holds {metadata.get('class')}; the preset asks for {network.__name__}")
    if differ := "; ".join(_settings_differ(_config(metadata), _as_json(config))):
        raise WeightsError(f"{path} does not fit the preset: {differ}")
    known = _vocabulary(metadata)
    if differ := describe_name_changes(known, vocabulary):
        remedy = "Train it anew"
        if known and list(vocabulary[: len(known)]) == known:
            remedy = f"`nearmiss train {path.stem} --from {path} --weights FOLDER` teaches new words"
        raise WeightsError(f"{path} has another vocabulary than captions are written in: {differ}. {remedy}")


def initialise_from(module: nn.Module, path: Path, vocabulary: Names = ()) -> None:
    """Load weights into a network for further training; WeightsError says why it is not possible.

    Settings may differ, and words may be added at the end; shapes, layers and ids of words must be the same.
    """
    metadata = _metadata(path)
    known = _vocabulary(metadata)
    differ = _layers_differ(_config(metadata), _as_json(_config_of(module)))
    differ = differ or describe_name_changes(known, vocabulary[: len(known)] if known else vocabulary)
    if differ:
        raise WeightsError(f"{path} holds {metadata.get('class')}, which cannot be trained on here: {differ}")
    try:
        module.load_state_dict(_tensors(path), strict=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} holds {metadata.get('class')}, which cannot be trained on here: {error}") from error


def describe_name_changes(there: Names, here: Names) -> str:
    """Describe which names are new here, gone or at another index than there; "" if they are the same."""
    index = {name: i for i, name in enumerate(there)}
    changes = {
        "new": [name for name in here if name not in index],
        "gone": [name for name in there if name not in here],
        "moved": [name for i, name in enumerate(here) if index.get(name, i) != i],
    }
    return "; ".join(f"{change}: {_listed(names)}" for change, names in changes.items() if names)


def lineage(path: Path) -> dict[str, str]:
    """The lineage in a weight file: steps, footage, seed, code version. WeightsError if it has none."""
    metadata = _metadata(path)
    if "lineage" not in metadata:
        raise WeightsError(f"{path} has no lineage: it was not written by `nearmiss train`")
    return metadata["lineage"]


def fingerprint(path: Path) -> str:
    """The first 16 hex digits of the file's SHA-256."""
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
    differ = describe_name_changes(known, here.get("layers", []))
    return f"it reads other layers, {differ}" if differ else ""


def _config_of(module: nn.Module) -> Any:
    """The dataclass that a network was built with. Torch types a module's attributes as tensors."""
    return vars(module)["config"]


def _config(metadata: dict[str, Any]) -> dict[str, Any]:
    return metadata.get("config", {})


def _as_json(config: Any) -> dict[str, Any]:
    """A config as JSON data, as it is read from a file."""
    return json.loads(json.dumps(asdict(config)))


def _vocabulary(metadata: dict[str, Any]) -> list[str]:
    return metadata.get("vocabulary", [])


def _metadata(path: Path) -> dict[str, Any]:
    """The metadata of a file, decoded where they are JSON; WeightsError names what is damaged."""
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
        raise WeightsError(describe_missing([path]))
    try:
        with safe_open(path, "pt") as file:
            yield file
    except Exception as error:
        raise WeightsError(f"{path} is not a complete safetensors file: {error}") from error
