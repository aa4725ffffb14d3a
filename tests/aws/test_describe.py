from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.stub import Stubber

from lfv_eval.aws.client import lookoutvision_client
from lfv_eval.aws.describe import describe_model
from lfv_eval.aws.faults import NotAwsError, NotFoundError
from lfv_eval.errors import UsageError
from lfv_eval.testing.fake_service import FakeLookoutVision, ServiceFault

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/3"


def test_the_document_is_the_answer_as_sent(client: Any, fake: FakeLookoutVision) -> None:
    # Digits that no parser and printer of floats would give back, a member of no SDK, spaces of nobody's style.
    body = (
        b'{ "ModelDescription" : {"ModelVersion":"3","ModelArn":"' + ARN.encode() + b'","New":"member",'
        b'"Performance":{"F1Score":0.96970,"Recall":9.4117647409439087e-01,"Precision":1}}}'
    )
    fake.fail(ServiceFault(status=200, body=body))
    document = describe_model(client, "parts", "3")
    assert document.body == body
    assert document.uri == ARN
    assert document.size_bytes == len(body)
    assert document.sha256 == hashlib.sha256(body).hexdigest()


def test_latest(client: Any, fake: FakeLookoutVision) -> None:
    for version in ("1", "10", "9"):
        fake.add_model({"ModelVersion": version}, project="parts")
    document = describe_model(client, "parts", "latest")
    assert document.uri == "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/10"
    assert [call.parameters for call in fake.calls] == [{"project": "parts", "version": "latest"}]


@pytest.mark.parametrize("arn", ["", "a\nb"])
def test_without_a_usable_arn_the_request_names_the_document(client: Any, fake: FakeLookoutVision, arn: str) -> None:
    fake.add_model({"ModelVersion": "3", "ModelArn": arn}, project="parts")
    assert describe_model(client, "parts", "3").uri == "lookoutvision://us-east-1/parts/3"


def test_threads_do_not_mix_answers(client: Any, fake: FakeLookoutVision) -> None:
    for version in range(1, 41):
        fake.add_model({"ModelVersion": str(version)}, project="parts")

    def described(version: int) -> bool:
        body = describe_model(client, "parts", str(version)).body
        assert isinstance(body, bytes)
        return bool(json.loads(body)["ModelDescription"]["ModelVersion"] == str(version))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(described, range(1, 41)))


def test_a_client_stubbed_below_http_still_gives_a_document() -> None:
    client = lookoutvision_client()
    with Stubber(client) as stub:
        stub.add_response("describe_model", {"ModelDescription": {"ModelArn": ARN, "Performance": {"Recall": 0.5}}})
        document = describe_model(client, "parts", "3")
    assert isinstance(document.body, bytes)
    assert json.loads(document.body) == {"ModelDescription": {"ModelArn": ARN, "Performance": {"Recall": 0.5}}}


@pytest.mark.parametrize(("project", "version"), [("../x", "1"), ("parts", "0"), ("parts", "../x"), ("", "1")])
def test_names_are_checked_before_anything_is_sent(
    client: Any, fake: FakeLookoutVision, project: str, version: str
) -> None:
    with pytest.raises(UsageError):
        describe_model(client, project, version)
    assert not fake.calls


def test_unknown_project_and_version(client: Any, fake: FakeLookoutVision) -> None:
    fake.add_project("parts")
    with pytest.raises(NotFoundError, match="Project none not found"):
        describe_model(client, "none", "1")
    with pytest.raises(NotFoundError, match="Model 1 not found"):
        describe_model(client, "parts", "1")
    with pytest.raises(NotFoundError, match="Model latest not found"):
        describe_model(client, "parts", "latest")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>log in</html>",
        b"null",
        b"[]",
        b"[1]",
        b"1",
        b'"text"',
        b"{}",
        b'{"ModelDescription":null}',
        b'{"ModelDescription":{}}',
        b'{"ModelDescription":"text"}',
        b'{"ModelDescription":[1]}',
        b'{"ModelDescription":{"CreationTimestamp":"soon"}}',
        b"\xff\xfe\x00",
    ],
)
def test_a_good_status_with_another_body_is_not_aws(client: Any, fake: FakeLookoutVision, body: bytes) -> None:
    fake.fail(ServiceFault(status=200, body=body))
    with pytest.raises(NotAwsError, match="captive portal"):
        describe_model(client, "parts", "1")
