"""One label over all images, measured with a tolerance: an exact state, and the numbers that come out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from statistics import fmean, median
from typing import Any, TypeVar

from ...errors import UsageError
from ...images import label_key
from .images import Hits, ImageTolerance, Outcome
from .shifts import Shift, shift_order

CONTROL_LIMIT = Fraction(3, 10)
"""Largest tolerant F1 of predictions moved far away at which the rule still means something."""

_REGISTRATION_SHARE = Fraction(7, 10)
_MIN_REGISTRATION_IMAGES = 3

_Vote = TypeVar("_Vote")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceSummary:
    """One label over all images.

    Attributes:
        label: The label.
        tau: Tolerance in px.
        block: Side in px of the blocks that predicted masks are made of; 1 for none.
        n_images: Images with the label in either mask.
        n_in_both: Images with the label in both masks.
        hits: Counts of tolerant precision and recall, added up over the images.
        precision: Tolerant precision, 0..1; ``None`` if nothing is predicted.
        recall: Tolerant recall, 0..1; ``None`` if the truth has no pixel.
        f1_score: Their harmonic mean; ``None`` if one of them is undefined.
        boundary_hit_px: Numerator of the NSD, added up over the images.
        boundary_px: Its denominator.
        nsd: Normalised surface distance, 0..1; ``None`` if there is no pixel.
        median_area_ratio: Median of predicted over true area, over the images with the label in both masks.
        best_shift: Translation of the prediction (rows down, columns right) that is best in the most images.
        shift_votes: In how many of the ``n_in_both`` images it is.
        best_dilation: Dilation of the prediction in px that is best in the most images.
        dilation_votes: In how many of the ``n_in_both`` images it is.
        outcomes: Images by what the rule makes of them, in the order of ``Outcome``; only those that occur.
        resolution_ceiling: Mean over the images with truth of the IoU that the best mask of blocks would reach;
            ``None`` where masks have no blocks or were not measured for them.
        control_f1: Tolerant F1 of predictions moved away by 10 tau: the mean of both directions, on the axis where it
            is smaller (a straight scratch still lies on itself after a move along it). ``None`` where no image needs
            it.
        is_void: Whether the control voids the rule: structures so dense that any prediction would be near one.
        is_registration_error: Whether one shift other than none is best in at least 70 % of at least 3 images.
    """

    label: str
    tau: int
    block: int
    n_images: int
    n_in_both: int
    hits: Hits
    precision: float | None
    recall: float | None
    f1_score: float | None
    boundary_hit_px: int
    boundary_px: int
    nsd: float | None
    median_area_ratio: float | None
    best_shift: Shift | None
    shift_votes: int
    best_dilation: int | None
    dilation_votes: int
    outcomes: dict[Outcome, int]
    resolution_ceiling: float | None
    control_f1: float | None
    is_void: bool
    is_registration_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceCounts:
    """What was measured in any number of images. ``ToleranceCounts.of`` builds it; ``+`` joins two.

    Attributes:
        rows: One entry for an image and label, in canonical order. An image that was measured twice is in there twice.
    """

    rows: tuple[ImageTolerance, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[ImageTolerance]) -> ToleranceCounts:
        """Bring measured images into canonical order."""
        return cls(rows=tuple(sorted(rows, key=_order)))

    @classmethod
    def total(cls, states: Iterable[ToleranceCounts]) -> ToleranceCounts:
        """The sum of many states, in one pass."""
        return cls.of(row for state in states for row in state.rows)

    def __add__(self, other: ToleranceCounts) -> ToleranceCounts:
        return ToleranceCounts.of(self.rows + other.rows)

    @property
    def block(self) -> int:
        """Side in px of the blocks that all predicted masks are made of; 1 if they are not, or if none tells."""
        return min((row.predicted_block for row in self.rows if row.predicted_block), default=1)

    def summarise(self, label: str) -> ToleranceSummary:
        """The numbers of one label, in any spelling (case and surrounding space do not matter).

        Raises:
            UsageError: Its images were measured with different tolerances or block sizes, or not at all.
        """
        rows = [row for row in self.rows if label_key(row.label) == label_key(label)]
        settings = {(row.tau, row.block) for row in rows}
        if len(settings) != 1:
            found = ", ".join(f"{tau} and {block} px" for tau, block in sorted(settings)) or "no image"
            raise UsageError(f"label {label!r} must be measured with one tolerance and block size, got {found}")
        ((tau, block),) = settings
        return _summarise(label, rows, tau, block if block > 1 else self.block)


def _order(row: ImageTolerance) -> tuple[Any, ...]:
    """Sorts by image and label; by everything else too, so that no order of joining shows."""
    numbers = [getattr(row, field.name) for field in fields(row) if field.name not in ("hits", "control")]
    counts = (astuple(hits) for hits in (row.hits, *row.control))
    return *((number is not None, number) for number in numbers), *counts


def _summarise(label: str, rows: list[ImageTolerance], tau: int, block: int) -> ToleranceSummary:
    present = [row for row in rows if row.outcome is not Outcome.ABSENT]
    in_both = [row for row in present if row.hits.truth_px and row.hits.predicted_px]
    hits = sum((row.hits for row in present), Hits())
    boundary_hit_px, boundary_px = (
        sum(row.boundary_hit_px for row in present),
        sum(row.boundary_px for row in present),
    )
    shift = _vote([row.shift for row in in_both if row.shift is not None], shift_order)
    dilation = _vote([row.dilation for row in in_both if row.dilation is not None], int)
    outcomes = Counter(row.outcome for row in present)
    ceilings = [row.ceiling_common_px / row.ceiling_union_px for row in present if row.ceiling_union_px]
    control = _control_f1(present)
    agreed = shift[1] >= _REGISTRATION_SHARE * len(in_both) and len(in_both) >= _MIN_REGISTRATION_IMAGES
    return ToleranceSummary(
        label=label,
        tau=tau,
        block=block,
        n_images=len(present),
        n_in_both=len(in_both),
        hits=hits,
        precision=_float(hits.precision),
        recall=_float(hits.recall),
        f1_score=_float(hits.f1_score),
        boundary_hit_px=boundary_hit_px,
        boundary_px=boundary_px,
        nsd=boundary_hit_px / boundary_px if boundary_px else None,
        median_area_ratio=_float(median(row.area_ratio for row in in_both if row.area_ratio)) if in_both else None,
        best_shift=shift[0],
        shift_votes=shift[1],
        best_dilation=dilation[0],
        dilation_votes=dilation[1],
        outcomes={outcome: outcomes[outcome] for outcome in Outcome if outcomes[outcome]},
        resolution_ceiling=fmean(ceilings) if ceilings else None,
        control_f1=_float(control),
        is_void=control is not None and control > CONTROL_LIMIT,
        is_registration_error=agreed and shift[0] not in (None, (0, 0)),
    )


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _vote(ballots: list[_Vote], order: Callable[[_Vote], Any]) -> tuple[_Vote | None, int]:
    """What was named most often, and how often; of several the first by ``order``."""
    if not ballots:
        return None, 0
    votes = Counter(ballots)
    winner = min(votes, key=lambda ballot: (-votes[ballot], order(ballot)))
    return winner, votes[winner]


def _control_f1(rows: list[ImageTolerance]) -> Fraction | None:
    """Tolerant F1 of the moved predictions, pooled over images for each direction; see ``ToleranceSummary``."""
    controls = [row.control for row in rows if row.control]
    directions = [sum(hits, Hits()).f1_score for hits in zip(*controls, strict=True)]
    axes = []
    for pair in (directions[:2], directions[2:]):
        known = [f1_score for f1_score in pair if f1_score is not None]
        if known:
            axes.append(sum(known, Fraction(0)) / len(known))
    return min(axes, default=None)
