"""Every definition that the average IoU of an anomaly label could have. Letters as in ``definitions``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from .definitions import (
    NO_ANOMALY,
    NO_BOTH,
    NO_EITHER,
    NO_HALF,
    NO_IMAGE,
    NO_OVERLAP,
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


@dataclass(frozen=True, slots=True)
class AverageIou:
    """One reading of average IoU.

    Attributes:
        id: Its name in signatures.
        formula: In the letters of ``definitions``.
        docs: What it means and who uses it.
        compute: Its value for one label.
    """

    id: str
    formula: str
    docs: str
    compute: Callable[[LabelTable], Quantity]


def _overlapping(table: LabelTable) -> NDArray[np.bool_]:
    return table.intersection_px > 0


def _anomalous(table: LabelTable) -> NDArray[np.bool_]:
    return table.anomalous


def _over_half(table: LabelTable) -> NDArray[np.bool_]:
    return 2 * table.intersection_px > table.union_px


def _pooled_iou(select: Select, why: str) -> Callable[[LabelTable], Quantity]:
    def compute(table: LabelTable) -> Quantity:
        table = table.keep(select(table))
        return fraction(int(table.intersection_px.sum()), int(table.union_px.sum()), "pixels", why)

    return compute


def _mean_iou(select: Select, why: str, at_zero: int | None = None) -> Callable[[LabelTable], Quantity]:
    def compute(table: LabelTable) -> Quantity:
        table = table.keep(select(table))
        return mean(table.intersection_px, table.union_px, why, at_zero)

    return compute


def _mean_dice(table: LabelTable) -> Quantity:
    table = table.keep(in_truth(table))
    return mean(2 * table.intersection_px, table.truth_px + table.predicted_px, NO_TRUTH)


def _mean_by_area(table: LabelTable) -> Quantity:
    table = table.keep(in_truth(table))
    total_px = int(table.truth_px.sum())
    if not total_px:
        return Quantity(value=None, undefined_because=NO_TRUTH)
    columns = (table.truth_px.tolist(), table.intersection_px.tolist(), table.union_px.tolist())
    terms = [truth * both / either for truth, both, either in zip(*columns, strict=True)]
    return Quantity(value=fsum(terms) / total_px, n_terms=len(terms), support=len(terms))


AVERAGE_IOU: dict[str, AverageIou] = {
    definition.id: definition
    for definition in (
        AverageIou(
            "mean-truth",
            "mean IoU over T>0",
            "Each test image in which the truth shows the label counts once; the default, as the wording of the "
            "service's developer guide fits it best.",
            _mean_iou(in_truth, NO_TRUTH),
        ),
        AverageIou(
            "pooled",
            "sum I / sum U",
            "All pixels of all images as one; scikit-learn's jaccard_score on flat masks, torchmetrics' JaccardIndex.",
            _pooled_iou(every_image, NO_EITHER),
        ),
        AverageIou(
            "pooled-truth",
            "sum I / sum U over T>0",
            "Pooled over the images with the label in the truth.",
            _pooled_iou(in_truth, NO_TRUTH),
        ),
        AverageIou(
            "mean-either",
            "mean IoU over T>0 or P>0",
            "Stray predictions count as 0; torchmetrics' per-class MeanIoU.",
            _mean_iou(in_either, NO_EITHER),
        ),
        AverageIou(
            "mean-predicted",
            "mean IoU over P>0",
            "Missed anomalies do not count.",
            _mean_iou(in_predicted, NO_PREDICTED),
        ),
        AverageIou(
            "mean-both",
            "mean IoU over T>0 and P>0",
            "Neither missed anomalies nor stray predictions count.",
            _mean_iou(in_both, NO_BOTH),
        ),
        AverageIou(
            "mean-overlap",
            "mean IoU over I>0",
            "Only images in which the masks touch.",
            _mean_iou(_overlapping, NO_OVERLAP),
        ),
        AverageIou(
            "mean-all-empty1",
            "mean IoU over all images, 0/0 = 1",
            "Agreeing on nothing is a hit; scikit-learn's jaccard_score, average samples, zero_division 1.",
            _mean_iou(every_image, NO_IMAGE, 1),
        ),
        AverageIou(
            "mean-all-empty0",
            "mean IoU over all images, 0/0 = 0",
            "The same with zero_division 0.",
            _mean_iou(every_image, NO_IMAGE, 0),
        ),
        AverageIou(
            "mean-anomalous-empty1",
            "mean IoU over G, 0/0 = 1",
            "Images anomalous by truth, whatever their masks.",
            _mean_iou(_anomalous, NO_ANOMALY, 1),
        ),
        AverageIou(
            "mean-anomalous-empty0",
            "mean IoU over G, 0/0 = 0",
            "The same; agreeing on nothing counts 0.",
            _mean_iou(_anomalous, NO_ANOMALY, 0),
        ),
        AverageIou(
            "mean-truth-area",
            "sum T*IoU / sum T over T>0",
            "Large anomalies weigh more.",
            _mean_by_area,
        ),
        AverageIou(
            "mean-dice-truth",
            "mean Dice over T>0",
            "Dice taken for IoU.",
            _mean_dice,
        ),
        AverageIou(
            "mean-iou-over-half",
            "mean IoU over IoU>1/2",
            "Segmentation quality of panoptic segmentation.",
            _mean_iou(_over_half, NO_HALF),
        ),
    )
}
"""Average IoU by id, the default first. Each can be combined with every gate."""
