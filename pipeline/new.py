"""A first scenario file for a new author."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.runs import safe_name
from scenarios.load import template


def write_new(path: Path) -> Path:
    """Write a commented scenario to `path`, which must not exist yet; `.yaml` is added where it is missing."""
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")
    text = template(safe_name(path.stem))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UserError(f"{path} exists; give another name") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
    return path
