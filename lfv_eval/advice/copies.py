"""Which images of a set are copies of each other, or of images of another set; and whether near copies mean anything.

Exact copies have the same pixels. Near copies differ in at most 4 of the 64 bits of a difference hash. Whether that
means anything depends on the images: parts in a fixture all look alike. So near copies count only where they stand
apart: half of all pairs differ in 12 bits or more, and more pairs differ in at most 4 bits than in 5 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image_records import ImageSet
from ..metrics.similarity import (
    MAX_HASHES,
    NEAR_BITS,
    count_bits,
    effective_n,
    equal_groups,
    hash_array,
    near_duplicates,
    nearest_distances,
)

MIN_IMAGES = 10
MIN_MEDIAN_BITS = 12
_MAX_COMPARED = 2000

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The copies within one set.

    Attributes:
        n_images: Images of the set.
        n_surplus: Images that repeat an earlier one exactly.
        n_near: Images that have a near copy; 0 where near copies mean nothing.
        n_groups: How many different images there are, near copies being one.
        images: References of the images that have an exact copy, then of those that have a near one.
        tells_near: Whether near copies mean anything.
    """

    n_images: int
    n_surplus: int
    n_near: int
    n_groups: int
    images: tuple[str, ...]
    tells_near: bool

    @classmethod
    def within(cls, images: ImageSet) -> Copies:
        """Look for copies in one set."""
        uris = [image.uri for image in images.images]
        groups = equal_groups([image.identity for image in images.images])
        n_surplus = sum(len(group) - 1 for group in groups)
        hashes = hashes_of(images)
        tells = len(uris) >= MIN_IMAGES and stands_apart(hashes)
        near = near_duplicates(hashes) if tells else np.arange(len(uris))
        in_group = np.bincount(near, minlength=len(uris))[near] > 1
        members = [index for group in groups for index in group] + np.flatnonzero(in_group).tolist()
        return cls(
            n_images=len(uris),
            n_surplus=n_surplus,
            n_near=int(in_group.sum()),
            n_groups=effective_n(near) if tells else len(uris) - n_surplus,
            images=tuple(dict.fromkeys(uris[index] for index in members)),
            tells_near=tells,
        )


def hashes_of(images: ImageSet) -> Hashes:
    """uint64, one difference hash an image."""
    return hash_array(image.dhash for image in images.images)


def exact_copies(images: ImageSet, others: ImageSet) -> list[str]:
    """References of the images whose pixels another set has too."""
    known = {image.identity for image in others.images}
    return [image.uri for image in images.images if image.identity in known]


def near_copies(images: ImageSet, others: ImageSet) -> list[str]:
    """References of the images that have a near copy in another set; none where near copies mean nothing."""
    hashes, other_hashes = hashes_of(images), hashes_of(others)
    if not stands_apart(hashes, other_hashes):
        return []
    near = nearest_distances(hashes, other_hashes) <= NEAR_BITS
    return [images.images[index].uri for index in np.flatnonzero(near).tolist()]


def stands_apart(hashes: Hashes, others: Hashes | None = None) -> bool:
    """Whether near copies are a kind of their own among all pairs, of one set or of two."""
    if max(len(hashes), 0 if others is None else len(others)) > MAX_HASHES:
        return False
    first = _thinned(hashes)
    second = first if others is None else _thinned(others)
    histogram = np.zeros(65, np.int64)
    for one in first:
        histogram += np.bincount(count_bits(second ^ one), minlength=65)
    if others is None:
        histogram[0] -= len(first)  # each with itself
    n_pairs = int(histogram.sum())
    if not n_pairs:
        return False
    median = int(np.searchsorted(np.cumsum(histogram), (n_pairs + 1) // 2))
    near = int(histogram[: NEAR_BITS + 1].sum())
    next_to = int(histogram[NEAR_BITS + 1 : 2 * NEAR_BITS + 1].sum())
    return median >= MIN_MEDIAN_BITS and near > next_to


def _thinned(hashes: Hashes) -> Hashes:
    """Evenly spread; all pairs of the rest tell as much."""
    return hashes[:: max(1, -(-len(hashes) // _MAX_COMPARED))]
