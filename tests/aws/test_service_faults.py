"""What Lookout for Vision, or what is left of it, may answer, and what becomes of it."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions

from lfv_eval.aws import faults
from lfv_eval.aws.client import lookoutvision_client
from lfv_eval.aws.describe import describe_model
from lfv_eval.aws.service_faults import service_fault
from lfv_eval.errors import AccessError
from lfv_eval.testing.fake_service import FakeLookoutVision, ServiceFault
from lfv_eval.testing.http_faults import ErrorAnswer, Reset
from lfv_eval.testing.server import FakeAccount

URL = "https://lookoutvision.us-east-1.amazonaws.com"
S3_COMMAND = "lfv-eval audit s3://BUCKET/PREFIX"
GONE, DENIED, CREDENTIALS = faults.ServiceGoneError, faults.DeniedError, faults.CredentialsError
TRANSIENT, UNCLASSIFIED = faults.TransientError, faults.UnclassifiedError


Describe = Callable[[ServiceFault | Exception], tuple[AccessError, int]]


@pytest.fixture
def described(client: Any, fake: FakeLookoutVision) -> Describe:
    """The error of a call that meets a fault each time, and the number of requests."""

    def described(fault: ServiceFault | Exception) -> tuple[AccessError, int]:
        fake.fail(fault, times=9)
        with pytest.raises(AccessError) as caught:
            describe_model(client, "parts", "1")
        return caught.value, len(fake.calls)

    return described


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "n_requests"),
    [
        # AWS's words come before its code: the closing texts of other services.
        (400, "ThrottlingException", "AWS support for this feature has ended", GONE, 2),
        (400, "AccessDeniedException", "The service is no longer accepting new customers.", GONE, 1),
        (403, "ForbiddenException", "This service is only available for existing customers", GONE, 1),
        (400, "ValidationException", "Amazon Lookout for Vision is no longer available", GONE, 1),
        (403, "AccessDeniedException", "This service has been DISCONTINUED", GONE, 1),
        (410, "Gone", "", GONE, 1),
        (410, "", "", GONE, 1),
        (404, "", "", GONE, 1),
        (502, "", "<html>", GONE, 2),
        # The service's own errors.
        (404, "ResourceNotFoundException", "Project parts not found", faults.NotFoundError, 1),
        (403, "AccessDeniedException", "User is not authorized to perform this action", DENIED, 1),
        (403, "UnrecognizedClientException", "The security token is invalid", CREDENTIALS, 1),
        (403, "ExpiredTokenException", "The security token is expired", CREDENTIALS, 1),
        (400, "ExpiredToken", "expired", CREDENTIALS, 1),
        (403, "InvalidSignatureException", "does not match", CREDENTIALS, 1),
        (429, "ThrottlingException", "Rate exceeded", TRANSIENT, 2),
        (500, "InternalServerException", "oops", TRANSIENT, 2),
        (503, "ServiceUnavailableException", "", TRANSIENT, 2),
        (400, "ValidationException", "1 validation error", UNCLASSIFIED, 1),
        (409, "ConflictException", "busy", UNCLASSIFIED, 1),
        (404, "UnknownOperationException", "", UNCLASSIFIED, 1),
    ],
)
def test_answers(
    described: Describe, status: int, code: str, message: str, kind: type[AccessError], n_requests: int
) -> None:
    error, n = described(ServiceFault(status=status, code=code, message=message))
    assert type(error) is kind
    assert n == n_requests
    assert error.where == "lookoutvision://us-east-1/parts/1"
    if kind is not CREDENTIALS:
        assert S3_COMMAND in error.hint and "--manifest s3://" in error.hint
    if kind in (UNCLASSIFIED, DENIED, TRANSIENT):
        assert code in error.message and message in error.message


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (exceptions.EndpointConnectionError(endpoint_url=URL), GONE),
        (exceptions.ConnectTimeoutError(endpoint_url=URL), GONE),
        (exceptions.ReadTimeoutError(endpoint_url=URL), GONE),
        (exceptions.ConnectionClosedError(endpoint_url=URL), GONE),
        (exceptions.ProxyConnectionError(proxy_url="http://me:hidden@proxy:3128"), GONE),
        (exceptions.SSLError(endpoint_url=URL, error="CERTIFICATE_VERIFY_FAILED"), GONE),
        (exceptions.HTTPClientError(error="boom"), GONE),
        (exceptions.NoCredentialsError(), CREDENTIALS),
        (exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), CREDENTIALS),
        (exceptions.SSOTokenLoadError(error_msg="expired"), CREDENTIALS),
        (exceptions.CredentialRetrievalError(provider="process", error_msg="boom"), CREDENTIALS),
        (exceptions.NoRegionError(), faults.ConfigurationError),
        (
            exceptions.UnknownServiceError(service_name="lookoutvision", known_service_names="s3"),
            faults.SdkWithoutModelError,
        ),
        (exceptions.DataNotFoundError(data_path="lookoutvision"), faults.SdkWithoutModelError),
        (exceptions.PaginationError(message="again"), UNCLASSIFIED),
    ],
)
def test_failures_without_an_answer(failure: Exception, kind: type[AccessError]) -> None:
    error = service_fault(failure, where="here")
    assert type(error) is kind
    assert "hidden" not in str(error)
    assert error.hint


def test_a_failed_login_is_a_matter_of_credentials() -> None:
    refused = exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    assert type(service_fault(refused, where="here")) is CREDENTIALS


def test_a_failing_connection_is_tried_twice(described: Describe) -> None:
    error, n_requests = described(exceptions.ConnectTimeoutError(endpoint_url=URL))
    assert type(error) is GONE and n_requests == 2
    assert "2025-10-31" in str(error)


@pytest.mark.parametrize("region", ["eu-north-1", "eu-west-1"])
def test_a_region_that_never_had_the_service_is_told(region: str) -> None:
    with pytest.raises(GONE) as caught:
        describe_model(lookoutvision_client(region_name=region), "parts", "1")
    assert (f"never ran in {region}" in str(caught.value)) == (region == "eu-north-1")


@pytest.mark.parametrize(("status", "n_requests"), [(429, 2), (500, 2)])
def test_one_hiccup_is_healed(client: Any, fake: FakeLookoutVision, status: int, n_requests: int) -> None:
    fake.add_model({"ModelVersion": "1"}, project="parts")
    fake.fail(ServiceFault(status=status, code="ThrottlingException"))
    assert describe_model(client, "parts", "1").size_bytes > 0
    assert len(fake.calls) == n_requests


KINDS = [kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, AccessError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_pickling(kind: type[AccessError]) -> None:
    error = pickle.loads(pickle.dumps(kind("message", where="here", hint="next")))
    assert type(error) is kind and str(error) == "here: message. Hint: next"


def test_kinds_have_names_of_their_own() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS) > 10


SECRETS = [
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "IQoJb3JpZ2luX2VjE" + "Ab1/+" * 40 + "==",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("code", ["InvalidSignatureException", "ValidationException", "AccessDeniedException", "Odd"])
def test_no_credential_is_repeated(secret: str, code: str) -> None:
    texts = [
        f"The Canonical String should have been 'GET\nx-amz-security-token:{secret}\n'",
        f"'Credential={secret}/20260101/us-east-1' not a valid key=value pair in Authorization header",
        f"aws_secret_access_key = {secret}",
        f"token {secret} is bad",
        f"https://{secret}:{secret}@proxy:3128 refused",
    ]
    for text in texts:
        refused = exceptions.ClientError({"Error": {"Code": code, "Message": text}}, "DescribeModel")
        assert secret not in str(service_fault(refused, where="here")), text


def test_foreign_text_is_bounded_and_printable(described: Describe) -> None:
    error, _ = described(ServiceFault(status=400, code="ValidationException", message="\x1b[2J x" * 10_000))
    assert len(str(error)) < 1500 and str(error).isprintable()


class TestOverHttp:
    """The same over a real connection."""

    def call(self, url: str) -> AccessError:
        with pytest.raises(AccessError) as caught:
            describe_model(lookoutvision_client(endpoint_url=url), "parts", "1")
        return caught.value

    def test_refused(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but not listening
            assert type(self.call(f"http://127.0.0.1:{taken.getsockname()[1]}")) is GONE

    def test_no_such_host(self) -> None:
        assert type(self.call("https://lookoutvision.us-east-1.invalid")) is GONE

    def test_tls_to_a_plain_port(self, account: FakeAccount) -> None:
        assert type(self.call(account.endpoint_url.replace("http:", "https:"))) is GONE

    def test_reset(self, account: FakeAccount) -> None:
        account.inject(Reset(pattern="/models/", times=-1))
        assert type(self.call(account.endpoint_url)) is GONE
        assert account.count("/models/") == 2

    def test_proxy_page(self, account: FakeAccount) -> None:
        page = ErrorAnswer(status=502, code="", body=b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"})
        account.inject(page, page)
        assert type(self.call(account.endpoint_url)) is GONE

    def test_error_in_the_services_form(self, account: FakeAccount) -> None:
        account.inject(ErrorAnswer(pattern="/models/1$", status=403, code="AccessDeniedException", message="no"))
        assert type(self.call(account.endpoint_url)) is DENIED

    def test_model(self, account: FakeAccount) -> None:
        account.service.add_model({"ModelVersion": "1"}, project="parts")
        client: Any = lookoutvision_client(endpoint_url=account.endpoint_url)
        assert describe_model(client, "parts", "1").uri.endswith(":model/parts/1")
