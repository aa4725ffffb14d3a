"""Names from other people's files made safe to print: no terminal escapes, no invisible direction marks, bounded."""

from __future__ import annotations

MAX_LENGTH = 200


def printable(text: str, limit: int = MAX_LENGTH) -> str:
    r"""Escape what is not printable and shorten in the middle.

    >>> printable("scratch\x1b[2J")
    'scratch\\x1b[2J'
    >>> printable("a" * 30, limit=11)
    'aaaaa…aaaaa'
    """
    if len(text) > limit:
        half = (limit - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
