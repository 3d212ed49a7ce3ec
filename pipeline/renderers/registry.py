"""The registry of renderers. To add one: write a module with a `load` function and add its record here.

Records need few imports: the libraries of a renderer are imported when a worker loads it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from outputs.defaults import FIRST_RENDERER
from outputs.registry import ExtensionRegistry
from pipeline.renderers.kinds import RendererConfig, RendererKind


def _gaia_fingerprints(config: RendererConfig) -> Mapping[str, str]:
    from pipeline.networks import DRAWING, check_weights, fingerprints

    found = fingerprints(config.preset, config.weights, DRAWING)
    check_weights(config.preset, config.weights, DRAWING)
    return found


def _load_gaia(config: RendererConfig):
    from pipeline.renderers.gaia import load

    return load(config)


def _load_procedural(config: RendererConfig):
    from pipeline.renderers.procedural import load

    return load(config)


GAIA = RendererKind(
    FIRST_RENDERER, "by the networks: tokenizer, world model and video decoder", _gaia_fingerprints, _load_gaia,
    gpu_stages=("predict_tokens", "render_frames"), memory_gib=MappingProxyType({"tiny": 1.5}),  # 1.3 at 6 s, measured
)  # fmt: skip
PROCEDURAL = RendererKind(
    "procedural", "by the procedural camera alone: exact and fast, no network draws", lambda config: {},
    _load_procedural, cameras_agree=True,
)  # fmt: skip
RENDERERS = ExtensionRegistry("renderer", (GAIA, PROCEDURAL))
