"""The record by which a renderer is known before anything of it is loaded."""

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
    """What a renderer is loaded with: size and weights of the networks, and where those compute ("cpu", "cuda")."""

    preset: str
    weights: Path
    device: str = "cpu"


@dataclass(frozen=True)
class RendererKind:
    """A renderer by its `name`, which run.json, records and clip ids keep: never rename one.

    `fingerprints` names what it draws with (part: hash), which clip ids and records contain; it refuses, as an error
    of the user, what is missing or does not fit. `load` is called once in every worker. `gpu_stages` are those of its
    stages (`with clock(...)`) that may have workers of their own, on GPUs; none: it draws on the cores, and --staged,
    --gpus and --batch are refused. `memory_gib` is what a worker takes, by preset, where that was measured.
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
