from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfv_eval.errors import AccessError, DocumentError
from lfv_eval.formats.describe_model import OutputObjects, evaluation_locations
from lfv_eval.records import Document
from lfv_eval.settings import Settings

ARN = "arn:aws:lookoutvision:us-east-1:123456789012:model/my-sdk-project/1"
BUCKET, PREFIX = "lookoutvision-us-east-1-0123456789", "my-sdk-project-model-output/"
MODEL = {
    "ModelVersion": "1",
    "ModelArn": ARN,
    "CreationTimestamp": 1606581265.586,
    "Status": "TRAINED",
    "StatusMessage": "Training completed successfully.",
    "Performance": {"F1Score": 1.0, "Recall": 1.0, "Precision": 1.0},
    "OutputConfig": {"S3Location": {"Bucket": BUCKET, "Prefix": PREFIX}},
    "EvaluationManifest": {"Bucket": BUCKET, "Key": PREFIX + "EvaluationManifest-my-sdk-project-1.json"},
    "EvaluationResult": {"Bucket": BUCKET, "Key": PREFIX + "EvaluationResult-my-sdk-project-1.json"},
    "EvaluationEndTimestamp": 1606583060.681,
}
LOCATIONS = OutputObjects(
    manifest=f"s3://{BUCKET}/{PREFIX}EvaluationManifest-my-sdk-project-1.json",
    result=f"s3://{BUCKET}/{PREFIX}EvaluationResult-my-sdk-project-1.json",
)


def summary(evaluation):
    return evaluation.claims[0].model, [(m.name, m.label, m.value, m.printed) for m in evaluation.reported]


def test_guide_sample(make):
    evaluation = make.parse("describe_model", json.dumps({"ModelDescription": MODEL}))
    model, metrics = summary(evaluation)
    assert (model.project, model.version, model.region) == ("my-sdk-project", "1", "us-east-1")
    assert metrics == [("precision", None, 1.0, "1.0"), ("recall", None, 1.0, "1.0"), ("f1_score", None, 1.0, "1.0")]
    assert evaluation.problems == ()
    assert evaluation.documents[0].kind == evaluation.reported[0].kind == "describe_model"


@pytest.mark.parametrize(
    "time",
    [
        1606583060,
        1606583060.0,
        "1606581265.586",
        "2020-11-28T16:34:25.586000+00:00",
        "2020-11-28T17:04:20+00:00",
        "2020-11-28T16:34:25.586Z",
        "2020-11-28T11:34:25.586000-05:00",
        "2020-11-28 11:34:25.586000-05:00",
        "1970-01-01 00:00:00.0",
        None,
    ],
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_every_time_format_and_wrapper_says_the_same(make, time, wrapped):
    model = MODEL | {"CreationTimestamp": time, "EvaluationEndTimestamp": time}
    saved = {"ModelDescription": model, "ResponseMetadata": {"HTTPStatusCode": 200}} if wrapped else model
    text = json.dumps(saved)
    assert make.sniffed(text.encode()) == ["describe_model"]
    expected = make.parse("describe_model", json.dumps(MODEL))
    assert summary(make.parse("describe_model", text)) == summary(expected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_encoding_says_the_same(make, encoding, newline):
    text = json.dumps(MODEL | {"StatusMessage": "geprüft ✓"}, indent=4, ensure_ascii=False).replace("\n", newline)
    body = text.encode(encoding)
    assert make.sniffed(body) == ["describe_model"]
    assert summary(make.parse("describe_model", body)) == summary(make.parse("describe_model", json.dumps(MODEL)))


@pytest.mark.parametrize("printed", ["0.9166666567325592", "0.90", "1", "1.0", "9.2e-1", "0", "0.000"])
def test_printed_digits_are_kept(make, printed):
    text = json.dumps(MODEL).replace('"Recall": 1.0', f'"Recall": {printed}')
    recall = make.parse("describe_model", text).reported[1]
    assert (recall.printed, recall.value) == (printed, float(printed))


@pytest.mark.parametrize(("written", "printed"), [("null", "null"), ("NaN", "NaN"), ('"NaN"', "NaN")])
def test_undefined_metrics_are_none(make, written, printed):
    text = json.dumps(MODEL).replace('"F1Score": 1.0', f'"F1Score": {written}')
    f1 = make.parse("describe_model", text).reported[2]
    assert (f1.name, f1.value, f1.printed) == ("f1_score", None, printed)


@pytest.mark.parametrize("written", ['"high"', "true", "[]", "{}", "Infinity", "1e999", "1e-999999999"])
def test_a_metric_of_another_type_is_refused_with_its_path(make, written):
    text = json.dumps({"ModelDescription": MODEL}).replace('"F1Score": 1.0', f'"F1Score": {written}')
    with pytest.raises(DocumentError, match=r"\$\.ModelDescription\.Performance\.F1Score: expected a number in 0\.\.1"):
        make.parse("describe_model", text)


def test_a_model_in_training_reports_nothing_and_says_its_status(make):
    model = {k: v for k, v in MODEL.items() if not k.startswith(("Performance", "Evaluation"))} | {"Status": "TRAINING"}
    evaluation = make.parse("describe_model", json.dumps({"ModelDescription": model}))
    assert evaluation.reported == ()
    assert [p.code for p in evaluation.problems] == ["NO_PERFORMANCE"]
    assert "TRAINING" in evaluation.problems[0].message


def test_locations_from_the_answer_and_from_the_output_configuration(make):
    def locations(model):
        return evaluation_locations(make.document(json.dumps({"ModelDescription": model}).encode()))

    without = {k: v for k, v in MODEL.items() if k not in ("EvaluationManifest", "EvaluationResult")}
    assert locations(MODEL) == LOCATIONS
    assert locations(without) == LOCATIONS
    no_prefix = without | {"OutputConfig": {"S3Location": {"Bucket": "b"}}}
    assert locations(no_prefix).result == "s3://b/EvaluationResult-my-sdk-project-1.json"
    assert locations({"ModelArn": ARN}) == OutputObjects(manifest=None, result=None)
    assert locations(no_prefix | {"ModelArn": "some-model-arn"}) == OutputObjects(manifest=None, result=None)


def test_the_version_stands_in_where_the_arn_is_none(make):
    evaluation = make.parse("describe_model", json.dumps(MODEL | {"ModelArn": "sample-arn", "ModelVersion": 7}))
    assert evaluation.claims[0].model.version == "7"
    assert make.codes(evaluation) == {"VERSION_NOT_TEXT": 1}
    evaluation = make.parse("describe_model", json.dumps(MODEL | {"ModelVersion": "2"}))
    assert evaluation.claims[0].model.version == "1"
    assert make.codes(evaluation) == {"VERSION_CONTRADICTS_ARN": 1}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("text", "MODELDESCRIPTION\t2020-11-28T16:34:25\tarn:aws:lookoutvision:x\t1\tTRAINED\n"),
        ("table", "----------------\n|     DescribeModel      |\n+----------------+\n"),
        ("yaml", f"CreationTimestamp: '2020'\nDescription: x\nModelArn: {ARN}\nStatus: TRAINED\n"),
        ("yaml", f"ModelDescription:\n  CreationTimestamp: '2020'\n  ModelArn: {ARN}\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_other_cli_outputs_are_recognised_and_refused(make, form, text, encoding):
    body = text.encode(encoding)
    assert make.sniffed(body, "model.txt") == ["describe_model"]
    with pytest.raises(DocumentError, match=f"expected JSON, got the AWS CLI's {form} output.*--output json"):
        make.parse("describe_model", body)


@pytest.mark.parametrize(
    "text",
    [
        '{"Models": [{"ModelArn": "a", "ModelVersion": "1"}]}',
        '{"ProjectDescription": {"ProjectArn": "a"}}',
        '{"ModelArn": "a"}',
        '{"Version": 1, "EvaluationDetails": {"ModelArn": "a"}}',
        "[]",
        "",
        "# Models\n\n| Model | Status |\n",
        "Notes on ModelArn: none\n",
    ],
)
def test_other_documents_are_left_alone(make, text):
    assert "describe_model" not in make.sniffed(text.encode())


def test_a_cut_off_answer_is_claimed_and_explained(make):
    body = json.dumps({"ModelDescription": MODEL}, indent=2).encode()[:300]
    assert make.sniffed(body) == ["describe_model"]
    with pytest.raises(DocumentError, match=r"m\.json line \d+ column \d+: not valid JSON: .*end of the file.*cut off"):
        make.parse("describe_model", body)


@pytest.mark.parametrize("name", ["aliens", "cookies"])
def test_real_answer(make, name):
    path = make.folder(name) / "describe-model.json"
    expected = json.loads((path.parent / "expected.json").read_text())["reported"]["describe-model Performance"]
    evaluation = make.formats["describe_model"].parse(make.document(path, path.name), Settings())
    assert {m.name: m.value for m in evaluation.reported} == {
        "precision": expected["Precision"],
        "recall": expected["Recall"],
        "f1_score": expected["F1Score"],
    }
    assert evaluation.problems == ()


def test_a_file_that_is_gone_is_an_access_error(make, tmp_path: Path):
    document = Document(uri="gone.json", body=tmp_path / "gone.json", size_bytes=1, sha256="")
    for reader in make.formats.values():
        with pytest.raises(AccessError, match="gone.json: cannot be read: No such file"):
            reader.parse(document, Settings())
