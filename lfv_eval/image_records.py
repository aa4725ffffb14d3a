"""What was measured of images: plain numbers that travel in the audit document, so that advice needs no second look.

Fractions are 0..1 everywhere: a sample of 255 is 1.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add

from .records import Problem

GRID_SIDE = 20
"""Positions are measured on a grid of so many cells a side, whatever the image's size."""

RING_CELLS = 2
"""The border ring is so many cells wide: 10 % of a side."""

_LAYOUT = struct.Struct(f"<{GRID_SIDE**2}q")
_ZERO = bytes(_LAYOUT.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageStatistics:
    """One image, measured.

    All but the sizes and ``pixel_sha256`` are of the image reduced to at most 512 px a side, so that images of one
    camera compare; blur finer than that reduction does not show.

    Attributes:
        uri: ``source-ref`` as written.
        class_name: ``anomaly`` or ``normal`` as labelled; ``None`` where unlabelled.
        width_px: Width as stored; an orientation note in the file is not applied.
        height_px: Height, likewise.
        size_bytes: Size of the file.
        format: ``PNG`` or ``JPEG``.
        luminance: Mean of .299 R + .587 G + .114 B, in 0..1.
        contrast: Standard deviation of the same over the pixels, in 0...5.
        saturation: Mean of (max - min) / max of the three samples, in 0..1; 0 for gray.
        sharpness: Variance of the luminance's Laplacian (4 neighbours), at least 0; 0 where a side is below 3 px.
        red_green: Mean of R - G, in -1..1: a colour cast.
        blue_green: Mean of B - G, in -1..1.
        pixel_sha256: SHA-256 of size and all decoded samples, equal for equal pixels in any file format; ``None`` where
            the image was not decoded in full (JPEG files of 1024 px a side or more are decoded at a reduced size) or
            holds more than 8 bits a sample.
        file_sha256: SHA-256 of the file.
        dhash: Difference hash, 64 bits as 16 hexadecimal digits: bit 8 r + c tells whether cell (r, c) of an 8 x 9 grid
            of mean luminances is darker than its right neighbour. Near duplicates differ in few bits.
    """

    uri: str
    class_name: str | None
    width_px: int
    height_px: int
    size_bytes: int
    format: str
    luminance: float
    contrast: float
    saturation: float
    sharpness: float
    red_green: float
    blue_green: float
    pixel_sha256: str | None
    file_sha256: str
    dhash: str

    @property
    def identity(self) -> str:
        """Equal only for images with the same pixels: by the pixels where those are known, else by the file."""
        return self.pixel_sha256 or f"file:{self.file_sha256}"


STATISTICS = ("luminance", "contrast", "saturation", "sharpness", "red_green", "blue_green")
"""The fields of ``ImageStatistics`` in which sets of images are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSums:
    """Luminance by position, over any number of images. ``a + b`` joins images exactly, in any order.

    Every image is brought to ``GRID_SIDE`` x ``GRID_SIDE`` cells, whose mean luminances are whole numbers in 0..255.

    Attributes:
        n_images: How many images were added up.
        sums: Little-endian int64, row by row: the sum of each cell.
        square_sums: Likewise, the sum of the squares.
    """

    n_images: int = 0
    sums: bytes = field(default=_ZERO, repr=False)
    square_sums: bytes = field(default=_ZERO, repr=False)

    @classmethod
    def of_image(cls, cells: Iterable[int]) -> PositionSums:
        """One image, by its cells in 0..255, row by row."""
        values = tuple(cells)
        squares = (value * value for value in values)
        return cls(n_images=1, sums=_LAYOUT.pack(*values), square_sums=_LAYOUT.pack(*squares))

    def __add__(self, other: PositionSums) -> PositionSums:
        return PositionSums(
            n_images=self.n_images + other.n_images,
            sums=_added(self.sums, other.sums),
            square_sums=_added(self.square_sums, other.square_sums),
        )

    def deviations(self) -> tuple[float, ...] | None:
        """Standard deviation of each cell over the images, in 0...5, row by row; ``None`` for fewer than two images."""
        n = self.n_images
        if n < 2:
            return None
        pairs = zip(_LAYOUT.unpack(self.sums), _LAYOUT.unpack(self.square_sums), strict=True)
        return tuple(math.sqrt(max(0, n * squares - total * total)) / (255 * n) for total, squares in pairs)

    def border_to_centre(self) -> float | None:
        """How much more the border ring varies than the rest: the ratio of the mean deviations.

        Returns:
            At least 0; ``None`` for fewer than two images, or where nothing inside the ring varies.
        """
        deviations = self.deviations()
        if deviations is None:
            return None
        ring = [value for index, value in enumerate(deviations) if _in_ring(index)]
        centre = [value for index, value in enumerate(deviations) if not _in_ring(index)]
        mean_centre = math.fsum(centre) / len(centre)
        return math.fsum(ring) / len(ring) / mean_centre if mean_centre else None


def _in_ring(index: int) -> bool:
    row, column = divmod(index, GRID_SIDE)
    last = GRID_SIDE - RING_CELLS
    return min(row, column) < RING_CELLS or max(row, column) >= last


def _added(first: bytes, second: bytes) -> bytes:
    return _LAYOUT.pack(*map(add, _LAYOUT.unpack(first), _LAYOUT.unpack(second)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """The images of one dataset, measured. ``a + b`` joins sets.

    Attributes:
        images: One entry for each image that could be measured, in the order of the rows.
        positions: Luminance by position, by class-name (``anomaly``, ``normal``, ``unlabelled``).
        n_images: How many images the rows name.
        problems: Why images could not be measured.
    """

    images: tuple[ImageStatistics, ...] = ()
    positions: Mapping[str, PositionSums] = field(default_factory=dict)
    n_images: int = 0
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: ImageSet) -> ImageSet:
        names = [*self.positions, *(name for name in other.positions if name not in self.positions)]
        return ImageSet(
            images=self.images + other.images,
            positions={
                name: reduce(add, (one.positions[name] for one in (self, other) if name in one.positions))
                for name in names
            },
            n_images=self.n_images + other.n_images,
            problems=self.problems + other.problems,
        )

    @property
    def n_unmeasured(self) -> int:
        """How many images could not be measured."""
        return self.n_images - len(self.images)
