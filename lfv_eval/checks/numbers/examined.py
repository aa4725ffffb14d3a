"""The record of what printed numbers tell without per-image data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...verdicts import MetricValue
from .feasibility import F1Consistency, Feasibility
from .rankings import Rankings

SHARES, RANKING = ("precision", "recall", "f1_score"), ("roc_auc", "average_precision")
"""The metrics of one confusion matrix, and those of an order by score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedNumbers:
    """What is known of one evaluation.

    Attributes:
        metrics: The metrics with all printed digits, by name; in the order of ``SHARES`` and ``RANKING``.
        n_images: Number of test images, where known.
        n_anomaly: Number of anomalous test images, where known.
        document: URI of the document that reports the metrics; ``None`` where they were typed in.
    """

    metrics: dict[str, str]
    n_images: int | None = None
    n_anomaly: int | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Whether the printed digits can tell fractions apart.

    Attributes:
        decimals: How many decimals are printed, as fractions of 1.
        enough: So many always tell two fractions of up to ``n_images`` images apart: 10^-d < 1/(N(N-1)).
        n_fitting: How many fractions of that many images the printed precision and recall stand for.
    """

    decimals: int
    enough: int
    n_fitting: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersCheck:
    """What the printed numbers tell, without per-image data.

    Attributes:
        verdict: ``impossible`` (no test set gives these numbers), ``identified`` (one confusion matrix does), else
            ``consistent``.
        sentences: The findings in words.
        numbers: What was examined.
        digits: Whether the digits were taken for rounded or for cut off.
        out_of_range: Metrics that are outside 0..1, also as percent.
        f1: F1 against precision and recall; ``None`` unless all three are given.
        feasibility: The confusion matrices; ``None`` where only average precision is given.
        auc_bounds: The ROC AUC that the confusion matrix allows, of several the one that comes closest to the printed
            one; ``None`` unless the printed one is outside.
        disputed: Metrics without which the others could belong together, where they cannot.
        smallest_n_images: The smallest test set that gives the numbers, where its size is not given or impossible;
            ``None`` where none was found.
        resolution: Where the number of images is given, and several matrices are possible.
        rankings: The orders by score; ``None`` without ROC AUC, or where the sizes of the classes do not follow.
        values: All metrics of the identified matrix, with fractions and intervals; else empty.
    """

    verdict: Literal["consistent", "impossible", "identified"]
    sentences: tuple[str, ...] = ()
    numbers: PrintedNumbers
    digits: Literal["rounded", "cut off"] = "rounded"
    out_of_range: tuple[str, ...] = ()
    f1: F1Consistency | None = None
    feasibility: Feasibility | None = None
    auc_bounds: tuple[float, float] | None = None
    disputed: tuple[str, ...] = ()
    smallest_n_images: int | None = None
    resolution: Resolution | None = None
    rankings: Rankings | None = None
    values: tuple[MetricValue, ...] = ()
