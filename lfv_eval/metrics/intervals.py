"""Confidence intervals for the image-level numbers of one test set.

They tell how far a number would move with other test images of the same kind. All of them stay within 0..1, also
for near-perfect models and 10 to 100 images a class, where bootstrap and normal-theory intervals collapse or leave
0..1. Each returns ``None`` where the number itself is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from ..errors import UsageError
from ..verdicts import Interval


def z(level: float) -> float:
    """The two-sided standard normal quantile of a confidence level.

    >>> round(z(0.95), 5)
    1.95996

    Raises:
        UsageError: The level is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise UsageError(f"a confidence level must lie strictly between 0 and 1, got {level!r}", hint="try 0.95")
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(k: float, n: float, level: float) -> Interval | None:
    """Wilson score interval of a proportion k/n (E. B. Wilson 1927).

    Args:
        k: Successes, in 0..n; need not be whole.
        n: Trials; ``None`` is returned for 0.
        level: Nominal coverage, such as 0.95.

    >>> interval = wilson(18, 20, 0.95)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.699, 0.9721)
    """
    if n == 0:
        return None
    z2 = z(level) ** 2
    p = k / n
    scale = 1 + z2 / n
    centre = (p + z2 / (2 * n)) / scale
    half_width = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / scale
    # Near 0 and 1 an end meets the value; rounding must not push it past.
    low = 0.0 if k == 0 else min(p, max(0.0, centre - half_width))
    high = 1.0 if k == n else max(p, min(1.0, centre + half_width))
    return Interval(low=low, high=high, level=level, method="wilson")


def f1_wilson(tp: int, fp: int, fn: int, level: float) -> Interval | None:
    """Interval of F1 through the Jaccard index J = TP/(TP+FP+FN).

    Given TP+FP+FN, TP is binomial; F1 = 2J/(1+J) rises with J. So both ends of Wilson's interval of J are mapped.
    """
    jaccard = wilson(tp, tp + fp + fn, level)
    if jaccard is None:
        return None
    low, high = (2 * end / (1 + end) for end in (jaccard.low, jaccard.high))
    return Interval(low=low, high=high, level=level, method="wilson-jaccard")


def auc_newcombe(auc: float, n_anomaly: int, n_normal: int, level: float) -> Interval | None:
    """Interval of the area under the ROC curve from its value and the class sizes alone.

    Method 5 of R. G. Newcombe, Statistics in Medicine 25 (2006) 559-573: the Hanley-McNeil variance V is taken at the
    bound t instead of at the estimate A, with both n-1 replaced by M = (n1+n0)/2-1. The ends solve (t-A)^2 = z^2 V(t);
    there is exactly one solution on each side of A.

    Coverage at nominal .95 by ``scripts/simulate_intervals.py`` (binormal scores, AUC .8 to .99): .94 to .99 with equal
    classes; down to .87 where the smaller class has scores twice as widely spread in sets of 200 and 20.
    """
    if n_anomaly == 0 or n_normal == 0:
        return None
    z2, m, n_pairs = z(level) ** 2, (n_anomaly + n_normal) / 2 - 1, n_anomaly * n_normal

    def excess(t: float) -> float:
        variance = t * (1 - t) * (1 + m * (1 - t) / (2 - t) + m * t / (1 + t)) / n_pairs
        return (t - auc) ** 2 - z2 * variance

    low = 0.0 if auc == 0 else _root(excess, outside=0.0, inside=auc)
    high = 1.0 if auc == 1 else _root(excess, outside=1.0, inside=auc)
    return Interval(low=low, high=high, level=level, method="newcombe-2006-5")


def average_precision_wilson(average_precision: float, n_anomaly: int, n_normal: int, level: float) -> Interval | None:
    """Wilson's interval with AP taken as a proportion of the smaller class.

    This is the score-inverted form of the binomial interval of Boyd, Eng and Page (ECML PKDD 2013), with the size
    of the smaller class for the number of positives: few normal images limit AP too. It speaks of test sets with the
    same share of anomalous images, for AP depends on that share.

    Coverage at nominal .95 by ``scripts/simulate_intervals.py`` (binormal scores, AUC .8 to .99): with 10 to 100
    images a class, .979 to .998 where both classes spread alike, .91 to .99 where normal scores spread twice as
    much; with five or ten times as many images of one class, .94 and more. So it is mostly too wide, most of all
    where normal images are few. It is too narrow where normal scores spread three times as much: .82 to .85 at
    AUC .96 with 100 to 400 images a class.
    """
    n = min(n_anomaly, n_normal)
    interval = wilson(average_precision * n, n, level)
    if interval is None:
        return None
    return Interval(low=interval.low, high=interval.high, level=level, method="wilson-smaller-class")


def _root(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    """Bisect until the ends are neighbours; ``excess`` is positive at ``outside`` and not at ``inside``."""
    while (middle := (outside + inside) / 2) not in (outside, inside):
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return outside
