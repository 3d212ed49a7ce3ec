"""Shared by all commands: console, exit codes, and messages for user errors."""

import errno
import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from pipeline.errors import Stopped, refusal_of_disk, user_errors

OK, INCOMPLETE, MISUSED, STOPPED, TERMINATED = 0, 1, 2, 130, 143
console = Console(emoji=False)  # what users write is printed as it is


class Commands(TyperGroup):
    """Commands that print in every encoding and refuse packages that hide ours."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        print_in_any_encoding()
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except OSError as error:
            if error.filename or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
            sys.stderr.write(f"the output cannot be written: {error.strerror}\n")
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python writes again at exit
            sys.exit(MISUSED)


def print_in_any_encoding() -> None:
    """Print characters that the output's encoding does not have as numbers (`m/s\\xb2`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def loading_modules() -> Iterator[None]:
    """Switch the garbage collector off during imports, and exclude the imported modules from it later: they are never
    freed, and searching them takes a sixth of the time of `nearmiss check`."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        if paused:
            gc.enable()


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with a message and an exit code: 2 for a user error or a file that cannot be used, 130 for Ctrl-C, 143 for
    SIGTERM."""
    try:
        yield
    except user_errors() as error:
        _misused(str(error))
    except OSError as error:
        if not (told := refusal_of_disk(error)):
            raise
        _misused(told)
    except Stopped as stopped:
        Console(stderr=True, emoji=False).print(str(stopped), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(TERMINATED) from None
    except KeyboardInterrupt:
        Console(stderr=True, emoji=False).print("stopped; the same command continues from here")
        raise typer.Exit(STOPPED) from None


def _misused(told: str) -> NoReturn:
    Console(stderr=True, emoji=False).print(told, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(MISUSED) from None
