"""Which file of a folder a reference in a document means: the one whose path ends most like it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import unquote

from ..errors import AccessError


def as_text(path: PurePath | str) -> str:
    r"""A path as text that can be stored: ``/`` between parts, and bytes that are not UTF-8 escaped.

    >>> as_text("M\u00fcller.png")
    'Müller.png'
    >>> as_text("M\udcfcller.png")  # a name in Latin-1, as Python reads it from a disk
    'M\\xfcller.png'
    """
    text = path if isinstance(path, str) else path.as_posix()
    try:
        return os.fsencode(text).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # no name of a file: a caller's text
        return text.encode("utf-8", "backslashreplace").decode()


def find_referenced(uri: str, by_name: Mapping[str, Sequence[Path]], root: Path) -> Path:
    """Find the file whose path shares the most trailing parts with a reference.

    Its name alone is not enough where both have folders: a predicted mask is often called like the truth mask in
    another folder.

    Args:
        uri: The reference as written in the document.
        by_name: All files below the folder, by their own names.
        root: The folder.

    Raises:
        AccessError: No file matches, or several match equally well.
    """
    for form in _spellings(uri):
        parts = _parts(form)
        named = by_name.get(parts[-1], ()) if parts else ()
        likeness = {path: _likeness(path.relative_to(root).parts, parts) for path in named}
        n_key_parts = len(parts) - form.startswith("s3://")
        ranks = {path: rank for path, rank in likeness.items() if rank[1] or rank[0] >= min(2, n_key_parts)}
        if not ranks:
            continue
        best = max(ranks.values())
        winners = [path for path, rank in ranks.items() if rank == best]
        if len(winners) > 1:
            names = ", ".join(as_text(path.relative_to(root)) for path in winners[:3])
            raise AccessError(f"{len(winners)} files match equally well: {names}", where=uri)
        return winners[0]
    raise AccessError(
        "no file below the folder matches this reference",
        where=uri,
        hint="copy it to a path below the audited folder that ends the same way",
    )


def _spellings(uri: str) -> Iterator[str]:
    """The reference as written, then as object stores and Windows copies spell it."""
    yield uri
    if "%" in uri or "+" in uri:
        yield unquote(uri)
        yield unquote(uri.replace("+", " "))
    if ":" in PurePosixPath(uri).name:
        folder, _, name = uri.rpartition("/")
        yield f"{folder}/{name.replace(':', '_')}"


def _parts(uri: str) -> list[str]:
    _, found, rest = uri.partition("://")
    return [part for part in (rest if found else uri).split("/") if part not in ("", ".", "..")]


def _likeness(path: tuple[str, ...], reference: list[str]) -> tuple[int, bool]:
    """How many trailing parts agree; among equals, a path that agrees from its first part on is the better one."""
    pairs = zip(reversed(path), reversed(reference), strict=False)
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return length, length == len(path)
