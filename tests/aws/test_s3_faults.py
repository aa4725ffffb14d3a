"""What S3 and the way to it may do, over real HTTP, and what becomes of it."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from botocore import exceptions
from botocore.config import Config

from lfv_eval.aws import faults
from lfv_eval.aws.client import s3_client
from lfv_eval.aws.objects import S3Reader
from lfv_eval.aws.s3_faults import s3_fault
from lfv_eval.errors import AccessError
from lfv_eval.testing.http_faults import Delay, ErrorAnswer, Reset
from lfv_eval.testing.server import FakeAccount

URL = "https://bucket.s3.amazonaws.com"
GET = "^GET /bucket/key"


def error_of(reader: S3Reader, key: str = "key") -> AccessError:
    with pytest.raises(AccessError) as caught:
        reader.read("bucket", key)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "n_requests"),
    [
        (503, "SlowDown", "Please reduce your request rate.", faults.TransientError, 3),
        (503, "ServiceUnavailable", "", faults.TransientError, 3),
        (500, "InternalError", "", faults.TransientError, 3),
        (400, "RequestTimeout", "", faults.TransientError, 3),
        (403, "AccessDenied", "Access Denied", faults.DeniedError, 1),
        (403, "AccessDenied", "... with an explicit deny in a resource-based policy", faults.DeniedError, 1),
        (403, "AccessDenied", "User: x is not authorized to perform: kms:Decrypt", faults.EncryptionError, 1),
        (403, "AllAccessDisabled", "", faults.DeniedError, 1),
        (403, "403", "Forbidden", faults.DeniedError, 1),
        (400, "KMS.DisabledException", "key is disabled", faults.EncryptionError, 1),
        (400, "KMS.KMSInvalidStateException", "pending deletion", faults.EncryptionError, 1),
        (400, "ExpiredToken", "The provided token has expired.", faults.CredentialsError, 1),
        (403, "InvalidAccessKeyId", "does not exist in our records", faults.CredentialsError, 1),
        (403, "SignatureDoesNotMatch", "", faults.CredentialsError, 1),
        (403, "RequestTimeTooSkewed", "", faults.CredentialsError, 1),
        (403, "InvalidObjectState", "not valid for the object's storage class", faults.ArchivedError, 1),
        (412, "PreconditionFailed", "", faults.ChangedError, 1),
        (404, "NoSuchKey", "The specified key does not exist.", faults.NotFoundError, 1),
        (404, "NoSuchBucket", "", faults.NotFoundError, 1),
        (404, "NoSuchVersion", "", faults.NotFoundError, 1),
        (405, "MethodNotAllowed", "", faults.UnclassifiedError, 1),
    ],
)
def test_answers(
    account: FakeAccount,
    reader: S3Reader,
    status: int,
    code: str,
    message: str,
    kind: type[AccessError],
    n_requests: int,
) -> None:
    account.inject(ErrorAnswer(pattern=GET, times=-1, status=status, code=code, message=message))
    error = error_of(reader)
    assert type(error) is kind
    assert account.count(GET) == n_requests
    assert error.where == "s3://bucket/key"
    assert error.hint or kind is faults.UnclassifiedError
    if kind not in (faults.CredentialsError, faults.ChangedError):
        assert f"AWS answered {code}" in error.message and message.rstrip(".") in error.message


@pytest.mark.parametrize(
    "fault",
    [
        ErrorAnswer(pattern=GET, times=2, status=503, code="SlowDown"),
        ErrorAnswer(pattern=GET, status=503, code="ServiceUnavailable"),
        ErrorAnswer(pattern=GET, status=500, code="InternalError"),
        ErrorAnswer(pattern=GET, status=400, code="RequestTimeout"),
        ErrorAnswer(pattern=GET, status=502, code="", body=b"<html>Bad gateway</html>"),
        Reset(pattern=GET),
    ],
)
def test_hiccups_are_healed(account: FakeAccount, s3: Any, reader: S3Reader, fault: Any) -> None:
    s3.put_object(Bucket="bucket", Key="key", Body=b"content")
    account.inject(fault)
    assert reader.read("bucket", "key").body == b"content"
    assert account.count(GET) == fault.times + 1


def test_next_steps(account: FakeAccount, reader: S3Reader) -> None:
    account.inject(ErrorAnswer(pattern=GET, status=403, code="InvalidObjectState"))
    assert "aws s3api restore-object --bucket bucket --key 'key 1'" in error_of(reader, "key 1").hint
    account.inject(ErrorAnswer(pattern=GET, status=403, code="RequestTimeTooSkewed"))
    assert "clock" in error_of(reader).hint
    account.inject(ErrorAnswer(pattern=GET, status=403, code="AccessDenied"))
    error = error_of(reader)
    assert "missing or forbidden" in error.message and "123456789012" in error.message
    assert "s3:ListBucket" in error.hint
    reader.expect_owner(None)
    account.inject(ErrorAnswer(pattern=GET, status=403, code="AccessDenied"))
    assert "belong" not in str(error_of(reader))


def test_html_from_a_proxy(account: FakeAccount, reader: S3Reader) -> None:
    account.inject(ErrorAnswer(pattern=GET, times=-1, status=502, code="", body=b"<html>Bad gateway</html>"))
    assert type(error_of(reader)) is faults.TransientError
    assert account.count(GET) == 3


@pytest.mark.parametrize(("status", "code"), [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")])
def test_bucket_in_another_region(account: FakeAccount, status: int, code: str) -> None:
    client = s3_client(endpoint_url=account.endpoint_url)  # of its own: clients remember the regions of buckets
    region = "<Region>eu-west-1</Region>"
    headers = {"x-amz-bucket-region": "eu-west-1"}
    account.inject(ErrorAnswer(pattern=GET, times=-1, status=status, code=code, extra=region, headers=headers))
    with S3Reader(client) as reader:
        error = error_of(reader)
    assert type(error) is faults.ConfigurationError and "--region" in error.hint
    assert "eu-west-1/s3/aws4_request" in account.requests[-1].headers["authorization"]  # it was asked there


def test_reset_forever(account: FakeAccount, reader: S3Reader) -> None:
    account.inject(Reset(pattern=GET, times=-1))
    assert type(error_of(reader)) is faults.UnreachableError
    assert account.count(GET) == 3


def test_read_timeout(account: FakeAccount) -> None:
    client = s3_client(endpoint_url=account.endpoint_url, config=Config(read_timeout=0.2))
    account.inject(Delay(pattern=GET, seconds=0.6))
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="key", Body=b"content")
    with S3Reader(client) as reader:
        assert reader.read("bucket", "key").body == b"content"
        assert account.count(GET) == 2
        account.inject(Delay(pattern=GET, times=-1, seconds=0.6))
        assert type(error_of(reader, "key2")) is faults.UnreachableError
    assert account.count(GET) == 5


def test_connect_timeout() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # fill the backlog, so that nobody else gets a connection
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        client = s3_client(endpoint_url=url, config=Config(connect_timeout=0.2, read_timeout=0.2))
        with S3Reader(client) as reader:
            assert type(error_of(reader)) is faults.UnreachableError


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://s3.invalid"])
def test_refused_and_unknown_host(url: str) -> None:
    with S3Reader(s3_client(endpoint_url=url)) as reader:
        error = error_of(reader)
    assert type(error) is faults.UnreachableError and "--endpoint-url" in error.hint


def test_tls_to_a_plain_port(account: FakeAccount) -> None:
    with S3Reader(s3_client(endpoint_url=account.endpoint_url.replace("http:", "https:"))) as reader:
        assert type(error_of(reader)) is faults.UnreachableError


def test_head_answers_have_numbers_for_codes(account: FakeAccount, s3: Any) -> None:
    for status, kind in ((403, faults.DeniedError), (404, faults.NotFoundError)):
        account.inject(ErrorAnswer(pattern="^HEAD", status=status, body=b""))
        with pytest.raises(exceptions.ClientError) as caught:
            s3.head_object(Bucket="bucket", Key="key")
        assert type(s3_fault(caught.value, where="s3://bucket/key")) is kind


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (exceptions.FlexibleChecksumError(error_msg="Expected checksum 1 did not match 2"), faults.DamagedError),
        (exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), faults.DamagedError),
        (exceptions.ProxyConnectionError(proxy_url="http://me:hidden@proxy:3128"), faults.UnreachableError),
        (exceptions.NoCredentialsError(), faults.CredentialsError),
        (exceptions.ProfileNotFound(profile="x"), faults.ConfigurationError),
        (exceptions.InvalidRegionError(region_name="x"), faults.ConfigurationError),
        (exceptions.ParamValidationError(report="Invalid bucket name"), faults.ConfigurationError),
        (exceptions.BotoCoreError(), faults.UnclassifiedError),
    ],
)
def test_failures_without_an_answer(failure: Exception, kind: type[AccessError]) -> None:
    error = s3_fault(failure, where="s3://bucket/key")
    assert type(error) is kind and "hidden" not in str(error)


def test_a_key_cannot_control_the_terminal(reader: S3Reader) -> None:
    error = error_of(reader, "a\x1b[2Jb\nc")
    assert str(error).isprintable() and "a\\x1b[2Jb\\nc" in error.where
