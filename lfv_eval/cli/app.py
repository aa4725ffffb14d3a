"""All commands, and the last line of defence: a user sees one message and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated

import typer

from ..errors import LfvEvalError
from ..settings import version_signature
from .advise import advise
from .audit import audit
from .check import check
from .compare import compare, folds
from .demo import demo

app = typer.Typer(
    name="lfv-eval",
    help="Recompute and verify the evaluation metrics of Amazon Lookout for Vision models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_signature())
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the signature's version part."),
    ] = False,
) -> None:
    del version  # handled by its callback


def _exiting(command: Callable[..., int]) -> Callable[..., None]:
    """A command whose result is the exit code of the process."""

    @wraps(command)
    def run(*arguments: object, **named: object) -> None:
        raise typer.Exit(command(*arguments, **named))

    return run


for _command in (audit, advise, check, compare, folds, demo):
    app.command()(_exiting(_command))


def main() -> None:
    """Run the command line; every failure is one message and an exit code, never a traceback."""
    try:
        app()
    except LfvEvalError as error:
        sys.exit(_fail(str(error), error.exit_code))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains while exiting
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))
    except OSError as error:  # a full disk behind standard output, say
        sys.exit(_fail(f"the system refused to read or write: {error.strerror or error}", 3))
    except Exception as error:  # the last line of defence: a user never sees a traceback unasked
        if os.environ.get("LFV_EVAL_TRACEBACK"):
            raise
        told = f"this is a defect of lfv-eval: {type(error).__name__}: {error}. Hint: LFV_EVAL_TRACEBACK=1 shows where"
        sys.exit(_fail(told, 3))


def _fail(message: str, exit_code: int) -> int:
    from ..reports.printable import printable

    sys.stderr.write(f"lfv-eval: {printable(message, 2000)}\n")
    return exit_code
