"""Interval of the difference of two F1 scores on the same images.

F1 mixes anomalous and normal images, so no test of paired proportions fits. A stratified bootstrap does: the images of
each class are drawn anew, keeping which of the two models was right on each. The plain form fails where few images
flipped, as draws can then hardly differ; half an image added to each of the four kinds of flip mends that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...verdicts import Interval
from ..intervals import z

DRAWS = 10_000
_ADDED = 0.5


@dataclass(frozen=True, slots=True)
class PairedPredictions:
    """Images of one class by what the two models predicted.

    Attributes:
        both: Both said anomaly.
        only_baseline: Only the baseline did.
        only_candidate: Only the candidate did.
        neither: Both said normal.
    """

    both: int = 0
    only_baseline: int = 0
    only_candidate: int = 0
    neither: int = 0

    @classmethod
    def from_labels(cls, baseline: NDArray[np.bool_], candidate: NDArray[np.bool_]) -> PairedPredictions:
        """Count images.

        Args:
            baseline: bool, shape (n,), True where the baseline said anomaly.
            candidate: bool, shape (n,), likewise, of the same images.
        """
        both = int(np.count_nonzero(baseline & candidate))
        only_baseline = int(np.count_nonzero(baseline)) - both
        only_candidate = int(np.count_nonzero(candidate)) - both
        return cls(both, only_baseline, only_candidate, len(baseline) - both - only_baseline - only_candidate)

    @property
    def n(self) -> int:
        """How many images were counted."""
        return self.both + self.only_baseline + self.only_candidate + self.neither


def f1_difference(
    anomalous: PairedPredictions, normal: PairedPredictions, level: float, *, seed: int = 0, draws: int = DRAWS
) -> Interval | None:
    """Percentile interval of F1(candidate) - F1(baseline), within -1..1. Equal input and seed give equal bits.

    Args:
        anomalous: The anomalous images.
        normal: The normal images.
        level: Nominal coverage, such as 0.95.
        seed: Seed of the draws.
        draws: How many.

    Returns:
        The interval; ``None`` without anomalous images, where F1 says nothing.
    """
    z(level)  # refuses what is no level
    if anomalous.n == 0:
        return None
    generator = np.random.default_rng(seed)
    found, alarms = _draw(generator, anomalous, draws), _draw(generator, normal, draws)
    baseline = _f1(found.both + found.only_baseline, alarms.both + alarms.only_baseline, anomalous.n)
    candidate = _f1(found.both + found.only_candidate, alarms.both + alarms.only_candidate, anomalous.n)
    low, high = np.quantile(candidate - baseline, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level, method="paired-bootstrap")


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    both: NDArray[np.int64]
    only_baseline: NDArray[np.int64]
    only_candidate: NDArray[np.int64]


def _draw(generator: np.random.Generator, cells: PairedPredictions, draws: int) -> _Drawn:
    weights = np.array([cells.both, cells.only_baseline + _ADDED, cells.only_candidate + _ADDED, cells.neither])
    drawn = generator.multinomial(cells.n, weights / weights.sum(), size=draws)
    return _Drawn(drawn[:, 0], drawn[:, 1], drawn[:, 2])


def _f1(tp: NDArray[np.int64], fp: NDArray[np.int64], n_anomaly: int) -> NDArray[np.float64]:
    f1: NDArray[np.float64] = 2 * tp / (tp + fp + n_anomaly)  # 2TP+FP+FN with FN = n - TP
    return f1
