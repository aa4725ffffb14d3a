"""The colour map of a manifest row, and the table that turns pixel colours into small integers.

Colours are matched exactly, by red, green and blue. The index of a palette entry says nothing, and the nearest
colour is never guessed: the colours of two classes may differ by as little as 7 in all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...images import label_key
from .pixels import Pixels

MAX_MAP_ENTRIES = 256
"""Lookout for Vision allows 20 labels a mask; more than this is not a colour map."""

BACKGROUND, UNKNOWN, FIRST_LABEL = 0, 1, 2
"""Categories of a pixel's colour. After the labels come the labels with red and blue exchanged, in the same order."""

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")
_WHITE, _BLACK = 0xFFFFFF, 0x000000
# Drawn anew in each process, so that no colour map can be made to need a large table.
_MULTIPLIERS = np.random.default_rng().integers(1, 2**32, 16, dtype=np.uint32) | np.uint32(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColorMap:
    """A colour map in a form to compute with. A colour is ``R | G << 8 | B << 16``.

    Attributes:
        labels: Names of the anomaly labels as first written; background is none of them.
        keys: ``label_key`` of each.
        label_by_color: Index into ``labels`` by colour.
        background: Colours of entries named background.
        unusual: Colours that were written without ``#`` or in three digits.
    """

    labels: tuple[str, ...]
    keys: tuple[str, ...]
    label_by_color: Mapping[int, int]
    background: frozenset[int]
    unusual: tuple[str, ...]


def parse_color_map(label_by_color: Mapping[str, str], *, where: str = "") -> ColorMap:
    """Read a map of ``"#rrggbb"`` to label name.

    Raises:
        MaskError: A colour cannot be read, or one colour stands for two labels.
    """
    try:
        return _parse_once(tuple(label_by_color.items()))
    except MaskError as error:
        raise MaskError(error.message, where=where, hint=error.hint) from None


@lru_cache(maxsize=64)  # a manifest repeats one map in thousands of rows
def _parse_once(entries: tuple[tuple[str, str], ...]) -> ColorMap:
    if len(entries) > MAX_MAP_ENTRIES:
        raise MaskError(f"the colour map has {len(entries)} entries, at most {MAX_MAP_ENTRIES} are read")
    labels: dict[str, str] = {}
    key_by_color: dict[int, str] = {}
    unusual = []
    for text, name in entries:
        match = _HEX.fullmatch(text.strip().lower())
        if match is None:
            raise MaskError(f"the colour of label {name!r} must look like #23a436, got {text[:40]!r}")
        if len(text.strip()) != 7:
            unusual.append(text)
        color, key = _color(match[1]), label_key(name)
        if key_by_color.setdefault(color, key) != key:
            raise MaskError(f"colour {text} stands for two labels, {key_by_color[color]!r} and {key!r}")
        if key != "background":
            labels.setdefault(key, name.strip())
    keys = tuple(labels)
    return ColorMap(
        labels=tuple(labels.values()),
        keys=keys,
        label_by_color={color: keys.index(key) for color, key in key_by_color.items() if key != "background"},
        background=frozenset(color for color, key in key_by_color.items() if key == "background"),
        unusual=tuple(unusual),
    )


def _color(digits: str) -> int:
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int.from_bytes(bytes.fromhex(digits), "little")


def swap_red_blue(color: int) -> int:
    """The colour as written by a program that took blue for red.

    >>> f"{swap_red_blue(0x123456):06x}"
    '563412'
    """
    return (color & 0xFF) << 16 | color & 0xFF00 | color >> 16


def color_text(color: int) -> str:
    """A colour as manifests write it.

    >>> color_text(0x36A423)
    '#23a436'
    """
    return "#" + (color & 0xFFFFFF).to_bytes(3, "little").hex()


def categories(color_map: ColorMap) -> dict[int, int]:
    """The category of every colour that means something; all others are ``UNKNOWN``.

    White and black are background unless the map names them. A colour with red and blue exchanged has a category of
    its own only where it means nothing else.
    """
    found = {_WHITE: BACKGROUND, _BLACK: BACKGROUND} | dict.fromkeys(color_map.background, BACKGROUND)
    found |= {color: FIRST_LABEL + index for color, index in color_map.label_by_color.items()}
    for color, index in color_map.label_by_color.items():
        found.setdefault(swap_red_blue(color), FIRST_LABEL + len(color_map.labels) + index)
    return found


@dataclass(frozen=True, slots=True)
class _ColorHash:
    """A perfect hash of 24-bit colours: slot = (colour * multiplier) >> shift, modulo 2**32."""

    multiplier: np.uint32
    shift: np.uint32
    color_at: NDArray[np.uint32]  # a value that no 24-bit colour has where a slot is empty
    category_at: NDArray[np.intp]


@lru_cache(maxsize=32)
def _color_hash(color_map: ColorMap) -> _ColorHash:
    category_by_color = categories(color_map)
    colors = np.array(list(category_by_color), np.uint32)
    for bits in range(10, 25):
        shift = np.uint32(32 - bits)
        for multiplier in _MULTIPLIERS:
            slots = colors * multiplier >> shift
            if np.unique(slots).size == colors.size:
                color_at = np.full(1 << bits, 0xFFFFFFFF, np.uint32)
                color_at[slots] = colors
                category_at = np.full(1 << bits, UNKNOWN, np.intp)
                category_at[slots] = np.fromiter(category_by_color.values(), np.intp)
                return _ColorHash(multiplier, shift, color_at, category_at)
    raise AssertionError("16 random hash functions failed at 15 table sizes each")


class ColorTable:
    """Maps pixel codes of one mask to integers ``category * len(levels) + alpha class``, many at a time.

    The alpha class is the position of the highest level that alpha reaches. A perfect hash of the few known colours
    takes the same few passes over the pixels however many colours there are.

    Attributes:
        levels: Alpha levels, ascending from 0; only 0 for a mask without alpha.
        n_categories: How many categories there are.
        size: One more than the largest integer.
    """

    def __init__(self, pixels: Pixels, color_map: ColorMap, levels: Sequence[int]) -> None:
        self.levels = tuple(levels) if pixels.has_alpha else (0,)
        self.n_categories = FIRST_LABEL + 2 * len(color_map.labels)
        self.size = self.n_categories * len(self.levels)
        self._alpha_class = np.searchsorted(self.levels, np.arange(256), side="right") - 1
        self._hash = _color_hash(color_map)
        self._id_at = self._hash.category_at * len(self.levels)
        self._by_code = None if pixels.colors is None else self._look_up(pixels.colors)

    def __call__(self, codes: NDArray[np.unsignedinteger]) -> NDArray[np.intp]:
        """The integer of each code; intp, of the shape of ``codes``."""
        if self._by_code is None:
            return self._look_up(codes)
        return self._by_code.take(codes, mode="clip")  # no code is out of range, and clipping is the fastest mode

    def _look_up(self, colors: NDArray[np.unsignedinteger]) -> NDArray[np.intp]:
        rgb = colors & np.uint32(0xFFFFFF)
        slots = (rgb * self._hash.multiplier >> self._hash.shift).astype(np.intp)
        is_known = self._hash.color_at.take(slots, mode="clip") == rgb
        found: NDArray[np.intp] = np.where(is_known, self._id_at.take(slots, mode="clip"), UNKNOWN * len(self.levels))
        if len(self.levels) > 1:
            found += self._alpha_class.take(colors >> np.uint32(24), mode="clip")
        return found
