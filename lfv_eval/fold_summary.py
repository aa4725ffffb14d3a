"""What comes out of summarising the finished audits of one k-fold training."""

from __future__ import annotations

from dataclasses import dataclass

from .comparison import ComparedModel
from .stored import decode, encode
from .verdicts import MetricValue


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpread:
    """One metric over the folds.

    Attributes:
        name: The metric.
        label: The anomaly label it speaks of; ``None`` for the image level.
        values: One entry a fold; ``None`` where the fold has no value.
        low: The lowest.
        high: The highest.
        mean: The unweighted mean.
        distinguishable: Whether the intervals tell any two folds apart, at a level corrected for the number of pairs;
            ``None`` where there are no intervals, or where the folds are in doubt.
    """

    name: str
    label: str | None = None
    values: tuple[float | None, ...]
    low: float
    high: float
    mean: float
    distinguishable: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KFoldSummary:
    """The folds of one k-fold training, summarised without pretending that they are independent.

    Attributes:
        folds: The evaluated models, one a fold.
        level: Confidence level of the intervals.
        pooled: The numbers of all folds' test images together, with intervals where there is no doubt; empty where a
            fold's counts are unknown.
        spreads: Each metric over the folds. The spread is not a confidence interval.
        doubts: Why these may not be the folds of one training: other projects, or images tested more than once.
        notes: What a reader must know.
        signature: Every choice that could change a number, and the version of this package.
    """

    folds: tuple[ComparedModel, ...]
    level: float
    pooled: tuple[MetricValue, ...]
    spreads: tuple[MetricSpread, ...]
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...]
    signature: str

    def to_json(self, *, indent: int = 2) -> bytes:
        """UTF-8 JSON."""
        return encode(self, indent)

    @classmethod
    def from_json(cls, data: bytes | str) -> KFoldSummary:
        """Read what ``to_json`` wrote.

        Raises:
            DocumentError: The data is not a k-fold summary.
        """
        return decode(data, cls, "a k-fold summary")
