"""The client of Lookout for Vision on SDKs with and without the service, and what it leaves alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials

import lfv_eval
from lfv_eval.aws.client import lookoutvision_client, open_session, s3_client
from lfv_eval.aws.faults import ConfigurationError, CredentialsError
from lfv_eval.errors import AccessError, UsageError
from lfv_eval.testing.fake_service import FakeLookoutVision
from lfv_eval.testing.in_process import S3Answer, S3Faults, attach_service
from lfv_eval.testing.server import FakeAccount


def sent_requests(session: boto3.Session) -> list[Any]:
    """Requests as they would go out; a fake answers them."""
    fake = FakeLookoutVision()
    fake.add_project("parts")
    attach_service(session, fake)
    sent: list[Any] = []
    session.events.register_first("before-send.lookoutvision", lambda request, **_: sent.append(request))
    return sent


def header(request: Any, name: str) -> str:
    value = request.headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: str, credentials: str = "") -> None:
    (tmp_path / "aws-config").write_text(config)
    (tmp_path / "aws-credentials").write_text(credentials)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)


def test_the_users_session_stays_as_it_was() -> None:
    core = botocore.session.Session()
    session = boto3.Session(botocore_session=core)
    session.client("s3")  # its loader has served and cached before
    before = (list(core.get_component("data_loader").search_paths), session.get_available_services())
    client = lookoutvision_client(session)
    assert (list(core.get_component("data_loader").search_paths), session.get_available_services()) == before
    assert core.get_component("credential_provider") is not None
    assert client.meta.service_model.service_name == "lookoutvision"
    assert lookoutvision_client(session) is not client


def test_explicit_keys_region_and_token_are_used() -> None:
    session = boto3.Session("AKIDEXAMPLE", "secret", "session-token", region_name="eu-west-1")
    sent = sent_requests(session)
    lookoutvision_client(session).list_projects()
    (request,) = sent
    assert request.url == "https://lookoutvision.eu-west-1.amazonaws.com/2020-11-20/projects"
    assert "AKIDEXAMPLE/" in header(request, "Authorization")
    assert "/eu-west-1/lookoutvision/aws4_request" in header(request, "Authorization")
    assert header(request, "X-Amz-Security-Token") == "session-token"
    assert f"lfv-eval/{lfv_eval.__version__}" in header(request, "User-Agent")


def test_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(
        monkeypatch,
        tmp_path,
        "[profile audit]\nregion = eu-central-1\nmax_attempts = 9\nretry_mode = legacy\n",
        "[audit]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n",
    )
    session = open_session("audit")
    sent = sent_requests(session)
    client = lookoutvision_client(session)
    client.list_projects()
    assert "AKIDPROFILE/" in header(sent[0], "Authorization")
    assert ".eu-central-1." in sent[0].url
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_assumed_role_with_an_endpoint_of_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(
        monkeypatch,
        tmp_path,
        "[profile audit]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/audit\nsource_profile = base\n"
        "services = local\n[services local]\nlookoutvision =\n  endpoint_url = http://127.0.0.1:9\n",
        "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n",
    )
    monkeypatch.setenv("AWS_PROFILE", "audit")
    session = open_session()
    sent = sent_requests(session)
    assumed = S3Answer(
        body=b'<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
        b"<AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>role-token</SessionToken>"
        b"<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    sts = S3Faults()  # a queue of answers serves any operation
    sts.add(assumed)
    session.events.register_first("before-send.sts.AssumeRole", sts)
    lookoutvision_client(session).list_projects()
    assert sent[0].url == "http://127.0.0.1:9/2020-11-20/projects"
    assert "AKIDROLE/" in header(sent[0], "Authorization")
    assert header(sent[0], "X-Amz-Security-Token") == "role-token"


def test_refreshed_credentials_arrive() -> None:
    n_refreshed = 0

    def refresh() -> dict[str, str]:
        nonlocal n_refreshed
        n_refreshed += 1
        return {
            "access_key": f"AKID{n_refreshed}",
            "secret_key": "s",
            "token": "t",
            "expiry_time": "2001-01-01T00:00:00Z" if n_refreshed == 1 else "2099-01-01T00:00:00Z",
        }

    core = botocore.session.Session()
    core._credentials = RefreshableCredentials.create_from_metadata(refresh(), refresh, "test")
    session = boto3.Session(botocore_session=core, region_name="us-east-1")
    sent = sent_requests(session)
    lookoutvision_client(session).list_projects()
    assert "AKID2/" in header(sent[0], "Authorization")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LOOKOUTVISION"])
def test_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch, account: FakeAccount, name: str) -> None:
    monkeypatch.setenv(name, account.endpoint_url)
    account.service.add_project("parts")
    answer = lookoutvision_client().list_projects()
    assert [project["ProjectName"] for project in answer["Projects"]] == ["parts"]


def test_own_limits_and_the_callers_settings() -> None:
    config = lookoutvision_client().meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 10)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    mine = lookoutvision_client(config=Config(read_timeout=3, user_agent_extra="mine")).meta.config
    assert (mine.connect_timeout, mine.read_timeout) == (5, 3)
    assert mine.user_agent_extra == f"lfv-eval/{lfv_eval.__version__} mine"


def test_s3_client_has_a_connection_for_each_thread() -> None:
    config = s3_client(max_workers=32).meta.config
    assert config.max_pool_connections == 32
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert s3_client(config=Config(read_timeout=3)).meta.config.max_pool_connections == 16
    assert s3_client(region="eu-west-1").meta.region_name == "eu-west-1"


@pytest.mark.parametrize("n", [0, -1, 33])
def test_no_such_number_of_threads(n: int) -> None:
    with pytest.raises(UsageError, match="1 to 32"):
        s3_client(max_workers=n)


def test_paginators_exist() -> None:
    session = boto3.Session()
    fake = FakeLookoutVision()
    for version in range(1, 6):
        fake.add_model({"ModelVersion": str(version)}, project="parts")
    attach_service(session, fake)
    pages = list(
        lookoutvision_client(session)
        .get_paginator("list_models")
        .paginate(ProjectName="parts", PaginationConfig={"PageSize": 2})
    )
    assert [[model["ModelVersion"] for model in page["Models"]] for page in pages] == [["5", "4"], ["3", "2"], ["1"]]


def test_clients_made_in_threads() -> None:
    session = boto3.Session()
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda _: lookoutvision_client(session), range(8)))
    assert {client.meta.service_model.api_version for client in clients} == {"2020-11-20"}


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match=re.escape("set --region or AWS_REGION")):
        lookoutvision_client()


def test_no_such_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="nowhere.*list-profiles"):
        open_session("nowhere")
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(ConfigurationError, match="nowhere"):
        open_session()
    with pytest.raises(ConfigurationError, match="nowhere"):
        lookoutvision_client()


def test_broken_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text("this is [no ini file")
    with pytest.raises(ConfigurationError, match="aws-config"):
        open_session()


@pytest.mark.parametrize("make", [lookoutvision_client, s3_client])
@pytest.mark.parametrize("url", ["nonsense", "http://", "localhost:99"])
def test_bad_endpoint_url(make: Any, url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint"):
        make(endpoint_url=url)


def test_bad_region() -> None:
    with pytest.raises(AccessError, match="bad region|not a valid region|valid host"):
        open_client = s3_client(region="bad region/")
        open_client.list_buckets()


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    from lfv_eval.aws.describe import describe_model
    from lfv_eval.aws.objects import S3Reader

    with pytest.raises(CredentialsError, match="aws sts get-caller-identity"):
        describe_model(lookoutvision_client(), "parts", "1")
    with S3Reader(s3_client()) as reader, pytest.raises(CredentialsError, match="aws sts get-caller-identity"):
        reader.read("bucket", "key")
