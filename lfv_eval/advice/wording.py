"""Numbers and names in the words of advice. Names come from other people's files: cut here, escaped by reports."""

from __future__ import annotations

from collections.abc import Sequence

from ..verdicts import Interval

MAX_NAMED_IMAGES = 10
"""How many images a piece of advice names."""

_MAX_NAME = 60
_MAX_LISTED = 3


def counted(n: int, noun: str) -> str:
    """A number with its noun in the right number.

    >>> counted(1, "image"), counted(3, "anomaly"), counted(2, "anomalous image")
    ('1 image', '3 anomalies', '2 anomalous images')
    """
    if n == 1:
        return f"1 {noun}"
    return f"{n} {noun[:-1]}ies" if noun.endswith("y") else f"{n} {noun}s"


def fraction(k: int, n: int) -> str:
    """A share with the counts it stands for.

    >>> fraction(9, 10)
    '0.90 (9/10)'
    """
    return f"{k / n:.2f} ({k}/{n})" if n else "undefined (0/0)"


def interval_text(interval: Interval | None) -> str:
    """Such as ``0.72 to 1.00 (95%)``; empty where there is none."""
    return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f} ({interval.level * 100:g}%)"


def shortened(name: str) -> str:
    """A name that cannot fill the report; shortened in the middle.

    >>> shortened("dent"), len(shortened("x" * 1000))
    ('dent', 60)
    """
    if len(name) <= _MAX_NAME:
        return name
    half = (_MAX_NAME - 1) // 2
    return f"{name[: _MAX_NAME - 1 - half]}…{name[-half:]}"


def listed(names: Sequence[str], limit: int = _MAX_LISTED) -> str:
    """The first few of many.

    >>> listed(["a", "b", "c", "d"]), listed(["a", "b"])
    ('a, b, c and 1 more', 'a and b')
    """
    shown = [shortened(name) for name in names[:limit]]
    if len(names) > limit:
        return f"{', '.join(shown)} and {len(names) - limit} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
