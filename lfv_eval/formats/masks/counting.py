"""Joint counts of two masks that cost little where the masks repeat themselves.

Masks are mostly runs of one colour. Both pixel arrays are looked at as groups of eight pixels in 64-bit words; only
groups that differ from their predecessor in either mask are mapped to categories and counted, each as often as it
repeats. That is exact for any content. Where groups hardly repeat (noise), comparing is given up for a while and every
pixel is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pixels import Codes

GROUP_PX = 8
"""Pixels compared at a time: one 64-bit word of one-byte codes, four of colours."""

_TILE_BYTES = 2**19  # a tile and its temporaries stay in the second-level cache
_DENSE = 0.3  # above this share of changing groups, counting every pixel is cheaper
_BACK_OFF = 7  # so many tiles are counted plainly after a dense one before comparing again
_PENDING_GROUPS = 2**13


@dataclass(frozen=True, slots=True)
class Coded:
    """Pixel codes of one mask (one-dimensional, uint8 or uint32) and what maps them to integers below ``size``."""

    codes: Codes
    table: Callable[[Codes], NDArray[np.intp]]
    size: int


def joint_counts(first: Coded, second: Coded) -> NDArray[np.int64]:
    """Count the pixels of every pair of integers.

    Args:
        first: One mask.
        second: The other, of as many pixels.

    Returns:
        int64 of shape ``(first.size, second.size)``; it sums to the number of pixels.
    """
    return _count((first, second)).reshape(first.size, second.size)


def single_counts(mask: Coded) -> NDArray[np.int64]:
    """Count the pixels of every integer; int64 of shape ``(mask.size,)``."""
    return _count((mask,))


def _count(masks: tuple[Coded, ...]) -> NDArray[np.int64]:
    n_px = masks[0].codes.size
    tally = _Tally(masks)
    tile_px = _TILE_BYTES // max(mask.codes.itemsize for mask in masks)
    whole_px = n_px - n_px % GROUP_PX
    back_off = 0
    for start in range(0, whole_px, tile_px):
        tile = [mask.codes[start : min(start + tile_px, whole_px)] for mask in masks]
        if back_off:
            back_off -= 1
            tally.add_pixels(tile)
            continue
        changes = np.flatnonzero(_changes(tile))
        if changes.size > _DENSE * (tile[0].size // GROUP_PX):
            back_off = _BACK_OFF
            tally.add_pixels(tile)
        else:
            tally.add_groups(tile, changes)
    tally.add_pixels([mask.codes[whole_px:] for mask in masks])
    return tally.result()


def _changes(tile: list[Codes]) -> NDArray[np.bool_]:
    """For each group whether it differs from the one before it in any mask; the first one does."""
    changed = np.empty(tile[0].size // GROUP_PX, np.bool_)
    changed[0] = True
    rest = changed[1:]
    for index, codes in enumerate(tile):
        words = codes.view(np.uint64)
        step = codes.itemsize
        differs = words[step:] != words[:-step]
        if step == 4:
            differs = differs.view(np.uint32) != 0
        if index:
            np.logical_or(rest, differs, out=rest)
        else:
            rest[:] = differs
    return changed


class _Tally:
    """Adds up pixels by their combined integer; groups wait until there are enough of them to be worth a call."""

    def __init__(self, masks: tuple[Coded, ...]) -> None:
        self._masks = masks
        self._size = int(np.prod([mask.size for mask in masks]))
        self._counts = np.zeros(self._size, np.int64)
        self._groups: list[list[Codes]] = []
        self._repeats: list[NDArray[np.intp]] = []
        self._n_pending = 0

    def add_pixels(self, tile: list[Codes]) -> None:
        """Count every pixel."""
        if tile[0].size:
            self._counts += np.bincount(self._keys(tile), minlength=self._size)

    def add_groups(self, tile: list[Codes], changes: NDArray[np.intp]) -> None:
        """Count the groups at ``changes``, each as often as it repeats."""
        n_groups = tile[0].size // GROUP_PX
        self._groups.append([_take_groups(codes, changes) for codes in tile])
        self._repeats.append(np.diff(changes, append=n_groups))
        self._n_pending += changes.size
        if self._n_pending > _PENDING_GROUPS:
            self._flush()

    def result(self) -> NDArray[np.int64]:
        """All counts so far."""
        self._flush()
        return self._counts

    def _flush(self) -> None:
        if not self._n_pending:
            return
        keys = self._keys([np.concatenate(parts) for parts in zip(*self._groups, strict=True)])
        repeats = np.repeat(np.concatenate(self._repeats), GROUP_PX)
        # Weights are added as float64, exact for counts below 2**53.
        self._counts += np.bincount(keys, repeats, self._size).astype(np.int64)
        self._groups, self._repeats, self._n_pending = [], [], 0

    def _keys(self, codes: list[Codes]) -> NDArray[np.intp]:
        keys = self._masks[0].table(codes[0])
        for mask, more in zip(self._masks[1:], codes[1:], strict=True):
            keys = keys * mask.size + mask.table(more)
        return keys


def _take_groups(codes: Codes, at: NDArray[np.intp]) -> Codes:
    words = codes.view(np.uint64)
    if codes.itemsize == 1:
        return words[at].view(codes.dtype)
    return words.reshape(-1, codes.itemsize)[at].ravel().view(codes.dtype)
