"""Receiving the body of one S3 answer, in memory or into a file, and proving that it arrived whole.

botocore checks length and checksum only if the body is read to its end through ``read``. Used in a ``with`` statement a
body hands out the raw stream and skips both checks, silently; so that is never done here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from botocore.exceptions import (
    ConnectionClosedError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

BODY_FAULTS = (
    IncompleteReadError,
    ResponseStreamingError,
    ReadTimeoutError,
    ConnectionClosedError,
    FlexibleChecksumError,
    urllib3.exceptions.HTTPError,
)
"""What reading a body can raise and another attempt can heal; botocore repeats requests, but never the reading."""

_CHUNK_BYTES = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that arrived in full length.

    Attributes:
        content: The bytes, or the file that holds them.
        size_bytes: Its length.
        sha256: Its SHA-256, 64 hexadecimal digits.
        verified_by: The checksum stored with the object that it agrees with: an algorithm of S3, ``MD5`` where the
            ETag is one, or ``None`` where nothing but the length could be checked.
        contradicts_etag: The ETag looks like an MD5 and is not that of this content.
    """

    content: bytes | Path
    size_bytes: int
    sha256: str
    verified_by: str | None
    contradicts_etag: bool


def receive(answer: Mapping[str, Any], file: Path | None = None) -> Body:
    """Read the body of a GetObject answer to its end.

    Args:
        answer: As returned by ``get_object``, with ``ContentLength``.
        file: Where to put the content; ``None`` keeps it in memory.

    Raises:
        BODY_FAULTS: It broke off, or contradicts the checksum stored with the object.
        OSError: The file cannot be written.
    """
    algorithm = answer["ResponseMetadata"].get("ChecksumAlgorithm")
    md5_of_etag = None if algorithm else _md5_in_etag(answer)
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    size_bytes = 0
    content: bytes | Path = b"" if file is None else file
    with closing(answer["Body"]) as body:
        chunks = _written(body, file) if file is not None else iter((body.read(),))
        for chunk in chunks:
            if file is None:
                content = chunk
            size_bytes += len(chunk)
            sha256.update(chunk)
            if md5_of_etag is not None:
                md5.update(chunk)
    if size_bytes != answer["ContentLength"]:
        raise IncompleteReadError(actual_bytes=size_bytes, expected_bytes=answer["ContentLength"])
    contradicts = md5_of_etag is not None and md5.hexdigest() != md5_of_etag
    if md5_of_etag is not None and not contradicts:
        algorithm = "MD5"
    return Body(
        content=content,
        size_bytes=size_bytes,
        sha256=sha256.hexdigest(),
        verified_by=algorithm,
        contradicts_etag=contradicts,
    )


def _written(body: Any, file: Path) -> Iterator[bytes]:
    """Copy a body into a file by chunks. The last read, an empty one, makes botocore check length and checksum."""
    with file.open("wb") as out:
        while chunk := body.read(_CHUNK_BYTES):
            out.write(chunk)
            yield chunk


def _md5_in_etag(answer: Mapping[str, Any]) -> str | None:
    """The content's MD5 if S3 documents that the ETag is one: one part, encrypted by S3 itself or not at all."""
    etag = str(answer.get("ETag", "")).strip('"')
    by_s3 = answer.get("ServerSideEncryption") in (None, "AES256") and "SSECustomerAlgorithm" not in answer
    return etag if by_s3 and _MD5.fullmatch(etag) else None
