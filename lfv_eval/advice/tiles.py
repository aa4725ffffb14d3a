"""Cutting large images into tiles, so that a small anomaly fills more of the picture the model sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

WANTED_SIDE = 0.05
"""An anomaly should be so large a part of the tile's side: about what the COCO benchmark calls small, 32 of 640 px."""

_STEP_PX, _LEAST_PX, _MOST_PX = 32, 64, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How to cut images.

    Attributes:
        tile_px: Side of the square tiles.
        overlap_px: Overlap of neighbouring tiles; an anomaly no longer than that lies whole in a tile.
        columns: Tiles across.
        rows: Tiles down.
    """

    tile_px: int
    overlap_px: int
    columns: int
    rows: int

    @property
    def n_tiles(self) -> int:
        """Tiles an image."""
        return self.columns * self.rows


def suggest_tiling(width_px: int, height_px: int, side_px: float, extent_px: float) -> Tiling | None:
    """The tiling in which an anomaly's side is about ``WANTED_SIDE`` of a tile's.

    Args:
        width_px: Width of the images.
        height_px: Height of the images.
        side_px: Typical side of an anomaly: the square root of its area.
        extent_px: Length that nearly all anomalies stay within: the longer side of their bounding boxes.

    Returns:
        ``None`` where one tile would do, or the images are smaller than any tile.

    >>> suggest_tiling(1280, 960, 22.27, 60)
    Tiling(tile_px=416, overlap_px=60, columns=4, rows=3)
    """
    most = min(_MOST_PX, width_px, height_px)
    if most < _LEAST_PX:
        return None
    tile = int(min(max(side_px / WANTED_SIDE, _LEAST_PX), most)) // _STEP_PX * _STEP_PX
    overlap = min(math.ceil(extent_px), tile // 2)
    columns, rows = (
        1 if side <= tile else math.ceil((side - overlap) / (tile - overlap)) for side in (width_px, height_px)
    )
    return Tiling(tile_px=tile, overlap_px=overlap, columns=columns, rows=rows) if columns * rows > 1 else None
