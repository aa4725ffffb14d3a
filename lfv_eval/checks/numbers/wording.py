"""What printed numbers tell, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ...metrics.counts import ConfusionCounts
from ..printed import MAX_FITTING
from .examined import RANKING, SHARES, NumbersCheck, Resolution
from .feasibility import Feasibility
from .rankings import Rankings

_NAMES = {
    "precision": "precision",
    "recall": "recall",
    "f1_score": "F1 score",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
}
_MAX_TOLD = 3
"""How many matrices or orders are told; the records hold more."""


def sentences(check: NumbersCheck) -> Iterator[str]:
    """The findings, most important first, one sentence each."""
    if check.out_of_range:
        yield f"Impossible: {_told(check, check.out_of_range)} is outside 0..1, also as percent."
        return
    if check.f1 and not check.f1.possible:
        yield (
            f"Impossible: {_told(check, ('precision', 'recall'))} give an F1 score from {check.f1.low:.6g} to "
            f"{check.f1.high:.6g}, whatever the number of images; printed is {check.numbers.metrics['f1_score']}."
        )
        return
    if check.digits == "cut off" and check.verdict != "impossible":
        yield "The numbers fit only if their digits were cut off; rounded, they do not."
    if check.auc_bounds:
        yield _outside_bounds(check, check.auc_bounds)
    if check.feasibility:
        yield from _matrices(check, check.feasibility)
    if check.verdict == "impossible":
        yield from _ways_out(check)
    if check.resolution and 0 < check.resolution.decimals < check.resolution.enough:
        yield from _resolution(check, check.resolution)
    if check.rankings:
        yield from _rankings(check, check.rankings)
    elif "average_precision" in check.numbers.metrics and check.verdict != "impossible":
        missing = (
            "the numbers do not tell how many are anomalous" if "roc_auc" in check.numbers.metrics else "no ROC AUC"
        )
        yield f"The order of the images by score was not examined: {missing}."
    if check.values:
        yield from _uncertainty(check)


def _told(check: NumbersCheck, names: Sequence[str]) -> str:
    """Metrics as printed: ``precision 0.90 and recall 0.80``."""
    parts = [f"{_NAMES[name]} {check.numbers.metrics[name]}" for name in names if name in check.numbers.metrics]
    return _listed(parts, "and")


def _listed(parts: Sequence[str], last: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def _outside_bounds(check: NumbersCheck, bounds: tuple[float, float]) -> str:
    several = check.feasibility and check.feasibility.n_matrices > 1
    allowed = f"{bounds[0]:.6g}" if bounds[0] == bounds[1] else f"{bounds[0]:.6g} to {bounds[1]:.6g}"
    return (
        f"Impossible: {_told(check, ('roc_auc',))} cannot belong to the same scores and threshold as "
        f"{_told(check, SHARES)}: the confusion matrix {'that comes closest ' if several else ''}allows {allowed} only."
    )


def _matrices(check: NumbersCheck, found: Feasibility) -> Iterator[str]:
    n = check.numbers.n_images
    these = _told(check, SHARES) if check.auc_bounds else "these numbers"
    if found.cut_because:
        yield f"The search for confusion matrices is incomplete: {found.cut_because}."
    if found.status == "identified":
        yield f"Exactly one confusion matrix of {n} test images gives {these}: {_matrix(found.matrices[0])}."
    elif found.status == "impossible":
        known = "" if check.numbers.n_anomaly is None else f" with {check.numbers.n_anomaly} anomalous ones"
        yield f"Impossible: no confusion matrix of {n} test images{known} gives these numbers."
    elif found.status == "unknown" and found.searched and (check.f1 is None or check.f1.possible):
        first, last = found.searched
        yield f"No test set of {first} to {last} images gives these numbers; only a larger one could."
    elif found.n_matrices and n is not None:
        these = f" {these}" if check.auc_bounds else ""
        yield f"{_number(found.n_matrices, 'confusion matrix fits', 'confusion matrices fit')}{these}: {_some(found)}."
    elif found.n_matrices:
        yield from _sizes(found)


def _sizes(found: Feasibility) -> Iterator[str]:
    first, last = found.searched or (0, 0)
    sizes = [str(n) for n in found.n_images]
    shown = sizes if len(sizes) <= 12 else [*sizes[:4], "...", sizes[-1]]
    yield (
        f"The number of test images is not known; of the sizes {first} to {last}, {len(sizes)} can give these numbers: "
        f"{', '.join(shown)}."
    )
    step = math.gcd(*found.n_images)
    if step > 1 and len(sizes) > 1:
        yield f"Each of them is a multiple of {step}."
    if (found.n_pairs_divisor or 1) > 1:
        yield (
            f"With ROC AUC they tell that {found.n_pairs_divisor} divides the number of pairs of an anomalous and a "
            f"normal test image."
        )


def _matrix(matrix: ConfusionCounts) -> str:
    return (
        f"of {matrix.tp + matrix.fn} anomalous images the model found {matrix.tp} and missed {matrix.fn}; "
        f"of {matrix.fp + matrix.tn} normal ones it passed {matrix.tn} and rejected {matrix.fp}"
    )


def _some(found: Feasibility) -> str:
    some = [f"TP {m.tp}, FP {m.fp}, FN {m.fn}, TN {m.tn}" for m in found.matrices[:_MAX_TOLD]]
    more = ["and others"] if found.n_matrices > len(some) else []
    return "; ".join(some + more)


def _number(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _resolution(check: NumbersCheck, resolution: Resolution) -> Iterator[str]:
    fitting = [f"{_told(check, (name,))} stands for {_counted(n)}" for name, n in resolution.n_fitting.items() if n > 1]
    told = f". Here {_listed(fitting, 'and')} of them" if fitting else ""
    yield (
        f"{_number(resolution.decimals, 'decimal', 'decimals')} cannot be relied on to identify a fraction of up to "
        f"{check.numbers.n_images} images; {resolution.enough} always do{told}."
    )


def _counted(n: int) -> str:
    return f"{n:,}" if n < MAX_FITTING else f"{MAX_FITTING:,} or more"


def _ways_out(check: NumbersCheck) -> Iterator[str]:
    if 0 < len(check.disputed) < len(check.numbers.metrics) and check.disputed != RANKING:
        names = _listed([_NAMES[name] for name in check.disputed], "or")
        yield f"Leaving out {names}, the others can belong together: that may be where the error is."
    n = check.smallest_n_images
    if n and check.feasibility and check.feasibility.status == "impossible":
        yield f"The smallest test set that gives these numbers has {n} images."


def _rankings(check: NumbersCheck, found: Rankings) -> Iterator[str]:
    if found.strict is None:
        if found.cut_because and "average_precision" in check.numbers.metrics:
            yield f"The order of the images by score was not examined: {found.cut_because}."
        return
    told = _told(check, RANKING)
    if found.with_ties and not found.with_ties.average_precision:
        yield (
            f"Impossible: no order of {found.n_anomaly} anomalous and {found.n_normal} normal images by score gives "
            f"{told} (average precision as the step sum over scores)."
        )
        return
    if found.with_ties and not found.with_ties.all_numbers:
        yield f"Orders of the images by score give {told}, but in none of them a threshold gives precision and recall."
        return
    n_strict = found.strict.all_numbers
    tied = f"{found.with_ties.all_numbers:,}" if found.with_ties else "too many to be counted"
    yield (
        f"{_number(n_strict, 'order', 'orders')} of the images by score {'gives' if n_strict == 1 else 'give'} all "
        f"numbers without equal scores; with equal scores, {tied}."
    )
    if 0 < n_strict <= _MAX_TOLD:
        orders = [f"{r.order} (average precision {_fraction(r.average_precision)})" for r in found.listed]
        yield f"Best score first, + anomalous and - normal: {_listed(orders, 'or')}."
    if _threshold_is_best(check, found):
        yield (
            "No threshold gives a higher F1 score on these test images than the reported one; "
            "if it was chosen on them, the numbers flatter the model."
        )


def _threshold_is_best(check: NumbersCheck, found: Rankings) -> bool:
    """Whether the only order found has its highest F1 at the identified matrix."""
    if not check.feasibility or check.feasibility.status != "identified" or len(found.listed) != 1:
        return False
    matrix = check.feasibility.matrices[0]
    positive = 2 * matrix.tp + matrix.fp + matrix.fn
    return positive > 0 and Fraction(2 * matrix.tp, positive) == Fraction(*found.listed[0].best_f1_score)


def _fraction(ratio: tuple[int, int]) -> str:
    return f"{ratio[0]}/{ratio[1]}"


def _uncertainty(check: NumbersCheck) -> Iterator[str]:
    """Intervals of the printed metrics and of specificity, which no document reports."""
    told = [
        f"{_NAMES.get(value.name, value.name)} {value.interval.low:.3f} to {value.interval.high:.3f}"
        for value in check.values
        if value.interval and value.name != "accuracy"
    ]
    level = next((value.interval.level for value in check.values if value.interval), None)
    if level is not None:
        yield f"With other test images of the same kind ({level:.0%} intervals): {', '.join(told)}."
