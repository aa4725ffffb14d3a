"""Images that are nearly or exactly the same: how many different ones a set really holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .components import connected

NEAR_BITS = 4
"""Difference hashes that differ in at most so many of their 64 bits are taken for near duplicates."""

MAX_HASHES = 20_000
"""All pairs are compared, so the number of hashes is bounded: the service's own limit of images in a project."""

_BLOCK = 256
_SHIFTS_AND_MASKS = ((1, 0x5555555555555555), (2, 0x3333333333333333), (4, 0x0F0F0F0F0F0F0F0F))

Hashes = NDArray[np.uint64]


def hash_array(hashes: Iterable[str]) -> Hashes:
    """64-bit hashes in hexadecimal as numbers.

    >>> hash_array(["00000000000000ff"])
    array([255], dtype=uint64)
    """
    return np.array([int(text, 16) for text in hashes], np.uint64)


def count_bits(words: Hashes) -> NDArray[np.uint8]:
    """How many bits of each word are set.

    >>> count_bits(np.array([0, 255, 2**64 - 1], np.uint64))
    array([ 0,  8, 64], dtype=uint8)
    """
    # sums of neighbouring bits, then of neighbouring pairs, then of four; the product adds up the bytes
    counts = words
    for shift, mask in _SHIFTS_AND_MASKS:
        counts = (counts & np.uint64(mask)) + ((counts >> np.uint64(shift)) & np.uint64(mask))
    with np.errstate(over="ignore"):
        return ((counts * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)


def nearest_distances(hashes: Hashes, others: Hashes) -> NDArray[np.uint8]:
    """Smallest number of differing bits to any hash of another set.

    Args:
        hashes: uint64 of shape (n,).
        others: uint64 of shape (m,), not empty.

    Returns:
        uint8 of shape (n,), 0..64.

    Raises:
        UsageError: There are more than ``MAX_HASHES`` in either, or no others.
    """
    _check_bounded(hashes, others)
    if not len(others):
        raise UsageError("expected other hashes to compare with, got none")
    blocks = [count_bits(block[:, None] ^ others[None, :]).min(axis=1) for block in _blocks(hashes)]
    return np.concatenate(blocks) if blocks else np.empty(0, np.uint8)


def near_duplicates(hashes: Hashes, max_bits: int = NEAR_BITS) -> NDArray[np.int64]:
    """Group hashes that differ in few bits; chains count: neighbours of neighbours are in one group.

    Args:
        hashes: uint64 of shape (n,).
        max_bits: In how many bits near duplicates may differ, 0..64.

    Returns:
        int64 of shape (n,): the position of each group's first member. The number of distinct entries is how many
        different images there are (``effective_n``).

    Raises:
        UsageError: There are more than ``MAX_HASHES``.

    >>> near_duplicates(np.array([0, 2**40 - 1, 3, 2**40 - 2], np.uint64))
    array([0, 1, 0, 1])
    """
    _check_bounded(hashes)
    distinct, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    group = np.arange(len(distinct), dtype=np.int64)
    for number, block in enumerate(_blocks(distinct)):
        begin = number * _BLOCK
        near = count_bits(block[:, None] ^ distinct[None, begin:]) <= max_bits
        one, other = np.nonzero(np.triu(near, 1))
        joined = connected(len(distinct), group[one + begin], group[other + begin])
        group = joined[group]
    first_of_group = np.full(len(distinct), len(hashes), np.int64)
    np.minimum.at(first_of_group, group, first)
    return first_of_group[group[which]]


def effective_n(groups: NDArray[np.int64]) -> int:
    """How many different images there are, by what ``near_duplicates`` gives."""
    return len(np.unique(groups))


def equal_groups(identities: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Positions of equal entries, for each entry that occurs more than once, in order of first occurrence.

    >>> equal_groups(["a", "b", "a", "c", "b"])
    ((0, 2), (1, 4))
    """
    positions: dict[str, list[int]] = {}
    for position, identity in enumerate(identities):
        positions.setdefault(identity, []).append(position)
    return tuple(tuple(group) for group in positions.values() if len(group) > 1)


def _blocks(hashes: Hashes) -> Iterable[Hashes]:
    return (hashes[begin : begin + _BLOCK] for begin in range(0, len(hashes), _BLOCK))


def _check_bounded(*sets: Hashes) -> None:
    n = max(map(len, sets))
    if n > MAX_HASHES:
        raise UsageError(f"expected at most {MAX_HASHES} images to compare, got {n}")
