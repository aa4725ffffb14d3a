"""Which registered format reads a document, and what it gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import DocumentError
from ..images import DatasetRole
from ..records import Document, Evaluation
from ..registry import Format, load_all
from ..settings import Settings
from .folder import FolderSource


def recognise(uri: str, head: bytes) -> bool:
    """Whether some registered format reads a document that begins like this."""
    return any(reader.sniff(uri, head) for reader in _formats().values())


def read_documents(documents: Iterable[Document], settings: Settings) -> list[Evaluation]:
    """Read each document with the one format that recognises it.

    Raises:
        DocumentError: No format, or more than one, recognises it, or the format must refuse it.
    """
    return [_read(document, settings) for document in documents]


def read_training_manifest(path: Path, settings: Settings) -> Evaluation:
    """Read the input manifest that the caller says the model was trained on.

    Raises:
        TargetError: There is no such file.
        DocumentError: It is no dataset manifest.
    """
    from ..formats.dataset_manifest import KIND, read_dataset

    (document,) = FolderSource(path.parent, recognise, named=[path]).locate().documents
    dataset, problems = read_dataset(document, settings, role=DatasetRole.TRAINING)
    return Evaluation(datasets=(dataset,), problems=problems, documents=(document.digest(KIND),))


def _read(document: Document, settings: Settings) -> Evaluation:
    head = document.head()
    names = [name for name, reader in _formats().items() if reader.sniff(document.uri, head)]
    if len(names) != 1:
        expected = ", ".join(_formats())
        raise DocumentError(
            f"expected one of {expected}; it looks like {' and '.join(names) if names else 'none of them'}",
            where=document.uri,
            hint="an evaluation manifest has a `-detected` attribute in each row; a dataset manifest has none",
        )
    return _formats()[names[0]].parse(document, settings)


def _formats() -> dict[str, Format]:
    return load_all("formats")
