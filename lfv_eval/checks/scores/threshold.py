"""Did one threshold make all predictions, where must it lie, and is it the best one on these very images?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from ...verdicts import Finding
from .ranking_batches import Bools, Floats

MAX_NAMED = 20
"""How many images a finding names."""

_SEED = 20201124
_MAX_DRAWN = 100_000
_N_SETS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimism:
    """By how much the F1 of a threshold chosen on the test images exceeds what it reaches on new ones.

    Attributes:
        mean: On average.
        high: In nine of ten test sets it is no more than this.
    """

    mean: float
    high: float


def threshold_findings(scores: Floats, anomalous: Bools, predicted: Bools, uris: list[str]) -> tuple[Finding, ...]:
    """Findings on the threshold.

    Args:
        scores: float64 anomaly scores in 0..1, shape (n,).
        anomalous: bool, shape (n,), by truth.
        predicted: bool, shape (n,), as the model said.
        uris: References of the images, in the same order.
    """
    found = []
    if not is_single_threshold(scores, predicted):
        lowest = scores[predicted].min()
        against = np.flatnonzero(~predicted & (scores > lowest)).tolist()
        message = (
            f"no single threshold made the predictions: {len(against)} images called normal have a higher score than "
            f"one called anomaly ({lowest:.4f}). Where masks decide too, the service may have overridden the score; "
            "that is no error."
        )
        named = tuple(uris[index] for index in against[:MAX_NAMED])
        found.append(Finding(rule="no-single-threshold", severity="info", message=message, images=named))
    n_anomaly = int(anomalous.sum())
    if n_anomaly and n_anomaly < len(scores) and f1_is_maximum(scores, anomalous, predicted):
        found.append(_best_f1(scores, anomalous, predicted))
    return tuple(found)


def is_single_threshold(scores: Floats, predicted: Bools) -> bool:
    """Whether no image predicted normal has a higher score than one predicted anomaly.

    >>> is_single_threshold(np.array([0.2, 0.8]), np.array([False, True]))
    True
    """
    if predicted.all() or not predicted.any():
        return True
    return bool(scores[~predicted].max() <= scores[predicted].min())


def threshold_bracket(scores: Floats, predicted: Bools) -> tuple[float | None, float | None]:
    """Between which scores the threshold lies: above the first, up to the second; ``None`` where nothing bounds it."""
    normal, anomaly = scores[~predicted], scores[predicted]
    return (float(normal.max()) if len(normal) else None, float(anomaly.min()) if len(anomaly) else None)


def f1_is_maximum(scores: Floats, anomalous: Bools, predicted: Bools) -> bool:
    """Whether F1 of the predictions equals the highest F1 over all distinct scores; compared in whole numbers."""
    order = np.argsort(-scores, kind="stable")
    ranked, positive = scores[order], anomalous[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    tp, n_called = np.cumsum(positive)[last], np.flatnonzero(last) + 1
    n_anomaly = int(anomalous.sum())
    own_tp, own_called = int((anomalous & predicted).sum()), int(predicted.sum())
    # 2 TP / (called + n1): larger exactly where the products across are.
    return bool(np.all(tp * (own_called + n_anomaly) <= own_tp * (n_called + n_anomaly)))


@lru_cache(maxsize=256)
def optimism(roc_auc: float, n_anomaly: int, n_normal: int) -> Optimism | None:
    """How much the highest F1 on a test set promises too much, by simulation of two normal distributions; seeded.

    Args:
        roc_auc: True area under the ROC curve, above 0.5 and below 1; ``None`` is returned for others.
        n_anomaly: Number of anomalous test images.
        n_normal: Number of normal ones.

    Returns:
        The difference between the F1 at the threshold that is best on the drawn set (half way to the next score) and
        the expected F1 of that threshold; within about 0.005 of the limit of many sets.
    """
    if not 0.5 < roc_auc < 1:
        return None
    rng = np.random.default_rng(_SEED)
    distance = math.sqrt(2) * NormalDist().inv_cdf(roc_auc)
    n = n_anomaly + n_normal
    m = max(20, min(_N_SETS, _MAX_DRAWN // n))
    scores = rng.normal(0, 1, (m, n))
    scores[:, :n_anomaly] += distance
    order = np.argsort(-scores, axis=1)
    ranked = np.take_along_axis(scores, order, axis=1)
    f1 = 2 * np.cumsum(order < n_anomaly, axis=1) / (np.arange(1, n + 1) + n_anomaly)
    best = f1.argmax(axis=1)
    rows = np.arange(m)
    thresholds = (ranked[rows, best] + ranked[rows, np.minimum(best + 1, n - 1)]) / 2
    gains = [
        float(f1[row, at]) - _expected_f1(float(t), distance, n_anomaly, n_normal)
        for row, at, t in zip(rows.tolist(), best.tolist(), thresholds.tolist(), strict=True)
    ]
    return Optimism(mean=float(np.mean(gains)), high=float(np.quantile(gains, 0.9)))


def _expected_f1(threshold: float, distance: float, n_anomaly: int, n_normal: int) -> float:
    normal = NormalDist()
    tp = n_anomaly * (1 - normal.cdf(threshold - distance))
    fp = n_normal * (1 - normal.cdf(threshold))
    return 2 * tp / (tp + fp + n_anomaly)


def _best_f1(scores: Floats, anomalous: Bools, predicted: Bools) -> Finding:
    n_anomaly, n_normal = int(anomalous.sum()), int((~anomalous).sum())
    normal = np.sort(scores[~anomalous])
    beaten = np.searchsorted(normal, scores[anomalous]) + np.searchsorted(normal, scores[anomalous], side="right")
    expected = optimism(round(float(beaten.sum()) / (2 * n_anomaly * n_normal), 3), n_anomaly, n_normal)
    above, up_to = threshold_bracket(scores, predicted)
    place = ""
    if is_single_threshold(scores, predicted) and above is not None and up_to is not None:
        place = f" (between {above:.4f} and {up_to:.4f})"
    message = f"no threshold gives a higher F1 score on these images than the one used{place}."
    if expected:
        message += (
            f" If it was chosen on them, the F1 score is too high by about {expected.mean:.3f} "
            f"(at most {expected.high:.3f} in nine of ten test sets of this size); a threshold set beforehand can "
            "reach the maximum by chance."
        )
    return Finding(rule="f1-is-max-over-thresholds", severity="info", message=message)
