"""What the definitions of segmentation numbers are made of: quantities, gates, and which images enter.

The service's documents give no formula for average IoU ("average percentage overlap between the anomaly masks in the
test images and the anomaly masks that the model predicts") and none for the per-label precision, recall and F1 score.
Each reading is therefore a definition of its own, to be computed side by side.

In formulas, for one label and image: T, P, I, U = truth, predicted, common, united pixels; IoU = I/U; Dice = 2I/(T+P).
A = the image was detected as anomalous, G = it is anomalous by truth. A quotient without a denominator is ``None``,
never 0, unless the definition itself says what to put there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .mask_counts import LabelTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number, or the reason why there is none.

    Attributes:
        value: In 0..1, or ``None``.
        undefined_because: The reason, exactly where ``value`` is ``None``.
        ratio: Numerator and denominator where the value is one fraction of counts; not reduced.
        n_terms: How many summands were added up; 1 for a plain fraction.
        support: The denominator: how many images, or pixels, the value rests on.
        unit: What ``support`` counts.
    """

    value: float | None
    undefined_because: str | None = None
    ratio: tuple[int, int] | None = None
    n_terms: int = 1
    support: int = 0
    unit: Literal["images", "pixels"] = "images"


Select = Callable[[LabelTable], NDArray[np.bool_]]
"""Tells for each image whether it enters; bool of one entry an image."""


def every_image(table: LabelTable) -> NDArray[np.bool_]:
    """All images."""
    return np.ones(table.truth_px.shape, np.bool_)


def in_truth(table: LabelTable) -> NDArray[np.bool_]:
    """T>0."""
    return table.truth_px > 0


def in_predicted(table: LabelTable) -> NDArray[np.bool_]:
    """P>0."""
    return table.predicted_px > 0


def in_either(table: LabelTable) -> NDArray[np.bool_]:
    """T>0 or P>0."""
    return in_truth(table) | in_predicted(table)


def in_both(table: LabelTable) -> NDArray[np.bool_]:
    """T>0 and P>0."""
    return in_truth(table) & in_predicted(table)


NO_TRUTH = "no image has the label in its truth mask"
NO_PREDICTED = "no image has the label in its predicted mask"
NO_EITHER = "no image has the label in either mask"
NO_BOTH = "no image has the label in both masks"
NO_OVERLAP = "in no image do truth and predicted mask of the label overlap"
NO_IMAGE = "there is no image"
NO_ANOMALY = "no image is anomalous by truth"
NO_HALF = "in no image is the label's IoU above one half"


def _ungated(table: LabelTable) -> LabelTable:
    return table


def _gated(table: LabelTable) -> LabelTable:
    detected = table.detected
    return replace(table, predicted_px=table.predicted_px * detected, intersection_px=table.intersection_px * detected)


def _dropped(table: LabelTable) -> LabelTable:
    return table.keep(table.detected)


GATES: dict[str, Callable[[LabelTable], LabelTable]] = {"ungated": _ungated, "gated": _gated, "dropped": _dropped}
"""What becomes of the masks of images that were not detected as anomalous. The service computes the classification
apart from the masks, so the two may disagree. Ungated: nothing. Gated: their predicted masks count as empty. Dropped:
these images are left out."""


def fraction(numerator: int, denominator: int, unit: Literal["images", "pixels"], why: str) -> Quantity:
    """One fraction of counts; ``why`` is the reason given where there is no denominator."""
    if not denominator:
        return Quantity(value=None, undefined_because=why, unit=unit)
    ratio = (numerator, denominator)
    return Quantity(value=numerator / denominator, ratio=ratio, support=denominator, unit=unit)


def mean(
    numerators: NDArray[np.int64], denominators: NDArray[np.int64], why: str, at_zero: int | None = None
) -> Quantity:
    """The mean of per-image fractions.

    Each fraction is rounded once, their sum is exact, and the mean is rounded once more: no order of images changes it.

    Args:
        numerators: int64, one an image.
        denominators: int64, likewise.
        why: The reason given where there is no image.
        at_zero: What a fraction without denominator counts; ``None`` where there can be none.
    """
    pairs = list(zip(numerators.tolist(), denominators.tolist(), strict=True))
    if at_zero is not None:
        pairs = [(above, below) if below else (at_zero, 1) for above, below in pairs]
    if not pairs:
        return Quantity(value=None, undefined_because=why)
    value = fsum(above / below for above, below in pairs) / len(pairs)
    ratio = pairs[0] if len(pairs) == 1 else None
    return Quantity(value=value, ratio=ratio, n_terms=len(pairs), support=len(pairs))
