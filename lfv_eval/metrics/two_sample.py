"""Do two sets of values differ, and by how much? Tests for small samples, and what to do when there are many tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

MAX_EXACT_CELLS = 250_000
"""Above this product of the sample sizes the p-value of Kolmogorov and Smirnov's test is the asymptotic one."""

OUTLIER_Z = 3.5
"""Modified z beyond which a value is commonly called an outlier (B. Iglewicz, D. Hoaglin 1993)."""

_HALF_NORMAL_MAD = 0.6745

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class KolmogorovSmirnov:
    """The two-sided test of Kolmogorov and Smirnov on two samples.

    Attributes:
        statistic: Largest distance of the two distribution functions, 0..1.
        p_value: Probability of so large a distance where both samples come from one distribution, 0..1.
        exact: Whether the p-value counts all orders of the values; else it is the limit for large samples. With ties
            the exact one is an upper bound.
    """

    statistic: float
    p_value: float
    exact: bool


def kolmogorov_smirnov(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> KolmogorovSmirnov | None:
    """Test whether two samples come from one distribution.

    The exact p-value is the share of lattice paths from (0, 0) to (n, m) that leave the band of smaller distances
    (J. Hodges 1958).

    Args:
        first: Finite values, in any order.
        second: Likewise.

    Returns:
        The test; ``None`` where a sample is empty.

    >>> kolmogorov_smirnov([1, 2, 3, 4], [3.5])
    KolmogorovSmirnov(statistic=0.75, p_value=0.8, exact=True)
    """
    a, b = _sorted(first), _sorted(second)
    n, m = len(a), len(b)
    if not n or not m:
        return None
    values = np.concatenate([a, b])
    below_a = np.searchsorted(a, values, side="right")
    below_b = np.searchsorted(b, values, side="right")
    distance = int(np.abs(below_a * m - below_b * n).max())
    exact = n * m <= MAX_EXACT_CELLS
    p_value = _exact_p_value(n, m, distance) if exact else _asymptotic_p_value(n, m, distance)
    return KolmogorovSmirnov(statistic=distance / (n * m), p_value=p_value, exact=exact)


def _exact_p_value(n: int, m: int, distance: int) -> float:
    """Walk the lattice by its diagonals; adding up what leaves the band keeps tiny probabilities accurate."""
    if distance == 0:
        return 1.0
    left = np.zeros(n + 1)
    for step in range(1, n + m + 1):
        low, high = max(0, step - m), min(n, step)
        i = np.arange(low, high + 1)
        j = step - i
        from_i = np.where(i > 0, left[i - 1], 0.0)  # i - 1 = -1 reads the last cell, whose weight i is 0
        from_j = np.where(j > 0, left[i], 0.0)
        outside = np.abs(i * m - j * n) >= distance
        left[low : high + 1] = np.where(outside, 1.0, (i * from_i + j * from_j) / step)
    return min(1.0, float(left[n]))


def _asymptotic_p_value(n: int, m: int, distance: int) -> float:
    x = distance / (n * m) * math.sqrt(n * m / (n + m))
    if x < 0.2:  # the series needs many terms there, and its value is 1 to 12 digits
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def holm(p_values: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Which of several hypotheses to reject, with at most ``alpha`` chance of any false rejection (S. Holm 1979).

    Args:
        p_values: One for each test, in 0..1.
        alpha: Chance of at least one false rejection, in 0..1.

    >>> holm([0.01, 0.04, 0.03], 0.05)
    (True, False, False)
    """
    rejected = [False] * len(p_values)
    for position, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > alpha / (len(p_values) - position):
            break
        rejected[index] = True
    return tuple(rejected)


def cliff_delta(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float | None:
    """How often a value of the first sample is above one of the second, less how often it is below (N. Cliff 1993).

    .33 corresponds to an area under the ROC curve of .665.

    Returns:
        In -1..1, 0 for no tendency; ``None`` where a sample is empty.

    >>> cliff_delta([2, 3], [1, 2])
    0.75
    """
    a, b = _sorted(first), _sorted(second)
    if not len(a) or not len(b):
        return None
    above = int(np.searchsorted(b, a, side="left").sum())
    below = len(a) * len(b) - int(np.searchsorted(b, a, side="right").sum())
    return (above - below) / (len(a) * len(b))


def fisher_exact(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Two-sided exact p-value of "both groups have one share of hits" (R. Fisher 1935), in whole numbers to the end.

    The probabilities of all tables with the same margins that are at most as probable as the observed one add up.

    Args:
        hits: Hits in the first group.
        n: Its size.
        other_hits: Hits in the second group.
        other_n: Its size.

    Raises:
        UsageError: A count is negative or more than its group.

    >>> fisher_exact(3, 3, 0, 3)
    0.1
    """
    if not (0 <= hits <= n and 0 <= other_hits <= other_n):
        raise UsageError(f"expected hits within their groups, got {hits} of {n} and {other_hits} of {other_n}")
    all_hits = hits + other_hits
    lowest, highest = max(0, all_hits - other_n), min(n, all_hits)
    weight = math.comb(n, lowest) * math.comb(other_n, all_hits - lowest)
    weights = []
    for k in range(lowest, highest + 1):
        weights.append(weight)
        weight = weight * (n - k) * (all_hits - k) // ((k + 1) * (other_n - all_hits + k + 1))
    observed = weights[hits - lowest]
    return sum(weight for weight in weights if weight <= observed) / math.comb(n + other_n, all_hits)


def modified_z(values: Sequence[float] | Floats) -> Floats | None:
    """How far each value lies from the median, in units of the typical distance: .6745 (x - median) / MAD.

    Args:
        values: Finite values.

    Returns:
        float64, one for each value, negative below the median; ``None`` where more than half of the values are equal
        (or there is none), so that there is no typical distance.

    >>> modified_z([1, 2, 3, 4, 10])
    array([-1.349 , -0.6745,  0.    ,  0.6745,  4.7215])
    """
    array: Floats = np.asarray(values, np.float64)
    if not array.size:
        return None
    distances = array - np.median(array)
    typical = float(np.median(np.abs(distances)))
    return _HALF_NORMAL_MAD * distances / typical if typical > 0 else None


def _sorted(values: Sequence[float] | Floats) -> Floats:
    return np.sort(np.asarray(values, np.float64))
