"""A local folder of any layout: documents are found by content, references by their longest matching suffix."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Self

from ..aws.names import parse_evaluation_key
from ..errors import AccessError, LfvEvalError, TargetError
from ..records import Document, Problem, Severity, Where
from .references import as_text, find_referenced
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

    Raises:
        TargetError: The system cannot tell what the path is.
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
        try:
            self._named = tuple(named) or ((target,) if target.is_file() else ())
            self._root = (target if target.is_dir() else target.parent).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # closed, too long, a loop of links, a NUL in the name
            raise _no_target(target, error) from None
        self._recognise = recognise
        self._target = target
        self._closed: list[Path] = []

    @property
    def target(self) -> str:
        """The path as the caller named it."""
        return as_text(str(self._target))

    @property
    def name(self) -> str:
        """The folder's own name, so that a moved copy gives an equal report."""
        return as_text(self._root.name)

    def locate(self) -> Located:
        """Find the documents; a file named by the caller is taken whatever it looks like.

        Raises:
            TargetError: The path does not exist, is not a file where one was named, or holds too many files.
            AccessError: A document cannot be read.
        """
        if self._named:
            documents = tuple(self._named_document(path) for path in self._named)
            return Located(documents=documents, explicit=True, n_seen=len(documents))
        if not self._is_folder():
            raise TargetError(
                "no such file or folder",
                where=self.target,
                hint="name a folder that holds an evaluation, s3://BUCKET/PREFIX, or --project with --model-version",
            )
        paths = self._paths
        chosen = [path for path in paths if self._is_document(path)]
        known = set(chosen)
        misnamed = [path for path in paths if parse_evaluation_key(path.name) and path not in known]
        problems = [self._problem("NOT_A_DOCUMENT", path, _MISNAMED) for path in misnamed]
        problems += [self._problem("NOT_READABLE", path, "cannot be opened") for path in self._closed]
        return Located(
            documents=tuple(self._document(path) for path in chosen), problems=tuple(problems), n_seen=len(paths)
        )

    def read(self, uri: str) -> bytes:
        """Read the file that a reference means; see ``find_referenced``.

        Messages name files relative to the folder, so that a moved copy gives an equal report.

        Raises:
            AccessError: No file matches, several match equally well, or the file is too large or cannot be read.
            TargetError: The folder holds too many files.
        """
        path = find_referenced(uri, self._by_name, self._root)
        name = self._shown(path)
        try:
            size = path.stat().st_size
            if size > MAX_OBJECT_BYTES:
                raise AccessError(
                    f"{size} bytes is more than the limit of {MAX_OBJECT_BYTES}", where=name, hint="not read"
                )
            return path.read_bytes()
        except OSError as error:
            raise _unreadable(name, error) from None

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
    def _walked(self) -> list[Path]:
        """The files, sorted; where there are too many, one more than allowed."""
        return sorted(islice(_walk(self._root, self._closed), MAX_FILES + 1))

    @property
    def _paths(self) -> list[Path]:
        if len(self._walked) > MAX_FILES:
            raise TargetError(f"more than {MAX_FILES} files", where=self.name, hint="name the model's own folder")
        return self._walked

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
                return self._recognise(as_text(path.name), file.read(65_536))
        except OSError:
            self._closed.append(path)
            return False

    def _is_folder(self) -> bool:
        try:
            return self._target.is_dir()
        except OSError as error:
            raise _no_target(self._target, error) from None

    def _shown(self, path: Path) -> str:
        return as_text(path.relative_to(self._root) if path.is_relative_to(self._root) else str(path))

    def _problem(self, code: str, path: Path, told: str) -> Problem:
        where = Where(uri=self._shown(path))
        return Problem(code=code, where=where, message=f"{told}; passed over", severity=Severity.WARNING)

    def _named_document(self, path: Path) -> Document:
        try:
            is_file, is_folder, resolved = path.is_file(), path.is_dir(), path.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise _no_target(path, error) from None
        if not is_file:
            got = "a folder" if is_folder else "nothing there"
            raise TargetError(f"expected a file, got {got}", where=as_text(str(path)), hint="name the document itself")
        return self._document(resolved)

    def _document(self, path: Path) -> Document:
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise _unreadable(as_text(str(path)), error) from None
        return Document(uri=self._shown(path), body=path, size_bytes=size, sha256=sha256)


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


def _unreadable(name: str, error: OSError) -> AccessError:
    reason = error.strerror or type(error).__name__
    return AccessError(f"cannot be read: {reason}", where=name, hint="check its permissions")


def _no_target(path: Path, error: Exception) -> TargetError:
    reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return TargetError(
        f"cannot be looked at: {reason}", where=as_text(str(path)), hint="check the path and its permissions"
    )
