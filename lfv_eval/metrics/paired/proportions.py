"""Two models judged on the same images, or on different ones: tests and intervals of the difference of two proportions.

On the same images only those count on which exactly one of the two is right. ``n_gained`` is how many of n images only
the candidate gets right, ``n_lost`` how many only the baseline does. The difference is candidate minus baseline:
(n_gained - n_lost) / n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...errors import UsageError
from ...verdicts import Interval
from ..intervals import z


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """Images that two models judged, by which of them is right. Without arguments it is the zero of ``+``.

    >>> PairedCounts(n_gained=2, n_lost=1, n=10) + PairedCounts(n_lost=3, n=10)
    PairedCounts(n_gained=2, n_lost=4, n=20)

    Attributes:
        n_gained: Only the candidate is right; a real number in sample size planning.
        n_lost: Only the baseline is right; likewise.
        n: All images that both judged.
    """

    n_gained: float = 0
    n_lost: float = 0
    n: float = 0

    def __post_init__(self) -> None:
        if min(self.n_gained, self.n_lost) < 0 or not self.n_gained + self.n_lost <= self.n:
            raise UsageError(f"expected gained and lost images that fit into all images, got {self!r}")

    @property
    def difference(self) -> float | None:
        """Candidate minus baseline, in -1..1; ``None`` without images."""
        return (self.n_gained - self.n_lost) / self.n if self.n else None

    def __add__(self, other: PairedCounts) -> PairedCounts:
        return PairedCounts(self.n_gained + other.n_gained, self.n_lost + other.n_lost, self.n + other.n)


def mcnemar_exact(n_gained: int, n_lost: int) -> float:
    """Two-sided exact p-value of "both models are right equally often" (Q. McNemar 1947).

    >>> mcnemar_exact(0, 5), mcnemar_exact(0, 6)
    (0.0625, 0.03125)
    """
    m, k = n_gained + n_lost, min(n_gained, n_lost)
    return min(1.0, 2 * _at_most(k, m) / (1 << m))


def mcnemar_mid_p(n_gained: int, n_lost: int) -> float:
    """The exact p-value with the observed outcome counted half: less conservative, close to the nominal level.

    >>> mcnemar_mid_p(0, 5), mcnemar_mid_p(3, 3)
    (0.03125, 1.0)
    """
    m, k = n_gained + n_lost, min(n_gained, n_lost)
    return (2 * _at_most(k, m) - math.comb(m, k)) / (1 << m)


def _at_most(k: int, m: int) -> int:
    """How many of the 2^m outcomes of m fair coins have at most k heads."""
    term = total = 1
    for i in range(k):
        term = term * (m - i) // (i + 1)
        total += term
    return total


def tango(counts: PairedCounts, level: float) -> Interval | None:
    """Score interval of the difference of two paired proportions, within -1..1 (T. Tango, Statistics in Medicine 1998).

    It inverts the score test of "the difference is d": its ends are the d where the standardised deviation is z and -z,
    the discordant shares being estimated under that d. Unlike the Wald interval it has a width without any flip.

    Args:
        counts: The images; need not be whole numbers.
        level: Nominal coverage, such as 0.95.

    Returns:
        The interval; ``None`` without images.

    >>> interval = tango(PairedCounts(n_gained=12, n_lost=2, n=50), 0.95)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0611, 0.3447)
    """
    quantile, difference = z(level), counts.difference
    if difference is None:
        return None
    low = _crossing(counts, quantile, -1.0, difference)
    high = _crossing(counts, -quantile, difference, 1.0)
    return Interval(low=low, high=high, level=level, method="tango")


def _crossing(counts: PairedCounts, target: float, low: float, high: float) -> float:
    """Where the falling score statistic reaches the target, bisected until the ends are neighbours."""
    while (middle := (low + high) / 2) not in (low, high):
        if _score(counts, middle) > target:
            low = middle
        else:
            high = middle
    return high if target < 0 else low


def _score(counts: PairedCounts, d: float) -> float:
    """Standardised deviation from "the difference is d", for d strictly within -1..1."""
    gained, lost, n = counts.n_gained, counts.n_lost, counts.n
    # The share of lost images that is most likely, under a difference of d, solves a quadratic equation.
    a, b, c = 2 * n, (2 * n - gained + lost) * d - (gained + lost), -lost * d * (1 - d)
    lost_share = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    deviation, variance = gained - lost - n * d, n * (2 * lost_share + d * (1 - d))
    if variance <= 0:  # rounding next to -1 and 1
        return math.copysign(math.inf, deviation)
    return deviation / math.sqrt(variance)


def mover(candidate: float, candidate_interval: Interval, baseline: float, baseline_interval: Interval) -> Interval:
    """Interval of candidate minus baseline from the intervals of both, within -1..1.

    The method of variance estimates recovery (R. G. Newcombe 1998; G. Y. Zou and A. Donner 2008): each end combines
    the distances to the two limits that matter there. It takes the two values as independent, so it speaks of models
    tested on different images; for the same images it is too wide wherever the models err on the same ones.

    Raises:
        UsageError: The two intervals have different levels.

    >>> from lfv_eval.metrics.intervals import wilson
    >>> interval = mover(16 / 17, wilson(16, 17, 0.95), 17 / 17, wilson(17, 17, 0.95))
    >>> round(interval.low, 3), round(interval.high, 3)
    (-0.27, 0.132)
    """
    if candidate_interval.level != baseline_interval.level:
        raise UsageError(
            f"expected two intervals of one level, got {candidate_interval.level} and {baseline_interval.level}"
        )
    difference = candidate - baseline
    down = math.hypot(candidate - candidate_interval.low, baseline_interval.high - baseline)
    up = math.hypot(candidate_interval.high - candidate, baseline - baseline_interval.low)
    return Interval(
        low=max(-1.0, difference - down),
        high=min(1.0, difference + up),
        level=candidate_interval.level,
        method=f"mover-{candidate_interval.method}",
    )
