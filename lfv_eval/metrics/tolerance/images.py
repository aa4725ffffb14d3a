"""Whether a predicted mask is wrong or merely displaced: one label in one image, measured with a tolerance.

IoU of thin structures says little: two parallel lines one pixel apart have IoU 0. With a tolerance tau, a predicted
pixel is right if the truth is within a Euclidean distance of tau pixels, and a truth pixel is found if the prediction
is (precision and recall as in the BSDS boundary benchmark and in crack detection, without one-to-one matching). The
normalised surface distance (NSD) is the same of the two outlines alone.

All results are counts of pixels; division comes last. Model masks that are made of blocks need a tolerance of half a
block: measure with the default, look at ``ToleranceCounts.block``, and only if that is larger than 4 (or larger than 1
and the resolution ceiling is wanted) measure again with ``tau=tau_of_block(block), block=block``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from .bit_planes import BitPlane, planes_around
from .blocks import DEFAULT_TAU_PX, MAX_TAU_PX, block_size, resolution_ceiling
from .shifts import MAX_SHIFT_PX, Shift, best_dilation, best_shift

CONTROL_DISTANCE_TAU = 10
"""The negative control moves predictions by so many tolerances."""

_MOSTLY = Fraction(4, 5)


class Outcome(StrEnum):
    """What became of one label in one image.

    IoU of at least one half is ``FINE``. Below that, with P and R the tolerant precision and recall: nothing predicted
    is ``MISSED``; both at least .8 is ``TOO_FAT`` if the predicted area is more than twice the truth's, ``TOO_THIN`` if
    less than half of it, else ``DISPLACED``; only P is ``PARTLY_MISSED``, only R ``EXTRA_AREA``, none ``WRONG_PLACE``.
    """

    FINE = "fine"
    MISSED = "missed"
    TOO_FAT = "too fat"
    TOO_THIN = "too thin"
    DISPLACED = "displaced, not wrong"
    PARTLY_MISSED = "partly missed"
    EXTRA_AREA = "extra area"
    WRONG_PLACE = "wrong place"
    FALSE_ALARM = "predicted where there is none"
    ABSENT = "absent from both masks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Pixels within the tolerance of the other mask, out of all; ``+`` adds up images.

    Attributes:
        predicted_hit_px: Predicted pixels near the truth.
        predicted_px: Predicted pixels.
        truth_hit_px: Truth pixels near the prediction.
        truth_px: Truth pixels.
    """

    predicted_hit_px: int = 0
    predicted_px: int = 0
    truth_hit_px: int = 0
    truth_px: int = 0

    def __add__(self, other: Hits) -> Hits:
        return Hits(
            predicted_hit_px=self.predicted_hit_px + other.predicted_hit_px,
            predicted_px=self.predicted_px + other.predicted_px,
            truth_hit_px=self.truth_hit_px + other.truth_hit_px,
            truth_px=self.truth_px + other.truth_px,
        )

    @property
    def precision(self) -> Fraction | None:
        """Share of the predicted pixels that are near the truth; ``None`` if none is predicted."""
        return Fraction(self.predicted_hit_px, self.predicted_px) if self.predicted_px else None

    @property
    def recall(self) -> Fraction | None:
        """Share of the truth's pixels that are near a predicted one; ``None`` if there is none."""
        return Fraction(self.truth_hit_px, self.truth_px) if self.truth_px else None

    @property
    def f1_score(self) -> Fraction | None:
        """Harmonic mean of both; 0 if both are 0, ``None`` if one is undefined."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        total = precision + recall
        return 2 * precision * recall / total if total else Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTolerance:
    """One label in one image; all counts are pixels.

    Attributes:
        image: What names the image.
        label: The label.
        tau: Tolerance in px.
        block: Side in px of the blocks for the ceiling; 1 where none was asked for.
        common_px: Pixels of the label in both masks.
        hits: Counts of tolerant precision and recall.
        boundary_hit_px: Boundary pixels of either mask within the tolerance of the other's boundary.
        boundary_px: Boundary pixels of both masks.
        shift: Best translation of the prediction (rows down, columns right); ``None`` where none overlaps the truth.
        dilation: Best dilation of the prediction in px; likewise.
        predicted_block: Block size of this predicted mask; ``None`` where it cannot be told.
        ceiling_common_px: Numerator of the resolution ceiling; 0 where ``block`` is 1.
        ceiling_union_px: Its denominator; likewise.
        control: Counts after moving the prediction by 10 tau down, up, right and left, for images in which the rule
            decides something (IoU below one half, label in both masks); else empty. A direction in which the whole
            prediction leaves the image counts nothing.
    """

    image: str
    label: str
    tau: int
    block: int
    common_px: int
    hits: Hits
    boundary_hit_px: int
    boundary_px: int
    shift: Shift | None
    dilation: int | None
    predicted_block: int | None
    ceiling_common_px: int
    ceiling_union_px: int
    control: tuple[Hits, ...]

    @property
    def iou(self) -> Fraction | None:
        """Intersection over union; ``None`` where the label is in neither mask."""
        union_px = self.hits.truth_px + self.hits.predicted_px - self.common_px
        return Fraction(self.common_px, union_px) if union_px else None

    @property
    def nsd(self) -> Fraction | None:
        """Normalised surface distance; ``None`` where the label is in neither mask."""
        return Fraction(self.boundary_hit_px, self.boundary_px) if self.boundary_px else None

    @property
    def area_ratio(self) -> Fraction | None:
        """Predicted area over the truth's; ``None`` where the truth has none."""
        return Fraction(self.hits.predicted_px, self.hits.truth_px) if self.hits.truth_px else None

    @property
    def outcome(self) -> Outcome:
        """What the rule makes of it; see ``Outcome``."""
        iou, area, precision, recall = self.iou, self.area_ratio, self.hits.precision, self.hits.recall
        if iou is None:
            return Outcome.ABSENT
        if area is None or recall is None:
            return Outcome.FALSE_ALARM
        if precision is None:
            return Outcome.MISSED
        return Outcome.FINE if 2 * iou >= 1 else _judge(precision, recall, area)


def _judge(precision: Fraction, recall: Fraction, area: Fraction) -> Outcome:
    """The part of the rule for masks that hardly overlap."""
    match precision >= _MOSTLY, recall >= _MOSTLY:
        case True, True:
            return Outcome.TOO_FAT if area > 2 else Outcome.TOO_THIN if 2 * area < 1 else Outcome.DISPLACED
        case True, False:
            return Outcome.PARTLY_MISSED
        case False, True:
            return Outcome.EXTRA_AREA
        case _:
            return Outcome.WRONG_PLACE


def measure_image(
    truth: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    *,
    tau: int = DEFAULT_TAU_PX,
    block: int = 1,
    image: str = "",
    label: str = "",
) -> ImageTolerance:
    """Measure the masks of one label in one image.

    Args:
        truth: bool of shape ``(height, width)``, True on the label's pixels in the truth mask.
        predicted: Likewise of the predicted mask.
        tau: Tolerance in px, 1..256.
        block: Side in px of the blocks that predicted masks are made of; above 1 the resolution ceiling is computed.
        image: What names the image.
        label: The label.

    Raises:
        MaskError: The masks differ in size.
        UsageError: They are not two-dimensional arrays of bool, or ``tau`` or ``block`` is out of range.

    >>> lines = np.zeros((2, 9, 90), bool)
    >>> lines[0, 3], lines[1, 5] = True, True  # two parallel lines with one pixel between them
    >>> found = measure_image(*lines)
    >>> float(found.iou), float(found.hits.f1_score), found.shift, found.outcome.value
    (0.0, 1.0, (-2, 0), 'displaced, not wrong')
    """
    if not 1 <= tau <= MAX_TAU_PX:
        raise UsageError(f"the tolerance tau must be 1 to {MAX_TAU_PX} px, got {tau}")
    true_plane, predicted_plane = planes_around(truth, predicted, max(tau, MAX_SHIFT_PX))
    true_edge, predicted_edge = true_plane.boundary(), predicted_plane.boundary()
    # What lies outside a mask is nearest to a pixel of its boundary, so one dilation serves the outline and the area.
    near_true_edge, near_predicted_edge = true_edge.dilated(tau), predicted_edge.dilated(tau)
    near_truth = near_true_edge | true_plane
    hits = _hits(true_plane, predicted_plane, near_truth, near_predicted_edge | predicted_plane)
    edges = _hits(true_edge, predicted_edge, near_true_edge, near_predicted_edge)
    common_px = (true_plane & predicted_plane).count()
    in_both = hits.truth_px > 0 and hits.predicted_px > 0
    undecided = in_both and 3 * common_px < hits.truth_px + hits.predicted_px  # the same as IoU < 1/2
    ceiling = resolution_ceiling(truth, block) if block != 1 else (0, 0)
    return ImageTolerance(
        image=image,
        label=label,
        tau=tau,
        block=block,
        common_px=common_px,
        hits=hits,
        boundary_hit_px=edges.predicted_hit_px + edges.truth_hit_px,
        boundary_px=edges.predicted_px + edges.truth_px,
        shift=best_shift(true_plane, predicted_plane) if in_both else None,
        dilation=best_dilation(true_plane, predicted_plane) if in_both else None,
        predicted_block=block_size(predicted_plane),
        ceiling_common_px=ceiling[0],
        ceiling_union_px=ceiling[1],
        control=_control(true_plane, near_truth, predicted_plane, predicted, tau) if undecided else (),
    )


def _hits(truth: BitPlane, predicted: BitPlane, near_truth: BitPlane, near_predicted: BitPlane) -> Hits:
    return Hits(
        predicted_hit_px=(predicted & near_truth).count(),
        predicted_px=predicted.count(),
        truth_hit_px=(truth & near_predicted).count(),
        truth_px=truth.count(),
    )


def _control(
    truth: BitPlane, near_truth: BitPlane, predicted: BitPlane, mask: NDArray[np.bool_], tau: int
) -> tuple[Hits, ...]:
    """The counts with the prediction moved far away, down, up, right and left.

    Pixels that leave the planes but not the image are farther than the tolerance from the truth: they are no hits and
    make none, but they are predicted pixels all the same.
    """
    truth_px, far = truth.count(), CONTROL_DISTANCE_TAU * tau
    found = []
    for dy, dx in ((far, 0), (-far, 0), (0, far), (0, -far)):
        moved = predicted.moved(dy, dx)
        predicted_px = _remaining_px(mask, dy, dx)
        found.append(
            Hits(
                predicted_hit_px=(moved & near_truth).count(),
                predicted_px=predicted_px,
                truth_hit_px=(moved.dilated(tau) & truth).count(),
                truth_px=truth_px,
            )
            if predicted_px
            else Hits()
        )
    return tuple(found)


def _remaining_px(mask: NDArray[np.bool_], dy: int, dx: int) -> int:
    """How many pixels of a mask stay in the image when it is moved."""
    height, width = mask.shape
    rows = slice(max(0, -dy), max(0, height - max(0, dy)))
    columns = slice(max(0, -dx), max(0, width - max(0, dx)))
    return int(np.count_nonzero(mask[rows, columns]))
