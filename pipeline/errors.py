"""Errors that a user can correct; the message has what was found, where, and what would be right."""

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
    """Printed without a traceback."""


class OutOfSpace(UserError):
    """The disk is full."""


class ReadOnly(UserError):
    """A folder that must be written is read-only."""


class Stopped(Exception):
    """An operator stopped a run (SIGTERM); the message has the number of clips and the command to resume."""


def refusal_of_disk(error: OSError) -> str:
    """A message such as 'runs/tonight: Read-only file system' if the system refuses access to a file; else ""."""
    return f"{error.filename}: {error.strerror}" if error.errno in _REFUSED and error.filename else ""


def user_errors() -> tuple[type[Exception], ...]:
    """All types of user errors. Those of modules that are not imported are left out, so that torch is not imported."""
    return UserError, *(getattr(sys.modules[module], name) for module, name in _NAMED.items() if module in sys.modules)
