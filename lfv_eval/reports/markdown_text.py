"""Other people's text made safe for Markdown: nothing in it can format, link, mention or break a table."""

from __future__ import annotations

import re

from .printable import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:=$^\"'])")
_REFERENCE = re.compile(r"([@#])(?=\w)")
_WORD_JOINER = "\u2060"


def code(text: str, limit: int = 200, *, in_table: bool = False) -> str:
    """A code span that shows a name and nothing else.

    A vertical bar would end a table cell even within a code span; there it is shown as a broken bar.

    >>> code("a`b")
    '``a`b``'
    >>> code("a|b", in_table=True)
    '`a¦b`'
    """
    shown = printable(text, limit)
    if in_table:
        shown = shown.replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def escaped(text: str, limit: int = 1000) -> str:
    r"""Plain text; a word joiner keeps ``@name`` and ``#1`` from becoming a mention or a reference.

    >>> escaped("<b>*bold*</b>")
    '\\<b\\>\\*bold\\*\\</b\\>'
    """
    shown = _REFERENCE.sub(rf"\1{_WORD_JOINER}", printable(text, limit))
    return _SPECIAL.sub(r"\\\1", shown)
