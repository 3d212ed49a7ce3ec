"""Shadowed packages: ours have plain names, and a folder of the user's may have the same."""

from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
OURS = ("conditioning", "models", "nearmiss", "outputs", "pipeline", "scenarios")


class Shadowed(UserError):
    """Python finds another package or folder under the name of one of ours."""


def refuse_shadows() -> None:
    """Raises `Shadowed` unless Python finds all our packages where this one lies. Imports none of them."""
    shadows = {name: places for name in OURS if (ROOT / name) not in (places := _places(name))}
    if shadows:
        told = "; ".join(f"{name} at {', '.join(map(str, places)) or '?'}" for name, places in shadows.items())
        raise Shadowed(
            f"Python finds another package under the name of one of nearmiss's own, which lie in {ROOT}: {told}. Take "
            "the folder that holds it out of PYTHONPATH (or rename it), or start nearmiss from another folder"
        )


def _places(name: str) -> tuple[Path, ...]:
    """Where Python looks for a package's modules, or where the module of that name lies."""
    spec = find_spec(name)
    if spec is None:
        return ()
    places = spec.submodule_search_locations or [spec.origin or "?"]
    return tuple(Path(place).resolve() for place in places)
