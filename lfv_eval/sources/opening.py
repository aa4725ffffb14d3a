"""From what the caller named to the source that reads it. AWS is imported only where a target lives there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import TargetError, UsageError
from .folder import FolderSource
from .reading import recognise
from .references import as_text
from .source import AwsAccess, OnProgress, Source

_FORMS = "a folder, s3://BUCKET/PREFIX, documents by --manifest and --result, or --project with --model-version"


def open_source(
    target: str | Path | None,
    *,
    documents: Mapping[str, str | Path | None],
    project: str | None = None,
    model_version: str | None = None,
    aws: AwsAccess,
    on_progress: OnProgress | None = None,
) -> Source:
    """Choose the source: named documents before a target, a target before the live account.

    Args:
        target: A local path or an ``s3://`` URI; ``None`` where documents or a project are named.
        documents: Role (for messages) to path or URI, of the documents the caller named.
        project: With ``model_version`` and nothing else: the live account.
        model_version: See ``project``.
        aws: How to reach AWS, where that is needed.
        on_progress: Told of each object read from S3.

    Raises:
        UsageError: The combination names no source, or two.
        TargetError: A path that cannot be one.
    """
    named = [str(uri) for uri in documents.values() if uri is not None]
    if named:
        if target is not None:
            raise UsageError("a target and named documents exclude each other", hint=f"give {_FORMS}")
        return _open_named(named, aws, on_progress)
    if target is not None:
        return _open_target(str(target), aws, on_progress)
    if project is None or model_version is None:
        raise UsageError("nothing to audit was named", hint=f"give {_FORMS}")
    from .live import LiveSource

    return LiveSource(project, model_version, aws, on_progress)


def _open_target(target: str, aws: AwsAccess, on_progress: OnProgress | None) -> Source:
    if target.startswith("s3://"):
        from .s3 import S3Source

        return S3Source(target, recognise, aws, on_progress)
    _refuse_other_scheme(target)
    return FolderSource(Path(target), recognise, on_progress)


def _open_named(named: list[str], aws: AwsAccess, on_progress: OnProgress | None) -> Source:
    in_s3 = [uri for uri in named if uri.startswith("s3://")]
    if not in_s3:
        for uri in named:
            _refuse_other_scheme(uri)
        paths = [Path(uri) for uri in named]
        return FolderSource(paths[0].parent, recognise, on_progress, named=paths)
    if len(in_s3) < len(named):
        raise UsageError("some documents are in S3 and some are local", hint="copy them to one place first")
    from .s3 import S3Source

    return S3Source(", ".join(named), recognise, aws, on_progress, named=named)


def _refuse_other_scheme(target: str) -> None:
    scheme, found, _ = target.partition("://")
    if found:
        raise TargetError(
            f"expected a local path or s3://, got {scheme}://", where=as_text(target), hint=f"give {_FORMS}"
        )
