"""Is the candidate not worse than the baseline, and how many images does it take to show that?

"Not significantly different" is no proof of "as good": few images never show a difference. The question is turned
round instead. The candidate counts as not worse where a drop by the margin or more can be excluded, that is where the
interval of the difference lies above -margin. A one-sided level L (.95: wrong once in 20) takes the two-sided interval
of level 2L-1 (.90).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...verdicts import Interval
from ..intervals import z
from .proportions import PairedCounts, tango

_MOST_IMAGES = 10**9
_NEGLIGIBLE = 1e-12
_FIRST_DROP, _DROP_PRECISION = 0.01, 1e-5


def two_sided(level: float) -> float:
    """The level of the two-sided interval whose lower end alone has the one-sided level.

    Raises:
        UsageError: The level is not strictly between .5 and 1.
    """
    if not 0.5 < level < 1:
        raise UsageError(f"a one-sided confidence level must lie strictly between 0.5 and 1, got {level!r}")
    return round(2 * level - 1, 12)  # 0.9, not 0.8999999999999999


def check_margin(margin: float) -> float:
    """Return the margin.

    Raises:
        UsageError: The margin is not strictly between 0 and 1.
    """
    if not 0 < margin < 1:
        raise UsageError(
            f"a margin must lie strictly between 0 and 1, got {margin!r}",
            hint="0.05 means that a drop by five of 100 images counts as worse",
        )
    return margin


def is_not_worse(interval: Interval, margin: float) -> bool:
    """Non-inferiority: a drop by the margin or more is excluded. The interval is that of level ``two_sided(L)``."""
    return interval.low > -check_margin(margin)


def is_worse(interval: Interval, margin: float) -> bool:
    """Inferiority: a drop by less than the margin is excluded."""
    return interval.high < -check_margin(margin)


def is_equivalent(interval: Interval, margin: float) -> bool:
    """Equivalence by two one-sided tests: a change by the margin or more is excluded in both directions."""
    return is_not_worse(interval, margin) and interval.high < margin


def images_needed(
    margin: float, level: float = 0.95, *, gained_share: float = 0.0, lost_share: float = 0.0
) -> int | None:
    """How many images of a class it takes to show that the candidate is not worse, by Tango's interval.

    Args:
        margin: The drop that counts as worse, in 0..1 exclusive.
        level: One-sided confidence level.
        gained_share: Share of images that only the candidate gets right.
        lost_share: Share of images that only the baseline gets right. Both 0 give the least possible number.

    Returns:
        The number of images; ``None`` where no number would do, as the expected drop is no less than the margin.

    Raises:
        UsageError: The margin or the level makes no sense.

    >>> images_needed(0.05), images_needed(0.05, gained_share=0.02, lost_share=0.02)
    (52, 77)
    """
    check_margin(margin)
    pair_level = two_sided(level)
    if lost_share - gained_share >= margin:
        return None

    def suffices(n: int) -> bool:
        interval = tango(PairedCounts(gained_share * n, lost_share * n, n), pair_level)
        return interval is not None and interval.low > -margin

    if gained_share == lost_share == 0:  # -z^2/(n+z^2) > -margin, without a search
        return max(1, math.ceil(z(pair_level) ** 2 * (1 / margin - 1)))
    return _smallest(suffices)


def _smallest(suffices: Callable[[int], bool]) -> int | None:
    high = 1
    while not suffices(high):
        high *= 2
        if high > _MOST_IMAGES:  # the expected drop is next to the margin
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def detectable_change(n: int, *, level: float = 0.95, power: float = 0.8, background: float = 0.02) -> float | None:
    """The smallest drop of a proportion that n images of a class are likely to reveal, by McNemar's mid-p test.

    The distribution is exact: each image is lost with probability background + drop and gained with probability
    background, and the test is significant where its p-value is at most 1-level.

    Args:
        n: Images of the class.
        level: Confidence level of the two-sided test.
        power: The probability with which the drop is to be revealed.
        background: Share of images that flip in each direction without any change of quality.

    Returns:
        The drop, in 0..1; ``None`` where no drop would be revealed: fewer than five flips never are at level .95.

    >>> round(detectable_change(50), 2), detectable_change(3) is None
    (0.17, True)
    """
    largest = 1 - 2 * background
    low, high = 0.0, min(_FIRST_DROP, largest)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    while (reached := _power(high, background, 1 - level, log_factorial)) < power and high < largest:
        low, high = high, min(2 * high, largest)
    if reached < power:
        return None
    while high - low > _DROP_PRECISION:
        middle = (low + high) / 2
        if _power(middle, background, 1 - level, log_factorial) < power:
            low = middle
        else:
            high = middle
    return high


def _power(drop: float, background: float, alpha: float, log_factorial: NDArray[np.float64]) -> float:
    """Probability that as many images as there are factorials, but one, show a significant drop."""
    flip_share, gain_share = 2 * background + drop, background / (2 * background + drop)
    total = 0.0
    flips_probability = _binomial(len(log_factorial) - 1, flip_share, log_factorial)
    for flips in np.flatnonzero(flips_probability > _NEGLIGIBLE).tolist():
        by_chance = _binomial(flips, 0.5, log_factorial)
        mid_p = 2 * np.cumsum(by_chance) - by_chance
        significant = mid_p[: (flips + 1) // 2] <= alpha + _NEGLIGIBLE  # fewer gains than losses
        gains = _binomial(flips, gain_share, log_factorial)
        total += float(flips_probability[flips] * gains[: len(significant)][significant].sum())
    return total


def _binomial(n: int, p: float, log_factorial: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (n+1,): the probabilities of 0..n successes."""
    k = np.arange(n + 1)
    if not 0 < p < 1:
        certain: NDArray[np.float64] = (k == n * p).astype(np.float64)
        return certain
    log_choose = log_factorial[n] - log_factorial[: n + 1] - log_factorial[n::-1]
    probabilities: NDArray[np.float64] = np.exp(log_choose + k * math.log(p) + (n - k) * math.log1p(-p))
    return probabilities
