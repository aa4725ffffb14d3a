"""Which small translation, and which dilation, of a predicted mask fits the truth best.

A translation that is the same in most images is no property of the model: it comes from the images, the masks or their
resizing, and can be corrected.
"""

from __future__ import annotations

from itertools import product
from typing import TypeVar

import numpy as np

from .bit_planes import BitPlane, popcount

MAX_SHIFT_PX = 4
"""Translations of up to so many pixels along each axis are tried."""

MAX_DILATION_PX = 3
"""Dilations of up to so many pixels are tried."""

Shift = tuple[int, int]
"""Rows down and columns to the right that the *prediction* has to move."""

Choice = TypeVar("Choice")

_REACH = range(-MAX_SHIFT_PX, MAX_SHIFT_PX + 1)


def shift_order(shift: Shift) -> tuple[int, int, int, int]:
    """Sorts equally good translations: the shorter first (city-block length), then by direction, for repeatability."""
    dy, dx = shift
    return abs(dy) + abs(dx), abs(dy), dy, dx


def best_shift(truth: BitPlane, predicted: BitPlane) -> Shift | None:
    """The translation of the prediction with the largest IoU; what moves out of the image is lost.

    Args:
        truth: The truth mask.
        predicted: The predicted mask in the same place, with a margin of at least ``MAX_SHIFT_PX``.

    Returns:
        Rows down, columns to the right; of equally good ones the first by ``shift_order``. ``None`` where the masks
        have no pixel in common under any translation tried.
    """
    truth_px, n_rows = truth.count(), truth.words.shape[1]
    common_and_union: dict[Shift, tuple[int, int]] = {}
    for dx in _REACH:
        moved = predicted.moved(0, dx)
        counts_above = np.concatenate([[0], np.cumsum(moved.row_counts())])
        for dy in _REACH:
            start, n_kept = min(n_rows, max(0, -dy)), max(0, n_rows - abs(dy))
            stop, start_in_truth = start + n_kept, max(0, dy)
            overlap = moved.words[:, start:stop] & truth.words[:, start_in_truth : start_in_truth + n_kept]
            common_px = int(popcount(overlap).sum(dtype=np.int64))
            predicted_px = int(counts_above[stop] - counts_above[start])
            common_and_union[dy, dx] = common_px, truth_px + predicted_px - common_px
    return _best({shift: common_and_union[shift] for shift in sorted(product(_REACH, _REACH), key=shift_order)})


def best_dilation(truth: BitPlane, predicted: BitPlane) -> int | None:
    """The radius in px (0: none) of the dilation of the prediction with the largest IoU.

    Of equally good ones the smallest; ``None`` where the masks have no pixel in common under any of them. The planes
    need a margin of at least ``MAX_DILATION_PX``.
    """
    truth_px = truth.count()
    tried: dict[int, tuple[int, int]] = {}
    for radius in range(MAX_DILATION_PX + 1):
        grown = predicted.dilated(radius)
        common_px = (grown & truth).count()
        tried[radius] = common_px, truth_px + grown.count() - common_px
    return _best(tried)


def _best(common_and_union: dict[Choice, tuple[int, int]]) -> Choice | None:
    """The first of the choices with the largest fraction, compared exactly; ``None`` if all are 0."""
    best, best_common, best_union = None, 0, 1
    for choice, (common_px, union_px) in common_and_union.items():
        if common_px * best_union > best_common * union_px:
            best, best_common, best_union = choice, common_px, union_px
    return best
