"""Synthetic evaluations against themselves, scikit-learn, and published values."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    f1_score,
    jaccard_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from lfv_eval.testing import SyntheticEvaluation, make_evaluation
from lfv_eval.testing.textbook import Overlap, image_metrics, pixel_metrics


@pytest.fixture(scope="module")
def evaluation() -> SyntheticEvaluation:
    return make_evaluation()


def rows_of(evaluation: SyntheticEvaluation, path: str | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in evaluation.files[path or evaluation.manifest_path].splitlines()]


def metrics_of(evaluation: SyntheticEvaluation) -> dict[str, Any]:
    result = json.loads(evaluation.files[evaluation.result_path])
    metrics: dict[str, Any] = result["AggregatedEvaluationResults"]["Metrics"]
    return metrics


def content_behind(evaluation: SyntheticEvaluation, uri: str) -> bytes:
    root = f"s3://{evaluation.scenario.bucket}/{evaluation.scenario.key_prefix}"
    assert uri.startswith(root)
    return evaluation.files[uri.removeprefix(root)]


def classes_and_scores(rows: list[dict[str, Any]]) -> tuple[list[bool], list[bool], list[float]]:
    truth = [row["anomaly-label-metadata"]["class-name"] == "anomaly" for row in rows]
    answers = [row["anomaly-label-detected-metadata"] for row in rows]
    predicted = [answer["class-name"] == "anomaly" for answer in answers]
    scores = [a["confidence"] if a["class-name"] == "anomaly" else 1 - a["confidence"] for a in answers]
    return truth, predicted, scores


def pixels_of(evaluation: SyntheticEvaluation, row: dict[str, Any], attribute: str, label: str) -> Any:
    """bool, True where the row's mask has the label, by the row's own colour map."""
    if attribute not in row:
        return np.zeros(evaluation.scenario.size[::-1], bool)
    entries = row[f"{attribute}-metadata"]["internal-color-map"].values()
    color = next((entry["hex-color"] for entry in entries if entry["class-name"] == label), None)
    with Image.open(io.BytesIO(content_behind(evaluation, row[attribute]))) as image:
        pixels = np.asarray(image.convert("RGB"))
    return (
        np.zeros(pixels.shape[:2], bool) if color is None else (pixels == tuple(bytes.fromhex(color[1:]))).all(axis=2)
    )


def digest(evaluation: SyntheticEvaluation) -> str:
    return hashlib.sha256(b"".join(evaluation.files.values())).hexdigest()


# --- the same seed, the same bytes


def test_same_seed_gives_same_bytes_in_another_process(evaluation: SyntheticEvaluation) -> None:
    code = (
        "import hashlib; from lfv_eval.testing import make_evaluation;"
        "print(hashlib.sha256(b''.join(make_evaluation().files.values())).hexdigest())"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == digest(evaluation)


def test_another_seed_gives_other_pictures_and_numbers(evaluation: SyntheticEvaluation) -> None:
    other = make_evaluation(seed=1)
    assert list(other.files) == list(evaluation.files)
    assert metrics_of(other) != metrics_of(evaluation)
    assert all(other.files[path] != evaluation.files[path] for path in evaluation.files if path.startswith("images/"))


def test_two_models_of_one_seed_are_tested_on_the_same_pictures(evaluation: SyntheticEvaluation) -> None:
    better = make_evaluation(evaluation.scenario, version="2", model_seed=5, quality=0.97)
    shared = [path for path in evaluation.files if path.startswith(("images/", "mask-images/"))]
    assert len(shared) == 60
    assert all(better.files[path] == evaluation.files[path] for path in shared)
    assert metrics_of(better)["ROCAUC"] > metrics_of(evaluation)["ROCAUC"]


def test_leaving_pictures_out_does_not_change_the_documents(evaluation: SyntheticEvaluation) -> None:
    bare = make_evaluation(with_images=False, segmentation=True)
    assert not [path for path in bare.files if path.endswith(".jpg")]
    assert all(bare.files[path] == evaluation.files[path] for path in bare.files)


# --- the report against scikit-learn


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"quality": 0.7, "threshold": 0.3},
        {"n_anomaly": 3, "n_normal": 40, "seed": 4},
        {"n_anomaly": 600, "n_normal": 900},
        {"threshold": 1.0, "n_anomaly": 2, "n_normal": 2},
    ],
)
def test_image_metrics_equal_scikit_learn(changes: dict[str, Any]) -> None:
    evaluation = make_evaluation(with_images=False, **changes)
    truth, predicted, scores = classes_and_scores(rows_of(evaluation))
    expected = {
        "ROCAUC": roc_auc_score(truth, scores),
        "AveragePrecision": average_precision_score(truth, scores),
        "Precision": precision_score(truth, predicted, zero_division=0),
        "Recall": recall_score(truth, predicted),
        "F1Score": f1_score(truth, predicted),
    }
    assert metrics_of(evaluation) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", [0, 3])
def test_pixel_metrics_equal_scikit_learn_on_the_mask_files(seed: int) -> None:
    evaluation = make_evaluation(seed=seed, size=(160, 122), n_anomaly=9, n_normal=4)
    reported = {entry["ClassName"]: entry for entry in metrics_of(evaluation)["PixelAnomalyClassMetrics"]}
    assert list(reported) == ["scratch", "dent"]
    for label, entry in reported.items():
        pairs = [
            (
                pixels_of(evaluation, row, "anomaly-mask-ref", label).ravel(),
                pixels_of(evaluation, row, "anomaly-mask-ref-detected", label).ravel(),
            )
            for row in rows_of(evaluation)
        ]
        truth, predicted = (np.concatenate(masks) for masks in zip(*pairs, strict=True))
        assert entry["Precision"] == pytest.approx(precision_score(truth, predicted), rel=1e-12)
        assert entry["Recall"] == pytest.approx(recall_score(truth, predicted), rel=1e-12)
        assert entry["F1Score"] == pytest.approx(f1_score(truth, predicted), rel=1e-12)
        ious = [jaccard_score(true, found) for true, found in pairs if true.any()]
        assert entry["AIOU"] == pytest.approx(np.mean(ious), rel=1e-12)


def test_textbook_formulas_give_published_fold_values() -> None:
    """Fold 0 of the k-fold notebook in awslabs/amazon-lookout-for-vision-python-sdk, as its ranking must have been."""
    truth = [mark == "+" for mark in "+" * 16 + "--+" + "-" * 15]
    answer = image_metrics(truth, [True] * 16 + [False] * 18, [float(-rank) for rank in range(34)])
    printed = {
        "ROCAUC": 0.993080,
        "AveragePrecision": 0.993808,
        "Precision": 1.0,
        "Recall": 0.941176,
        "F1Score": 0.969697,
    }
    assert {name: round(value, 6) for name, value in answer.items()} == printed


def test_a_label_that_no_truth_has_is_not_listed() -> None:
    assert pixel_metrics([Overlap(truth_px=0, predicted_px=5, common_px=0)]) is None
    evaluation = make_evaluation(n_anomaly=1, n_normal=1, size=(64, 64))
    assert [entry["ClassName"] for entry in metrics_of(evaluation)["PixelAnomalyClassMetrics"]] == ["scratch"]


# --- interesting, and shaped as the service's documents


@pytest.mark.parametrize("seed", range(12))
def test_default_sets_have_both_kinds_of_errors(seed: int) -> None:
    truth, predicted, _ = classes_and_scores(rows_of(make_evaluation(seed=seed, with_images=False)))
    (tn, fp), (fn, tp) = confusion_matrix(truth, predicted).tolist()
    assert min(tp, fp, fn, tn) >= 1
    assert tp + tn > 25


def test_large_sets_have_ties_between_the_classes_and_come_near_their_quality() -> None:
    evaluation = make_evaluation(n_anomaly=1500, n_normal=1500, with_images=False, quality=0.93)
    truth, _, scores = classes_and_scores(rows_of(evaluation))
    of_class = [{s for s, t in zip(scores, truth, strict=True) if t is wanted} for wanted in (True, False)]
    assert of_class[0] & of_class[1]
    assert metrics_of(evaluation)["ROCAUC"] == pytest.approx(0.93, abs=0.01)


def test_confidences_are_float32_of_the_predicted_class() -> None:
    evaluation = make_evaluation(with_images=False, threshold=0.3)
    rows = rows_of(evaluation)
    confidences = [row["anomaly-label-detected-metadata"]["confidence"] for row in rows]
    assert all(float(np.float32(confidence)) == confidence for confidence in confidences)
    assert min(confidences) < 0.5  # as only a threshold other than a half can give
    _, predicted, scores = classes_and_scores(rows)
    assert predicted == [score >= 0.3 for score in scores]


def test_rounded_confidences_hide_an_order_that_the_report_knew() -> None:
    exact, rounded = (
        make_evaluation(with_images=False, n_anomaly=300, confidence_digits=digits) for digits in (None, 2)
    )
    assert metrics_of(exact) == metrics_of(rounded)
    truth, _, scores = classes_and_scores(rows_of(rounded))
    positive = np.array([round(s, 9) for s, t in zip(scores, truth, strict=True) if t])[:, None]
    negative = np.array([round(s, 9) for s, t in zip(scores, truth, strict=True) if not t])
    low, high = (positive > negative).mean(), (positive >= negative).mean()
    assert low < metrics_of(exact)["ROCAUC"] < high
