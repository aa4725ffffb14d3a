"""ROC AUC and average precision of many rankings at once, for searches that try hundreds of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def rank_many(scores: Floats, anomalous: Bools) -> tuple[Floats, Floats]:
    """ROC AUC and average precision (step sum) of each row, tied scores being one threshold.

    Args:
        scores: float64, shape (m, n); higher means more anomalous.
        anomalous: bool, shape (m, n); each row has at least one anomalous and one normal image.

    Returns:
        Two float64 arrays of shape (m,). They are within rounding of the exact values; what they let pass is
        recomputed exactly.

    >>> auc, ap = rank_many(np.array([[0.9, 0.6, 0.2]]), np.array([[True, False, True]]))
    >>> auc.tolist(), ap.round(4).tolist()
    ([0.5], [0.8333])
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    positive = np.take_along_axis(anomalous, order, axis=1)
    tp, fp = (np.cumsum(of_class, axis=1, dtype=np.int64) for of_class in (positive, ~positive))
    last = np.ones(ranked.shape, np.bool_)
    last[:, :-1] = ranked[:, 1:] != ranked[:, :-1]
    tp_before, fp_before = _before(tp, last), _before(fp, last)
    gained, passed = np.where(last, tp - tp_before, 0), np.where(last, fp - fp_before, 0)
    n_anomaly, n_normal = tp[:, -1], fp[:, -1]
    wins = (passed * (tp + tp_before)).sum(axis=1) / 2
    return wins / (n_anomaly * n_normal), (gained * tp / (tp + fp)).sum(axis=1) / n_anomaly


def _before(totals: Ints, last: Bools) -> Ints:
    """The total at the end of the previous group of equal scores."""
    ends = np.maximum.accumulate(np.where(last, totals, 0), axis=1)
    before: Ints = np.zeros_like(totals)
    before[:, 1:] = ends[:, :-1]
    return before
