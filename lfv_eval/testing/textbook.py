"""The metrics of a synthetic report, written down as the textbook defines them and as plainly as possible.

Independent of ``lfv_eval.metrics`` on purpose: a synthetic report that one of the two computes and the other verifies
is a test of both. A ratio with denominator 0 is reported as 0.0, the convention of scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Pixels of one label in one image: in the true mask, in the predicted one, in both."""

    truth_px: int
    predicted_px: int
    common_px: int


def precision_recall_f1(tp: int, fp: int, fn: int) -> dict[str, float]:
    """The service's three ratios under its own names.

    >>> precision_recall_f1(tp=17, fp=2, fn=0)
    {'Precision': 0.8947368421052632, 'Recall': 1.0, 'F1Score': 0.9444444444444444}
    """
    return {
        "Precision": tp / (tp + fp) if tp + fp else 0.0,
        "Recall": tp / (tp + fn) if tp + fn else 0.0,
        "F1Score": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    }


def image_metrics(truth: Sequence[bool], predicted: Sequence[bool], scores: Sequence[float]) -> dict[str, float]:
    """Image-level metrics, anomaly being the positive class.

    ROC AUC is the share of anomalous x normal pairs that the scores order rightly, ties counting half. Average
    precision is the sum over thresholds of precision times gain in recall; tied scores are one threshold.

    Args:
        truth: Whether each image is anomalous; both kinds occur.
        predicted: Whether each is called anomalous.
        scores: Anomaly score of each.

    >>> answer = image_metrics([True, False, True], [True, True, False], [0.9, 0.6, 0.2])
    >>> answer["ROCAUC"], round(answer["AveragePrecision"], 4), answer["F1Score"]
    (0.5, 0.8333, 0.5)
    """
    pairs = list(zip(truth, predicted, strict=True))
    anomalous = np.array([s for s, t in zip(scores, truth, strict=True) if t])
    normal = np.array([s for s, t in zip(scores, truth, strict=True) if not t])
    wins = sum(int((score > normal).sum()) for score in anomalous)
    ties = sum(int((score == normal).sum()) for score in anomalous)
    gains, recall_before = [], 0.0
    for threshold in sorted({*scores}, reverse=True):
        tp, fp = int((anomalous >= threshold).sum()), int((normal >= threshold).sum())
        recall = tp / len(anomalous)
        gains.append((recall - recall_before) * tp / (tp + fp))
        recall_before = recall
    return {
        "ROCAUC": (2 * wins + ties) / (2 * len(anomalous) * len(normal)),
        "AveragePrecision": math.fsum(gains),
        **precision_recall_f1(
            tp=pairs.count((True, True)), fp=pairs.count((False, True)), fn=pairs.count((True, False))
        ),
    }


def pixel_metrics(overlaps: Sequence[Overlap]) -> dict[str, float] | None:
    """Metrics of one label: ratios over the pixels of all images, and IoU averaged over images whose truth has it.

    Args:
        overlaps: One entry for every test image, the normal ones included.

    Returns:
        ``None`` where no image's truth has the label: the service lists the labels found in the test set.
    """
    common = sum(image.common_px for image in overlaps)
    truth, predicted = sum(image.truth_px for image in overlaps), sum(image.predicted_px for image in overlaps)
    ious = [
        image.common_px / (image.truth_px + image.predicted_px - image.common_px)
        for image in overlaps
        if image.truth_px
    ]
    if not ious:
        return None
    ratios = precision_recall_f1(tp=common, fp=predicted - common, fn=truth - common)
    return {**ratios, "AIOU": math.fsum(ious) / len(ious)}
