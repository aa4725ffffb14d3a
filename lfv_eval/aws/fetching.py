"""The S3 read loop: one object, asked for until its body arrives whole."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import AccessError
from .bodies import BODY_FAULTS, Body, receive
from .faults import DamagedError, TooLargeError
from .names import printable, s3_uri
from .spool import Spool


class Limits(NamedTuple):
    """How large an object may be, and how large in memory."""

    max_bytes: int
    spool_above_bytes: int


def fetch_whole(
    client: Any, request: dict[str, str], *, attempts: int, limits: Limits, spool: Spool
) -> tuple[dict[str, Any], Body]:
    """Get an object until its body arrives whole.

    Only the reading of bodies is repeated here: the requests themselves were repeated by botocore already.

    Args:
        client: A client of S3.
        request: The arguments of ``get_object``.
        attempts: How often at most.
        limits: What is refused, and what goes to a file.
        spool: Provides the files.

    Returns:
        The answer's headers and its body.

    Raises:
        BODY_FAULTS: The body broke off, or failed its checksum, in the last attempt.
        AccessError: It is too large, of unknown length, contradicts its ETag each time, or cannot be spooled.
        ClientError, BotoCoreError: The request failed.
    """
    where = printable(s3_uri(request["Bucket"], request["Key"]))
    contents: set[str] = set()
    for attempt in range(1, attempts + 1):
        answer = client.get_object(**request)
        _check_size(answer, where, limits.max_bytes)
        try:
            body = _received(answer, where, limits.spool_above_bytes, spool)
        except BODY_FAULTS:
            if attempt == attempts:
                raise
            continue
        # The same content twice did not change on its way: then the ETag of this store is no MD5.
        if not body.contradicts_etag or body.sha256 in contents:
            return answer, body
        contents.add(body.sha256)
    raise DamagedError(f"the content contradicts its ETag in {attempts} attempts", where=where, hint="try again")


def _received(answer: dict[str, Any], where: str, spool_above_bytes: int, spool: Spool) -> Body:
    if answer["ContentLength"] <= spool_above_bytes:
        return receive(answer)
    file = None
    try:
        file = spool.new_file()
        return receive(answer, file)
    except BaseException as error:
        if file is not None:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, BODY_FAULTS):
            raise AccessError(
                f"cannot write a temporary file of {answer['ContentLength']} bytes: {error.strerror}",
                where=where,
                hint="free some space, or set TMPDIR to a directory that has it",
            ) from error
        raise


def _check_size(answer: dict[str, Any], where: str, max_bytes: int) -> None:
    """Refuse a body before it is received, if it is too large or nobody could tell whether it is complete."""
    size_bytes = answer.get("ContentLength")
    if size_bytes is not None and size_bytes <= max_bytes:
        return
    answer["Body"].close()
    if size_bytes is None:
        raise DamagedError(
            "the answer does not tell its length, so that nobody can tell whether it is complete",
            where=where,
            hint="a proxy or the store drops the Content-Length header",
        )
    raise TooLargeError(
        f"expected at most {max_bytes} bytes, got an object of {size_bytes}",
        where=where,
        hint="check that the URI names the right object",
    )
