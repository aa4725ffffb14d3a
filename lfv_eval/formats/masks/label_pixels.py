"""Where one mask shows each label: the pixels themselves, for measures that counts cannot give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...records import Where
from .alpha_policies import ALTERNATIVES, alpha_minimum, policy_levels
from .colors import FIRST_LABEL
from .counting import single_counts
from .reading import Mask, examine, read_mask

_TILE_PX = 2**18


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPixels:
    """Where one mask shows each of its labels. Images are made when asked for: a colour map can name very many labels.

    Attributes:
        shape: Height and width of the mask.
    """

    shape: tuple[int, int]
    _kinds: NDArray[np.uint16]
    _ranges: Mapping[str, range]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels with pixels, by key (folded and stripped), in the order of the colour map."""
        return tuple(self._ranges)

    def pixels(self, label: str) -> NDArray[np.bool_]:
        """The pixels of one label.

        Args:
            label: Label key; one without pixels gives an empty image.

        Returns:
            bool, shape (height, width); a new array each time.
        """
        kinds = self._ranges.get(label, range(0))
        return (self._kinds >= kinds.start) & (self._kinds < kinds.stop)


def label_pixels(body: bytes, label_by_color: Mapping[str, str], policy: str, where: Where) -> LabelPixels:
    """Decode a mask to one boolean image for each label of its colour map that has pixels.

    Args:
        body: The PNG file.
        label_by_color: The colour map of its own manifest row.
        policy: The alpha policy.
        where: Where the mask is, for messages.

    Returns:
        The labels and their pixels. Red/blue-swapped masks are corrected.

    Raises:
        MaskError: The file or the map cannot be used.
        UsageError: There is no such policy.
    """
    mask = read_mask(body, label_by_color, policy_levels([policy]), where)
    n_levels = len(mask.table.levels)
    counts = single_counts(mask.coded).reshape(mask.table.n_categories, n_levels)
    swapped = examine(mask, counts, [policy, *ALTERNATIVES]).red_blue_swapped
    first = FIRST_LABEL + len(mask.color_map.labels) * swapped
    minimum = mask.alpha_class(alpha_minimum(policy))
    ranges = {}
    for category, key in enumerate(mask.color_map.keys, start=first):
        if counts[category, minimum:].any():
            ranges[key] = range(category * n_levels + minimum, (category + 1) * n_levels)
    shape = (mask.height, mask.width)
    return LabelPixels(shape=shape, _kinds=_kinds(mask).reshape(shape), _ranges=ranges)


def _kinds(mask: Mask) -> NDArray[np.uint16]:
    """The table's integer of each pixel; in tiles, for the table's own integers are four times as large."""
    codes = mask.pixels.codes
    kinds = np.empty(codes.shape, np.uint16)
    for start in range(0, codes.size, _TILE_PX):
        kinds[start : start + _TILE_PX] = mask.table(codes[start : start + _TILE_PX])
    return kinds
