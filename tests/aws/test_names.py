from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.aws.names import (
    LOOKOUTVISION_REGIONS,
    check_account,
    check_model_version,
    check_project_name,
    parse_evaluation_key,
    parse_s3_uri,
    printable,
    s3_uri,
)
from lfv_eval.errors import LfvEvalError, UsageError


@pytest.mark.parametrize(
    ("key", "prefix", "kind", "project", "version"),
    [
        # The prefixes of SDK users, as published; the first is a real output.
        ("k_fold_EvaluationResult-cloud_detection_0-1.json", "k_fold_", "result", "cloud_detection_0", "1"),
        (
            "my-sdk-project-model-output/EvaluationManifest-my-sdk-project-1.json",
            "my-sdk-project-model-output/",
            "manifest",
            "my-sdk-project",
            "1",
        ),
        ("mymodel_EvaluationManifest-p.json", "mymodel_", "manifest", "p", None),
        ("EvaluationManifest-p-1.json", "", "manifest", "p", "1"),
        # Ambiguous names: the last marker and the last number count.
        ("a/b/EvaluationResult-p-2-10.json", "a/b/", "result", "p-2", "10"),
        ("EvaluationResult-p-.json", "", "result", "p-", None),
        ("EvaluationResult-p-0.json", "", "result", "p-0", None),
        ("EvaluationResult-p-01.json", "", "result", "p-01", None),
        ("EvaluationResult-x-EvaluationResult-y-3.json", "EvaluationResult-x-", "result", "y", "3"),
        ("line\nbreak/EvaluationResult-p-1.json", "line\nbreak/", "result", "p", "1"),
    ],
)
def test_evaluation_key(key: str, prefix: str, kind: str, project: str, version: str | None) -> None:
    name = parse_evaluation_key(key)
    assert name is not None
    assert (name.prefix, name.kind, name.project, name.version) == (prefix, kind, project, version)


@pytest.mark.parametrize(
    "key",
    [
        "EvaluationResult-p-1.json.bak",
        "EvaluationResult-p-1.json\n",
        "EvaluationResult.json",
        "EvaluationResult-.json",
        "EvaluationResult--p-1.json",
        "evaluationresult-p-1.json",
        "EvaluationResult-p 1.json",
        "EvaluationResult-p/1.json",
        "EvaluationManifests-p-1.json",
        "",
    ],
)
def test_other_keys(key: str) -> None:
    assert parse_evaluation_key(key) is None


def test_regions_are_those_of_the_service() -> None:
    assert len(LOOKOUTVISION_REGIONS) == 7
    assert {region.split("-")[0] for region in LOOKOUTVISION_REGIONS} == {"us", "eu", "ap"}


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://bucket/key", ("bucket", "key")),
        ("S3://bucket/key", ("bucket", "key")),
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket//key", ("bucket", "/key")),
        ("s3://bucket/a b+c%20d?e#f", ("bucket", "a b+c%20d?e#f")),
        (
            "s3://arn:aws:s3:us-east-1:123456789012:accesspoint/key",
            ("arn:aws:s3:us-east-1:123456789012:accesspoint", "key"),
        ),
    ],
)
def test_s3_uri(uri: str, expected: tuple[str, str]) -> None:
    assert parse_s3_uri(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "bucket/key",
        "s3:/bucket/key",
        "s3:///key",
        "s3://b/key",
        "s3://bu cket/key",
        "https://bucket.s3.amazonaws.com/key",
        "s3://bucket/" + "x" * 1025,
        "s3://bucket/" + "é" * 513,
        "s3://bucket/\ud800",
    ],
)
def test_not_an_s3_uri(uri: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_s3_uri(uri)
    assert str(caught.value).isascii() and len(str(caught.value)) < 600


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        bucket, key = parse_s3_uri(text)
    except LfvEvalError:
        return
    assert s3_uri(bucket, key).removesuffix("/") == "s3" + text[2:].removesuffix("/")


@pytest.mark.parametrize("project", ["p", "0", "my-project_1", "a" * 255])
def test_project_name(project: str) -> None:
    assert check_project_name(project) == project


@pytest.mark.parametrize("project", ["", "-p", "_p", "a" * 256, "../x", "a/b", "p\n", "Müller", "a.b"])
def test_no_project_name(project: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a project"):
        check_project_name(project)


@pytest.mark.parametrize("version", ["1", "9999999999", "latest"])
def test_model_version(version: str) -> None:
    assert check_model_version(version) == version


@pytest.mark.parametrize("version", ["", "0", "01", "-1", "1.0", "../x", "LATEST", "1\n", "1" * 11, "\u0661"])
def test_no_model_version(version: str) -> None:
    with pytest.raises(UsageError, match="cannot be a model version"):
        check_model_version(version)


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901x", "\u0661" * 12])
def test_no_account(account: str) -> None:
    with pytest.raises(UsageError, match="account number"):
        check_account(account)


def test_printable_keeps_letters_and_escapes_controls() -> None:
    assert printable("Müller\x1b[2J\u202e") == "Müller\\x1b[2J\\u202e"
    assert re.fullmatch(r"[\x20-\x7e]*", printable("a\nb\x00"))
