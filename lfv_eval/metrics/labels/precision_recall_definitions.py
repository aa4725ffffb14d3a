"""Every definition that precision, recall and F1 score of an anomaly label could have.

Letters as in ``definitions``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .definitions import (
    NO_EITHER,
    NO_PREDICTED,
    NO_TRUTH,
    Quantity,
    Select,
    every_image,
    fraction,
    in_both,
    in_either,
    in_predicted,
    in_truth,
    mean,
)
from .mask_counts import LabelTable

Triple = tuple[Quantity, Quantity, Quantity]
"""Precision, recall and F1 score."""


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """One reading of a label's precision, recall and F1 score.

    Attributes:
        id: Its name in signatures.
        formula: In the letters of ``definitions``.
        docs: What it means.
        compute: Its three values for one label.
    """

    id: str
    formula: str
    docs: str
    compute: Callable[[LabelTable], Triple]


def _pooled(select: Select) -> Callable[[LabelTable], Triple]:
    def compute(table: LabelTable) -> Triple:
        table = table.keep(select(table))
        both, truth, predicted = (
            int(column.sum()) for column in (table.intersection_px, table.truth_px, table.predicted_px)
        )
        return (
            fraction(both, predicted, "pixels", NO_PREDICTED),
            fraction(both, truth, "pixels", NO_TRUTH),
            fraction(2 * both, truth + predicted, "pixels", NO_EITHER),
        )

    return compute


def _averaged(select: Select, why: str) -> Callable[[LabelTable], Triple]:
    def compute(table: LabelTable) -> Triple:
        table = table.keep(select(table))
        both = table.intersection_px
        return (
            mean(both, table.predicted_px, why, 0),
            mean(both, table.truth_px, why, 0),
            mean(2 * both, table.truth_px + table.predicted_px, why),
        )

    return compute


def _harmonic(averaged: Callable[[LabelTable], Triple]) -> Callable[[LabelTable], Triple]:
    def compute(table: LabelTable) -> Triple:
        precision, recall, f1_score = averaged(table)
        if precision.value is None or recall.value is None:
            return precision, recall, f1_score
        total = precision.value + recall.value
        f1_score = Quantity(
            value=2 * precision.value * recall.value / total if total else None,
            undefined_because=None if total else "precision and recall are both 0",
            n_terms=precision.n_terms + recall.n_terms,
            support=precision.support,
        )
        return precision, recall, f1_score

    return compute


def _presence(is_hit: Select) -> Callable[[LabelTable], Triple]:
    def compute(table: LabelTable) -> Triple:
        hits = int((in_both(table) & is_hit(table)).sum())
        n_truth, n_predicted = int(in_truth(table).sum()), int(in_predicted(table).sum())
        return (
            fraction(hits, n_predicted, "images", NO_PREDICTED),
            fraction(hits, n_truth, "images", NO_TRUTH),
            fraction(2 * hits, n_truth + n_predicted, "images", NO_EITHER),
        )

    return compute


def _overlapping(table: LabelTable) -> NDArray[np.bool_]:
    return table.intersection_px > 0


def _at_least_half(table: LabelTable) -> NDArray[np.bool_]:
    return 2 * table.intersection_px >= table.union_px


_MEAN_TRUTH, _MEAN_EITHER = _averaged(in_truth, NO_TRUTH), _averaged(in_either, NO_EITHER)

PRECISION_RECALL: dict[str, PrecisionRecall] = {
    definition.id: definition
    for definition in (
        PrecisionRecall(
            "pixel-pooled",
            "sum I/sum P, sum I/sum T, 2 sum I/(sum T + sum P)",
            "All pixels of all images as one, label against everything else; the default, after the service's name "
            "PixelAnomalyClassMetrics.",
            _pooled(every_image),
        ),
        PrecisionRecall(
            "pixel-pooled-truth",
            "sum I/sum P, sum I/sum T, 2 sum I/(sum T + sum P) over T>0",
            "Pooled over the images with the label in the truth.",
            _pooled(in_truth),
        ),
        PrecisionRecall(
            "pixel-mean-truth",
            "means of I/P (0 if P=0), I/T, Dice over T>0",
            "Each image with the label in the truth counts once.",
            _MEAN_TRUTH,
        ),
        PrecisionRecall(
            "pixel-mean-either",
            "means of I/P (0 if P=0), I/T (0 if T=0), Dice over T>0 or P>0",
            "Each image with the label in either mask counts once.",
            _MEAN_EITHER,
        ),
        PrecisionRecall(
            "pixel-mean-truth-harmonic",
            "P, R as in pixel-mean-truth, F1 = 2PR/(P+R)",
            "F1 score of the mean precision and recall instead of the mean F1 score.",
            _harmonic(_MEAN_TRUTH),
        ),
        PrecisionRecall(
            "pixel-mean-either-harmonic",
            "P, R as in pixel-mean-either, F1 = 2PR/(P+R)",
            "The same over images with the label in either mask.",
            _harmonic(_MEAN_EITHER),
        ),
        PrecisionRecall(
            "presence",
            "hits/#(P>0), hits/#(T>0), 2 hits/(#(T>0)+#(P>0)); hit: T>0 and P>0",
            "Image level: the label occurs in both masks, wherever.",
            _presence(every_image),
        ),
        PrecisionRecall(
            "presence-overlap",
            "as presence; hit: I>0",
            "Image level: the two masks touch.",
            _presence(_overlapping),
        ),
        PrecisionRecall(
            "presence-iou50",
            "as presence; hit: IoU >= 1/2",
            "Image level: the two masks agree by half.",
            _presence(_at_least_half),
        ),
    )
}
"""Precision, recall and F1 score by id, the default first. Each can be combined with every gate."""
