"""Can the printed numbers of one evaluation belong together? For reports without any per-image data.

The digits are taken for rounded first, and for cut off only where that explains what rounding cannot.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ...errors import UsageError
from ...metrics import classification
from ...metrics.counts import ConfusionCounts
from ...metrics.intervals import auc_newcombe, average_precision_wilson
from ...records import Evaluation
from ...settings import Settings
from ...verdicts import MetricValue
from ..printed import Printing, fractions_that_fit, printed_interval, printing_of
from .examined import RANKING, SHARES, NumbersCheck, PrintedNumbers, Resolution
from .feasibility import Ends, PrintedIntervals, f1_consistency, find_matrices
from .ranking_bounds import auc_bounds
from .rankings import Rankings, find_rankings
from .wording import sentences

_SINGLE_PRECISION = Fraction(1, 2**23)
"""How far a sum in single precision may be off, in parts of it: two roundings of its summands."""


def check_numbers(
    *,
    precision: str | None = None,
    recall: str | None = None,
    f1: str | None = None,
    roc_auc: str | None = None,
    average_precision: str | None = None,
    n_images: int | None = None,
    n_anomaly: int | None = None,
    level: float = 0.95,
) -> NumbersCheck:
    """Examine printed numbers of one evaluation.

    Metrics are text: ``0.94`` and ``0.940000`` say different things. If one of precision, recall and F1 is above 1, all
    three are percent; likewise ROC AUC and average precision.

    Args:
        precision: As printed, likewise the other metrics.
        recall: TP/(TP+FN), anomaly being the positive class.
        f1: F1 score.
        roc_auc: Area under the ROC curve.
        average_precision: Step sum over distinct scores.
        n_images: Number of test images.
        n_anomaly: Number of anomalous test images.
        level: Confidence level of the intervals.

    Raises:
        UsageError: No number is given, or one cannot be read.

    >>> found = check_numbers(precision="1.0", recall=".941176", f1=".969697", roc_auc=".993080", n_images=34)
    >>> found.verdict, found.feasibility.matrices
    ('identified', (ConfusionCounts(tp=16, fp=0, fn=1, tn=17),))
    """
    typed = {
        "precision": precision,
        "recall": recall,
        "f1_score": f1,
        "roc_auc": roc_auc,
        "average_precision": average_precision,
    }
    metrics = {name: _literal(name, text) for name, text in typed.items() if text is not None}
    if not metrics:
        raise UsageError("no number to check", hint="give precision, recall, F1 or ROC AUC as printed")
    if n_images is not None and n_images < 1:
        raise UsageError(f"expected at least 1, got {n_images}", where="number of images")
    if n_anomaly is not None and n_anomaly < 0:
        raise UsageError(f"expected at least 0, got {n_anomaly}", where="number of anomalous images")
    return _check(PrintedNumbers(metrics=metrics, n_images=n_images, n_anomaly=n_anomaly), level)


def check_reported(evaluation: Evaluation, level: float = 0.95) -> NumbersCheck | None:
    """Examine the image-level numbers of the document that prints the most digits; ``None`` where none reports any."""
    by_document: dict[str, dict[str, str]] = {}
    for reported in evaluation.reported:
        if reported.label is None and reported.value is not None and reported.name in SHARES + RANKING:
            with suppress(UsageError):  # a number, yet spelled as no program prints a metric
                literal = _literal(reported.name, reported.printed)
                by_document.setdefault(reported.document, {})[reported.name] = literal
    if not by_document:
        return None
    document = max(by_document, key=lambda uri: _n_digits(by_document[uri].values()))
    sizes = {claim.document: n for claim in evaluation.claims if (n := claim.n_testing_images) and n > 0}
    n_images = sizes.get(document) or next(iter(sizes.values()), None)
    metrics = {name: by_document[document][name] for name in SHARES + RANKING if name in by_document[document]}
    return _check(PrintedNumbers(metrics=metrics, n_images=n_images, document=document), level)


def _n_digits(literals: Iterable[str]) -> int:
    return sum(character.isdigit() for text in literals for character in text)


def _literal(name: str, text: str) -> str:
    """The text without blanks, and without a sign before zero."""
    literal = str(text).strip()
    try:
        number = Decimal(literal)  # never as a fraction: of 1e-999999999 that would fill the memory
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_zero():
        literal = literal.removeprefix("-")
    if not number.is_finite() or (
        0 <= number <= 100 and not printed_interval(literal, Printing(0, percent=number > 1))
    ):
        hint = "such as 0.941176, or 94.1 for percent"
        raise UsageError(f"expected a number as printed, got {literal[:60]!r}", where=name, hint=hint)
    return literal


def _check(numbers: PrintedNumbers, level: float) -> NumbersCheck:
    check = _examine(numbers, level, truncated=False)
    if check.verdict == "impossible":
        cut_off = _examine(numbers, level, truncated=True)
        check = check if cut_off.verdict == "impossible" else cut_off
    return replace(check, sentences=tuple(sentences(check)))


def _examine(numbers: PrintedNumbers, level: float, *, truncated: bool) -> NumbersCheck:
    printings = _printings(numbers.metrics)
    ends = {
        name: printed_interval(text, printings[name], truncated=truncated) for name, text in numbers.metrics.items()
    }
    check = NumbersCheck(
        verdict="consistent",
        numbers=numbers,
        digits="cut off" if truncated else "rounded",
        out_of_range=tuple(name for name in ends if ends[name] is None),
    )
    if check.out_of_range:
        return replace(check, verdict="impossible")
    printed = PrintedIntervals(**{field.name: ends.get(field.name) for field in fields(PrintedIntervals)})
    check = replace(check, f1=f1_consistency(printed))
    if set(ends) != {"average_precision"}:
        check = _with_matrices(check, printed, printings)
    if printed.roc_auc and check.verdict != "impossible":
        check = _with_auc_bounds(check, printed.roc_auc)
    if printed.roc_auc and check.auc_bounds is None:
        check = replace(check, rankings=_rankings(check, printed.roc_auc, printings))
    if _no_ranking(check.rankings):
        check = replace(check, verdict="impossible", disputed=RANKING)
    if check.verdict == "consistent" and check.feasibility and check.feasibility.status == "identified":
        values = _values(check, check.feasibility.matrices[0], printings, level)
        check = replace(check, verdict="identified", values=tuple(values))
    return check


def _printings(metrics: dict[str, str]) -> dict[str, Printing]:
    """How each metric is printed. Those told alike, as fraction or percent, show each other's number of decimals."""
    together = printing_of(metrics.values())
    groups = [[name for name in metrics if name in group] for group in (SHARES, RANKING)]
    apart = [printing_of(metrics[name] for name in group) for group in groups]
    mixed = all(groups) and apart[0].percent != apart[1].percent
    return {name: apart[name in RANKING] if mixed else together for name in metrics}


def _with_matrices(check: NumbersCheck, printed: PrintedIntervals, printings: dict[str, Printing]) -> NumbersCheck:
    n_images = check.numbers.n_images
    found = find_matrices(printed, n_images=n_images, n_anomaly=check.numbers.n_anomaly)
    check = replace(check, feasibility=found)
    if check.f1 and not check.f1.possible:
        return replace(check, verdict="impossible")
    if found.status == "impossible":
        return _with_ways_out(replace(check, verdict="impossible"), printed)
    if n_images is None:
        return replace(check, smallest_n_images=found.n_images[0] if found.n_images else None)
    return replace(check, resolution=_resolution(check.numbers, printings) if found.status == "ambiguous" else None)


def _with_auc_bounds(check: NumbersCheck, roc_auc: Ends) -> NumbersCheck:
    """Whether some confusion matrix allows the ROC AUC, where all of them are known."""
    found = check.feasibility
    complete = found and found.status in ("identified", "ambiguous") and check.numbers.n_images is not None
    if not found or not complete or found.cut_because or found.n_matrices > len(found.matrices):
        return check
    bounds = [auc_bounds(matrix) for matrix in found.matrices]
    closest = min(bounds, key=lambda ends: max(ends[0] - roc_auc[1], roc_auc[0] - ends[1]))
    if closest[0] <= roc_auc[1] and roc_auc[0] <= closest[1]:
        return check
    return replace(
        check, verdict="impossible", auc_bounds=(float(closest[0]), float(closest[1])), disputed=("roc_auc",)
    )


def _with_ways_out(check: NumbersCheck, printed: PrintedIntervals) -> NumbersCheck:
    """Which metric, or which number of images, could be the wrong one."""
    n_images, n_anomaly = check.numbers.n_images, check.numbers.n_anomaly
    names = [name for name in check.numbers.metrics if name != "average_precision"]
    without = {
        name: find_matrices(replace(printed, **{name: None}), n_images=n_images, n_anomaly=n_anomaly)
        for name in names
        if len(names) > 1
    }
    elsewhere = find_matrices(printed, n_anomaly=n_anomaly).n_images
    return replace(
        check,
        disputed=tuple(name for name, found in without.items() if found.n_matrices),
        smallest_n_images=elsewhere[0] if elsewhere else None,
    )


def _resolution(numbers: PrintedNumbers, printings: dict[str, Printing]) -> Resolution | None:
    """How many fractions fit; ``None`` where the numbers given are no fractions of images."""
    given = {name: text for name, text in numbers.metrics.items() if name in ("precision", "recall")}
    n = numbers.n_images or 0
    if not given:
        return None
    printing = printings[next(iter(given))]
    return Resolution(
        decimals=printing.decimals + 2 * printing.percent,
        enough=len(str(n * (n - 1))),
        n_fitting={
            name: fractions_that_fit(text, n, printing, tier="rounded", smaller_denominators=True)
            for name, text in given.items()
        },
    )


def _rankings(check: NumbersCheck, roc_auc: Ends, printings: dict[str, Printing]) -> Rankings | None:
    """The orders by score, where the sizes of the classes are known."""
    found = check.feasibility
    if found is None or len(found.n_images) != 1 or found.n_anomaly is None or len(set(found.n_anomaly)) > 1:
        return None
    n_anomaly = found.n_anomaly[0]
    text, n_normal = check.numbers.metrics.get("average_precision"), found.n_images[0] - n_anomaly
    points = None
    if found.n_matrices == len(found.matrices) and set(check.numbers.metrics) & set(SHARES):
        points = frozenset((matrix.tp, matrix.fp) for matrix in found.matrices)
    if text is None:
        return find_rankings(n_anomaly, n_normal, roc_auc=roc_auc, points=points)
    printing = printings["average_precision"]
    ends = printed_interval(text, printing, n_terms=n_anomaly, truncated=check.digits == "cut off")
    rankings = find_rankings(n_anomaly, n_normal, roc_auc=roc_auc, average_precision=ends, points=points)
    if ends and printing.decimals >= 7 and _no_ranking(rankings):
        wider = ends[0] * (1 - _SINGLE_PRECISION), ends[1] * (1 + _SINGLE_PRECISION)
        rankings = find_rankings(n_anomaly, n_normal, roc_auc=roc_auc, average_precision=wider, points=points)
    return rankings


def _no_ranking(rankings: Rankings | None) -> bool:
    return rankings is not None and rankings.with_ties is not None and rankings.with_ties.average_precision == 0


def _values(
    check: NumbersCheck, matrix: ConfusionCounts, printings: dict[str, Printing], level: float
) -> list[MetricValue]:
    """The metrics of the identified matrix, and those of the ranking as exactly as they are known."""
    values = classification.compute(matrix, Settings(level=level))
    n_anomaly, n_normal = matrix.tp + matrix.fn, matrix.fp + matrix.tn
    listed = check.rankings.listed if check.rankings else ()
    for name in RANKING:
        text = check.numbers.metrics.get(name)
        if text is None or not n_anomaly or not n_normal:
            continue
        ratios = {getattr(ranking, name) for ranking in listed}
        ratio = ratios.pop() if len(ratios) == 1 and len(listed) == 1 else None
        value = ratio[0] / ratio[1] if ratio else float(Fraction(text) / (100 if printings[name].percent else 1))
        interval = auc_newcombe if name == "roc_auc" else average_precision_wilson
        values.append(
            MetricValue(
                name=name,
                definition="mann-whitney" if name == "roc_auc" else "step",
                value=value,
                ratio=ratio,
                interval=interval(value, n_anomaly, n_normal, level),
                support=n_anomaly * n_normal if name == "roc_auc" else n_anomaly,
                unit="pairs" if name == "roc_auc" else "images",
            )
        )
    return values
