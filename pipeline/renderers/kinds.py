"""The record of a renderer, which exists before the renderer is loaded."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.renderers.renderer import Renderer


@dataclass(frozen=True)
class RendererConfig:
    """Arguments of a renderer: sizes and weights of the networks, and their device ("cpu", "cuda")."""

    preset: str
    weights: Path
    device: str = "cpu"


@dataclass(frozen=True)
class RendererKind:
    """A renderer. `name` is stored in run.json, records and clip ids: never change it.

    `fingerprints` gives a hash for each part that it draws with, which clip ids and records contain; it raises a user
    error if a part is missing or does not fit. `load` is called once in every worker. `gpu_stages` are those of its
    stages (`with clock(...)`) that may have their own workers, on GPUs; without any it draws on CPU cores, and
    --staged, --gpus and --batch are refused. `memory_gib` is the measured memory of a worker, by preset.
    `cameras_agree`: what two cameras of a rig see looks the same in both; without it each camera is drawn alone, and
    record, report and dataset say so.
    """

    name: str
    about: str
    fingerprints: Callable[[RendererConfig], Mapping[str, str]]
    load: Callable[[RendererConfig], "Renderer"]
    gpu_stages: tuple[str, ...] = ()
    memory_gib: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    cameras_agree: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.name):
            raise ValueError(f"{self.name!r}: a renderer's name has lower-case letters, digits and dashes only")
