from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import DocumentError, LfvEvalError
from lfv_eval.records import Severity
from lfv_eval.settings import Settings

ARN = "arn:aws:lookoutvision:eu-west-1:123456789012:model/parts/3"
RESULT = {
    "Version": 1,
    "EvaluationDetails": {
        "ModelArn": ARN,
        "EvaluationEndTimestamp": "2019-11-21T07:30:23.910943",
        "NumberOfTrainingImages": 66,
        "NumberOfTestingImages": 34,
    },
    "AggregatedEvaluationResults": {
        "Metrics": {
            "ROCAUC": 0.99308,
            "AveragePrecision": 0.993808,
            "Precision": 1.0,
            "Recall": 0.941176,
            "F1Score": 0.969697,
            "PixelAnomalyClassMetrics": [
                {"Precision": 0.5, "Recall": 0.25, "F1Score": 0.3333, "AIOU": 0.2, "ClassName": "scratch"},
                {"Precision": 1, "Recall": 0, "F1Score": None, "AIOU": 0.0, "ClassName": "dent"},
            ],
        }
    },
}


def changed(path: str, value: object) -> str:
    """The document with one member replaced (removed where the value is ``...``)."""
    document = copy.deepcopy(RESULT)
    *parents, last = path.split(".")
    place: object = document
    for key in parents:
        place = place[int(key) if key.isdigit() else key]  # type: ignore[index]
    if value is ...:
        del place[last]  # type: ignore[attr-defined]
    else:
        place[last] = value  # type: ignore[index]
    return json.dumps(document)


METRICS = "AggregatedEvaluationResults.Metrics"


def test_everything_is_read(make):
    evaluation = make.parse("evaluation_result", json.dumps(RESULT))
    claim = evaluation.claims[0]
    assert (claim.model.project, claim.model.version) == ("parts", "3")
    assert (claim.n_training_images, claim.n_testing_images) == (66, 34)
    assert {(m.name, m.label): m.printed for m in evaluation.reported} == {
        ("precision", None): "1.0",
        ("recall", None): "0.941176",
        ("f1_score", None): "0.969697",
        ("roc_auc", None): "0.99308",
        ("average_precision", None): "0.993808",
        ("precision", "scratch"): "0.5",
        ("recall", "scratch"): "0.25",
        ("f1_score", "scratch"): "0.3333",
        ("average_iou", "scratch"): "0.2",
        ("precision", "dent"): "1",
        ("recall", "dent"): "0",
        ("f1_score", "dent"): "null",
        ("average_iou", "dent"): "0.0",
    }
    assert evaluation.problems == ()


@pytest.mark.parametrize("name", ["ROCAUC", "AveragePrecision", "F1Score", "PixelAnomalyClassMetrics"])
def test_metrics_may_be_absent(make, name):
    full = make.parse("evaluation_result", json.dumps(RESULT))
    fewer = make.parse("evaluation_result", changed(f"{METRICS}.{name}", ...))
    assert len(fewer.reported) == len(full.reported) - (8 if name.startswith("Pixel") else 1)
    assert fewer.problems == ()


@pytest.mark.parametrize("version", [2, "1", None, 1.5, ...])
def test_another_version_is_noted(make, version):
    evaluation = make.parse("evaluation_result", changed("Version", version))
    assert make.codes(evaluation) == {"UNKNOWN_VERSION": 1}
    assert len(evaluation.reported) == 13


def test_a_repeated_class_name_is_noted_and_kept(make):
    entries = RESULT["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]  # type: ignore[index]
    evaluation = make.parse("evaluation_result", changed(f"{METRICS}.PixelAnomalyClassMetrics", entries * 2))
    assert make.codes(evaluation) == {"DUPLICATE_CLASS_NAME": 2}
    assert evaluation.problems[0].severity == Severity.ERROR
    assert sum(m.label == "scratch" for m in evaluation.reported) == 8


@pytest.mark.parametrize("value", [94.1, -0.1, 1.0000001])
def test_a_metric_outside_the_range_is_kept_and_noted(make, value):
    evaluation = make.parse("evaluation_result", changed(f"{METRICS}.Recall", value))
    assert make.codes(evaluation) == {"METRIC_OUT_OF_RANGE": 1}
    assert value in [m.value for m in evaluation.reported]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            f"{METRICS}.Recall",
            "high",
            r'\$\.AggregatedEvaluationResults\.Metrics\.Recall: expected a number .* got "high"',
        ),
        (f"{METRICS}.ROCAUC", True, r"ROCAUC: expected a number .* got true"),
        (METRICS, [], r"\$\.AggregatedEvaluationResults\.Metrics: expected an object, got a list"),
        (METRICS, ..., r"\$\.AggregatedEvaluationResults\.Metrics: expected an object, got nothing"),
        ("AggregatedEvaluationResults", ..., r"\$\.AggregatedEvaluationResults: expected an object, got nothing"),
        ("EvaluationDetails", 5, r"\$\.EvaluationDetails: expected an object, got 5"),
        ("EvaluationDetails.ModelArn", 5, r"ModelArn: expected text, got 5"),
        ("EvaluationDetails.NumberOfTestingImages", "34", r"NumberOfTestingImages: expected a whole number"),
        ("EvaluationDetails.NumberOfTestingImages", -1, r"expected a whole number, 0 or more, got -1"),
        ("EvaluationDetails.NumberOfTestingImages", 34.0, r"got 34\.0"),
        (f"{METRICS}.PixelAnomalyClassMetrics", {}, r"PixelAnomalyClassMetrics: expected a list, got an object"),
        (f"{METRICS}.PixelAnomalyClassMetrics", [1], r"PixelAnomalyClassMetrics\[0\]: expected an object, got 1"),
        (f"{METRICS}.PixelAnomalyClassMetrics.1.ClassName", None, r"Metrics\[1\]\.ClassName: expected text, got null"),
        (f"{METRICS}.PixelAnomalyClassMetrics.1.ClassName", ..., r"\[1\]\.ClassName: expected text, got nothing"),
        (f"{METRICS}.PixelAnomalyClassMetrics.0.AIOU", "x", r"\[0\]\.AIOU: expected a number"),
    ],
)
def test_wrong_types_are_refused_with_path_expected_and_got(make, path, value, message):
    with pytest.raises(DocumentError, match=message) as caught:
        make.parse("evaluation_result", changed(path, value))
    assert caught.value.where == "m.json"
    assert caught.value.hint


def test_details_and_metrics_that_are_missing_are_noted(make):
    evaluation = make.parse("evaluation_result", changed("EvaluationDetails", ...))
    assert make.codes(evaluation) == {"NO_DETAILS": 1}
    assert evaluation.claims[0].model.project is None
    assert make.codes(make.parse("evaluation_result", changed(METRICS, {}))) == {"NO_METRICS": 1}


def test_recognition(make):
    body = json.dumps(RESULT, indent=4).encode()
    name = "k_fold_EvaluationResult-parts_0-1.json"
    assert make.sniffed(body) == make.sniffed(body.decode().encode("utf-16")) == ["evaluation_result"]
    for length in (1, 5, 30, 200, 400):
        assert make.sniffed(body[:length], name) == ["evaluation_result"], length
    assert make.sniffed(b"", name) == ["evaluation_result"]
    assert make.sniffed(body[:300]) == ["evaluation_result"]
    assert make.sniffed(b"{", "x.json") == make.sniffed(b"<html>", name) == make.sniffed(b'{"a": 1}', name) == []


@given(st.data())
def test_order_and_space_do_not_matter(make, data):
    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in data.draw(st.permutations(list(value)))}
        return value

    text = json.dumps(shuffled(RESULT), indent=data.draw(st.sampled_from([None, 0, 2])))
    a, b = make.parse("evaluation_result", text), make.parse("evaluation_result", json.dumps(RESULT))
    assert (a.claims, set(a.reported), a.problems) == (b.claims, set(b.reported), b.problems)


@settings(max_examples=150)
@given(st.data())
def test_no_damage_raises_anything_but_our_errors(make, data):
    model = {"ModelDescription": {"ModelArn": ARN, "ModelVersion": "3", "Performance": {"Recall": 1.0}}}
    body = bytearray(json.dumps(data.draw(st.sampled_from([RESULT, model]))).encode())
    pieces = st.sampled_from(
        [b'"', b"{", b"}", b"[]", b"null", b"\x00", b"\xff", b"\\u", b"1e999", b"-", b"NaN", b"true"]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.sampled_from([0, 1, 2, 10]))] = data.draw(pieces | st.binary(max_size=3))
    for kind, reader in make.formats.items():
        reader.sniff(f"{kind}.json", bytes(body))
        try:
            reader.parse(make.document(bytes(body)), Settings())
        except LfvEvalError as error:
            assert "m.json" in str(error)


@pytest.mark.parametrize("name", ["aliens", "cookies"])
def test_real_result(make, name):
    path = make.folder(name) / f"EvaluationResult-{name}-1.json"
    expected = json.loads((path.parent / "expected.json").read_text())["reported"]
    evaluation = make.formats["evaluation_result"].parse(make.document(path, path.name), Settings())
    found = {m.name: m.value for m in evaluation.reported if m.label is None}
    assert found["roc_auc"] == expected["Metrics"]["ROCAUC"]
    assert found["average_precision"] == expected["Metrics"]["AveragePrecision"]
    assert found["f1_score"] == expected["Metrics"]["F1Score"]
    labels = {m.label: m.value for m in evaluation.reported if m.name == "average_iou"}
    assert labels == {e["ClassName"]: e["AIOU"] for e in expected.get("PixelAnomalyClassMetrics", [])}
    assert evaluation.claims[0].n_testing_images == expected["NumberOfTestingImages"]
    assert evaluation.problems == ()
