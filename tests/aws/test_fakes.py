"""The fakes are shipped for users' tests, so that they are tested like anything else: with boto3 in front of them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from lfv_eval.aws.client import lookoutvision_client, s3_client
from lfv_eval.testing.fake_service import FakeLookoutVision, ServiceFault
from lfv_eval.testing.http_faults import DropHeader, ErrorAnswer
from lfv_eval.testing.in_process import attach_service
from lfv_eval.testing.server import FakeAccount

PROJECTS = "/2020-11-20/projects"


def test_moments_and_arns(fake: FakeLookoutVision, client: Any) -> None:
    created = datetime.datetime(2021, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    arn = fake.add_model({"ModelDescription": {"ModelVersion": "2", "CreationTimestamp": created}}, project="parts")
    assert arn == "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/2"
    assert (
        client.describe_model(ProjectName="parts", ModelVersion="2")["ModelDescription"]["CreationTimestamp"] == created
    )
    assert fake.add_project("parts") == "arn:aws:lookoutvision:us-east-1:123456789012:project/parts"


@pytest.mark.parametrize(
    "description", [{}, {"ModelVersion": "latest"}, {"ModelVersion": "1"}, {"ModelVersion": "1", "ModelArn": "x"}]
)
def test_incomplete_models(fake: FakeLookoutVision, description: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        fake.add_model(description)


def test_pages(fake: FakeLookoutVision, client: Any) -> None:
    for n in range(205):
        fake.add_project(f"p{n:03}")
    pages = list(client.get_paginator("list_projects").paginate())
    assert [len(page["Projects"]) for page in pages] == [100, 100, 5]
    assert len({project["ProjectName"] for page in pages for project in page["Projects"]}) == 205
    for wrong in ("!", "LTE=", "OTk5OTk="):
        status, _, _ = fake.respond("GET", f"{PROJECTS}?nextToken={wrong}", {})
        assert status == 400


def test_datasets(fake: FakeLookoutVision, client: Any) -> None:
    entries = [
        json.dumps({"source-ref": "s3://b/1.jpg", "label": 1, "label-metadata": {"class-name": "anomaly"}}),
        json.dumps({"source-ref": "s3://b/2.jpg", "label": 0, "label-metadata": {"class-name": "normal"}}),
        json.dumps({"source-ref": "s3://b/3.png"}),
    ]
    fake.add_dataset("parts", "test", entries)
    found = client.describe_project(ProjectName="parts")["ProjectDescription"]["Datasets"]
    assert [dataset["DatasetType"] for dataset in found] == ["test"]
    about = client.describe_dataset(ProjectName="parts", DatasetType="test")["DatasetDescription"]
    assert about["Status"] == "CREATE_COMPLETE"

    def listed(**wanted: Any) -> list[int]:
        answer = client.list_dataset_entries(ProjectName="parts", DatasetType="test", **wanted)
        return [entries.index(entry) for entry in answer["DatasetEntries"]]

    assert listed() == [0, 1, 2]
    assert listed(Labeled=True) == [0, 1]
    assert listed(Labeled=False) == [2]
    assert listed(AnomalyClass="anomaly") == [0]
    assert listed(SourceRefContains="jpg", MaxResults=1) == [0]
    with pytest.raises(client.exceptions.ValidationException, match="creation date"):
        listed(BeforeCreationDate=0)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_dataset(ProjectName="parts", DatasetType="train")


@pytest.mark.parametrize(
    ("method", "url", "code"),
    [
        ("POST", PROJECTS, "UnknownOperationException"),
        ("GET", "/", "UnknownOperationException"),
        ("GET", f"{PROJECTS}/", "UnknownOperationException"),
        ("GET", f"{PROJECTS}/p/models/1/x", "UnknownOperationException"),
        ("GET", f"{PROJECTS}/p/models/..%2Fx", "ValidationException"),
        ("GET", f"{PROJECTS}/-p", "ValidationException"),
        ("GET", f"{PROJECTS}/p/datasets/other", "ValidationException"),
        ("GET", f"{PROJECTS}/p", "ResourceNotFoundException"),
        ("GET", f"{PROJECTS}?maxResults=0", "ValidationException"),
    ],
)
def test_refusals(fake: FakeLookoutVision, method: str, url: str, code: str) -> None:
    status, headers, body = fake.respond(method, f"https://lookoutvision.us-east-1.amazonaws.com{url}", {})
    assert 400 <= status < 500 and headers["x-amzn-ErrorType"] == code
    assert isinstance(json.loads(body), dict)


def test_calls_faults_and_reset(fake: FakeLookoutVision, client: Any) -> None:
    fake.add_project("parts")
    fake.fail(ServiceFault(status=403, code="AccessDeniedException", message="no"))
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.describe_project(ProjectName="parts")
    client.list_models(ProjectName="parts", MaxResults=5)
    assert [tuple(call) for call in fake.calls] == [
        ("DescribeProject", {"project": "parts"}),
        ("ListModels", {"project": "parts", "maxResults": "5"}),
    ]
    fake.reset()
    assert not fake.calls and not client.list_projects()["Projects"]


def test_beside_motos_s3_in_process(fake: FakeLookoutVision) -> None:
    with moto.mock_aws():
        session = boto3.Session()
        attach_service(session, fake)
        fake.add_model({"ModelVersion": "1"}, project="parts")
        s3 = s3_client(session)
        s3.create_bucket(Bucket="bucket")
        assert lookoutvision_client(session).list_models(ProjectName="parts")["Models"][0]["ModelVersion"] == "1"
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bucket"]


def test_account_serves_both_on_one_port(account: FakeAccount, s3: Any) -> None:
    account.service.add_project("parts")
    client = lookoutvision_client(account.session(), endpoint_url=account.endpoint_url)
    assert client.describe_project(ProjectName="parts")["ProjectDescription"]["ProjectName"] == "parts"
    s3.put_object(Bucket="bucket", Key="a b/é", Body=b"content", Metadata={"with_underscore": "1"})
    assert s3.get_object(Bucket="bucket", Key="a b/é")["Body"].read() == b"content"
    assert account.count(r"^GET /bucket/a%20b/%C3%A9$") == 1
    account.clear()
    assert account.requests == []


def test_account_enforces_owners(account: FakeAccount, s3: Any) -> None:
    s3.put_object(Bucket="bucket", Key="key", Body=b"")
    s3.get_object(Bucket="bucket", Key="key", ExpectedBucketOwner="123456789012")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket="bucket", Key="key", ExpectedBucketOwner="210987654321")


def test_account_faults_act_in_order_and_run_out(account: FakeAccount, s3: Any) -> None:
    s3.put_object(Bucket="bucket", Key="key", Body=b"1", Metadata={"m": "1"})
    account.inject(
        DropHeader(pattern="^GET", name="x-amz-meta-m"),
        ErrorAnswer(pattern="^GET", times=1, status=404, code="NoSuchKey"),
        ErrorAnswer(pattern="^HEAD", times=-1, status=404),
    )
    assert s3.get_object(Bucket="bucket", Key="key")["Metadata"] == {}
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="bucket", Key="key")
    assert s3.get_object(Bucket="bucket", Key="key")["Metadata"] == {"m": "1"}
    for _ in range(2):
        with pytest.raises(ClientError):
            s3.head_object(Bucket="bucket", Key="key")


def test_account_is_empty_each_time() -> None:
    for _ in range(2):
        with FakeAccount() as account:
            client = s3_client(account.session(), endpoint_url=account.endpoint_url)
            assert client.list_buckets()["Buckets"] == []
            client.create_bucket(Bucket="bucket")
    with pytest.raises(RuntimeError):
        _ = account.endpoint_url


def test_account_by_environment(account: FakeAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    account.service.add_project("parts")
    assert len(lookoutvision_client().list_projects()["Projects"]) == 1
    assert s3_client().list_buckets()["Buckets"] == []
