"""What every source offers: the documents that may belong to an audit, and the objects that they mention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from ..records import Document, Problem, Reader

if TYPE_CHECKING:
    import boto3

OnProgress = Callable[[str, int, int], None]
"""Called as ``on_progress(stage, done, total)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccess:
    """How to reach AWS; all ``None`` means as boto3 finds it (environment, configuration files, roles).

    Attributes:
        session: The caller's session, left untouched; then ``profile`` and ``region`` are not used.
        profile: Profile for a session of our own.
        region: Region, likewise.
        endpoint_url: Another endpoint for S3 and the service.
        expected_bucket_owner: Account that must own the buckets; by default the one in the model's ARN.
    """

    session: boto3.Session | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    expected_bucket_owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Documents found, and what could not be read on the way.

    Attributes:
        documents: In a stable order.
        problems: Documents that exist but could not be read, and the like.
        explicit: The caller named each document, so contradictions between them are findings, not a wrong choice.
        n_seen: How many files or objects were looked at.
    """

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    explicit: bool = False
    n_seen: int = 0


class Source(Reader, Protocol):
    """A place that evidence comes from. Opened as a context manager, so that connections and temporary files go."""

    @property
    def target(self) -> str:
        """The place as the caller named it, for messages."""

    @property
    def name(self) -> str:
        """The place as reports name it: the same wherever a copy of it lies."""

    def locate(self) -> Located:
        """Find the documents.

        Raises:
            TargetError: Nothing is there.
            AccessError: It cannot be reached.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
