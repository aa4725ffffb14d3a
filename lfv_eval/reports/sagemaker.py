"""``statistics.json`` of Amazon SageMaker's ModelQuality, for model packages and model cards to carry the numbers.

Names and layout of "Model quality metrics" in the SageMaker developer guide, section "Binary classification metrics":
class 1 is the anomaly, the outer key of the confusion matrix is the truth, and the best constant classifier always says
1. There is no place for IoU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ..errors import ReportError
from ..metrics.counts import ScoreCounts
from ..metrics.ranking import anomaly_scores, precision_recall_curve, roc_curve
from ..results import ModelAudit

CONTENT_TYPE = "application/json"
"""What ``ContentType`` of the ``MetricsSource`` has to say."""


def render(audits: Sequence[ModelAudit]) -> bytes:
    """The statistics of one audit, as UTF-8 JSON; a value without a denominator is the text ``NaN``, as in SageMaker.

    Raises:
        ReportError: There is not exactly one audit: a file describes one model. Or no image enters its numbers.
    """
    if len(audits) != 1:
        raise ReportError(
            f"statistics.json describes one model, got {len(audits)}", hint="render one file for each audit"
        )
    return msgspec.json.format(msgspec.json.encode(_statistics(audits[0])), indent=2) + b"\n"


def content_digest(body: bytes) -> str:
    """``ContentDigest`` of the ``MetricsSource`` that registers the file.

    >>> content_digest(b"")[:20]
    'sha256:e3b0c44298fc1'
    """
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _statistics(audit: ModelAudit) -> dict[str, Any]:
    tp, fp, fn, tn = (sum(image.outcome == cell for image in audit.images) for cell in ("TP", "FP", "FN", "TN"))
    if not tp + fp + fn + tn:
        raise ReportError(
            "no test image enters the numbers, so there are no statistics", hint="add the evaluation manifest"
        )
    counts = _scores(audit)
    auc = audit.value("roc_auc")
    metrics: dict[str, Any] = {
        "confusion_matrix": {"0": {"0": tn, "1": fp}, "1": {"0": fn, "1": tp}},
        **_values(tp, fp, fn, tn, ""),
        **_values(tp + fn, fp + tn, 0, 0, "_best_constant_classifier"),
        "true_positive_rate": _value(tp, tp + fn),
        "true_negative_rate": _value(tn, tn + fp),
        "false_positive_rate": _value(fp, tn + fp),
        "false_negative_rate": _value(fn, tp + fn),
        "auc": {"value": "NaN" if auc is None or auc.value is None else auc.value, "standard_deviation": "NaN"},
        "receiver_operating_characteristic_curve": _roc(counts),
        "precision_recall_curve": _precision_recall(counts),
    }
    return {"binary_classification_metrics": metrics}


def _values(tp: int, fp: int, fn: int, tn: int, suffix: str) -> dict[str, Any]:
    """The metrics that exist for the model and for the best constant classifier."""
    found = {
        "recall": _value(tp, tp + fn),
        "precision": _value(tp, tp + fp),
        "accuracy": _value(tp + tn, tp + fp + fn + tn),
        "f0_5": _value(5 * tp, 5 * tp + 4 * fp + fn),  # (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp), in whole numbers
        "f1": _value(2 * tp, 2 * tp + fp + fn),
        "f2": _value(5 * tp, 5 * tp + 4 * fn + fp),
    }
    return {f"{name}{suffix}": value for name, value in found.items()}


def _value(part: int, whole: int) -> dict[str, Any]:
    return {"value": part / whole if whole else "NaN", "standard_deviation": "NaN"}


def _scores(audit: ModelAudit) -> ScoreCounts:
    used = [image for image in audit.images if image.outcome is not None]
    scored = [image for image in used if image.confidence is not None]
    scores = anomaly_scores(
        np.array([image.predicted == "anomaly" for image in scored], bool),
        np.array([image.confidence for image in scored], np.float64),
    )
    anomalous = np.array([image.truth == "anomaly" for image in scored], bool)
    return ScoreCounts.from_scores(scores, anomalous, len(used) - len(scored))


def _roc(counts: ScoreCounts) -> dict[str, list[float]]:
    curve = roc_curve(counts)
    return {
        "false_positive_rates": [] if curve is None else curve.fpr.tolist(),
        "true_positive_rates": [] if curve is None else curve.tpr.tolist(),
    }


def _precision_recall(counts: ScoreCounts) -> dict[str, list[float]]:
    curve = precision_recall_curve(counts)
    return {
        "precisions": [] if curve is None else curve.precision[::-1].tolist(),
        "recalls": [] if curve is None else curve.recall[::-1].tolist(),
    }
