"""Do two documents report the same number for the same metric?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from ..records import ReportedMetric
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, MetricValue, Verdict
from .printed import Printing, matching_tier
from .reported import printings_of


def check_documents(evidence: Evidence) -> Checked:
    """One check for each metric that two documents report, metric by metric.

    Equal means that one number is a printed form of the other: DescribeModel prints single precision widened to double,
    the evaluation result prints double precision, and either may be rounded. Where the metric is undefined on the
    evidence, nothing (null, NaN) and 0 are the same.
    """
    reported = evidence.evaluation.reported
    printings = printings_of(reported)
    undefined = _undefined(evidence)
    groups: dict[tuple[str, str | None], list[ReportedMetric]] = {}
    for metric in reported:
        groups.setdefault((metric.name, metric.label), []).append(metric)
    checks = [
        _compare(a, b, printings, undefined.get(metric))
        for metric, group in groups.items()
        for a, b in combinations(group, 2)
        if a.document != b.document
    ]
    return Checked(checks)


def _undefined(evidence: Evidence) -> dict[tuple[str, str | None], str]:
    """Why metrics have no value on the evidence; those that merely lack evidence are left out."""
    default: dict[tuple[str, str | None], MetricValue] = {}
    for value in evidence.values:
        default.setdefault((value.name, value.label), value)
    return {
        metric: value.undefined_because or "it has no value"
        for metric, value in default.items()
        if value.value is None and not value.missing_evidence
    }


def _compare(a: ReportedMetric, b: ReportedMetric, printings: Mapping[str, Printing], undefined: str | None) -> Check:
    tier = None
    if a.value is None or b.value is None:
        agree = a.value is b.value
        told = f"{a.printed} in one document, {b.printed} in the other"
        if undefined is not None and not agree and not a.value and not b.value:
            agree, tier = True, "undefined"
            told += f", which both stand for undefined here: {undefined}"
    else:
        tier = _tier(a, b.value, printings) or _tier(b, a.value, printings)
        agree = tier is not None
        told = f"{b.kind} prints the same number ({tier})" if tier else f"they differ by {a.value - b.value:+.6g}"
    return Check(
        kind="documents",
        name=a.name,
        label=a.label,
        reported=a.printed,
        document=a.document,
        document_kind=a.kind,
        expected=b.printed,
        verdict=Verdict.MATCH if agree else Verdict.MISMATCH,
        tier=tier,
        explanation=f"{told} ({b.document})",
    )


def _tier(printed: ReportedMetric, number: float, printings: Mapping[str, Printing]) -> str | None:
    return matching_tier(printed.printed, number, printings[printed.document])


CHECKER = Checker(check_documents)
