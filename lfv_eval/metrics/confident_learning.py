"""Labels that contradict a model's own idea of both classes: confident learning, for two classes.

An image is a candidate of a class if its score for that class reaches the mean score of the images so labelled. An
image that is a candidate of the other class only (or, of both, more probably of the other) is suspect, provided that
its score prefers the other class at all. After
C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

_SLACK = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelSuspicion:
    """What confident learning says of a set of labelled images.

    Attributes:
        anomaly_threshold: Mean anomaly score of the images labelled anomaly, 0..1.
        normal_threshold: Mean of 1 - score of those labelled normal, 0..1.
        suspects: int64, positions of the suspect images, the most contradictory first.
    """

    anomaly_threshold: float
    normal_threshold: float
    suspects: NDArray[np.int64]


def suspect_labels(scores: NDArray[np.float64], anomalous: NDArray[np.bool_]) -> LabelSuspicion | None:
    """Find the images whose labels the model contradicts with confidence.

    Only a model that ranks well can tell: judge its area under the ROC curve first.

    Args:
        scores: float64 of shape (n,), anomaly scores in 0..1.
        anomalous: bool of shape (n,), whether each image is labelled anomaly.

    Returns:
        The suspects; ``None`` where a class has no image, as it then has no threshold.

    Raises:
        UsageError: The shapes differ, or a score is not in 0..1.

    >>> found = suspect_labels(np.array([0.9, 0.8, 0.1, 0.2, 0.95]), np.array([True, True, False, False, False]))
    >>> found.suspects
    array([4])
    """
    if scores.shape != anomalous.shape or not np.all((scores >= 0) & (scores <= 1)):
        raise UsageError("expected one anomaly score in 0..1 for each label")
    if not anomalous.any() or anomalous.all():
        return None
    anomaly_threshold = float(scores[anomalous].mean())
    normal_threshold = float((1 - scores[~anomalous]).mean())
    may_be_anomaly = scores >= anomaly_threshold - _SLACK
    may_be_normal = 1 - scores >= normal_threshold - _SLACK
    more_normal = 1 - scores >= scores
    guessed_anomaly = may_be_anomaly & ~(may_be_normal & more_normal)
    guessed_normal = may_be_normal & ~guessed_anomaly
    own_score = np.where(anomalous, scores, 1 - scores)
    suspect = np.where(anomalous, guessed_normal, guessed_anomaly) & (own_score <= 0.5)
    positions = np.flatnonzero(suspect).astype(np.int64)
    order = np.argsort(own_score[positions], kind="stable")
    return LabelSuspicion(
        anomaly_threshold=anomaly_threshold, normal_threshold=normal_threshold, suspects=positions[order]
    )
