"""Where one mask shows each label: the pixels themselves, for measures that counts cannot give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...records import Where
from .alpha_policies import ALTERNATIVES, alpha_minimum, policy_levels
from .colors import FIRST_LABEL
from .counting import single_counts
from .reading import Mask, examine, read_mask

_TILE_PX = 2**18


def label_pixels(
    body: bytes, label_by_color: Mapping[str, str], policy: str, where: Where
) -> dict[str, NDArray[np.bool_]]:
    """Decode a mask to one boolean image for each label of its colour map that has pixels.

    Args:
        body: The PNG file.
        label_by_color: The colour map of its own manifest row.
        policy: The alpha policy.
        where: Where the mask is, for messages.

    Returns:
        bool, shape (height, width), by label key (folded and stripped). Red/blue-swapped masks are corrected.

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
    kinds = _kinds(mask).reshape(mask.height, mask.width)
    found = {}
    for position, key in enumerate(mask.color_map.keys):
        lowest = (first + position) * n_levels
        if counts[first + position, minimum:].any():
            found[key] = (kinds >= lowest + minimum) & (kinds < lowest + n_levels)
    return found


def _kinds(mask: Mask) -> NDArray[np.uint16]:
    """The table's integer of each pixel; in tiles, for the table's own integers are four times as large."""
    codes = mask.pixels.codes
    kinds = np.empty(codes.shape, np.uint16)
    for start in range(0, codes.size, _TILE_PX):
        kinds[start : start + _TILE_PX] = mask.table(codes[start : start + _TILE_PX])
    return kinds
