"""Two ROC AUCs on the same images: DeLong's test, in O(n log n).

E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845. The *placement* of an anomalous image
is the share of normal images it is ranked above, a tie counting half; that of a normal image likewise. AUC is the mean
placement, and the spread of the placements' differences gives the variance of the difference of two AUCs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...verdicts import Interval
from ..intervals import z

LEAST_IMAGES = 50
"""Images of each class below which the variance estimate is not to be trusted: near-perfect models then show none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AucDifference:
    """ROC AUC of two models on the same images, and the difference candidate minus baseline.

    Attributes:
        baseline: In 0..1.
        candidate: In 0..1.
        difference: In -1..1.
        interval: Its interval; ``None`` where ``without_interval_because`` says why.
        p_value: Two-sided p-value of "the AUCs are equal"; ``None`` likewise.
        without_interval_because: The reason.
    """

    baseline: float
    candidate: float
    difference: float
    interval: Interval | None
    p_value: float | None
    without_interval_because: str | None


def auc_difference(
    anomalous: NDArray[np.bool_], baseline: NDArray[np.float64], candidate: NDArray[np.float64], level: float
) -> AucDifference | None:
    """Compare two rankings of the same images.

    Args:
        anomalous: bool, shape (n,), True where the truth is anomaly.
        baseline: float64, shape (n,), anomaly scores, higher means more anomalous.
        candidate: float64, shape (n,), likewise.
        level: Nominal coverage, such as 0.95.

    Returns:
        The comparison; ``None`` where a class has no image, so that AUC is undefined.

    Raises:
        UsageError: The shapes differ.
    """
    if not anomalous.shape == baseline.shape == candidate.shape or anomalous.ndim != 1:
        raise UsageError(
            f"expected one truth and two scores an image, got {anomalous.shape}, {baseline.shape}, {candidate.shape}"
        )
    n_anomaly = int(np.count_nonzero(anomalous))
    n_normal = len(anomalous) - n_anomaly
    if n_anomaly == 0 or n_normal == 0:
        return None
    quantile, pairs = z(level), n_anomaly * n_normal
    first, second = (_Placements.of(scores[anomalous], scores[~anomalous]) for scores in (baseline, candidate))
    difference = (second.total - first.total) / (2 * pairs)
    variance = _variance(second.anomaly - first.anomaly) / (4 * n_normal**2 * n_anomaly)
    variance += _variance(second.normal - first.normal) / (4 * n_anomaly**2 * n_normal)
    why = _why_without_interval(n_anomaly, n_normal, variance)
    deviation = math.sqrt(variance)
    interval = Interval(
        low=max(-1.0, difference - quantile * deviation),
        high=min(1.0, difference + quantile * deviation),
        level=level,
        method="delong",
    )
    return AucDifference(
        baseline=first.total / (2 * pairs),
        candidate=second.total / (2 * pairs),
        difference=difference,
        interval=None if why else interval,
        p_value=None if why else 2 * NormalDist().cdf(-abs(difference) / deviation),
        without_interval_because=why,
    )


def _why_without_interval(n_anomaly: int, n_normal: int, variance: float) -> str | None:
    if min(n_anomaly, n_normal) < LEAST_IMAGES:
        return f"DeLong's test needs {LEAST_IMAGES} images of each class, here are {n_anomaly} and {n_normal}"
    return None if variance else "the two rankings show no variation to estimate an uncertainty from"


@dataclass(frozen=True, slots=True, eq=False)
class _Placements:
    """Twice the number of images of the other class that an image is ranked rightly against, ties counting half.

    Whole numbers, so that a variance of zero is exactly zero.
    """

    anomaly: NDArray[np.int64]
    normal: NDArray[np.int64]

    @classmethod
    def of(cls, anomaly: NDArray[np.float64], normal: NDArray[np.float64]) -> _Placements:
        sorted_anomaly, sorted_normal = np.sort(anomaly), np.sort(normal)
        below = np.searchsorted(sorted_normal, anomaly, "left") + np.searchsorted(sorted_normal, anomaly, "right")
        above = np.searchsorted(sorted_anomaly, normal, "left") + np.searchsorted(sorted_anomaly, normal, "right")
        return cls(below.astype(np.int64), 2 * len(anomaly) - above.astype(np.int64))

    @property
    def total(self) -> int:
        """Twice the number of pairs ranked rightly."""
        return int(self.anomaly.sum())


def _variance(values: NDArray[np.int64]) -> float:
    """Sample variance (divisor n-1) of whole numbers, rounded once; 0 for a single one."""
    n = len(values)
    scatter = n * int(values @ values) - int(values.sum()) ** 2
    return scatter / (n * (n - 1)) if n > 1 else 0.0
