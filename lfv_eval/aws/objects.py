"""Reading S3 objects: verified, repeated where the body broke, always the same version, on many threads."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ..errors import LfvEvalError, UsageError
from ..records import Document
from ..threads import map_in_order
from .client import check_workers
from .faults import ChangedError, DeniedError
from .fetching import Limits, fetch_whole
from .listing import iso_utc, list_keys
from .names import check_account, parse_s3_uri, printable, s3_uri
from .s3_faults import s3_call
from .spool import Spool

__all__ = ["S3Reader", "parse_s3_uri", "s3_uri"]

_MIB = 1 << 20
_READ_MANY_IN_MEMORY_BYTES = 8 * _MIB
"""Above this, ``read_many`` spools: some 30 bodies can wait at once, and test images have at most 8 MB."""


@dataclass(frozen=True, slots=True)
class _Pin:
    """What the first read of an object saw, and every later one must see."""

    version_id: str | None
    etag: str | None
    sha256: str


class S3Reader:
    """Reads objects through one client that all threads share. Close it, or use it in a ``with`` statement.

    Every request names the account the bucket must belong to, if known: a bucket name that another account took over is
    refused by S3 instead of being read. Once an object was read, later reads get the same version of it or fail.
    A reader must not be carried into another process.

    Args:
        client: A client from ``s3_client``.
        expected_owner: Account (12 digits) that owns all buckets not named in ``expected_owners``; ``None`` expects
            nothing.
        expected_owners: Account by bucket; ``None`` as account expects nothing of this bucket.
        max_workers: Threads of ``read_many``, 1 to 32; the client's connection pool should have as many.
        attempts: How often a body that breaks off or fails its checksum is read, at least 1.
        spool_above_bytes: Larger objects go to a file in a temporary directory that lives until ``close``.
        max_bytes: Larger objects are refused.

    Raises:
        UsageError: An account or a number is out of range.
    """

    def __init__(
        self,
        client: Any,
        *,
        expected_owner: str | None = None,
        expected_owners: Mapping[str, str | None] | None = None,
        max_workers: int = 16,
        attempts: int = 3,
        spool_above_bytes: int = 64 * _MIB,
        max_bytes: int = 2048 * _MIB,
    ) -> None:
        if attempts < 1:
            raise UsageError(f"expected at least 1 attempt for reading, got {attempts}")
        self._client = client
        self._max_workers = check_workers(max_workers)
        self._attempts = attempts
        self._spool_above_bytes = spool_above_bytes
        self._max_bytes = max_bytes
        self._owner: str | None = None
        self._owners: dict[str, str | None] = {}
        self.expect_owner(expected_owner)
        for bucket, account in (expected_owners or {}).items():
            self.expect_owner(account, bucket=bucket)
        self._pins: dict[tuple[str, str], _Pin] = {}
        self._spool = Spool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary files; documents that were spooled into them can no longer be opened."""
        self._spool.close()

    def expect_owner(self, account: str | None, *, bucket: str | None = None) -> None:
        """Set the account that owns one bucket, or all buckets for which none is set; ``None`` expects nothing.

        Raises:
            UsageError: The account is not 12 digits.
        """
        account = account if account is None else check_account(account)
        if bucket is None:
            self._owner = account
        else:
            self._owners[bucket] = account

    def owner_of(self, bucket: str) -> str | None:
        """The account sent as the expected owner of a bucket."""
        return self._owners.get(bucket, self._owner)

    def read(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        if_match: str | None = None,
        max_bytes: int | None = None,
    ) -> Document:
        """Read one object.

        Args:
            bucket: Its bucket.
            key: Its key.
            version_id: Read this version, whatever was read before.
            if_match: Read it only while it has this ETag, whatever was read before.
            max_bytes: Refuse larger objects; ``None`` takes the reader's limit.

        Returns:
            The object; ``checksum_algorithm`` names what its content was verified with, ``None`` where only its length
            was; ``last_modified`` is ISO 8601, UTC.

        Raises:
            UsageError: The key is empty.
            AccessError: It cannot be read, is too large, was damaged in every attempt, or was replaced since it was
                first read.
        """
        return self._read_pinned(bucket, key, version_id, if_match, limits=self._limits(max_bytes))

    def read_uri(self, uri: str, *, max_bytes: int | None = None) -> Document:
        """Read the object behind an ``s3://`` URI; see ``read``."""
        return self.read(*parse_s3_uri(uri), max_bytes=max_bytes)

    def read_bytes(self, uri: str, *, max_bytes: int | None = None) -> bytes:
        """The content of the object behind an ``s3://`` URI; see ``read``."""
        with self.read_uri(uri, max_bytes=max_bytes).open() as file:
            return file.read()

    def read_many(
        self,
        uris: Iterable[str],
        *,
        max_bytes: int | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> Generator[tuple[str, Document | LfvEvalError], None, None]:
        """Read many objects on threads, lazily: only some are under way while the caller works on one.

        Args:
            uris: ``s3://`` URIs; drawn as needed.
            max_bytes: Refuse larger objects; ``None`` takes the reader's limit.
            on_progress: Called in the caller's thread with the number of objects done so far.

        Yields:
            Each URI with its document, in the given order; with the error in its place where it could not be read.
        """
        limits = self._limits(max_bytes, _READ_MANY_IN_MEMORY_BYTES)

        def outcome(uri: str) -> Document | LfvEvalError:
            try:
                return self._read_pinned(*parse_s3_uri(uri), limits=limits)
            except LfvEvalError as error:
                return error

        with closing(map_in_order(outcome, uris, max_workers=self._max_workers)) as results:
            for n_done, (uri, result) in enumerate(results, 1):
                if on_progress is not None:
                    on_progress(n_done)
                yield uri, result

    def list_keys(self, bucket: str, prefix: str = "", *, limit: int = 1_000_000) -> Iterator[str]:
        """List the keys that start with a prefix; see ``listing.list_keys``."""
        return list_keys(self._client, bucket, prefix, owner=self.owner_of(bucket), limit=limit)

    def _limits(self, max_bytes: int | None, in_memory_bytes: int | None = None) -> Limits:
        spool_above = self._spool_above_bytes
        return Limits(
            max_bytes=self._max_bytes if max_bytes is None else max_bytes,
            spool_above_bytes=spool_above if in_memory_bytes is None else min(spool_above, in_memory_bytes),
        )

    def _read_pinned(
        self, bucket: str, key: str, version_id: str | None = None, if_match: str | None = None, *, limits: Limits
    ) -> Document:
        if not key:
            raise UsageError(f"s3://{bucket} names a bucket, not an object", hint="write s3://BUCKET/KEY")
        conditions = _conditions(version_id, if_match)
        pin = None if conditions else self._pins.get((bucket, key))
        if pin is None:
            document, seen = self._read(bucket, key, conditions, limits)
            pin = self._pins.setdefault((bucket, key), seen)
            if conditions or pin == seen:
                return document  # else another thread was first, and saw another version
        return self._read_again(bucket, key, pin, limits)

    def _read_again(self, bucket: str, key: str, pin: _Pin, limits: Limits) -> Document:
        """Read what was read before: by version, or by ETag where there is none or versions may not be read."""
        document = None
        if pin.version_id is not None:
            # s3:GetObjectVersion is a permission of its own; without it the ETag names the same content.
            with suppress(DeniedError):
                document, _ = self._read(bucket, key, _conditions(pin.version_id, None), limits)
        if document is None:
            document, _ = self._read(bucket, key, _conditions(None, pin.etag), limits)
        if document.sha256 != pin.sha256:
            raise ChangedError(
                f"expected the content first read (SHA-256 {pin.sha256}), got another ({document.sha256})",
                where=printable(document.uri),
                hint="run the audit again",
            )
        return document

    def _read(self, bucket: str, key: str, conditions: dict[str, str], limits: Limits) -> tuple[Document, _Pin]:
        uri, owner = s3_uri(bucket, key), self.owner_of(bucket)
        request = {"Bucket": bucket, "Key": key, "ChecksumMode": "ENABLED", **conditions}
        if owner is not None:
            request["ExpectedBucketOwner"] = owner
        with s3_call(uri, owner=owner):
            answer, body = fetch_whole(self._client, request, attempts=self._attempts, limits=limits, spool=self._spool)
        etag, version = answer.get("ETag"), answer.get("VersionId")
        document = Document(
            uri=uri,
            body=body.content,
            size_bytes=body.size_bytes,
            sha256=body.sha256,
            etag=etag and etag.strip('"'),
            version_id=version,
            checksum_algorithm=body.verified_by,
            last_modified=iso_utc(answer.get("LastModified")),
        )
        # "null" is the version of objects from before versioning; it can be overwritten, so it pins nothing.
        return document, _Pin(version if version != "null" else None, etag, body.sha256)


def _conditions(version_id: str | None, etag: str | None) -> dict[str, str]:
    conditions = {}
    if version_id is not None:
        conditions["VersionId"] = version_id
    if etag is not None:
        conditions["IfMatch"] = etag if etag.startswith('"') else f'"{etag}"'
    return conditions
