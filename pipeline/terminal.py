"""What every command shares: where it prints, how it ends, and how a user's mistake is told."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from pipeline.errors import Stopped, user_errors
from pipeline.own_code import refuse_shadows

OK, INCOMPLETE, MISUSED, STOPPED, TERMINATED = 0, 1, 2, 130, 143
console = Console()


@contextmanager
def plain_errors() -> Iterator[None]:
    """A user's mistake ends with its message and exit code 2, a stop by Ctrl-C with 130, by SIGTERM with 143."""
    try:
        yield
    except user_errors() as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(MISUSED) from None
    except Stopped as stopped:
        Console(stderr=True).print(str(stopped), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(TERMINATED) from None
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped; the same command goes on from here")
        raise typer.Exit(STOPPED) from None


def before_any_command() -> None:
    """Whatever a command imports, it is ours."""
    with plain_errors():
        refuse_shadows()
