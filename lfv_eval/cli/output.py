"""Where what a command found goes: the terminal, a file, or nowhere but the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import ReportError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """What a command found, in its forms.

    Attributes:
        headline: The verdict in one line.
        document: Makes the bytes of the chosen form.
        report: Makes what Rich prints; ``None`` where the chosen form is not for people.
    """

    headline: str
    document: Callable[[], bytes]
    report: Callable[[], RenderableType] | None


def emit(found: Printable, output: Path | None, *, quiet: bool, no_color: bool) -> None:
    """Write to the file, if one was named, and print what is left to print.

    Raises:
        ReportError: The file cannot be written.
    """
    if output is not None:
        write(output, found.document())
    if quiet:
        typer.echo(found.headline)
    elif output is not None:
        typer.echo(f"Written to {output}")
    elif found.report is not None:
        console(no_color=no_color).print(found.report())
    else:
        sys.stdout.buffer.write(found.document())
        sys.stdout.flush()


def console(*, no_color: bool, stderr: bool = False) -> Console:
    """A console for reports; wide where nobody's terminal limits it."""
    from rich.console import Console

    made = Console(stderr=stderr, no_color=no_color, highlight=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 120  # a pipe has no width; 80 columns would fold the table
    return made


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Bars on a terminal while much is read; ``None`` elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress, TaskID

    with Progress(console=console(no_color=False, stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage)
            bars.update(tasks[stage], completed=done, total=total)

        yield on_progress


def write(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        ReportError: It cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"cannot be written: {error.strerror or error}", where=str(path), hint="name a file in a writable folder"
        ) from None
