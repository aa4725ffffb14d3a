"""Blocky masks: how coarse a model's masks are, and how well any mask as coarse as that could fit a truth mask.

Segmentation models predict at a lower resolution than the image's. Enlarged by nearest neighbour, their masks are made
of equal blocks; a one-pixel line cannot be drawn with them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from .bit_planes import BitPlane

DEFAULT_TAU_PX = 2
"""Tolerance where predicted masks have the image's full resolution."""

MAX_TAU_PX = 256
"""Largest tolerance that can be asked for."""

_MIN_CHANGES = 8


def tau_of_block(block: int) -> int:
    """The default tolerance in px for predicted masks that are made of blocks: half a block, at least 2.

    >>> [tau_of_block(block) for block in (1, 4, 6, 7)]
    [2, 2, 3, 4]
    """
    return min(MAX_TAU_PX, max(DEFAULT_TAU_PX, -(-block // 2)))


def block_size(mask: BitPlane) -> int | None:
    """The side of the blocks a mask is made of: the scale of a nearest-neighbour enlargement, rounded down.

    That is the smallest distance of two rows, or two columns, at which anything changes; but 1 (no blocks) if the
    changes do not lie on the lattice of an enlargement by about that factor, as with a few straight-edged shapes.
    Of several masks of one model the smallest counts.

    Args:
        mask: The mask with a margin of at least one pixel.

    Returns:
        At least 1; ``None`` where the mask changes in too few places to tell.
    """
    height, width = mask.image_size
    axes = [(mask.changing_rows(), height), (mask.changing_columns(), width)]
    if sum(changes.size for changes, _ in axes) < _MIN_CHANGES:
        return None
    found = [_scale(changes, size) for changes, size in axes if changes.size > 1]
    return min(found, default=None)


def _scale(changes: NDArray[np.intp], size: int) -> int:
    """The scale of one axis, from where it changes. Enlarged by 2.9, two changes may be 3 px apart and never 2."""
    spacing = int(np.diff(changes).min())
    fitting = (scale for scale in (spacing, spacing - 1) if scale > 1 and _on_lattice(changes, size, scale))
    return next(fitting, 1)


def _on_lattice(changes: NDArray[np.intp], size: int, scale: int) -> bool:
    """Whether an enlargement of some number of cells to ``size`` pixels, by ``scale`` rounded down, fits all changes.

    With n cells, edge k is at ceil(k * size / n) where pixels take the cell of their corner (OpenCV, PyTorch), and at
    ceil(k * size / n - 1/2) where they take that of their centre (Pillow).
    """
    if not (changes % scale).any():
        return True
    n_cells = np.arange(size // (scale + 1) + 1, size // scale + 1)
    by_corner = np.outer(changes, n_cells) % size < n_cells
    by_centre = np.outer(2 * changes + 1, n_cells) % (2 * size) < 2 * n_cells
    return bool(by_corner.all(axis=0).any() or by_centre.all(axis=0).any())


def resolution_ceiling(truth: NDArray[np.bool_], block: int) -> tuple[int, int]:
    """Common and united pixels of a truth mask and the best mask made of blocks, for the ceiling of its IoU.

    Blocks are set where the truth covers any of them, at least a quarter, or at least half, whichever fits best. Blocks
    start at the image's upper left corner; those at its other edges may be cut off.

    Args:
        truth: bool of shape ``(height, width)``.
        block: Side of the blocks in px.

    Returns:
        Two counts of pixels; both 0 where the truth mask is empty.

    Raises:
        UsageError: ``block`` is less than 1.
    """
    if block < 1:
        raise UsageError(f"a block size must be at least 1 px, got {block}")
    rows, columns = np.flatnonzero(truth.any(axis=1)), np.flatnonzero(truth.any(axis=0))
    if not rows.size:
        return 0, 0
    row_starts, row_sizes = _blocks(rows, truth.shape[0], block)
    column_starts, column_sizes = _blocks(columns, truth.shape[1], block)
    whole = np.zeros((row_starts.size, block, column_starts.size * block), np.uint8)
    part = truth[row_starts[0] : row_starts[-1] + block, column_starts[0] : column_starts[-1] + block]
    whole.reshape(-1, whole.shape[2])[: part.shape[0], : part.shape[1]] = part
    by_rows = whole.sum(axis=1, dtype=np.uint32)
    covered_px = by_rows.reshape(row_starts.size, -1, block).sum(axis=2, dtype=np.int64)
    block_px = np.outer(row_sizes, column_sizes)
    truth_px, best = int(covered_px.sum()), (0, 1)
    for chosen in (covered_px > 0, 4 * covered_px >= block_px, 2 * covered_px >= block_px):
        common_px = int(covered_px[chosen].sum())
        union_px = truth_px + int(block_px[chosen].sum()) - common_px
        if common_px * best[1] > best[0] * union_px:
            best = common_px, union_px
    return best


def _blocks(pixels: NDArray[np.intp], size: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where along an axis the blocks from the first to the last pixel start, and how many pixels they have."""
    starts = np.arange(pixels[0] // block * block, pixels[-1] + 1, block, dtype=np.int64)
    return starts, np.minimum(block, size - starts)
