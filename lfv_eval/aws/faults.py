"""What can go wrong between this machine and AWS, as classes of ``AccessError``, and what S3 and the service share.

A class attribute ``code`` names the kind. Each kind is a class of its own, so that it survives pickling into a process
pool. Messages quote AWS only after ``quoted`` has removed whatever could be a credential.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from botocore import exceptions

from ..errors import AccessError


class SdkWithoutModelError(AccessError):
    """The installation has no description of the service's API."""

    code = "sdk_without_model"


class ServiceGoneError(AccessError):
    """Lookout for Vision, which was shut down on 2025-10-31, does not answer, or answers that it is closed."""

    code = "service_gone_or_unreachable"


class UnreachableError(AccessError):
    """No connection to S3, or it broke before an answer came."""

    code = "unreachable"


class NotFoundError(AccessError):
    """There is no such project, model, bucket, object or object version."""

    code = "not_found"


class DeniedError(AccessError):
    """These credentials may not do it, or it is not there and they may not know that."""

    code = "denied"


class CredentialsError(AccessError):
    """No credentials, or credentials that AWS does not accept."""

    code = "credentials"


class ConfigurationError(AccessError):
    """A profile, region or endpoint is missing or wrong."""

    code = "configuration"


class TransientError(AccessError):
    """Throttled or out of order, after all attempts."""

    code = "transient"


class EncryptionError(AccessError):
    """The KMS key of an object cannot be used."""

    code = "encryption"


class ArchivedError(AccessError):
    """An object lies in an archive storage class and must be restored first."""

    code = "archived"


class ChangedError(AccessError):
    """An object was replaced between two reads of one audit."""

    code = "changed"


class DamagedError(AccessError):
    """The bytes of an object arrived incomplete or altered, in every attempt."""

    code = "damaged"


class TooLargeError(AccessError):
    """An object or listing is larger than this package is willing to read."""

    code = "too_large"


class NotAwsError(AccessError):
    """Something answered that is not AWS, such as a proxy or a captive portal."""

    code = "not_aws"


class UnclassifiedError(AccessError):
    """Any other answer of AWS; the message carries its code and text as they are."""

    code = "unclassified"


class Answer(NamedTuple):
    """An error answer of AWS; empty and 0 where the error is none or does not say."""

    code: str
    message: str
    status: int


def _known(*names: str) -> tuple[type[Exception], ...]:
    """The botocore exceptions of these names that this version of botocore has."""
    return tuple(getattr(exceptions, name) for name in names if hasattr(exceptions, name))


NETWORK_ERRORS = _known("HTTPClientError", "ConnectionError")
"""Connection refused, timed out, closed, TLS or proxy failure: botocore's two bases of them."""

BODY_ERRORS = _known("IncompleteReadError", "ResponseStreamingError", "FlexibleChecksumError")
"""The body of an answer broke off or failed its checksum."""

MODEL_ERRORS = _known("UnknownServiceError", "DataNotFoundError")

_CREDENTIAL_ERRORS = _known(
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "UnknownCredentialError",
    "InvalidConfigError",
    "InfiniteLoopConfigError",
    "RefreshWithMFAUnsupportedError",
    "MetadataRetrievalError",
    "SSOError",
    "TokenRetrievalError",
    "NoAuthTokenError",
    "LoginError",
)
_CONFIGURATION_ERRORS = _known(
    "NoRegionError",
    "InvalidRegionError",
    "UnknownRegionError",
    "ProfileNotFound",
    "ConfigNotFound",
    "ConfigParseError",
    "UnknownEndpointError",
    "EndpointProviderError",
    "InvalidEndpointConfigurationError",
    "InvalidEndpointDiscoveryConfigurationError",
    "UnsupportedS3ConfigurationError",
    "InvalidProxiesConfigError",
    "InvalidRetryConfigurationError",
    "InvalidRetryModeError",
    "InvalidMaxRetryAttemptsError",
    "ParamValidationError",
    "InvalidS3AddressingStyleError",
    "InvalidChecksumConfigError",
    "UnsupportedSignatureVersionError",
)
_CREDENTIAL_CODES = re.compile(
    r"UnrecognizedClient(Exception)?|Expired(Token|TokenException)|RequestExpired|Invalid(Token|AccessKeyId|ClientTokenId)"
    r"|InvalidSignature(Exception)?|SignatureDoesNotMatch|IncompleteSignature(Exception)?|RequestTimeTooSkewed"
    r"|TokenRefreshRequired|MissingAuthenticationToken(Exception)?|NotSignedUp|OptInRequired|InvalidIdentityToken"
)
_LOGIN_OPERATIONS = {
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "GetRoleCredentials",
    "CreateToken",
}
_TRANSIENT_CODES = re.compile(
    r".*(Throttl|SlowDown|RequestLimitExceeded|TooManyRequests|RequestTimeout|ServiceUnavailable|InternalError"
    r"|LimitExceeded|InternalServer|BandwidthLimit).*"
)
_SECRETS = re.compile(
    r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b"
    r"|(?<=://)\S+(?=@)"
    r"|(?i:(?:x-amz-security-token|x-amz-signature|x-amz-credential|authorization|credential|signature|signedheaders"
    r"|(?:aws_)?(?:secret_access_key|session_token|access_key_id)|secretaccesskey|sessiontoken|accesskeyid)"
    r"[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,]+"
    r"|(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
    r"|[A-Za-z0-9/+=]{100,}"
)
_MAX_QUOTED = 400


def quoted(text: object) -> str:
    r"""Foreign text on one line, of bounded length, without anything that could be a credential.

    >>> quoted("The key ASIAIOSFODNN7EXAMPLE expired\n at https://me:pass@proxy")
    'The key [removed] expired at https://[removed]@proxy'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[:10_000]).split())
    line = _SECRETS.sub("[removed]", line)
    return line if len(line) <= _MAX_QUOTED else f"{line[:_MAX_QUOTED]}..."


def answer_of(error: BaseException) -> Answer:
    """What AWS answered. Network errors carry no answer (their ``response`` is ``None``)."""
    response: Any = getattr(error, "response", None) or {}
    details = response.get("Error") or {}
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    return Answer(
        code=str(details.get("Code") or ""),
        message=str(details.get("Message") or ""),
        status=status if isinstance(status, int) else 0,
    )


def described(answer: Answer) -> str:
    """An answer as words for a message: its code, then AWS's own text."""
    text = quoted(answer.message).rstrip(".")
    name = quoted(answer.code) or f"status {answer.status}"
    return f"AWS answered {name}: {text}" if text else f"AWS answered {name}"


def is_transient(answer: Answer) -> bool:
    """Whether trying again later may help."""
    return answer.status >= 500 or answer.status == 429 or bool(_TRANSIENT_CODES.fullmatch(answer.code))


def common_fault(error: BaseException, where: str) -> AccessError | None:
    """Translate what S3 and the service have in common: installation, credentials and configuration.

    Args:
        error: What botocore raised.
        where: The object, model or client it was raised for.

    Returns:
        The translated error, or ``None`` where the caller's own rules decide.
    """
    fault: AccessError | None = None
    if isinstance(error, MODEL_ERRORS):
        message = f"the installation is broken: {quoted(error)}"
        fault = SdkWithoutModelError(message, where=where, hint="reinstall boto3, botocore and lfv-eval")
    elif isinstance(error, _CREDENTIAL_ERRORS):
        fault = CredentialsError(f"no usable AWS credentials: {quoted(error)}", where=where, hint=_LOG_IN)
    elif isinstance(error, _CONFIGURATION_ERRORS):
        fault = _configuration_fault(error, where)
    elif isinstance(error, ValueError) and "endpoint" in str(error).lower():
        hint = "an endpoint URL looks like https://host:port; see --endpoint-url and AWS_ENDPOINT_URL"
        fault = ConfigurationError(quoted(error), where=where, hint=hint)
    elif isinstance(error, exceptions.ClientError):
        fault = _refused_credentials(error, where)
    return fault


def _refused_credentials(error: exceptions.ClientError, where: str) -> CredentialsError | None:
    """The error for credentials that AWS knows or accepts no longer, or that could not be had from it."""
    answer = answer_of(error)
    if error.operation_name in _LOGIN_OPERATIONS:
        return CredentialsError(f"{error.operation_name} failed: {described(answer)}", where=where, hint=_LOG_IN)
    if _CREDENTIAL_CODES.fullmatch(answer.code):
        # The texts of these answers can quote the signed request, session token included: the code says enough.
        hint = "set this machine's clock" if "Skew" in answer.code else _LOG_IN
        return CredentialsError(f"AWS does not accept the credentials ({answer.code})", where=where, hint=hint)
    return None


_LOG_IN = "check with `aws sts get-caller-identity`; set AWS_PROFILE or --profile, or log in again"


def _configuration_fault(error: BaseException, where: str) -> ConfigurationError:
    hint = "check ~/.aws/config and the AWS_* environment variables"
    if isinstance(error, exceptions.NoRegionError):
        hint = "set --region or AWS_REGION"
    elif isinstance(error, exceptions.ProfileNotFound):
        hint = "`aws configure list-profiles` lists the profiles; set --profile or AWS_PROFILE"
    return ConfigurationError(quoted(error), where=where, hint=hint)
