"""Which confusion matrices could have given the printed numbers? Integer arithmetic, without any per-image data.

Precision TP/(TP+FP), recall TP/(TP+FN) and F1 2TP/(2TP+FP+FN) are fractions of few images, so a handful of printed
digits leaves few matrices, often one or none. For each TP, what the numbers allow is a range of FP, a range of
anomalous images n1, and a range of FP+n1: their common points are counted by a formula, so that 4000 images with one
decimal take as long as with sixteen. A metric without denominator counts as 0, as programs print it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain, islice
from typing import Literal, NamedTuple

from ...metrics.counts import ConfusionCounts

MAX_LISTED = 50
"""How many matrices ``Feasibility.matrices`` lists; the count is always exact."""

MAX_SEARCHED = 200
"""Test sets of up to this many images are searched where their size is unknown."""

MAX_IMAGES = 20_000
"""Larger test sets are not searched."""

_MAX_STEPS = 100_000  # about half a second

Ends = tuple[Fraction, Fraction]
"""Both ends of a closed interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedIntervals:
    """What the printed numbers stand for, in 0..1; ``None`` where a number is not given."""

    precision: Ends | None = None
    recall: Ends | None = None
    f1_score: Ends | None = None
    roc_auc: Ends | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """All confusion matrices that give the printed numbers.

    Attributes:
        status: ``impossible`` (there is none), ``identified`` (there is exactly one), ``ambiguous`` (several, or one
            of a test set whose size is not given), ``unknown`` (none, but larger test sets were not searched).
        n_matrices: How many there are among the test sets searched.
        matrices: The first of them, at most ``MAX_LISTED``.
        n_images: The possible numbers of test images, ascending.
        n_anomaly: The fewest and the most anomalous images; ``None`` without any matrix.
        n_pairs_divisor: What divides the number of (anomalous, normal) pairs in all of them; ``None`` without ROC AUC
            or where the number of test images was given.
        searched: The fewest and the most test images searched; ``None`` where none were.
        cut_because: Why the search is incomplete; ``None`` where it is complete.
    """

    status: Literal["impossible", "identified", "ambiguous", "unknown"]
    n_matrices: int
    matrices: tuple[ConfusionCounts, ...]
    n_images: tuple[int, ...]
    n_anomaly: tuple[int, int] | None
    n_pairs_divisor: int | None
    searched: tuple[int, int] | None
    cut_because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class F1Consistency:
    """F1 against the harmonic mean of precision and recall, whatever the number of images.

    Attributes:
        low: The smallest F1 that the printed precision and recall allow.
        high: The largest.
        possible: Whether the printed F1 is within.
    """

    low: float
    high: float
    possible: bool


def f1_consistency(printed: PrintedIntervals) -> F1Consistency | None:
    """Compare F1 with 2PR/(P+R), which rises with both; ``None`` unless all three are given.

    >>> tenth = Fraction(1, 20)
    >>> about = lambda x: (Fraction(x) - tenth, Fraction(x) + tenth)
    >>> found = f1_consistency(PrintedIntervals(precision=about("0.9"), recall=about("0.8"), f1_score=about("0.8")))
    >>> round(found.low, 3), round(found.high, 3), found.possible
    (0.797, 0.897, True)
    """
    if printed.precision is None or printed.recall is None or printed.f1_score is None:
        return None
    low, high = map(_harmonic_mean, printed.precision, printed.recall)
    possible = low <= printed.f1_score[1] and printed.f1_score[0] <= high
    return F1Consistency(low=float(low), high=float(high), possible=possible)


def find_matrices(
    printed: PrintedIntervals, *, n_images: int | None = None, n_anomaly: int | None = None
) -> Feasibility:
    """Find all confusion matrices that give the printed numbers.

    Of ROC AUC only its fraction is used: there must be a whole k with k/(2 n1 n0) in its interval.

    Args:
        printed: The intervals of the printed numbers.
        n_images: Number of test images; ``None`` searches 2 to ``MAX_SEARCHED``, or that many more than ``n_anomaly``.
        n_anomaly: Number of anomalous test images, where known.

    >>> one, share = Fraction(1), Fraction(16, 17)
    >>> found = find_matrices(PrintedIntervals(precision=(one, one), recall=(share, share)), n_images=34, n_anomaly=17)
    >>> found.status, found.matrices
    ('identified', (ConfusionCounts(tp=16, fp=0, fn=1, tn=17),))
    """
    sizes, cut = _sizes(n_images, n_anomaly)
    searches: list[_Search] = []
    steps = 0
    for n in sizes:
        search = _Search.of(printed, n, n_anomaly)
        steps += len(search.anomalous) + len(search.true_positives)
        if steps > _MAX_STEPS and searches:
            cut = f"test sets of {n} and more images were not searched: that would take too long"
            break
        searches.append(search)
    found = [(search, *search.count()) for search in searches]
    n_matrices = sum(number for _, number, _ in found)
    possible = [(search.n, n1) for search, _, sizes_of_class in found for n1 in sizes_of_class]
    matrices = chain.from_iterable(search.matrices() for search, number, _ in found if number)
    divisor = math.gcd(*(n1 * (n - n1) for n, n1 in possible)) if printed.roc_auc and n_images is None else 0
    return Feasibility(
        status=_status(n_matrices, complete=n_images is not None and cut is None),
        n_matrices=n_matrices,
        matrices=tuple(islice(matrices, MAX_LISTED)),
        n_images=tuple(dict.fromkeys(n for n, _ in possible)),
        n_anomaly=(min(n1 for _, n1 in possible), max(n1 for _, n1 in possible)) if possible else None,
        n_pairs_divisor=divisor or None,
        searched=(searches[0].n, searches[-1].n) if searches else None,
        cut_because=cut,
    )


def _harmonic_mean(p: Fraction, r: Fraction) -> Fraction:
    return 2 * p * r / (p + r) if p + r else Fraction(0)


def _sizes(n_images: int | None, n_anomaly: int | None) -> tuple[Sequence[int], str | None]:
    if (n_images or n_anomaly or 0) > MAX_IMAGES:
        return (), f"test sets of more than {MAX_IMAGES} images are not searched"
    if n_images is not None:
        return (n_images,), None
    n1 = n_anomaly or 0
    return range(max(2, n1), n1 + MAX_SEARCHED + 1), None


def _status(n_matrices: int, *, complete: bool) -> Literal["impossible", "identified", "ambiguous", "unknown"]:
    if n_matrices == 0:
        return "impossible" if complete else "unknown"
    return "identified" if n_matrices == 1 and complete else "ambiguous"


class _Region(NamedTuple):
    """What one TP leaves: closed ranges of n1, of FP and of FP+n1."""

    n1: tuple[int, int]
    fp: tuple[int, int]
    both: tuple[int, int]

    @property
    def class_sizes(self) -> tuple[int, int]:
        """The n1 for which there is an FP."""
        return max(self.n1[0], self.both[0] - self.fp[1]), min(self.n1[1], self.both[1] - self.fp[0])

    def false_positives(self, n1: int) -> range:
        return range(max(self.fp[0], self.both[0] - n1), min(self.fp[1], self.both[1] - n1) + 1)


class _Ascending:
    """Whole numbers in ascending order, counted and summed over ranges in logarithmic time."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers
        self.sums = list(accumulate(numbers, initial=0))

    def between(self, low: int, high: int) -> Sequence[int]:
        return self.numbers[bisect_left(self.numbers, low) : bisect_right(self.numbers, high)]

    def count_and_sum(self, low: int, high: int) -> tuple[int, int]:
        if low > high:
            return 0, 0
        first, last = bisect_left(self.numbers, low), bisect_right(self.numbers, high)
        return last - first, self.sums[last] - self.sums[first]


@dataclass(frozen=True, slots=True)
class _Search:
    """The search among the test sets of n images; ``anomalous`` are the sizes of the anomalous class to be tried."""

    printed: PrintedIntervals
    n: int
    anomalous: Sequence[int]
    true_positives: range

    @classmethod
    def of(cls, printed: PrintedIntervals, n: int, n_anomaly: int | None) -> _Search:
        sizes: Sequence[int] = range(n + 1) if n_anomaly is None else range(n_anomaly, min(n, n_anomaly) + 1)
        if printed.roc_auc is not None:
            low, high = printed.roc_auc
            sizes = [n1 for n1 in sizes if _has_multiple(low, high, 2 * n1 * (n - n1))]
        if not sizes:
            return cls(printed, n, sizes, range(0))
        low, high = printed.recall or (Fraction(0), Fraction(1))
        return cls(printed, n, sizes, range(math.ceil(low * sizes[0]), math.floor(high * sizes[-1]) + 1))

    def count(self) -> tuple[int, list[int]]:
        """The number of matrices, and all sizes of the anomalous class that have one."""
        sizes = _Ascending(self.anomalous)
        total, change = 0, [0] * (self.n + 2)
        for _, region in self._regions():
            number = _points(region, sizes)
            if number:
                total += number
                low, high = region.class_sizes
                change[low] += 1
                change[high + 1] -= 1
        covered = list(accumulate(change))
        return total, [n1 for n1 in self.anomalous if covered[n1]]

    def matrices(self) -> Iterator[ConfusionCounts]:
        """All matrices, by ascending TP, n1 and FP."""
        sizes = _Ascending(self.anomalous)
        for tp, region in self._regions():
            for n1 in sizes.between(*region.class_sizes):
                for fp in region.false_positives(n1):
                    yield ConfusionCounts(tp=tp, fp=fp, fn=n1 - tp, tn=self.n - n1 - fp)

    def _regions(self) -> Iterator[tuple[int, _Region]]:
        """The region of each TP, where it is not empty for want of a single range."""
        for tp in self.true_positives:
            region = self._region(tp) if tp else self._region_without_true_positives()
            if region and region.class_sizes[0] <= region.class_sizes[1]:
                yield tp, region

    def _region(self, tp: int) -> _Region | None:
        n = self.n
        predicted = _denominators(tp, self.printed.precision, tp, n)
        n1 = _denominators(tp, self.printed.recall, tp, n)
        summed = _denominators(2 * tp, self.printed.f1_score, 2 * tp, tp + n)
        if predicted[0] > predicted[1] or n1[0] > n1[1] or summed[0] > summed[1]:
            return None
        return _Region(n1, (predicted[0] - tp, predicted[1] - tp), (summed[0] - tp, summed[1] - tp))

    def _region_without_true_positives(self) -> _Region | None:
        """All metrics are 0, be it as 0/k or, as printed, 0/0."""
        given = (self.printed.precision, self.printed.recall, self.printed.f1_score)
        everything = (0, self.n)
        return None if any(ends and ends[0] > 0 for ends in given) else _Region(everything, everything, everything)


def _has_multiple(low: Fraction, high: Fraction, denominator: int) -> bool:
    """Whether some k/denominator of 0..1 lies in the interval."""
    low, high = max(low, Fraction(0)), min(high, Fraction(1))
    return (
        low <= high
        and denominator > 0
        and -(-low.numerator * denominator // low.denominator) <= (high.numerator * denominator // high.denominator)
    )


def _denominators(k: int, ends: Ends | None, smallest: int, largest: int) -> tuple[int, int]:
    """The range of d for which k/d lies in the interval; k > 0."""
    if ends is None:
        return smallest, largest
    low, high = ends
    if high.numerator <= 0:
        return 1, 0
    first = -(-k * high.denominator // high.numerator)
    last = k * low.denominator // low.numerator if low.numerator > 0 else largest
    return max(first, smallest), min(last, largest)


def _points(region: _Region, sizes: _Ascending) -> int:
    """How many pairs (n1, FP) a region holds."""
    return _points_up_to(region, sizes, region.both[1]) - _points_up_to(region, sizes, region.both[0] - 1)


def _points_up_to(region: _Region, sizes: _Ascending, largest_sum: int) -> int:
    """How many pairs of the region's two ranges have FP+n1 up to a bound: a rectangle and a cut triangle."""
    (first, last), (low, high) = region.n1, region.fp
    whole, _ = sizes.count_and_sum(first, min(last, largest_sum - high))
    part, part_sum = sizes.count_and_sum(max(first, largest_sum - high + 1), min(last, largest_sum - low))
    return whole * (high - low + 1) + part * (largest_sum - low + 1) - part_sum
