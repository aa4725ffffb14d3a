"""The report on printed numbers without per-image data."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..checks.numbers.examined import NumbersCheck
from .plain import plain_text
from .printable import printable
from .wording import interval_text, value_text

_HEADLINES = {
    "identified": ("IDENTIFIED: exactly one confusion matrix gives these numbers.", "bold green"),
    "consistent": ("CONSISTENT: these numbers can belong together.", "bold green"),
    "impossible": ("IMPOSSIBLE: no test set gives these numbers.", "bold red"),
}


def headline(found: NumbersCheck) -> str:
    """The verdict in one line."""
    return _HEADLINES[found.verdict][0]


def render(found: NumbersCheck, *, width: int = 110) -> bytes:
    """The plain text of the report, in UTF-8."""
    return plain_text([report(found)], width=width)


def report(found: NumbersCheck) -> Group:
    """The report as something Rich can print on any console."""
    text, style = _HEADLINES[found.verdict]
    parts: list[Text | Table] = [Text(text, style), Text()]
    parts += [Text(printable(sentence, 1000)) for sentence in found.sentences]
    if found.values:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in ("metric", "value", "95% interval"):
            table.add_column(column)
        for value in found.values:
            table.add_row(value.name, value_text(value), interval_text(value))
        parts += [Text(), table]
    return Group(*parts)
