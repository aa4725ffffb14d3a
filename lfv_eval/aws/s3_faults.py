"""Translation of everything boto3 raises for S3 into ``AccessError``, each with the right next step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import AccessError
from .faults import (
    BODY_ERRORS,
    NETWORK_ERRORS,
    Answer,
    ArchivedError,
    ChangedError,
    ConfigurationError,
    DamagedError,
    DeniedError,
    EncryptionError,
    NotFoundError,
    TransientError,
    UnclassifiedError,
    UnreachableError,
    answer_of,
    common_fault,
    described,
    is_transient,
    quoted,
)
from .names import parse_s3_uri, printable

_WRONG_REGION = {"301", "307", "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"}
_CHANGED = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
_FORBIDDEN = {"403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden"}


@contextmanager
def s3_call(where: str, *, owner: str | None = None) -> Iterator[None]:
    """Run calls of S3; whatever boto3 raises becomes an ``AccessError``.

    Args:
        where: The object or bucket, as ``s3://`` URI.
        owner: The account sent as expected owner of the bucket, for the message of a refusal.

    Raises:
        AccessError: A call failed; the subclass says how.
    """
    try:
        yield
    except (BotoCoreError, ClientError, urllib3.exceptions.HTTPError) as error:
        raise s3_fault(error, where=where, owner=owner) from error


def s3_fault(error: BaseException, *, where: str, owner: str | None = None) -> AccessError:
    """Translate one error of boto3; see ``s3_call``."""
    where = printable(where)
    if (common := common_fault(error, where)) is not None:
        return common
    if isinstance(error, BODY_ERRORS):
        return DamagedError(
            f"the content arrived incomplete or altered in every attempt: {quoted(error)}",
            where=where,
            hint="try again; if it stays so, a proxy or the stored object itself is at fault",
        )
    if isinstance(error, (*NETWORK_ERRORS, urllib3.exceptions.HTTPError)):
        return UnreachableError(
            f"no answer from S3: {quoted(error)}",
            where=where,
            hint="check network, proxy (HTTPS_PROXY), VPC endpoint, region and --endpoint-url",
        )
    if isinstance(error, ClientError):
        return _answered(answer_of(error), where, owner)
    return UnclassifiedError(f"{type(error).__name__}: {quoted(error)}", where=where)


def _answered(answer: Answer, where: str, owner: str | None) -> AccessError:
    """Sort an error answer of S3. HEAD answers have numbers for codes, S3-compatible stores sometimes too."""
    code, said = answer.code, described(answer)
    if (state := _object_state(answer, said, where)) is not None:
        return state
    if code in _WRONG_REGION:
        message = f"the bucket is in another region; {said}"
        return ConfigurationError(message, where=where, hint="set --region to the bucket's region")
    if code in _FORBIDDEN or answer.status == 403:
        return _forbidden(said, where, owner)
    if answer.status == 404 or code.startswith("NoSuch"):
        return _missing(code, said, where)
    if is_transient(answer):
        return TransientError(f"all attempts failed; {said}", where=where, hint="try again later")
    return UnclassifiedError(said, where=where)


def _object_state(answer: Answer, said: str, where: str) -> AccessError | None:
    """The error for an object that is there, but encrypted with a key out of reach, archived, or replaced."""
    code = answer.code
    if code.startswith("KMS.") or (code in _FORBIDDEN and re.search("kms", answer.message, re.IGNORECASE)):
        hint = "the key must be enabled, and these credentials need kms:Decrypt on it"
        return EncryptionError(f"the object's KMS key cannot be used; {said}", where=where, hint=hint)
    if code == "InvalidObjectState":
        message = f"the object lies in an archive storage class; {said}"
        return ArchivedError(message, where=where, hint=_restore_command(where))
    if code in _CHANGED:
        message = "the object was replaced since it was first read"
        return ChangedError(message, where=where, hint="run the audit again")
    return None


def _forbidden(said: str, where: str, owner: str | None) -> DeniedError:
    """S3 answers 403 for a missing object, too, unless the caller may list the bucket."""
    message = f"missing or forbidden; {said}"
    hint = (
        "without s3:ListBucket a missing object looks like this; reading needs s3:GetObject (and s3:GetObjectVersion)"
    )
    if owner is not None:
        message += f"; the bucket was expected to belong to account {owner}"
        hint += f". If the bucket belongs to another account than {owner}, name that one as its owner"
    return DeniedError(message, where=where, hint=hint)


def _missing(code: str, said: str, where: str) -> NotFoundError:
    if code == "NoSuchBucket":
        hint = "the bucket's name is wrong, or it was deleted"
        return NotFoundError(f"there is no such bucket; {said}", where=where, hint=hint)
    if code == "NoSuchVersion":
        hint = "`aws s3api list-object-versions` lists the versions that are left"
        return NotFoundError(f"the object has no such version; {said}", where=where, hint=hint)
    hint = (
        "check the key letter by letter; in a versioned bucket `aws s3api list-object-versions` shows deleted objects"
    )
    return NotFoundError(f"there is no such object; {said}", where=where, hint=hint)


def _restore_command(where: str) -> str:
    bucket, key = parse_s3_uri(where)
    return (
        f"restore it first: aws s3api restore-object --bucket {shlex.quote(bucket)} --key {shlex.quote(key)} "
        "--restore-request Days=7"
    )
