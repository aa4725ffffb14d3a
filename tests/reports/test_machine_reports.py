"""JUnit, CloudWatch EMF and SageMaker statistics, held against independent readers and published rules."""

import json
import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import numpy as np
import pytest
from sklearn.metrics import fbeta_score, precision_recall_curve, precision_score, recall_score, roc_auc_score, roc_curve

from lfv_eval.errors import ReportError, UsageError
from lfv_eval.reports import emf, junit, sagemaker
from lfv_eval.results import DISAGREEING, Gate, ImageOutcome
from lfv_eval.verdicts import Verdict

# The rules of "Specification: Embedded metric format", Amazon CloudWatch user guide.
EMF_SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 0},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": {"type": "string", "pattern": "^[a-zA-Z0-9._#:/-]+$", "maxLength": 255},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
                                        "Unit": {"enum": ["None", "Count"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
MOMENT = datetime(2025, 11, 3, 12, 30, tzinfo=UTC)


def test_emf_line_follows_the_specification(tampered, parts):
    body = emf.render([tampered.audit, parts.audit], audited_at=MOMENT)
    lines = body.splitlines()
    assert len(lines) == 2
    assert body.endswith(b"\n")
    for line, audit in zip(lines, (tampered.audit, parts.audit), strict=True):
        assert len(line) < 1_000_000
        entry = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        jsonschema.validate(entry, EMF_SCHEMA)
        assert entry["_aws"]["Timestamp"] == 1762173000000
        (directive,) = entry["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]:
            assert isinstance(entry[metric["Name"]], int | float)
        for dimension in directive["Dimensions"][0]:
            assert isinstance(entry[dimension], str)
            assert entry[dimension].isascii()
            assert entry[dimension].strip()
            assert 0 < len(entry[dimension]) <= 1024
        assert not any(image.uri in line.decode() for image in audit.images)


def test_emf_numbers_are_the_recomputed_ones(tampered):
    entry = json.loads(emf.render([tampered.audit], audited_at=MOMENT))
    assert entry["Recall"] == tampered.audit.value("recall").value
    assert entry["RocAuc"] == tampered.audit.value("roc_auc").value
    wrong = sum(check.verdict in DISAGREEING for check in tampered.audit.checks)
    assert entry["CrossCheckFailures"] == wrong > 0
    cells = ("TruePositives", "FalsePositives", "FalseNegatives", "TrueNegatives")
    assert sum(entry[cell] for cell in cells) == 80


def test_emf_leaves_undefined_numbers_out(tampered):
    values = tuple(replace(v, value=None, undefined_because="x") for v in tampered.audit.values)
    entry = json.loads(emf.render([replace(tampered.audit, values=values)], audited_at=MOMENT))
    assert "Recall" not in entry
    assert "Recall" not in {metric["Name"] for metric in entry["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def test_emf_says_now_unless_told(tampered):
    before = datetime.now(UTC).timestamp() * 1000
    stamp = json.loads(emf.render([tampered.audit]))["_aws"]["Timestamp"]
    assert before - 1 <= stamp <= datetime.now(UTC).timestamp() * 1000


@pytest.mark.parametrize("wrong", [{"namespace": "a b"}, {"namespace": ""}, {"audited_at": datetime(2025, 1, 1)}])
def test_emf_refuses_what_cloudwatch_would_drop(tampered, wrong):
    with pytest.raises(UsageError):
        emf.render([tampered.audit], **wrong)


def test_junit_counts_and_statuses(tampered):
    junitparser = pytest.importorskip("junitparser")
    audit = replace(
        tampered.audit,
        gates=(Gate(name="recall", label=None, definition="tp/(tp+fn)", minimum=1.0, value=0.5, passed=False),),
    )
    xml = junitparser.JUnitXml.fromstring(junit.render([audit]))
    (suite,) = list(xml)
    cases = list(suite)
    n_wrong = sum(check.verdict in DISAGREEING for check in audit.checks) + 1
    n_open = sum(check.verdict == Verdict.NOT_VERIFIABLE for check in audit.checks)
    assert (xml.tests, xml.failures, xml.errors) == (len(audit.checks) + 1, n_wrong, n_open)
    assert (suite.tests, suite.failures, suite.errors) == (xml.tests, xml.failures, xml.errors)
    kinds = [case.result[0].__class__.__name__ if case.result else "passed" for case in cases]
    assert kinds[:n_wrong] == ["Failure"] * n_wrong
    assert kinds.count("Failure") == n_wrong
    assert len({(case.classname, case.name) for case in cases}) == len(cases)


def test_junit_can_skip_what_cannot_be_verified(tampered):
    checks = tuple(replace(check, verdict=Verdict.NOT_VERIFIABLE) for check in tampered.audit.checks)
    audit = replace(tampered.audit, checks=checks)
    strict, lenient = (ET.fromstring(junit.render([audit], allow_unverifiable=allow)) for allow in (False, True))
    assert (strict.get("errors"), strict.get("skipped")) == (str(len(checks)), "0")
    assert (lenient.get("errors"), lenient.get("skipped")) == ("0", str(len(checks)))


def test_junit_keeps_500_cases_and_loses_no_failure(tampered):
    wrong = [check for check in tampered.audit.checks if check.verdict in DISAGREEING]
    right = [check for check in tampered.audit.checks if check.verdict == Verdict.MATCH]
    audits = [replace(tampered.audit, checks=tuple(right[:3] * 200)), replace(tampered.audit, checks=tuple(wrong))]
    root = ET.fromstring(junit.render(audits))
    assert len(list(root.iter("testcase"))) == 500 == int(root.get("tests"))
    assert len(list(root.iter("failure"))) == len(wrong) == int(root.get("failures"))
    assert "more cases are left out" in root[0].findtext("system-out")


def test_junit_has_no_case_for_an_image(tampered):
    names = [case.get("name") for case in ET.fromstring(junit.render([tampered.audit])).iter("testcase")]
    assert len(names) == len(tampered.audit.checks)


def image(truth, predicted, confidence):
    cell = ("T" if truth == predicted else "F") + ("P" if predicted == "anomaly" else "N")
    return ImageOutcome(
        uri=f"{truth}{confidence}", document="m", line=1, truth=truth, predicted=predicted, confidence=confidence,
        outcome=cell, excluded_because=None,
    )  # fmt: skip


def statistics(audit):
    return json.loads(sagemaker.render([audit]))["binary_classification_metrics"]


def test_sagemaker_reproduces_the_example_of_its_guide(tampered):
    """Model quality metrics, Amazon SageMaker developer guide: the numbers of the binary classification example."""
    images = (
        image("normal", "normal", 0.9), image("normal", "anomaly", 0.6), image("normal", "anomaly", 0.7),
        image("anomaly", "anomaly", 0.8),
    )  # fmt: skip
    found = statistics(replace(tampered.audit, images=images))
    assert found["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    expected = {
        "recall": 1.0, "precision": 0.3333333333333333, "accuracy": 0.5, "recall_best_constant_classifier": 1.0,
        "precision_best_constant_classifier": 0.25, "accuracy_best_constant_classifier": 0.25,
        "true_positive_rate": 1.0, "true_negative_rate": 0.33333333333333337, "false_positive_rate": 0.6666666666666666,
        "false_negative_rate": 0.0, "f0_5": 0.3846153846153846, "f1": 0.5, "f2": 0.7142857142857143,
        "f0_5_best_constant_classifier": 0.29411764705882354, "f1_best_constant_classifier": 0.4,
        "f2_best_constant_classifier": 0.625,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name] == {"value": pytest.approx(value, abs=1e-15), "standard_deviation": "NaN"}


def test_sagemaker_equals_scikit_learn(tampered):
    used = [image for image in tampered.audit.images if image.outcome]
    truth = np.array([image.truth == "anomaly" for image in used])
    predicted = np.array([image.predicted == "anomaly" for image in used])
    confidence = np.array([image.confidence for image in used])
    score = np.where(predicted, confidence, 1 - confidence)
    found = statistics(tampered.audit)
    assert found["precision"]["value"] == pytest.approx(precision_score(truth, predicted))
    assert found["recall"]["value"] == pytest.approx(recall_score(truth, predicted))
    for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2)):
        assert found[name]["value"] == pytest.approx(fbeta_score(truth, predicted, beta=beta))
        always = fbeta_score(truth, np.ones_like(truth), beta=beta)
        assert found[f"{name}_best_constant_classifier"]["value"] == pytest.approx(always)
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(truth, score))
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
    assert found["receiver_operating_characteristic_curve"]["false_positive_rates"] == pytest.approx(fpr)
    assert found["receiver_operating_characteristic_curve"]["true_positive_rates"] == pytest.approx(tpr)
    precision, recall, _ = precision_recall_curve(truth, score)
    assert found["precision_recall_curve"]["precisions"] == pytest.approx(precision[::-1])
    assert found["precision_recall_curve"]["recalls"] == pytest.approx(recall[::-1])


def test_sagemaker_has_what_the_model_card_parser_reads(tampered):
    """The rules of ``ClassificationParser`` in the sagemaker package: one group first, pairs of value and deviation."""
    document = json.loads(sagemaker.render([tampered.audit]))
    assert list(document) == ["binary_classification_metrics"]
    curves = {
        "receiver_operating_characteristic_curve": {"false_positive_rates", "true_positive_rates"},
        "precision_recall_curve": {"precisions", "recalls"},
    }
    for name, entry in document["binary_classification_metrics"].items():
        if name == "confusion_matrix":
            assert [list(row) for row in entry.values()] == [["0", "1"], ["0", "1"]]
        elif name in curves:
            assert set(entry) == curves[name]
            assert len({len(axis) for axis in entry.values()}) == 1
        else:
            assert set(entry) == {"value", "standard_deviation"}
            assert entry["value"] == "NaN" or math.isfinite(entry["value"])


def test_sagemaker_writes_undefined_numbers_as_nan_text(tampered):
    found = statistics(replace(tampered.audit, images=(image("normal", "normal", 0.9),), values=()))
    assert {found[name]["value"] for name in ("recall", "precision", "f1", "f2", "auc")} == {"NaN"}
    assert found["receiver_operating_characteristic_curve"]["true_positive_rates"] == []


def test_sagemaker_digest_is_what_registration_wants(tampered):
    import hashlib

    body = sagemaker.render([tampered.audit])
    assert sagemaker.content_digest(body) == "sha256:" + hashlib.sha256(body).hexdigest()


def test_sagemaker_refuses_several_models_and_none(tampered):
    with pytest.raises(ReportError, match="one model"):
        sagemaker.render([tampered.audit] * 2)
    with pytest.raises(ReportError, match="no test image"):
        sagemaker.render([replace(tampered.audit, images=())])
