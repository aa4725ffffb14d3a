"""Causes that change every row alike: classes or columns mixed up, or another threshold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...metrics.counts import ScoreCounts
from ..scores.ranking_batches import Ints
from .case import Case, Correction, Ranks, Trials, as_counts
from .target import Target


def positive_class_swapped(case: Case) -> Trials:
    """Normal was taken for the positive class."""
    told = "normal taken for the positive class"
    return Trials.of([case.correction(told, case.counted, truth=~case.truth, predicted=~case.predicted)])


def columns_mixed_up(case: Case) -> Trials:
    """Truth and prediction were exchanged, or one was read twice."""
    rows, truth, predicted = case.counted, case.truth, case.predicted
    return Trials.of(
        [
            case.correction("truth and prediction exchanged", rows, truth=predicted, predicted=truth, ranked=False),
            case.correction("the predicted label read as truth, too", rows, truth=predicted),
            case.correction("the truth label read as prediction, too", rows, predicted=truth, ranked=False),
        ]
    )


def threshold_moved(case: Case) -> Trials:
    """Predictions by another threshold on the same scores, which changes no ranking.

    Args:
        case: The rows; all of them need a score.
    """
    if not len(case.scores) or np.isnan(case.scores).any():
        return Trials.of([])
    thresholds = np.unique(case.scores)
    anomalous, normal = np.sort(case.scores[case.truth]), np.sort(case.scores[~case.truth])
    tp = len(anomalous) - np.searchsorted(anomalous, thresholds)
    fp = len(normal) - np.searchsorted(normal, thresholds)
    cells: Ints = np.stack([tp, fp, len(anomalous) - tp, len(normal) - fp], axis=1).astype(np.int64)
    current = np.all(cells == case.cells, axis=1)
    cells, thresholds = cells[~current], thresholds[~current]
    scores = ScoreCounts.from_scores(case.scores, case.truth)

    def expand(index: int, _target: Target) -> Iterable[Correction]:
        n_flipped = int((case.predicted != (case.scores >= thresholds[index])).sum())
        images = "1 image changes" if n_flipped == 1 else f"{n_flipped} images change"
        told = f"predictions by another threshold: anomaly from a score of {thresholds[index]:.6g} on, {images}"
        yield Correction(told=told, cells=as_counts(cells[index]), scores=scores)

    return Trials(cells, expand, lambda _index: Ranks.of(scores))
