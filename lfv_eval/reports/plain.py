"""A report as plain text: what the terminal shows, without its colours."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType


def plain_text(parts: Iterable[RenderableType], *, width: int) -> bytes:
    """Print the parts one after the other, in UTF-8, the same on every terminal.

    Args:
        parts: What Rich can print; one is held at a time.
        width: Characters in a line.
    """
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    for part in parts:
        console.print(part)
    return file.getvalue().encode()
