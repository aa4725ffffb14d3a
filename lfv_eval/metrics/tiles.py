"""Into which overlapping tiles to cut images whose anomalies are too small for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

TARGET_SHARE = 0.05
"""Wanted side of an anomaly in a tile, as a share of the tile's side: 32 px of 640, COCO's limit of "small"."""

TEST_IMAGES, TEST_IMAGES_WITH_MASKS = 4000, 800
"""How many images the service takes in a test dataset."""

Pixels = Sequence[int] | NDArray[np.int64]

_STEP_PX = 32
_MIN_SIDE_PX, _MAX_SIDE_PX = 64, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """Square tiles, spread evenly over an image.

    Attributes:
        side_px: Side of a tile.
        overlap_px: How much neighbours overlap at least: what is no larger lies whole in some tile.
        lefts: Left edges of the columns of tiles, in px.
        tops: Top edges of the rows of tiles, in px.
        anomaly_share: Side of the median anomaly by the tile's side, 0..1.
        covered_share: Share of the anomalies that lie whole in some tile, 0..1.
    """

    side_px: int
    overlap_px: int
    lefts: tuple[int, ...]
    tops: tuple[int, ...]
    anomaly_share: float
    covered_share: float

    @property
    def n_tiles(self) -> int:
        """How many tiles one image gives."""
        return len(self.lefts) * len(self.tops)

    @property
    def n_test_images(self) -> int:
        """How many images, cut so, fit into a test dataset of the service."""
        return TEST_IMAGES // self.n_tiles

    @property
    def n_test_images_with_masks(self) -> int:
        """Likewise where they have masks."""
        return TEST_IMAGES_WITH_MASKS // self.n_tiles


def relative_sides(area_px: NDArray[np.int64], width_px: int, height_px: int) -> NDArray[np.float64]:
    """Side of a square as large as each anomaly, by the image's longer side.

    Args:
        area_px: int64 of shape (n,), areas of anomalies.
        width_px: The image's width.
        height_px: Its height.

    Returns:
        float64 of shape (n,), 0..1.
    """
    return np.sqrt(area_px) / max(width_px, height_px)


def suggest_tiles(width_px: int, height_px: int, area_px: Pixels, extent_px: Pixels) -> Tiling | None:
    """Choose tiles in which the median anomaly spans about ``TARGET_SHARE`` of a side.

    Args:
        width_px: The images' width.
        height_px: Their height.
        area_px: Area of each anomaly.
        extent_px: Longer side of each one's bounding box.

    Returns:
        The tiles; ``None`` where cutting gains nothing: there is no anomaly, one tile would be the whole image, or the
        image's shorter side is below 64 px.

    Raises:
        UsageError: Areas and extents are not equally many.

    >>> tiles = suggest_tiles(1280, 960, [496], [60])
    >>> tiles.side_px, tiles.overlap_px, len(tiles.lefts), len(tiles.tops)
    (416, 60, 4, 3)
    """
    areas, extents = np.asarray(area_px, np.int64), np.asarray(extent_px, np.int64)
    if areas.shape != extents.shape:
        raise UsageError(f"expected one extent for each area, got {areas.shape} and {extents.shape}")
    largest = min(_MAX_SIDE_PX, width_px, height_px)
    if not areas.size or largest < _MIN_SIDE_PX:
        return None
    anomaly_side = math.sqrt(float(np.median(areas)))
    side = int(min(max(anomaly_side / TARGET_SHARE, _MIN_SIDE_PX), largest)) // _STEP_PX * _STEP_PX
    overlap = min(math.ceil(float(np.percentile(extents, 90))), side // 2)
    lefts, tops = _edges(width_px, side, overlap), _edges(height_px, side, overlap)
    if len(lefts) * len(tops) == 1:
        return None
    return Tiling(
        side_px=side,
        overlap_px=overlap,
        lefts=lefts,
        tops=tops,
        anomaly_share=anomaly_side / side,
        covered_share=float(np.mean(extents <= _least_overlap(side, lefts, tops))),
    )


def _edges(length_px: int, side_px: int, overlap_px: int) -> tuple[int, ...]:
    """Where tiles begin along one axis."""
    if length_px <= side_px:
        return (0,)
    n = math.ceil((length_px - overlap_px) / (side_px - overlap_px))
    return tuple(index * (length_px - side_px) // (n - 1) for index in range(n))


def _least_overlap(side_px: int, *axes: tuple[int, ...]) -> int:
    return min((before + side_px - after for edges in axes for before, after in pairwise(edges)), default=side_px)
