"""No test here sees real credentials, real configuration files or a network; retries do not wait."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lfv_eval.aws.client import lookoutvision_client, s3_client
from lfv_eval.aws.objects import S3Reader
from lfv_eval.testing.fake_service import FakeLookoutVision
from lfv_eval.testing.in_process import attach_service
from lfv_eval.testing.server import FakeAccount

CONTENT = bytes(range(256)) * 40


def _isolate(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _isolate(monkeypatch, tmp_path)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def only_local(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, f"no network in tests: {host}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", only_local)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeAccount, Any, FakeLookoutVision, Any]]:
    """An account and a client of its S3, a fake in process and its client: making clients takes most of the time."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(monkeypatch, tmp_path_factory.mktemp("aws"))
        with FakeAccount() as opened:
            s3 = s3_client(opened.session(), endpoint_url=opened.endpoint_url)
            fake = FakeLookoutVision()
            session = boto3.Session(region_name="us-east-1")
            attach_service(session, fake)
            yield opened, s3, fake, lookoutvision_client(session)


@pytest.fixture
def account(_shared: tuple[FakeAccount, Any, FakeLookoutVision, Any]) -> FakeAccount:
    _shared[0].reset()
    return _shared[0]


@pytest.fixture
def s3(account: FakeAccount, _shared: tuple[FakeAccount, Any, FakeLookoutVision, Any]) -> Any:
    """A client of this package, with a bucket to read from."""
    _shared[1].create_bucket(Bucket="bucket")
    account.clear()
    return _shared[1]


@pytest.fixture
def fake(_shared: tuple[FakeAccount, Any, FakeLookoutVision, Any]) -> FakeLookoutVision:
    _shared[2].reset()
    return _shared[2]


@pytest.fixture
def client(fake: FakeLookoutVision, _shared: tuple[FakeAccount, Any, FakeLookoutVision, Any]) -> Any:
    """A client of Lookout for Vision that ``fake`` answers."""
    return _shared[3]


@pytest.fixture
def reader(s3: Any) -> Iterator[S3Reader]:
    with S3Reader(s3, expected_owner="123456789012") as opened:
        yield opened


@pytest.fixture
def put(s3: Any) -> Any:
    """Stores an object in the bucket."""

    def put(key: str = "key", body: bytes = CONTENT, **kwargs: Any) -> Any:
        return s3.put_object(Bucket="bucket", Key=key, Body=body, **kwargs)

    return put
