"""Listing the keys of a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .faults import TooLargeError
from .names import printable, s3_uri
from .s3_faults import s3_call


def list_keys(
    client: Any, bucket: str, prefix: str = "", *, owner: str | None = None, limit: int = 1_000_000
) -> Iterator[str]:
    """List the keys that start with a prefix, in the order of S3.

    Args:
        client: A client of S3.
        bucket: The bucket.
        prefix: The start of the keys; empty lists all.
        owner: The account the bucket must belong to; ``None`` expects nothing.
        limit: Give up after this many.

    Raises:
        AccessError: Listing failed, or there are more than ``limit``.
    """
    uri = s3_uri(bucket, prefix)
    request = {"Bucket": bucket, "Prefix": prefix} | ({"ExpectedBucketOwner": owner} if owner else {})
    pages = iter(client.get_paginator("list_objects_v2").paginate(**request))
    seen = 0
    while True:
        with s3_call(uri, owner=owner):
            page: dict[str, Any] | None = next(pages, None)
        if page is None:
            return
        keys = [entry["Key"] for entry in page.get("Contents", ())]
        seen += len(keys)
        if seen > limit:
            raise TooLargeError(f"more than {limit} objects", where=printable(uri), hint="give a longer prefix")
        yield from keys


def iso_utc(moment: datetime | None) -> str | None:
    """A moment as ISO 8601 in UTC, as documents record it."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
