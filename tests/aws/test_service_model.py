"""The bundled description of the service against the one of the last SDK that had it, and against the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from botocore.exceptions import ClientError

import lfv_eval
from lfv_eval.testing.fake_service import FakeLookoutVision, ServiceFault
from lfv_eval.testing.in_process import attach_service

DATA = Path(lfv_eval.__file__).parent / "data"
FOLDER = DATA / "lookoutvision" / "2020-11-20"
MODEL: dict[str, Any] = json.loads((FOLDER / "service-2.json").read_text())
PAGINATORS: dict[str, Any] = json.loads((FOLDER / "paginators-1.json").read_text())

built_in = pytest.mark.skipif(
    "lookoutvision" not in botocore.loaders.Loader().list_available_services("service-2"),
    reason="this botocore no longer describes the service",
)

# The one full DescribeModel answer that the developer guide shows.
GUIDE_MODEL = {
    "ModelVersion": "1",
    "ModelArn": "arn:aws:lookoutvision:us-east-1:nnnnnnnnnnnn:model/my-sdk-project/1",
    "CreationTimestamp": 1606581265.586,
    "Status": "TRAINED",
    "StatusMessage": "Training completed successfully.",
    "Performance": {"F1Score": 1.0, "Recall": 1.0, "Precision": 1.0},
    "OutputConfig": {
        "S3Location": {"Bucket": "lookoutvision-us-east-1-nnnnnnnnnn", "Prefix": "my-sdk-project-model-output/"}
    },
    "EvaluationManifest": {
        "Bucket": "lookoutvision-us-east-1-nnnnnnnnnn",
        "Key": "my-sdk-project-model-output/EvaluationManifest-my-sdk-project-1.json",
    },
    "EvaluationResult": {
        "Bucket": "lookoutvision-us-east-1-nnnnnnnnnn",
        "Key": "my-sdk-project-model-output/EvaluationResult-my-sdk-project-1.json",
    },
    "EvaluationEndTimestamp": 1606583060.681,
}

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("DescribeModel", {"ProjectName": "parts", "ModelVersion": "1"}),
    ("DescribeModel", {"ProjectName": "parts", "ModelVersion": "../x"}),
    ("DescribeModel", {"ProjectName": "none", "ModelVersion": "latest"}),
    ("ListModels", {"ProjectName": "parts"}),
    ("ListModels", {"ProjectName": "parts", "MaxResults": 1, "NextToken": "MQ=="}),
    ("ListProjects", {}),
    ("ListProjects", {"MaxResults": 100}),
    ("DescribeProject", {"ProjectName": "parts"}),
    ("DescribeDataset", {"ProjectName": "parts", "DatasetType": "test"}),
    ("DescribeDataset", {"ProjectName": "parts", "DatasetType": "train"}),
    ("ListDatasetEntries", {"ProjectName": "parts", "DatasetType": "test", "Labeled": True, "MaxResults": 1}),
    (
        "ListDatasetEntries",
        {
            "ProjectName": "parts",
            "DatasetType": "test",
            "AnomalyClass": "anomaly",
            "BeforeCreationDate": "2022-01-01T00:00:00Z",
            "AfterCreationDate": 1606581265.586,
            "SourceRefContains": "a b/é",
        },
    ),
]


def filled_fake() -> FakeLookoutVision:
    fake = FakeLookoutVision()
    every_member = GUIDE_MODEL | {
        "ModelArn": "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/1",
        "Description": "text",
        "KmsKeyId": "key",
        "MinInferenceUnits": 1,
        "MaxInferenceUnits": 2,
    }
    fake.add_model(every_member)
    fake.add_model({"ModelVersion": "2", "Status": "TRAINING"}, project="parts")
    about = {"ImageStats": {"Total": 2, "Labeled": 1, "Normal": 0, "Anomaly": 1}, "CreationTimestamp": 1.6e9}
    entries = ['{"source-ref":"s3://b/1","l-metadata":{"class-name":"anomaly"}}', '{"source-ref":"s3://b/2"}']
    fake.add_dataset("parts", "test", entries, about)
    return fake


def client_with(model: str) -> tuple[Any, FakeLookoutVision]:
    """A client by the ``bundled`` or the ``built-in`` description, in front of a fake."""
    core = botocore.session.Session()
    if model == "bundled":
        core.get_component("data_loader").search_paths.insert(0, str(DATA))
    session = boto3.Session(botocore_session=core)
    fake = filled_fake()
    attach_service(session, fake)
    return session.client("lookoutvision"), fake


def outcome(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
    """The signed URL (without signature) and what the caller gets."""
    sent: list[tuple[str, str]] = []
    client.meta.events.register_first(
        "before-send.lookoutvision", lambda request, **_: sent.append((request.method, request.url))
    )
    try:
        answer: Any = client._make_api_call(operation, parameters)
    except ClientError as error:
        answer = (type(error).__name__, error.response, str(error))
    return sent, answer


def without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: without_documentation(value) for key, value in node.items() if key != "documentation"}
    return [without_documentation(item) for item in node] if isinstance(node, list) else node


@built_in
def test_shapes_are_those_of_the_built_in_description() -> None:
    upstream = without_documentation(botocore.loaders.Loader().load_service_model("lookoutvision", "service-2"))
    # Older releases do not name the protocol and the signature a second time.
    assert MODEL["metadata"] == {name: MODEL["metadata"][name] for name in ("auth", "protocols")} | upstream["metadata"]
    assert MODEL["shapes"] == {name: upstream["shapes"][name] for name in MODEL["shapes"]}
    for name, operation in MODEL["operations"].items():
        theirs = upstream["operations"][name]
        assert sorted(e["shape"] for e in operation["errors"]) == sorted(e["shape"] for e in theirs["errors"])
        assert {**operation, "errors": ()} == {**theirs, "errors": ()}
    pages = botocore.loaders.Loader().load_service_model("lookoutvision", "paginators-1")["pagination"]
    assert PAGINATORS["pagination"] == {name: pages[name] for name in PAGINATORS["pagination"]}


@built_in
@pytest.mark.parametrize(("operation", "parameters"), REQUESTS)
def test_requests_and_answers_are_those_of_the_built_in_description(operation: str, parameters: dict[str, Any]) -> None:
    (ours, _), (theirs, _) = client_with("bundled"), client_with("built-in")
    assert len(ours.meta.service_model.operation_names) == 6 < len(theirs.meta.service_model.operation_names)
    assert outcome(ours, operation, parameters) == outcome(theirs, operation, parameters)


@built_in
@pytest.mark.parametrize(
    "fault",
    [
        ServiceFault(status=403, code="AccessDeniedException", message="no"),
        ServiceFault(status=400, code="ValidationException", message="no"),
        ServiceFault(
            status=409, code="ConflictException", body=b'{"Message":"m","ResourceId":"1","ResourceType":"MODEL"}'
        ),
        ServiceFault(
            status=429,
            code="ThrottlingException",
            headers={"Retry-After": "7"},
            body=b'{"Message":"m","QuotaCode":"q","ServiceCode":"s"}',
        ),
        ServiceFault(status=500, code="InternalServerException", message="no", headers={"Retry-After": "7"}),
    ],
)
def test_errors_are_those_of_the_built_in_description(fault: ServiceFault) -> None:
    outcomes = []
    for model in ("bundled", "built-in"):
        client, fake = client_with(model)
        fake.fail(fault, times=10)
        outcomes.append(outcome(client, "DescribeModel", {"ProjectName": "parts", "ModelVersion": "1"}))
    assert outcomes[0] == outcomes[1]


def test_the_description_is_whole() -> None:
    named = {*_shape_names(MODEL["operations"]), *_shape_names(MODEL["shapes"])}
    assert named == set(MODEL["shapes"]) and len(named) == 60
    assert set(PAGINATORS["pagination"]) < set(MODEL["operations"])
    assert {operation["http"]["method"] for operation in MODEL["operations"].values()} == {"GET"}
    errors = {name: shape["error"]["httpStatusCode"] for name, shape in MODEL["shapes"].items() if "error" in shape}
    assert errors == {
        "AccessDeniedException": 403,
        "ValidationException": 400,
        "ConflictException": 409,
        "ResourceNotFoundException": 404,
        "ThrottlingException": 429,
        "InternalServerException": 500,
    }


def test_only_models_lie_in_the_data_folder() -> None:
    # A file endpoints.json or partitions.json here would change botocore's endpoints for every service.
    assert sorted(p.name for p in FOLDER.iterdir()) == ["paginators-1.json", "service-2.json"]
    assert not list(DATA.glob("*.json"))


def test_every_member_of_the_guides_answer_is_parsed() -> None:
    client, fake = client_with("bundled")
    fake.add_model(GUIDE_MODEL)
    model = client.describe_model(ProjectName="my-sdk-project", ModelVersion="1")["ModelDescription"]
    moments = {name: model.pop(name).timestamp() for name in ("CreationTimestamp", "EvaluationEndTimestamp")}
    assert model == {name: value for name, value in GUIDE_MODEL.items() if name not in moments}
    assert moments == {name: GUIDE_MODEL[name] for name in moments}


def test_error_members_are_parsed() -> None:
    client, fake = client_with("bundled")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.describe_model(ProjectName="parts", ModelVersion="9")
    assert caught.value.response["ResourceType"] == "MODEL"
    assert caught.value.response["Error"]["Message"] == "Model 9 not found."
    fake.fail(ServiceFault(status=429, code="ThrottlingException", headers={"Retry-After": "7"}), times=10)
    with pytest.raises(client.exceptions.ThrottlingException) as throttled:
        client.list_projects()
    assert throttled.value.response["RetryAfterSeconds"] == 7


def _shape_names(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["shape"]] if isinstance(node.get("shape"), str) else []
        return own + [name for value in node.values() for name in _shape_names(value)]
    return [name for item in node for name in _shape_names(item)] if isinstance(node, list) else []
