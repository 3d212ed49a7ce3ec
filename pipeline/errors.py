"""What a user can put right; the message says what was found, where, and what would be right."""

import errno
import sys

_NAMED = {
    "conditioning.logs.tables": "LogError",
    "conditioning.geometry.rigs": "RigError",
    "models.presets": "PresetError",
    "models.weights": "WeightsError",
    "outputs.registry": "RegistryError",
    "outputs.strict_model": "DamagedFile",
    "pipeline.checks.baseline": "BaselineError",
    "scenarios.source.errors": "SpecErrors",
}

_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)


class UserError(Exception):
    """Shown without a stack trace."""


class OutOfSpace(UserError):
    """The disk is full: nothing that is made can be kept."""


class ReadOnly(UserError):
    """A folder that has to be written can only be read."""


class Stopped(Exception):
    """The operator ended a run before it was done (SIGTERM); the message says what is there and how to go on."""


def refusal_of_disk(error: OSError) -> str:
    """'runs/tonight: Read-only file system', where the system lets nobody, or not us, use a file; "" else."""
    return f"{error.filename}: {error.strerror}" if error.errno in _REFUSED and error.filename else ""


def user_errors() -> tuple[type[Exception], ...]:
    """All mistakes of users. A module that was not imported has raised none: torch is not waited for."""
    return UserError, *(getattr(sys.modules[module], name) for module, name in _NAMED.items() if module in sys.modules)
