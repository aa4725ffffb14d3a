"""Numbers that describe how an image looks: brightness, contrast, colour, sharpness, and a hash of its gradients.

Sums are whole numbers up to the last division, so that equal pixels give equal numbers on any machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MAX = 255


def luminance_moments(luminance: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean (0..1) and standard deviation (0...5) of the luminance.

    Args:
        luminance: uint8 of shape (height, width), at least one pixel.
    """
    n = luminance.size
    total = int(luminance.sum(dtype=np.int64))
    squares = int(np.square(luminance, dtype=np.int64).sum())
    return total / (_MAX * n), (n * squares - total * total) ** 0.5 / (_MAX * n)


def sharpness(luminance: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian: sum of the four neighbours less four times the pixel, in samples of 0..1.

    Few edges or much blur give little (J. Pech-Pacheco et al. 2000).

    Args:
        luminance: uint8 of shape (height, width).

    Returns:
        At least 0; 0 where a side is below 3 px, as no pixel has four neighbours.
    """
    if min(luminance.shape) < 3:
        return 0.0
    gray = luminance.astype(np.int64)
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * gray[1:-1, 1:-1]
    n, total, squares = laplacian.size, int(laplacian.sum()), int(np.square(laplacian).sum())
    return (n * squares - total * total) / (_MAX * n) ** 2


def saturation(rgb: NDArray[np.uint8]) -> float:
    """Mean of (max - min) / max over the pixels, in 0..1; black counts as 0.

    Args:
        rgb: uint8 of shape (height, width, 3), at least one pixel.
    """
    highest = np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    lowest = np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    counts = np.bincount(highest.ravel(), minlength=256)
    spreads = np.bincount(highest.ravel(), weights=(highest - lowest).ravel(), minlength=256)  # exact below 2**53
    share = spreads[1:] / np.arange(1, 256)
    return float(share.sum()) / int(counts.sum())


def color_casts(rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """Means of R - G and of B - G, each in -1..1.

    Args:
        rgb: uint8 of shape (height, width, 3), at least one pixel.
    """
    red, green, blue = (int(rgb[..., channel].sum(dtype=np.int64)) for channel in range(3))
    n = rgb.shape[0] * rgb.shape[1]
    return (red - green) / (_MAX * n), (blue - green) / (_MAX * n)


def difference_hash(cells: NDArray[np.int64]) -> str:
    """64 bits as 16 hexadecimal digits: bit 8 r + c tells whether cell (r, c) is darker than its right neighbour.

    Args:
        cells: Whole numbers of shape (8, 9).

    >>> difference_hash(np.array([[0, 1, 1, 1, 1, 1, 1, 1, 1]] + [[0] * 9] * 7))
    '0000000000000001'
    """
    bits = (cells[:, :-1] < cells[:, 1:]).ravel()
    return f"{sum(1 << int(position) for position in np.flatnonzero(bits)):016x}"
