"""Connected regions of a boolean mask, found on its runs of pixels: union-find over whole arrays.

Two pixels belong together if they touch at a side or a corner (8-connectivity).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_RUNS = 2_000_000
"""A mask of more runs is noise, and would cost gigabytes."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Components:
    """The connected regions of one mask, in the order of their first pixels (row by row).

    Attributes:
        area_px: int64, pixels of each.
        boxes: int64 of shape (n, 4): top, left, bottom, right; the last two are exclusive.
    """

    area_px: Ints
    boxes: Ints

    def __len__(self) -> int:
        return len(self.area_px)

    @property
    def extent_px(self) -> Ints:
        """int64, the longer side of each one's bounding box."""
        extent: Ints = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)
        return extent


def find_components(mask: NDArray[np.bool_]) -> Components | None:
    """Find the 8-connected regions of True pixels.

    Args:
        mask: bool of shape (height, width).

    Returns:
        The regions; ``None`` where the mask has more than ``MAX_RUNS`` runs of pixels.

    >>> find_components(np.array([[1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]], bool)).area_px
    array([3, 1])
    """
    row, start, end = _runs(mask)
    if len(row) > MAX_RUNS:
        return None
    roots = connected(len(row), *_touching(row, start, end, mask.shape[1]))
    _, first, region = np.unique(roots, return_index=True, return_inverse=True)
    n_regions = len(first)
    area = np.zeros(n_regions, np.int64)
    np.add.at(area, region, end - start)
    boxes = np.empty((n_regions, 4), np.int64)
    boxes[:, 0], boxes[:, 1] = row[first], start[first]
    boxes[:, 2], boxes[:, 3] = row[first] + 1, end[first]
    np.minimum.at(boxes[:, 1], region, start)
    np.maximum.at(boxes[:, 2], region, row + 1)
    np.maximum.at(boxes[:, 3], region, end)
    return Components(area_px=area, boxes=boxes)


def connected(n: int, first: Ints, second: Ints) -> Ints:
    """Join n things along pairs that belong together.

    Args:
        n: How many things there are, numbered from 0.
        first: int64, one end of each pair.
        second: int64, the other end.

    Returns:
        int64 of shape (n,): the smallest number in each one's group.
    """
    root = np.arange(n, dtype=np.int64)
    while len(first):
        low, high = np.minimum(first, second), np.maximum(first, second)
        np.minimum.at(root, high, low)
        shorter = root[root]
        while not np.array_equal(shorter, root):
            root, shorter = shorter, shorter[shorter]
        first, second = root[first], root[second]
        apart = first != second
        first, second = first[apart], second[apart]
    return root


def _runs(mask: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Row, first column and column behind the last of each run of True pixels, row by row."""
    height, width = mask.shape
    padded = np.zeros((height, width + 1), np.bool_)
    padded[:, :width] = mask
    flat = padded.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat.size and flat[0]:
        changes = np.concatenate([[0], changes])
    starts, ends = changes[::2], changes[1::2]
    row, start = np.divmod(starts, width + 1)
    return row, start, ends - row * (width + 1)


def _touching(row: Ints, start: Ints, end: Ints, width: int) -> tuple[Ints, Ints]:
    """The pairs of runs in neighbouring rows that touch; those that touch one run follow each other."""
    stride = width + 2
    next_row = (row + 1) * stride
    from_run = np.searchsorted(row * stride + end, next_row + start, side="left")
    to_run = np.searchsorted(row * stride + start, next_row + end, side="right")
    counts = np.maximum(to_run - from_run, 0)
    first = np.repeat(np.arange(len(row)), counts)
    offsets = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, np.repeat(from_run, counts) + offsets
