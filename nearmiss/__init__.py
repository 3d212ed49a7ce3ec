"""nearmiss for Python: the few names that a user's own program needs.

Owns nothing but these names; each lives in the package that its import names. A name is imported when it is first
used, so that `import nearmiss` waits for no library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conditioning.assets.scenery import Scenery, build_scenery
    from conditioning.geometry.camera import Camera
    from conditioning.geometry.rigs import RIG
    from conditioning.layers.control_layers import Layers, draw_layers
    from conditioning.renderer.procedural import render_procedural
    from outputs.verdict import Outcome, Verdict
    from pipeline.batch.generate import Summary, generate
    from pipeline.checks.physics import check_physics as check
    from pipeline.runs.run_config import ExecutionConfig, RunConfig
    from scenarios.load import load, loads
    from scenarios.rollout import Rollout
    from scenarios.scenario import Scenario
    from scenarios.simulation.simulate import simulate
    from scenarios.source.errors import SpecErrors

    __version__: str

_PLACES = {
    "Camera": "conditioning.geometry.camera:Camera",
    "ExecutionConfig": "pipeline.runs.run_config:ExecutionConfig",
    "Layers": "conditioning.layers.control_layers:Layers",
    "Outcome": "outputs.verdict:Outcome",
    "RIG": "conditioning.geometry.rigs:RIG",
    "Rollout": "scenarios.rollout:Rollout",
    "RunConfig": "pipeline.runs.run_config:RunConfig",
    "Scenario": "scenarios.scenario:Scenario",
    "Scenery": "conditioning.assets.scenery:Scenery",
    "SpecErrors": "scenarios.source.errors:SpecErrors",
    "Summary": "pipeline.batch.generate:Summary",
    "Verdict": "outputs.verdict:Verdict",
    "build_scenery": "conditioning.assets.scenery:build_scenery",
    "check": "pipeline.checks.physics:check_physics",
    "draw_layers": "conditioning.layers.control_layers:draw_layers",
    "generate": "pipeline.batch.generate:generate",
    "load": "scenarios.load:load",
    "loads": "scenarios.load:loads",
    "render_procedural": "conditioning.renderer.procedural:render_procedural",
    "simulate": "scenarios.simulation.simulate:simulate",
}

__all__ = [
    "RIG", "Camera", "ExecutionConfig", "Layers", "Outcome", "Rollout", "RunConfig", "Scenario", "Scenery",
    "SpecErrors", "Summary", "Verdict", "__version__", "build_scenery", "check", "draw_layers", "generate", "load",
    "loads", "render_procedural", "simulate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A name on its first use; from then on it is an ordinary attribute. Raises AttributeError for others."""
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("nearmiss")
    elif name in _PLACES:
        module, _, member = _PLACES[name].partition(":")
        found = getattr(import_module(module), member)
    else:
        raise AttributeError(f"module 'nearmiss' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
