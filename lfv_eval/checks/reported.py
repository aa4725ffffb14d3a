"""Every reported image-level metric against the value recomputed from the per-image data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from ..records import Evaluation, ReportedMetric
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, MetricValue, Verdict
from .check_of import check_of
from .printed import Printing, fractions_that_fit, matching_tier, printing_of

REPORTABLE = ("precision", "recall", "f1_score", "roc_auc", "average_precision")
"""The image-level metrics that Lookout for Vision reports somewhere."""

MAX_TIE_WIDTH = 0.1
"""Where the order of tied scores moves a ranking metric by more, a number within that range verifies nothing."""

_RANKING_TITLES = {"roc_auc": "ROC AUC", "average_precision": "average precision"}


def printings_of(reported: Iterable[ReportedMetric]) -> dict[str, Printing]:
    """How each document prints, by its URI."""
    literals: dict[str, list[str]] = {}
    for metric in reported:
        literals.setdefault(metric.document, []).append(metric.printed)
    return {document: printing_of(own) for document, own in literals.items()}


def check_reported(evidence: Evidence) -> Checked:
    """One check for each reported image-level metric, and one for each that no document reports."""
    evaluation, values = evidence.evaluation, evidence.values
    printings = printings_of(evaluation.reported)
    checks = [
        _check_one(evaluation, reported, values, printings[reported.document])
        for reported in sorted(evaluation.reported, key=_table_order)
        if reported.label is None
    ]
    told = {reported.name for reported in evaluation.reported if reported.label is None}
    by_name = {value.name: value for value in values if value.label is None}
    for name in REPORTABLE:
        if name not in told and name in by_name:
            checks.append(
                Check(
                    kind="recomputed",
                    name=name,
                    value=by_name[name],
                    verdict=Verdict.NOT_REPORTED,
                    explanation="no document reports it",
                )
            )
    return Checked(checks)


def _table_order(reported: ReportedMetric) -> int:
    return REPORTABLE.index(reported.name) if reported.name in REPORTABLE else len(REPORTABLE)


def _check_one(
    evaluation: Evaluation, reported: ReportedMetric, values: Sequence[MetricValue], printing: Printing
) -> Check:
    value = next((v for v in values if v.name == reported.name and v.label == reported.label), None)
    verdict, tier, explanation = _judge(evaluation, reported, value, printing)
    return check_of(reported, verdict, explanation, value, tier)


def _judge(
    evaluation: Evaluation, reported: ReportedMetric, value: MetricValue | None, printing: Printing
) -> tuple[Verdict, str | None, str]:
    if len(evaluation.images) == 0:
        return Verdict.NOT_VERIFIABLE, None, "no evaluation manifest was found"
    if value is None:
        return Verdict.NOT_VERIFIABLE, None, "no metric family recomputes it"
    if value.value is None:
        return _judge_undefined(reported, value)
    return _judge_number(reported, value, value.value, printing)


def _judge_number(
    reported: ReportedMetric, value: MetricValue, recomputed: float, printing: Printing
) -> tuple[Verdict, str | None, str]:
    if reported.value is None:
        return Verdict.MISMATCH, None, f"printed as undefined ({reported.printed}), recomputed {recomputed!r}"
    exact = Fraction(*value.ratio) if value.ratio else recomputed
    tier = matching_tier(reported.printed, exact, printing, n_terms=value.n_terms)
    if tier:
        return Verdict.MATCH, tier, _told_match(reported, value, printing, tier)
    if value.tie_interval and value.tie_interval[0] <= reported.value <= value.tie_interval[1]:
        return _judge_within_ties(value, *value.tie_interval)
    fraction = f"{value.ratio[0]}/{value.ratio[1]} = " if value.ratio and value.unit == "images" else ""
    told = f"recomputed {fraction}{recomputed:.6f}; the report differs by {reported.value - recomputed:+.6g}"
    return Verdict.MISMATCH, None, told


def _judge_within_ties(value: MetricValue, low: float, high: float) -> tuple[Verdict, str | None, str]:
    """Saturated scores, all 1.0 say, allow nearly any number: that proves as little for the report as against it."""
    if high - low <= MAX_TIE_WIDTH:
        told = f"lies between {low:.6f} and {high:.6f}, the values over all orders of tied scores"
        return Verdict.MATCH_WITHIN_TIE_INTERVAL, None, told
    told = f"tied scores leave {_RANKING_TITLES.get(value.name, value.name)} anywhere from {low:.6f} to {high:.6f}"
    return Verdict.NOT_VERIFIABLE, None, f"{told}: the ranking that was reported cannot be checked"


def _judge_undefined(reported: ReportedMetric, value: MetricValue) -> tuple[Verdict, str | None, str]:
    why = value.undefined_because or "undefined"
    if value.missing_evidence:
        return Verdict.NOT_VERIFIABLE, None, why
    if not reported.value:
        return Verdict.MATCH, "undefined", f"undefined ({why}), printed as {reported.printed}"
    return Verdict.MISMATCH, None, f"undefined ({why}), yet reported as {reported.printed}"


def _told_match(reported: ReportedMetric, value: MetricValue, printing: Printing, tier: str) -> str:
    fraction = f"{value.ratio[0]}/{value.ratio[1]}" if value.ratio and value.unit == "images" else ""
    told = f"equals {fraction or 'the recomputed value'} ({tier.replace('_', ' ')})"
    if fraction and value.ratio:
        fitting = fractions_that_fit(reported.printed, value.ratio[1], printing)
        if fitting > 1:
            told += f"; at the printed digits {fitting} fractions of {value.ratio[1]} would"
    return told


CHECKER = Checker(check_reported)
