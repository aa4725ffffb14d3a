"""Do two documents report the same number for the same metric?"""

from __future__ import annotations

from itertools import combinations

from ..records import Evaluation, ReportedMetric
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, Verdict
from .printed import matching_tier, printing_of


def check_documents(evidence: Evidence) -> Checked:
    """One check for each metric that two documents report.

    Equal means that one number is a printed form of the other: DescribeModel prints single precision widened to double,
    the evaluation result prints double precision, and either may be rounded.
    """
    evaluation = evidence.evaluation
    pairs = combinations(evaluation.reported, 2)
    same = [(a, b) for a, b in pairs if (a.name, a.label) == (b.name, b.label) and a.document != b.document]
    return Checked([_compare(evaluation, a, b) for a, b in same])


def _compare(evaluation: Evaluation, a: ReportedMetric, b: ReportedMetric) -> Check:
    tier = _tier(evaluation, a, b) or _tier(evaluation, b, a)
    if a.value is None or b.value is None:
        agree = a.value is b.value
        told = f"{a.printed} in one document, {b.printed} in the other"
    else:
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


def _tier(evaluation: Evaluation, printed: ReportedMetric, number: ReportedMetric) -> str | None:
    if printed.value is None or number.value is None:
        return None
    literals = [r.printed for r in evaluation.reported if r.document == printed.document]
    return matching_tier(printed.printed, number.value, printing_of(literals))


CHECKER = Checker(check_documents)
