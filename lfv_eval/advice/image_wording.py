"""What the statistics of an image are called, and what a difference in them is called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image_records import STATISTICS, ImageStatistics

Floats = NDArray[np.float64]

_LEAST_VARIANCE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One statistic of an image.

    Attributes:
        name: The field of ``ImageStatistics``.
        lower: What an image is that has less of it.
        higher: What one is that has more.
        matters: A smaller difference, in the units of ``values``, is no matter however rare it is.
    """

    name: str
    lower: str
    higher: str
    matters: float

    def values(self, images: list[ImageStatistics]) -> Floats:
        """float64, one an image; sharpness as the logarithm to base 2, for it spreads by factors."""
        found = np.array([getattr(image, self.name) for image in images], np.float64)
        if self.name == "sharpness":
            found = np.log2(np.maximum(found, _LEAST_VARIANCE))
        return found

    def show(self, value: float) -> str:
        """A value as the statistic itself."""
        return f"{2**value:.2g}" if self.name == "sharpness" else f"{value:.2f}"

    def word(self, difference: float) -> str:
        """What an image is that differs so."""
        return self.higher if difference > 0 else self.lower


_WORDS = {
    "luminance": ("darker", "brighter", 0.05),
    "contrast": ("flatter", "of more contrast", 0.03),
    "saturation": ("paler", "more colourful", 0.05),
    "sharpness": ("blurrier", "sharper or noisier", 1.0),
    "red_green": ("greener", "redder", 0.02),
    "blue_green": ("yellower or greener", "bluer", 0.02),
}

TRAITS = tuple(
    Trait(name=name, lower=_WORDS[name][0], higher=_WORDS[name][1], matters=_WORDS[name][2]) for name in STATISTICS
)


def title(name: str) -> str:
    """The statistic's name in running text.

    >>> title("red_green")
    'red-green cast'
    """
    return f"{name.replace('_', '-')} cast" if name.endswith("_green") else name
