"""Translation of everything boto3 raises for Lookout for Vision into ``AccessError``.

The service was shut down on 2025-10-31. Services that ended before it went on to answer in many ways: no TCP
connection, 403 for all but existing customers, even a throttling error that says that support has ended. So the error's
type decides first, then AWS's words, and only then its code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ..errors import AccessError
from .faults import (
    NETWORK_ERRORS,
    Answer,
    DeniedError,
    NotAwsError,
    NotFoundError,
    ServiceGoneError,
    TransientError,
    UnclassifiedError,
    answer_of,
    common_fault,
    described,
    is_transient,
    quoted,
)
from .names import LOOKOUTVISION_REGIONS

_GONE = re.compile(
    r"no longer (available|accepting|supported)|support .* (has )?ended|discontinued|existing customers", re.IGNORECASE
)

USE_S3 = (
    "audit the files in S3, which need no service: lfv-eval audit s3://BUCKET/PREFIX, "
    "or --manifest s3://BUCKET/KEY --result s3://BUCKET/KEY"
)
"""The next step wherever the service does not help."""


@contextmanager
def service_call(where: str, *, region: str | None = None) -> Iterator[None]:
    """Run one call of the service; whatever boto3 raises becomes an ``AccessError``.

    Args:
        where: The model or project that is asked for.
        region: The region that is asked, for the message where it never had the service.

    Raises:
        AccessError: The call failed; the subclass says how.
    """
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise service_fault(error, where=where, region=region) from error
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        # botocore's parser trips over JSON that is none of the service's answers, such as null or a list.
        if (common := common_fault(error, where)) is not None:
            raise common from error
        raise not_aws(where) from error


def service_fault(error: BaseException, *, where: str, region: str | None = None) -> AccessError:
    """Translate one error of boto3; see ``service_call``."""
    if (common := common_fault(error, where)) is not None:
        return common
    if isinstance(error, NETWORK_ERRORS):
        return _gone(f"no answer: {quoted(error)}", where, region)
    if isinstance(error, ResponseParserError):
        return not_aws(where)
    if isinstance(error, ClientError):
        return _answered(answer_of(error), where, region)
    return UnclassifiedError(f"{type(error).__name__}: {quoted(error)}", where=where, hint=USE_S3)


def not_aws(where: str) -> NotAwsError:
    """The error for an answer that Lookout for Vision never gave."""
    return NotAwsError(
        "the answer is not one of Lookout for Vision; a proxy or a captive portal may have sent it",
        where=where,
        hint=f"check --endpoint-url and HTTPS_PROXY; or {USE_S3}",
    )


def _answered(answer: Answer, where: str, region: str | None) -> AccessError:
    said = described(answer)
    not_from_service = answer.status in (404, 502) and (answer.code.isdigit() or not answer.code)
    if _GONE.search(answer.message) or answer.status == 410 or not_from_service:
        return _gone(said, where, region)
    if answer.code == "ResourceNotFoundException":
        return NotFoundError(
            f"no such project or model; {said}",
            where=where,
            hint=f"check project, version, region and account; it may have been deleted. Or {USE_S3}",
        )
    if answer.code in ("AccessDeniedException", "AccessDenied"):
        return DeniedError(
            f"lookoutvision:DescribeModel is not allowed, or the service is closed; {said}",
            where=where,
            hint=USE_S3,
        )
    if is_transient(answer):
        return TransientError(f"all attempts failed; {said}", where=where, hint=f"try again later, or {USE_S3}")
    return UnclassifiedError(said, where=where, hint=USE_S3)


def _gone(seen: str, where: str, region: str | None) -> ServiceGoneError:
    message = f"Amazon Lookout for Vision was shut down on 2025-10-31; {seen}"
    if region is not None and region not in LOOKOUTVISION_REGIONS:
        message += f"; the service never ran in {region}, only in {', '.join(LOOKOUTVISION_REGIONS)}"
    hint = f"{USE_S3}, or a saved describe-model answer; if it should answer, check network, proxy and VPC"
    return ServiceGoneError(message, where=where, hint=hint)
