"""Names of S3 objects, buckets, projects and model versions: what is well-formed and what a name tells.

A name is a hint only. What an evaluation document says of its own model decides.
Sources: the API reference of Amazon Lookout for Vision (patterns, regions) and its developer guide (file names).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from ..errors import UsageError

LOOKOUTVISION_REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ap-northeast-2",
)
"""The regions that had the service, all of the partition ``aws``. SDKs released after its end list none."""

_PROJECT = r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}"
_PROJECT_NAME = re.compile(_PROJECT)
_MODEL_VERSION = re.compile(r"[1-9][0-9]{0,9}|latest")
_ACCOUNT = re.compile(r"[0-9]{12}")
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]|arn:[A-Za-z0-9:._/-]{1,240}")
_KEY = re.compile(
    rf"(?P<prefix>.*)Evaluation(?P<kind>Manifest|Result)-(?P<project>{_PROJECT}?)"
    r"(?:-(?P<version>[1-9][0-9]{0,9}))?\.json",
    re.DOTALL,
)

MAX_KEY_BYTES = 1024
"""S3's own limit for the length of an object key in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationKey:
    """What the name of an evaluation file tells.

    Attributes:
        prefix: Everything before the file's own name; the service inserts no ``/`` after it.
        kind: ``manifest`` or ``result``.
        project: The project's name.
        version: The model version, or ``None`` where the name has none.
    """

    prefix: str
    kind: Literal["manifest", "result"]
    project: str
    version: str | None


def parse_evaluation_key(key: str) -> EvaluationKey | None:
    """Read the name of an evaluation file, or return ``None`` if it is not one.

    >>> parse_evaluation_key("my-output/EvaluationResult-p-2-10.json")
    EvaluationKey(prefix='my-output/', kind='result', project='p-2', version='10')
    >>> parse_evaluation_key("EvaluationResult-p-1.json.bak") is None
    True
    """
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    kind = cast(Literal["manifest", "result"], match["kind"].lower())
    return EvaluationKey(prefix=match["prefix"], kind=kind, project=match["project"], version=match["version"])


def parse_s3_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key, which may be a prefix or empty.

    Nothing is decoded: ``%20`` in a URI is three characters of the key, as in every AWS tool.

    Raises:
        UsageError: It is not an S3 URI, or bucket or key cannot exist.

    >>> parse_s3_uri("s3://bucket/folder/image 1.jpg")
    ('bucket', 'folder/image 1.jpg')
    """
    scheme, separator, rest = uri.partition("://")
    if scheme.lower() != "s3" or not separator:
        raise UsageError(f"expected an S3 URI, got {_shown(uri)}", hint="write s3://BUCKET/KEY")
    bucket, _, key = rest.partition("/")
    if not _BUCKET_NAME.fullmatch(bucket):
        raise UsageError(
            f"expected s3:// and the name of a bucket, got {_shown(uri)}",
            hint="a bucket's name has 3 to 255 letters, digits, dots, hyphens or underscores",
        )
    try:
        size_bytes = len(key.encode())
    except UnicodeEncodeError:
        raise UsageError(f"the key of {_shown(uri)} is not valid Unicode") from None
    if size_bytes > MAX_KEY_BYTES:
        raise UsageError(f"the key of {_shown(uri)} has {size_bytes} bytes; S3 allows {MAX_KEY_BYTES}")
    return bucket, key


def s3_uri(bucket: str, key: str) -> str:
    """The URI of an object, the inverse of ``parse_s3_uri``."""
    return f"s3://{bucket}/{key}"


def printable(text: str) -> str:
    r"""Text for a message: characters that could control a terminal are escaped, all others stay as they are.

    >>> printable("s3://bucket/M\u00fcller\x1b[2J.png")
    's3://bucket/Müller\\x1b[2J.png'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def check_project_name(project: str) -> str:
    """Return the name of a project if it can be one.

    Raises:
        UsageError: It breaks the service's pattern. SDKs do not check it.
    """
    if not _PROJECT_NAME.fullmatch(project):
        raise UsageError(
            f"{_shown(project)} cannot be the name of a project",
            hint="1 to 255 letters, digits, hyphens or underscores, the first a letter or digit",
        )
    return project


def check_model_version(version: str) -> str:
    """Return a model version if it can be one: a number from 1, as text, or ``latest``.

    Raises:
        UsageError: It breaks the service's pattern. SDKs do not check it.
    """
    if not _MODEL_VERSION.fullmatch(version):
        raise UsageError(
            f"{_shown(version)} cannot be a model version", hint='a number from 1 without leading zeros, or "latest"'
        )
    return version


def check_account(account: str) -> str:
    """Return an AWS account number if it can be one: 12 digits.

    Raises:
        UsageError: It cannot.
    """
    if not _ACCOUNT.fullmatch(account):
        raise UsageError(f"{_shown(account)} cannot be an AWS account number", hint="12 digits, such as 123456789012")
    return account


def _shown(text: str) -> str:
    """Foreign text for a message: quoted, escaped, of bounded length."""
    return ascii(text) if len(text) <= 120 else f"{text[:117]!a}..."
