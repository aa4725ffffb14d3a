"""One mask and its colour map: what its pixels mean, and what is odd about them.

How alpha is read is not documented for Lookout for Vision, and it matters: the truth masks that AWS publishes are
anti-aliased in alpha only, so that their anomalous area differs by a sixth between "ignore alpha" and "at least half
opaque". The policy is therefore explicit, and the areas under the alternatives are reported with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...records import Problem, Severity, Where
from .alpha_policies import alpha_minimum
from .colors import FIRST_LABEL, UNKNOWN, ColorMap, ColorTable, color_text, parse_color_map
from .counting import Coded
from .pixels import Pixels, decode
from .png_file import open_png

USUAL_FILE_BYTES = 5 * 2**20
"""Lookout for Vision's documented limit of an image file; larger masks are read, and reported."""

_MAX_LISTED_COLORS = 5
_MAX_EXAMINED_PX = 65_536
_SAMPLE_TILE_PX = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFacts:
    """What was found in one mask.

    Attributes:
        width: Pixels a row.
        height: Rows.
        labels: Names of the anomaly labels of its colour map.
        area_px: Pixels of all labels together, by alpha policy.
        partial_alpha_px: Class-coloured pixels with alpha 1..254.
        invisible_px: Class-coloured pixels with alpha 0.
        unknown_px: Visible pixels whose colour means nothing.
        red_blue_swapped: Whether every class colour was found with red and blue exchanged.
    """

    width: int
    height: int
    labels: tuple[str, ...]
    area_px: Mapping[str, int]
    partial_alpha_px: int
    invisible_px: int
    unknown_px: int
    red_blue_swapped: bool

    @property
    def is_background(self) -> bool:
        """Whether no pixel means anything but background."""
        return not (self.area_px["ignore"] or self.unknown_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A decoded mask with the table that gives its pixels meaning."""

    pixels: Pixels
    color_map: ColorMap
    table: ColorTable
    where: Where
    size_bytes: int
    trailing_bytes: int

    @property
    def coded(self) -> Coded:
        """What the counting engine needs."""
        return Coded(self.pixels.codes, self.table, self.table.size)

    @property
    def width(self) -> int:
        """Pixels a row."""
        return self.pixels.width

    @property
    def height(self) -> int:
        """Rows."""
        return self.pixels.height

    def alpha_class(self, minimum: int) -> int:
        """The first alpha class at or above a level; all classes of a mask without alpha are."""
        return self.table.levels.index(minimum) if len(self.table.levels) > 1 else 0


def read_mask(body: bytes, label_by_color: Mapping[str, str], levels: Sequence[int], where: Where) -> Mask:
    """Decode a mask.

    Args:
        body: The PNG file.
        label_by_color: The colour map of its own manifest row.
        levels: Alpha levels to tell apart, from ``policy_levels``.
        where: Where the mask is, for messages.

    Raises:
        MaskError: The file or the map cannot be used.
    """
    place = str(where)
    color_map = parse_color_map(label_by_color, where=place)
    png = open_png(body, where=place)
    pixels = decode(png, where=place)
    return Mask(
        pixels=pixels,
        color_map=color_map,
        table=ColorTable(pixels, color_map, levels),
        where=where,
        size_bytes=len(body),
        trailing_bytes=png.trailing_bytes,
    )


def examine(mask: Mask, counts: NDArray[np.int64], policies: Sequence[str]) -> MaskFacts:
    """Draw the conclusions from the counts of one mask.

    A mask is taken for red/blue-swapped iff no pixel has a class colour and every pixel that is not background has the
    swapped colour of a class.

    Args:
        mask: The mask.
        counts: int64 by category and alpha class.
        policies: Alpha policies; areas are given for these.
    """
    n_labels = len(mask.color_map.labels)
    own = counts[FIRST_LABEL : FIRST_LABEL + n_labels]
    mirrored = counts[FIRST_LABEL + n_labels :]
    visible = mask.alpha_class(1)
    unknown_px = int(counts[UNKNOWN, visible:].sum())
    mirrored_px = int(mirrored[:, visible:].sum())
    swapped = not own.any() and not unknown_px and mirrored_px > 0
    area = (mirrored if swapped else own).sum(axis=0)
    by_policy = {policy: int(area[mask.alpha_class(alpha_minimum(policy)) :].sum()) for policy in policies}
    return MaskFacts(
        width=mask.width,
        height=mask.height,
        labels=mask.color_map.labels,
        area_px=by_policy,
        partial_alpha_px=by_policy["threshold:1"] - by_policy["opaque"],
        invisible_px=by_policy["ignore"] - by_policy["threshold:1"],
        unknown_px=unknown_px if swapped else unknown_px + mirrored_px,
        red_blue_swapped=swapped,
    )


def problems_of(mask: Mask, facts: MaskFacts, policy: str, unknown_tolerance: float) -> list[Problem]:
    """What a reader of the numbers must know about one mask.

    Args:
        mask: The mask.
        facts: Its facts.
        policy: The alpha policy in force, for the messages.
        unknown_tolerance: Largest tolerated share of pixels of unknown colour, 0..1.

    Raises:
        MaskError: More pixels than tolerated have colours that mean nothing.
    """
    found = _file_problems(mask)
    if facts.red_blue_swapped:
        area = facts.area_px["ignore"]
        text = f"all {area} anomalous px have the colour of their label with red and blue exchanged; corrected"
        found.append(Problem(code="MASK_RB_SWAPPED", where=mask.where, message=text))
    if facts.partial_alpha_px:
        areas = ", ".join(f"{name} {area}" for name, area in facts.area_px.items())
        text = (
            f"{facts.partial_alpha_px} class-coloured px are partly transparent; policy {policy} is used; px: {areas}"
        )
        found.append(Problem(code="PARTIAL_ALPHA", where=mask.where, message=text))
    if facts.invisible_px:
        fate = "counted" if alpha_minimum(policy) == 0 else "not counted"
        text = f"{facts.invisible_px} class-coloured px are fully transparent; {fate} under alpha policy {policy}"
        found.append(Problem(code="INVISIBLE_CLASS_PIXELS", where=mask.where, message=text))
    if facts.unknown_px:
        found.append(_unknown_problem(mask, facts, unknown_tolerance))
    return found


def _file_problems(mask: Mask) -> list[Problem]:
    found = []
    if mask.size_bytes > USUAL_FILE_BYTES:
        text = f"the mask file has {mask.size_bytes} bytes, more than the service accepts ({USUAL_FILE_BYTES})"
        found.append(Problem(code="MASK_FILE_LARGE", where=mask.where, message=text, severity=Severity.NOTE))
    if mask.trailing_bytes:
        text = f"{mask.trailing_bytes} bytes after the end of the PNG image were ignored"
        found.append(Problem(code="MASK_TRAILING_BYTES", where=mask.where, message=text, severity=Severity.NOTE))
    if mask.color_map.unusual:
        text = f"colours not written as #rrggbb were accepted: {', '.join(mask.color_map.unusual[:_MAX_LISTED_COLORS])}"
        found.append(Problem(code="COLOR_SPELLING", where=mask.where, message=text, severity=Severity.NOTE))
    return found


def _unknown_problem(mask: Mask, facts: MaskFacts, tolerance: float) -> Problem:
    n_px = facts.width * facts.height
    listed = ", ".join(f"{color} ({count} px)" for color, count in _unknown_colors(mask, facts))
    text = f"{facts.unknown_px} of {n_px} px have colours that the colour map does not name: {listed}"
    if facts.unknown_px > tolerance * n_px:
        hint = "complete the colour map, or re-export the mask without anti-aliasing or lossy compression"
        raise MaskError(text, where=str(mask.where), hint=hint)
    return Problem(code="UNKNOWN_COLORS", where=mask.where, message=f"{text}; taken for background")


def _unknown_colors(mask: Mask, facts: MaskFacts) -> list[tuple[str, int]]:
    """The most frequent unknown colours among the first pixels that have one."""
    n_levels, visible = len(mask.table.levels), mask.alpha_class(1)
    wanted = min(facts.unknown_px, _MAX_EXAMINED_PX)
    samples: list[NDArray[np.uint32]] = []
    for start in range(0, mask.pixels.codes.size, _SAMPLE_TILE_PX):
        codes = mask.pixels.codes[start : start + _SAMPLE_TILE_PX]
        category, alpha_class = np.divmod(mask.table(codes), n_levels)
        unknown = (category == UNKNOWN) | (category >= FIRST_LABEL + len(mask.color_map.labels))
        found = codes[unknown & (alpha_class >= visible)][:wanted]
        samples.append(found if mask.pixels.colors is None else mask.pixels.colors[found])
        wanted -= found.size
        if not wanted:
            break
    colors, counts = np.unique(np.concatenate(samples) & np.uint32(0xFFFFFF), return_counts=True)
    first = np.argsort(-counts, kind="stable")[:_MAX_LISTED_COLORS]
    return [(color_text(int(colors[index])), int(counts[index])) for index in first]
