"""Errors that a user can correct; the message has what was found, where, and what would be right."""

import errno
import os
import sys
from pathlib import Path

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


def refuse_unwritable(folder: Path, option: str) -> None:
    """UserError if `folder` cannot be written, or made: to be called before long work for it. Makes nothing."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise UserError(f"{option} {folder}: {there} is a file; name a folder, which may be a new one")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ReadOnly(f"{option} {folder}: {there} cannot be written; name another folder")


class Stopped(Exception):
    """An operator stopped a run (SIGTERM); the message has the number of clips and the command to resume."""


def refusal_of_disk(error: OSError) -> str:
    """A message such as 'runs/tonight: Read-only file system' if the system refuses access to a file; else ""."""
    return f"{error.filename}: {error.strerror}" if error.errno in _REFUSED and error.filename else ""


def user_errors() -> tuple[type[Exception], ...]:
    """All types of user errors. Those of modules that are not imported are left out, so that torch is not imported."""
    return UserError, *(getattr(sys.modules[module], name) for module, name in _NAMED.items() if module in sys.modules)
