"""Readings of ``confidence`` as an anomaly score, treatments of ties, and definitions of average precision.

Readings: AWS's published post-processing (awslabs/DefectDetectionApplication) emits the score itself where anomaly is
predicted, one minus it otherwise; its bounding-box branch emits the raw score always. Average precision definitions
are the usual ones of PASCAL VOC (2007: 11 points, 2010: interpolated), COCO (101 points), Davis and Goadrich (2006),
and the trapezoid rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .ranking_batches import Bools, Floats, Ints

READINGS: dict[str, Callable[[Bools, Floats], Floats]] = {
    "predicted-class-confidence": lambda predicted, confidence: np.where(predicted, confidence, 1 - confidence),
    "confidence-as-score": lambda _predicted, confidence: confidence,
    "one-minus-confidence": lambda _predicted, confidence: 1 - confidence,
    "predicted-label": lambda predicted, _confidence: predicted.astype(np.float64),
}
"""What a confidence means; the first is the default. Arguments: bool predicted anomaly, float64 confidence in 0..1."""

READING_TITLES = {
    "predicted-class-confidence": "confidence of the predicted class",
    "confidence-as-score": "confidence as the anomaly score itself",
    "one-minus-confidence": "one minus confidence as the anomaly score",
    "predicted-label": "the predicted label without any score",
}

TIES = ("grouped", "normal-first", "anomaly-first")
"""What equal scores do: they form one threshold, or one class of them is taken to rank first."""


class Curve(NamedTuple):
    """Thresholds best first: int64 totals of anomalous (tp) and normal images (fp) down to each."""

    tp: Ints
    fp: Ints


def curve(scores: Floats, anomalous: Bools, ties: str) -> Curve:
    """Walk down a ranking.

    Args:
        scores: float64, shape (n,).
        anomalous: bool, shape (n,).
        ties: One of ``TIES``.
    """
    second = np.zeros(len(scores)) if ties == "grouped" else np.where(anomalous == (ties == "anomaly-first"), 0, 1)
    order = np.lexsort((second, -scores))
    tp, fp = (np.cumsum(of_class[order], dtype=np.int64) for of_class in (anomalous, ~anomalous))
    if ties != "grouped":
        return Curve(tp, fp)
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    return Curve(tp[last], fp[last])


def roc_auc(points: Curve) -> float:
    """Area under the ROC curve through all points, as a fraction of integers."""
    tp, fp = np.append(0, points.tp), np.append(0, points.fp)
    doubled = int(((tp[1:] + tp[:-1]) * np.diff(fp)).sum())
    return doubled / (2 * int(tp[-1]) * int(fp[-1]))


def _step(p: Floats, gain: Floats, _points: Curve) -> float:
    return float(gain @ p)


def _left_step(p: Floats, gain: Floats, _points: Curve) -> float:
    return float(gain @ np.append(1.0, p[:-1]))


def _trapezoid(p: Floats, gain: Floats, _points: Curve) -> float:
    return float(gain @ (p + np.append(1.0, p[:-1]))) / 2


def _trapezoid_flat(p: Floats, gain: Floats, _points: Curve) -> float:
    return float(gain @ (p + np.append(p[0], p[:-1]))) / 2


def _envelope(p: Floats) -> Floats:
    found: Floats = np.maximum.accumulate(p[::-1])[::-1]
    return found


def _interpolated(p: Floats, gain: Floats, _points: Curve) -> float:
    return float(gain @ _envelope(p))


def _at_recalls(p: Floats, points: Curve, n: int) -> float:
    """Mean over n equally spaced recalls of the best precision from there on; recall is compared in whole numbers."""
    wanted = np.arange(n) * int(points.tp[-1])
    first = np.searchsorted(points.tp * (n - 1), wanted)
    return float(np.append(_envelope(p), 0.0)[first].mean())


def _davis_goadrich(_p: Floats, _gain: Floats, points: Curve) -> float:
    """Area under the precision-recall curve that a straight line between ROC points becomes; exact integral."""
    tp, fp = np.append(0, points.tp).astype(np.float64), np.append(0, points.fp).astype(np.float64)
    rises = np.diff(tp) > 0
    low, high, fp_low = tp[:-1][rises], tp[1:][rises], fp[:-1][rises]
    slope = np.diff(fp)[rises] / (high - low)
    a, b = 1 + slope, fp_low - slope * low
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = (high - low) / a - b / a**2 * np.log((a * high + b) / (a * low + b))
    return float(np.where(np.abs(b) < 1e-12, (high - low) / a, bent).sum() / tp[-1])


DEFINITIONS: dict[str, Callable[[Floats, Floats, Curve], float]] = {
    "step": _step,
    "left-step": _left_step,
    "trapezoid": _trapezoid,
    "trapezoid-flat": _trapezoid_flat,
    "interpolated": _interpolated,
    "11-point": lambda p, _gain, points: _at_recalls(p, points, 11),
    "101-point": lambda p, _gain, points: _at_recalls(p, points, 101),
    "davis-goadrich": _davis_goadrich,
}
"""Average precision by precision at each threshold, gain in recall there, and the totals; the first is the default.

========================  ============================================================================================
step                      sum of (R_k - R_{k-1}) P_k
left-step                 sum of (R_k - R_{k-1}) P_{k-1}, where P_0 = 1
trapezoid                 sum of (R_k - R_{k-1}) (P_k + P_{k-1}) / 2, where P_0 = 1
trapezoid-flat            the same, where P_0 = P_1
interpolated              sum of (R_k - R_{k-1}) E_k, where E_k is the highest precision from k on
11-point, 101-point       mean of the highest precision with at least recall 0, 0.1 .. 1, or 0, 0.01 .. 1
davis-goadrich            the area under the curve that straight lines between ROC points give
========================  ============================================================================================
"""


def average_precisions(points: Curve) -> dict[str, float]:
    """Average precision by every definition; at least one image is anomalous."""
    precision = points.tp / (points.tp + points.fp)
    gain = np.diff(points.tp, prepend=0) / points.tp[-1]
    return {name: definition(precision, gain, points) for name, definition in DEFINITIONS.items()}
