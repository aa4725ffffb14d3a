"""A mask as a small transparent layer to lie on a scaled-down image.

Truth is filled, predictions are outlined and hatched: the two can be told apart without telling colours apart.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..formats.masks.label_pixels import label_pixels
from ..images import label_key
from ..records import Where

_HATCH_PX = 6


def overlay(
    body: bytes, label_by_color: Mapping[str, str], size: tuple[int, int], policy: str, where: Where, *, filled: bool
) -> bytes | None:
    """Make the layer of one mask.

    A pixel of the layer shows a label if any of the mask's pixels below it does, so that thin scratches survive.

    Args:
        body: The mask, a PNG file.
        label_by_color: Label name by ``#rrggbb`` of its own manifest row.
        size: Width and height of the layer.
        policy: The alpha policy.
        where: Where the mask is, for messages.
        filled: Fill the labels; otherwise outline and hatch them.

    Returns:
        An indexed PNG file, background transparent; ``None`` where the mask shows no label.

    Raises:
        MaskError: The mask cannot be used.
    """
    from PIL import Image

    shown = label_pixels(body, label_by_color, policy, where)
    if not shown.labels:
        return None
    width, height = size
    codes = np.zeros((height, width), np.uint8)
    color_by_key = {label_key(label): color for color, label in label_by_color.items()}
    palette = [0, 0, 0]
    for code, key in enumerate(shown.labels[:255], start=1):
        small = any_below(shown.pixels(key), width, height)
        codes[small if filled else outlined(small)] = code
        palette += [int(color_by_key.get(key, "#d55e00")[at : at + 2], 16) for at in (1, 3, 5)]
    image = Image.fromarray(codes)
    image.putpalette(palette)
    file = io.BytesIO()
    image.save(file, format="PNG", transparency=0, optimize=True)
    return file.getvalue()


def any_below(pixels: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """Scale a mask so that a pixel is set where any pixel below it is.

    Args:
        pixels: bool, shape (any, any).
        width: Pixels a row of the result.
        height: Rows of the result.

    Returns:
        bool, shape (height, width).

    >>> any_below(np.array([[True, False, False, False]]), 2, 1).tolist()
    [[True, False]]
    """
    for axis, wanted in ((0, height), (1, width)):
        have = pixels.shape[axis]
        start = np.arange(wanted) * have // wanted
        scaled = np.maximum.reduceat(pixels, start, axis=axis) if wanted < have else np.take(pixels, start, axis=axis)
        pixels = scaled.astype(np.bool_, copy=False)
    return pixels


def outlined(pixels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The border, two pixels thick and inside, and a diagonal hatch.

    Args:
        pixels: bool, shape (height, width).

    Returns:
        bool, likewise; a subset of the input.
    """
    inner: NDArray[np.bool_] = pixels
    for _ in range(2):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rows, columns = np.indices(pixels.shape)
    hatch = (rows + columns) % _HATCH_PX == 0
    drawn: NDArray[np.bool_] = pixels & (~inner | hatch)
    return drawn
