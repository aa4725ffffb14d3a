"""The reported numbers that a correction has to reach, as ranges that arrays of values are held against."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ...verdicts import Check, MetricValue
from ..printed import Printing, matching_tier, printed_interval
from ..scores.ranking_batches import Bools, Floats, Ints

TP, FP, FN, TN = range(4)
"""Columns of an array of confusion matrices."""

Agreement = Literal["printed", "ties", "differs", "open"]
"""A number is a printed form of a value, or within the values over all orders of tied scores, or neither; or there is
no value to hold it against."""

_SLACK = 1e-12  # far above the rounding of one division, far below a printed digit that could decide
_RATIOS = {"precision": ([TP], [TP, FP]), "recall": ([TP], [TP, FN]), "f1_score": ([TP, TP], [TP, TP, FP, FN])}


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A reported number: an image-level metric, or a number of test images.

    Attributes:
        check: Its check.
        printing: How its document prints.
        ends: The least and the greatest value that print so; ``None`` where none in 0..1 does.
    """

    check: Check
    printing: Printing
    ends: tuple[float, float] | None

    @classmethod
    def of(cls, check: Check, printing: Printing, *, ties: bool = False) -> Number:
        """Read a check's number.

        Args:
            check: Its check.
            printing: How its document prints.
            ties: Widen the range by as much as the order of tied scores can change the number.
        """
        ends = ends_of(check, printing) if check.kind == "recomputed" else None
        if ends is None:
            return cls(check, printing, None)
        interval = check.value.tie_interval if ties and check.value else None
        slack = _SLACK + (interval[1] - interval[0] if interval else 0.0)
        return cls(check, printing, (float(ends[0]) - slack, float(ends[1]) + slack))

    def fits(self, values: Floats) -> Bools:
        """Which values can print as this number. It may let pass what is off by a rounding error."""
        if self.ends is None:
            return np.zeros(values.shape, np.bool_)
        found: Bools = (values >= self.ends[0]) & (values <= self.ends[1])
        return found

    def agreement(self, value: MetricValue | None) -> Agreement:
        """Whether the number is a printed form of a value."""
        if value is None or (value.value is None and value.missing_evidence):
            return "open"
        if value.value is None:
            return "printed" if reported_as_nothing(self.check) else "differs"
        exact = Fraction(*value.ratio) if value.ratio else value.value
        literal = self.check.reported or ""
        if matching_tier(literal, exact, self.printing, n_terms=value.n_terms):
            return "printed"
        if value.tie_interval is None or reported_as_nothing(self.check):
            return "differs"
        return "ties" if value.tie_interval[0] <= float(literal) <= value.tie_interval[1] else "differs"


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The numbers that a correction has to reach.

    Attributes:
        numbers: All of them.
    """

    numbers: tuple[Number, ...]

    def wants(self, name: str) -> bool:
        """Whether such a number is among them."""
        return any(number.check.name == name for number in self.numbers)

    def cells_fit(self, cells: Ints) -> Bools:
        """Which confusion matrices can print as precision, recall, F1 score and number of images are reported.

        Args:
            cells: int64, shape (k, 4).

        Returns:
            bool, shape (k,). It may let pass what is off by a rounding error, and stops nothing that fits.
        """
        fit: Bools = np.all(cells >= 0, axis=1)
        for number in self.numbers:
            check = number.check
            if check.kind == "count":
                fit &= cells.sum(axis=1) == int(check.reported or 0)
            elif check.name in _RATIOS:
                above, below = (cells[:, columns].sum(axis=1) for columns in _RATIOS[check.name])
                fit &= np.where(below > 0, number.fits(above / np.maximum(below, 1)), reported_as_nothing(check))
        return fit

    def ranks_fit(self, name: str, values: Floats) -> Bools:
        """Which values can print as a ranking metric is reported; all of them where it is not reported."""
        fit = np.ones(values.shape, np.bool_)
        for number in self.numbers:
            if number.check.name == name:
                fit &= number.fits(values)
        return fit

    def can_be(self, name: str, low: float, high: float) -> bool:
        """Whether some value of a range can print as a ranking metric is reported."""
        wanted = [number.ends for number in self.numbers if number.check.name == name]
        return all(ends is not None and ends[0] <= high and ends[1] >= low for ends in wanted)


def ends_of(check: Check, printing: Printing) -> tuple[Fraction, Fraction] | None:
    """The values that print as a check's number, rounded or cut off; ``None`` where none in 0..1 does."""
    n_terms = check.value.n_terms if check.value else 1
    both = [
        printed_interval(check.reported or "", printing, n_terms=n_terms, truncated=truncated)
        for truncated in (False, True)
    ]
    known = [ends for ends in both if ends]
    if not known:
        return None
    low, high = min(ends[0] for ends in known), max(ends[1] for ends in known)
    if check.name == "average_precision" and printing.decimals >= 7:  # a sum, perhaps in single precision
        low, high = low * (1 - Fraction(1, 2**22)), high * (1 + Fraction(1, 2**22))
    return low, high


def reported_as_nothing(check: Check) -> bool:
    """Whether a number is printed as programs print a metric without denominator: 0, null, NaN."""
    try:
        number = float(check.reported or "nan")
    except ValueError:
        return True
    return number == 0 or number != number  # noqa: PLR0124 - not-a-number
