"""What each threshold on the anomaly score would give, and where the one in force lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics.counts import ConfusionCounts
from .case import Scored
from .wording import counted, fraction

_SCORE_DIGITS = 1e-4
"""The service's own post-processing compares scores to four decimals (AWS's DefectDetectionApplication)."""


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What one threshold gives; an infinite one calls nothing anomalous.

    Attributes:
        threshold: Lowest score that is called anomalous.
        counts: The confusion counts.
    """

    threshold: float
    counts: ConfusionCounts

    @property
    def f1_score(self) -> float:
        """F1; there must be an anomalous image."""
        counts = self.counts
        return 2 * counts.tp / (2 * counts.tp + counts.fp + counts.fn)

    def __str__(self) -> str:
        return f"precision {precision(self.counts)}, recall {recall(self.counts)}"


def precision(counts: ConfusionCounts) -> str:
    """Precision with its counts."""
    return fraction(counts.tp, counts.tp + counts.fp)


def recall(counts: ConfusionCounts) -> str:
    """Recall with its counts."""
    return fraction(counts.tp, counts.tp + counts.fn)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """All thresholds that differ on some images: each distinct score, ascending, and infinity.

    Attributes:
        thresholds: float64.
        tp: int64, anomalous images at or above the threshold.
        fp: int64, normal ones.
        n_anomaly: Anomalous images.
        n_normal: Normal images.
    """

    thresholds: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    n_anomaly: int
    n_normal: int

    @classmethod
    def of(cls, scored: Scored) -> Curve:
        """The curve of some images."""
        thresholds = np.append(np.unique(scored.scores), math.inf)
        anomaly, normal = np.sort(scored.scores[scored.anomalous]), np.sort(scored.scores[~scored.anomalous])
        return cls(
            thresholds=thresholds,
            tp=len(anomaly) - np.searchsorted(anomaly, thresholds),
            fp=len(normal) - np.searchsorted(normal, thresholds),
            n_anomaly=len(anomaly),
            n_normal=len(normal),
        )

    def best_f1(self) -> Operating:
        """The highest threshold with the highest F1; there must be an anomalous image."""
        f1_score = 2 * self.tp / (self.tp + self.fp + self.n_anomaly)
        return self._highest(f1_score >= f1_score.max())

    def with_recall(self, least: float) -> Operating:
        """The highest threshold at which so many anomalies are found."""
        return self._highest(self.tp >= least * self.n_anomaly - _ROUNDING)

    def cheapest(self, cost_fp: float, cost_fn: float) -> Operating:
        """The highest threshold with the least total cost of false alarms and missed anomalies."""
        cost = cost_fp * self.fp + cost_fn * (self.n_anomaly - self.tp)
        return self._highest(cost <= cost.min())

    def _highest(self, fitting: NDArray[np.bool_]) -> Operating:
        index = int(np.flatnonzero(fitting)[-1])
        tp, fp = int(self.tp[index]), int(self.fp[index])
        counts = ConfusionCounts(tp=tp, fp=fp, fn=self.n_anomaly - tp, tn=self.n_normal - fp)
        return Operating(threshold=float(self.thresholds[index]), counts=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Where the threshold must lie if one threshold made the predictions.

    Attributes:
        above: Highest score that was predicted normal; ``None`` where none was.
        up_to: Lowest score that was predicted anomaly; ``None`` likewise.
        n_against: How many predictions any single threshold contradicts, at least.
    """

    above: float | None
    up_to: float | None
    n_against: int

    @classmethod
    def of(cls, scored: Scored) -> Bracket:
        """The bracket of some images."""
        normal, anomaly = np.sort(scored.scores[~scored.predicted]), np.sort(scored.scores[scored.predicted])
        above = float(normal[-1]) if len(normal) else None
        up_to = float(anomaly[0]) if len(anomaly) else None
        n_against = 0
        if above is not None and up_to is not None and above - up_to > _SCORE_DIGITS:
            cuts = np.append(scored.scores, math.inf)
            wrong = len(normal) - np.searchsorted(normal, cuts) + np.searchsorted(anomaly, cuts)
            n_against = int(wrong.min())
        return cls(above=above, up_to=up_to, n_against=n_against)

    def __str__(self) -> str:
        if self.n_against:
            verb = "contradicts" if self.n_against == 1 else "contradict"
            return (
                f"No single threshold made the predictions: {counted(self.n_against, 'image')} at least {verb} any, so "
                "something besides the score decided there, such as the mask"
            )
        bounds = [] if self.above is None else [f"above {self.above:.4f}"]
        bounds += [] if self.up_to is None else [f"up to {self.up_to:.4f}"]
        return f"The threshold lies {' and '.join(bounds)}"
