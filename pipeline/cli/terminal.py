"""What every command shares: where it prints, how it ends, and how a user's mistake is told."""

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

from pipeline.engine.own_code import refuse_shadows
from pipeline.errors import Stopped, refusal_of_disk, user_errors

OK, INCOMPLETE, MISUSED, STOPPED, TERMINATED = 0, 1, 2, 130, 143
console = Console()


class Commands(TyperGroup):
    """The commands of a program: they print whatever the encoding, and what they import is ours."""

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
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again as it ends
            sys.exit(MISUSED)

    def invoke(self, context: Any) -> Any:  # of the click that typer brings, which it does not export
        with plain_errors():
            refuse_shadows()
        return super().invoke(context)


def print_in_any_encoding() -> None:
    """A character that the output's encoding lacks is written by its number (`m/s\\xb2`): none ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def loading_modules() -> Iterator[None]:
    """Around the imports of a command that ends within seconds: no garbage is looked for meanwhile, nor later in what
    they made. Modules stay for good, and looking through them takes a sixth of `nearmiss check`."""
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
    """A user's mistake ends with its message and exit code 2, as does a file that the system does not let us use; a
    stop by Ctrl-C with 130, by SIGTERM with 143."""
    try:
        yield
    except user_errors() as error:
        _misused(str(error))
    except OSError as error:
        if not (told := refusal_of_disk(error)):
            raise
        _misused(told)
    except Stopped as stopped:
        Console(stderr=True).print(str(stopped), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(TERMINATED) from None
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped; the same command goes on from here")
        raise typer.Exit(STOPPED) from None


def _misused(told: str) -> NoReturn:
    Console(stderr=True).print(told, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(MISUSED) from None
