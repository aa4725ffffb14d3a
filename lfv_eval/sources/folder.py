"""A local folder of any layout: documents are found by content, references by their longest matching suffix."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote

from ..aws.names import parse_evaluation_key
from ..errors import AccessError, LfvEvalError, TargetError
from ..records import Document, Problem, Severity, Where
from .source import Located, OnProgress

MAX_FILES = 500_000
MAX_OBJECT_BYTES = 256 * 2**20
_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
_MISNAMED = "is named like an evaluation document, but its content is not recognised as one"

Recognise = Callable[[str, bytes], bool]
"""Tells from a name and the first bytes whether some format reads the document."""


class FolderSource:
    """Files below one folder, or single named files.

    Symbolic links to folders are not followed; nothing outside the folder is ever read.

    Args:
        target: The folder, or one document in it.
        recognise: Decides which files are documents.
        on_progress: Told of each object read by ``read_many``.
        named: Documents the caller named; then these are used instead of a search.
    """

    def __init__(
        self,
        target: Path,
        recognise: Recognise,
        on_progress: OnProgress | None = None,
        *,
        named: Iterable[Path] = (),
    ) -> None:
        self._on_progress = on_progress
        self._named = tuple(named) or ((target,) if target.is_file() else ())
        self._root = (target if target.is_dir() else target.parent).resolve()
        self._recognise = recognise
        self._target = target
        self._closed: list[Path] = []

    @property
    def target(self) -> str:
        """The path as the caller named it."""
        return str(self._target)

    @property
    def name(self) -> str:
        """The folder's own name, so that a moved copy gives an equal report."""
        return self._root.name

    def locate(self) -> Located:
        """Find the documents; a file named by the caller is taken whatever it looks like.

        Raises:
            TargetError: The path does not exist, or is not a file where one was named.
        """
        if self._named:
            documents = tuple(self._named_document(path) for path in self._named)
            return Located(documents=documents, explicit=True, n_seen=len(documents))
        if not self._target.is_dir():
            raise TargetError(
                "no such file or folder",
                where=str(self._target),
                hint="name a folder that holds an evaluation, s3://BUCKET/PREFIX, or --project with --model-version",
            )
        paths = self._paths
        chosen = [path for path in paths if self._is_document(path)]
        misnamed = [path for path in paths if path not in chosen and parse_evaluation_key(path.name)]
        problems = [self._problem("NOT_A_DOCUMENT", path, _MISNAMED) for path in misnamed]
        problems += [self._problem("NOT_READABLE", path, "cannot be opened") for path in self._closed]
        return Located(
            documents=tuple(self._document(path) for path in chosen), problems=tuple(problems), n_seen=len(paths)
        )

    def read(self, uri: str) -> bytes:
        """Read the file that a reference means.

        The file whose path shares the most trailing parts with the reference is meant. Its name alone is not enough
        where both have folders: a predicted mask is often called like the truth mask in another folder.

        Raises:
            AccessError: No file matches, several match equally well, or the file is too large.
        """
        path = self._resolve(uri)
        size = path.stat().st_size
        if size > MAX_OBJECT_BYTES:
            raise AccessError(
                f"{size} bytes is more than the limit of {MAX_OBJECT_BYTES}", where=str(path), hint="not read"
            )
        return path.read_bytes()

    def read_many(self, uris: Sequence[str], stage: str) -> Iterator[bytes | LfvEvalError]:
        """Read one file after the other; see ``Reader``."""
        for done, uri in enumerate(uris, start=1):
            try:
                yield self.read(uri)
            except LfvEvalError as error:
                yield error
            if self._on_progress:
                self._on_progress(stage, done, len(uris))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @cached_property
    def _paths(self) -> list[Path]:
        paths: list[Path] = []
        for path in _walk(self._root, self._closed):
            paths.append(path)
            if len(paths) > MAX_FILES:
                raise TargetError(
                    f"more than {MAX_FILES} files", where=str(self._root), hint="name the model's own folder"
                )
        return sorted(paths)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        index: dict[str, list[Path]] = defaultdict(list)
        for path in self._paths:
            index[path.name].append(path)
        return index

    def _is_document(self, path: Path) -> bool:
        if path.suffix.lower() in _IMAGES or path.name.startswith("."):
            return False
        try:
            with path.open("rb") as file:
                return self._recognise(path.name, file.read(65_536))
        except OSError:
            self._closed.append(path)
            return False

    def _problem(self, code: str, path: Path, told: str) -> Problem:
        name = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)
        return Problem(code=code, where=Where(uri=name), message=f"{told}; passed over", severity=Severity.WARNING)

    def _named_document(self, path: Path) -> Document:
        if not path.is_file():
            got = "a folder" if path.is_dir() else "nothing there"
            raise TargetError(f"expected a file, got {got}", where=str(path), hint="name the document itself")
        return self._document(path.resolve())

    def _document(self, path: Path) -> Document:
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise _unreadable(path, error) from None
        name = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)
        return Document(uri=name, body=path, size_bytes=size, sha256=sha256)

    def _resolve(self, uri: str) -> Path:
        for form in _spellings(uri):
            parts = _parts(form)
            named = self._by_name.get(parts[-1], []) if parts else []
            likeness = {path: _likeness(path.relative_to(self._root).parts, parts) for path in named}
            n_key_parts = len(parts) - form.startswith("s3://")
            ranks = {path: rank for path, rank in likeness.items() if rank[1] or rank[0] >= min(2, n_key_parts)}
            if not ranks:
                continue
            best = max(ranks.values())
            winners = [path for path, rank in ranks.items() if rank == best]
            if len(winners) > 1:
                names = ", ".join(path.relative_to(self._root).as_posix() for path in winners[:3])
                raise AccessError(f"{len(winners)} files match equally well: {names}", where=uri)
            return winners[0]
        raise AccessError(
            "no file below the folder matches this reference",
            where=uri,
            hint=f"copy it to a path below {self._target} that ends the same way",
        )


def _walk(root: Path, closed: list[Path]) -> Iterator[Path]:
    """All files below a folder; what the system does not let us look at goes to ``closed``."""

    def note(error: OSError) -> None:
        closed.append(Path(error.filename or root))

    for folder, subfolders, names in os.walk(root, onerror=note, followlinks=False):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            try:
                if path.is_file() and path.resolve().is_relative_to(root):
                    yield path
            except OSError as error:
                note(error)


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


def _unreadable(path: Path, error: OSError) -> AccessError:
    return AccessError(f"cannot be read: {error.strerror or error}", where=str(path), hint="check its permissions")
