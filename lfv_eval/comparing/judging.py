"""Is the candidate not worse? The judgement on recall and on specificity, with what it would take to make it."""

from __future__ import annotations

from typing import Literal

from ..comparison import Judgement, Standing
from ..metrics.paired.noninferiority import (
    detectable_change,
    images_needed,
    is_equivalent,
    is_not_worse,
    is_worse,
    two_sided,
)
from ..metrics.paired.proportions import PairedCounts, mcnemar_mid_p, tango
from ..verdicts import Interval
from .differences import unpaired_interval
from .evidence import Evidence

ClassMetric = Literal["recall", "specificity"]
_IMAGES = {"recall": "anomalous", "specificity": "normal"}


def judge_paired(name: ClassMetric, counts: PairedCounts, margin: float, level: float) -> Judgement:
    """Judge on images of one class that both models were tested on.

    Args:
        name: The metric.
        counts: Its gained and lost images.
        margin: The drop that counts as worse.
        level: One-sided confidence level.
    """
    interval = tango(counts, two_sided(level))
    standing = _standing(interval, margin)
    n = int(counts.n)
    as_seen = (
        images_needed(margin, level, gained_share=counts.n_gained / n, lost_share=counts.n_lost / n) if n else None
    )
    if interval is None:
        explanation = f"no {_IMAGES[name]} image was judged by both models"
    elif standing is Standing.OPEN:
        explanation = _why_open(name, counts, interval, margin, level, as_seen)
    else:
        explanation = _decided(name, standing, interval, margin)
        if standing is Standing.NOT_WORSE and _is_measurably_lower(counts, level):
            explanation += f"; it is measurably lower all the same ({_flips(counts)})"
    return Judgement(
        name=name,
        standing=standing,
        interval=interval,
        equivalent=interval is not None and is_equivalent(interval, margin),
        n_images=n,
        smallest_margin=-interval.low if interval else None,
        images_needed=images_needed(margin, level),
        images_needed_as_seen=as_seen,
        detectable_drop=detectable_change(n, level=level) if n else None,
        explanation=explanation,
    )


def judge_unpaired(
    name: ClassMetric, baseline: Evidence, candidate: Evidence, margin: float, level: float
) -> Judgement:
    """Judge on two different test sets, or on reported numbers alone."""
    key, images = (name, None), _IMAGES[name]
    interval, why = None, f"{name} is not known of both models"
    if key in baseline.values and key in candidate.values:
        interval, unknown = unpaired_interval(key, baseline, candidate, two_sided(level))
        why = f"{name}: {unknown}"
    standing, needed = _standing(interval, margin), images_needed(margin, level)
    n_images = _smaller_class(name, baseline, candidate)
    if interval is None:
        explanation = why
    elif standing is Standing.OPEN:
        explanation = (
            f"not shown: on two different test sets the {interval.level * 100:g}% interval of the difference of "
            f"{name}, {_ends(interval)}, reaches below -{margin:g}; test both models on the same {images} images"
        )
        if needed and needed > (n_images or 0):
            explanation += f", at least {needed} of them"
    else:
        explanation = _decided(name, standing, interval, margin)
    return Judgement(
        name=name,
        standing=standing,
        interval=interval,
        equivalent=interval is not None and is_equivalent(interval, margin),
        n_images=n_images,
        smallest_margin=-interval.low if interval else None,
        images_needed=needed,
        images_needed_as_seen=None,
        detectable_drop=None,
        explanation=explanation,
    )


def _standing(interval: Interval | None, margin: float) -> Standing:
    if interval is None:
        return Standing.OPEN
    if is_not_worse(interval, margin):
        return Standing.NOT_WORSE
    return Standing.WORSE if is_worse(interval, margin) else Standing.OPEN


def _smaller_class(name: ClassMetric, baseline: Evidence, candidate: Evidence) -> int | None:
    sizes = [
        counts.tp + counts.fn if name == "recall" else counts.tn + counts.fp
        for counts in (baseline.counts, candidate.counts)
        if counts is not None
    ]
    return min(sizes) if len(sizes) == 2 else None


def _decided(name: str, standing: Standing, interval: Interval, margin: float) -> str:
    told = f"the {interval.level * 100:g}% interval of the difference, {_ends(interval)}, lies"
    if standing is Standing.WORSE:
        return f"{name} has dropped by more than {margin:g}: {told} below -{margin:g}"
    return f"{name} has not dropped by {margin:g}: {told} above -{margin:g}"


def _why_open(
    name: ClassMetric, counts: PairedCounts, interval: Interval, margin: float, level: float, as_seen: int | None
) -> str:
    """Why the images decide nothing: too few, or a drop near the margin."""
    n, images, least = int(counts.n), _IMAGES[name], images_needed(margin, level) or 0
    told = f"with {n} {images} images, {_flips(counts)}, {name} may have dropped by up to {-interval.low:.3f}"
    if _is_measurably_lower(counts, level):
        return f"{name} is measurably lower, yet not certainly by more than {margin:g}: {told}"
    if n < least:
        told += f"; at least {least} are needed, without any flip"
        if as_seen and as_seen > least:
            told += f", or {as_seen} with as many flips as here"
    elif as_seen:
        told += f"; {as_seen} are needed with as many flips as here"
    else:
        told += "; if the drop is what it seems, no number of images will show otherwise"
    return f"too few images: {told}"


def _is_measurably_lower(counts: PairedCounts, level: float) -> bool:
    gained, lost = int(counts.n_gained), int(counts.n_lost)
    return lost > gained and mcnemar_mid_p(gained, lost) <= 1 - level


def _flips(counts: PairedCounts) -> str:
    gained, lost = int(counts.n_gained), int(counts.n_lost)
    return f"{gained} gained and {lost} lost" if gained or lost else "none flipped"


def _ends(interval: Interval) -> str:
    return f"[{interval.low:+.3f}, {interval.high:+.3f}]"
