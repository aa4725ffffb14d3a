"""A boolean mask as bits in 64-bit words: moving, dilating and counting take a few passes over 1/64 of the pixels.

Only the part of the image around the masks is kept. Everything is exact: no approximated distance, no square
neighbourhood in place of a disc.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError, UsageError

Words = NDArray[np.uint64]

_WORD_PX = 64


def _popcount_by_arithmetic(words: Words) -> NDArray[np.integer]:
    """Set bits of each word, added up within the word in halves of growing width; for numpy before 2.0."""
    words = words - (words >> np.uint64(1) & np.uint64(0x5555555555555555))
    words = (words & np.uint64(0x3333333333333333)) + (words >> np.uint64(2) & np.uint64(0x3333333333333333))
    words = words + (words >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return words * np.uint64(0x0101010101010101) >> np.uint64(56)


popcount: Callable[[Words], NDArray[np.integer]] = getattr(np, "bitwise_count", _popcount_by_arithmetic)
"""Set bits of each word; integers of the shape of the words."""


@dataclass(frozen=True, slots=True, eq=False)
class BitPlane:
    """Part of a boolean mask. Pixels outside the part are False; moving pixels out of it loses them.

    Attributes:
        words: uint64 of shape ``(n_words, n_rows)``; bit k of ``words[i, j]`` is row ``top + j``, column
            ``left + 64 i + k`` of the image. Bits right of the image are 0.
        top: Row of the image in which the part begins.
        left: Column of the image in which the part begins; a multiple of 64.
        image_size: Rows and columns of the whole image.
    """

    words: Words
    top: int
    left: int
    image_size: tuple[int, int]

    def count(self) -> int:
        """How many pixels are set."""
        return int(popcount(self.words).sum(dtype=np.int64))

    def row_counts(self) -> NDArray[np.int64]:
        """How many pixels are set in each row; int64 of shape ``(n_rows,)``."""
        counts: NDArray[np.int64] = popcount(self.words).sum(axis=0, dtype=np.int64)
        return counts

    def __and__(self, other: BitPlane) -> BitPlane:
        return replace(self, words=self.words & other.words)

    def __or__(self, other: BitPlane) -> BitPlane:
        return replace(self, words=self.words | other.words)

    def moved(self, dy: int, dx: int) -> BitPlane:
        """Every pixel ``dy`` rows down and ``dx`` columns to the right; what leaves the part is lost."""
        return self._inside(_down(_right(self.words, dx), dy))

    def dilated(self, radius_px: int) -> BitPlane:
        """All pixels within a Euclidean distance of a set pixel: the disc dy² + dx² <= radius²."""
        n_rows, half_width = self.words.shape[1], 0
        widened, grown = self.words, np.zeros_like(self.words)
        for dy in range(radius_px, -1, -1):  # the disc's rows grow towards its middle, so each starts from the last
            while half_width < isqrt(radius_px**2 - dy**2):
                widened = widened | _right(widened, 1) | _right(widened, -1)
                half_width += 1
            grown[:, dy:] |= widened[:, : max(0, n_rows - dy)]
            grown[:, : max(0, n_rows - dy)] |= widened[:, dy:]
        return self._inside(grown)

    def boundary(self) -> BitPlane:
        """Set pixels of which one of the four neighbours is not set or lies outside the image."""
        words = self.words
        interior = _right(words, 1) & _right(words, -1) & _down(words, 1) & _down(words, -1)
        return replace(self, words=words & ~interior)

    def changing_rows(self) -> NDArray[np.intp]:
        """Rows of the image that differ from the row above them, ascending; those at the part's edge are left out."""
        words = self.words
        return np.flatnonzero((words[:, 1:] != words[:, :-1]).any(axis=0)) + self.top + 1

    def changing_columns(self) -> NDArray[np.intp]:
        """Columns of the image that differ from the one to their left, ascending; likewise."""
        words = self.words
        changes = np.bitwise_or.reduce(words ^ _right(words, 1), axis=1)
        columns = np.flatnonzero(np.unpackbits(changes.astype("<u8").view(np.uint8), bitorder="little")) + self.left
        return columns[(columns > self.left) & (columns < self.image_size[1])]

    def _inside(self, words: Words) -> BitPlane:
        """The same place with other words, whose bits right of the image are cleared in place."""
        surplus = self.left + _WORD_PX * len(words) - self.image_size[1]
        if surplus > 0:
            words[-1] &= np.uint64(2**64 - 1 >> surplus)
        return replace(self, words=words)


def planes_around(first: NDArray[np.bool_], second: NDArray[np.bool_], margin_px: int) -> tuple[BitPlane, BitPlane]:
    """Both masks where either of them has pixels, and at least ``margin_px`` around that as far as the image goes.

    Args:
        first: bool of shape ``(height, width)``.
        second: Likewise, of the same shape.
        margin_px: How many rows and columns to keep around.

    Returns:
        Two planes of one place; without words where neither mask has a pixel.

    Raises:
        MaskError: The masks differ in size.
        UsageError: They are not two-dimensional arrays of bool.
    """
    for mask in (first, second):
        if mask.ndim != 2 or mask.dtype != np.bool_:
            raise UsageError(f"a mask must be a 2-dimensional array of bool, got {mask.dtype} of shape {mask.shape}")
    if first.shape != second.shape:
        raise MaskError(
            f"truth mask and predicted mask must have one size, got {first.shape} and {second.shape} (rows, columns)"
        )
    height, width = first.shape
    packed = _pack(first), _pack(second)
    either = packed[0] | packed[1]
    rows = np.flatnonzero(either.any(axis=1))
    if not rows.size:
        empty = BitPlane(np.zeros((0, 0), np.uint64), 0, 0, (height, width))
        return empty, empty
    top, bottom = max(0, int(rows[0]) - margin_px), min(height, int(rows[-1]) + 1 + margin_px)
    columns = np.bitwise_or.reduce(either, axis=0)
    filled = np.flatnonzero(columns)
    from_word, to_word = int(filled[0]), int(filled[-1])
    low, high = int(columns[from_word]), int(columns[to_word])
    leftmost = _WORD_PX * from_word + (low & -low).bit_length() - 1
    rightmost = _WORD_PX * to_word + high.bit_length() - 1
    from_word = max(0, leftmost - margin_px) // _WORD_PX
    to_word = min(width - 1, rightmost + margin_px) // _WORD_PX
    parts = (np.ascontiguousarray(words[top:bottom, from_word : to_word + 1].T) for words in packed)
    one, two = (BitPlane(words, top, _WORD_PX * from_word, (height, width)) for words in parts)
    return one, two


def _pack(mask: NDArray[np.bool_]) -> Words:
    """Bits of each row in words; uint64 of shape ``(height, n_words)``."""
    height, width = mask.shape
    n_words = -(-width // _WORD_PX)
    bits = np.packbits(np.ascontiguousarray(mask), axis=1, bitorder="little")
    if bits.shape[1] < 8 * n_words:
        bits, short = np.zeros((height, 8 * n_words), np.uint8), bits
        bits[:, : short.shape[1]] = short
    return bits.view("<u8").astype(np.uint64, copy=False)


def _right(words: Words, by: int) -> Words:
    """All pixels ``by`` columns to the right (left if negative)."""
    whole, rest = divmod(abs(by), _WORD_PX)
    n_words = len(words)
    moved = np.zeros_like(words)
    if by >= 0:
        if whole < n_words:
            np.left_shift(words[: n_words - whole], np.uint64(rest), out=moved[whole:])
        if rest and whole + 1 < n_words:
            moved[whole + 1 :] |= words[: n_words - whole - 1] >> np.uint64(_WORD_PX - rest)
    else:
        if whole < n_words:
            np.right_shift(words[whole:], np.uint64(rest), out=moved[: n_words - whole])
        if rest and whole + 1 < n_words:
            moved[: n_words - whole - 1] |= words[whole + 1 :] << np.uint64(_WORD_PX - rest)
    return moved


def _down(words: Words, by: int) -> Words:
    """All pixels ``by`` rows down (up if negative)."""
    n_rows = words.shape[1]
    moved = np.zeros_like(words)
    if 0 <= by < n_rows:
        moved[:, by:] = words[:, : n_rows - by]
    elif -n_rows < by < 0:
        moved[:, :by] = words[:, -by:]
    return moved
