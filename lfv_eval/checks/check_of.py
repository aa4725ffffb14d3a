"""The check of one reported number: what its document says beside what was recomputed."""

from __future__ import annotations

from ..records import ReportedMetric
from ..verdicts import Check, MetricValue, Verdict


def check_of(
    reported: ReportedMetric,
    verdict: Verdict,
    explanation: str,
    value: MetricValue | None = None,
    tier: str | None = None,
) -> Check:
    """What became of one reported number.

    Args:
        reported: The number.
        verdict: What became of it.
        explanation: Why, in plain words.
        value: The recomputed number that it was compared with, if any.
        tier: How the printed form agrees, as in ``Check.tier``; ``None`` without a match.
    """
    return Check(
        kind="recomputed",
        name=reported.name,
        label=reported.label,
        reported=reported.printed,
        document=reported.document,
        document_kind=reported.kind,
        expected=None if value is None or value.value is None else repr(value.value),
        value=value,
        verdict=verdict,
        tier=tier,
        explanation=explanation,
    )
