"""How a verdict, an outcome or a severity is marked: one tone and one sign each, shared by every report with badges.

The sign carries the meaning where colours cannot be told apart. Tones follow from what the result types say of a
verdict, so a new verdict needs no line here.
"""

from __future__ import annotations

from typing import Literal

from ..records import Severity
from ..results import DISAGREEING, HOLDING, ModelAudit
from ..verdicts import Verdict

Tone = Literal["good", "bad", "open", "quiet"]

SIGNS: dict[Tone, str] = {"good": "✓", "bad": "✕", "open": "?", "quiet": "○"}
"""One character for each tone."""


def verdict_tone(verdict: Verdict) -> Tone:
    """The tone of one check.

    >>> verdict_tone(Verdict.MATCH), verdict_tone(Verdict.MISMATCH), verdict_tone(Verdict.NOT_REPORTED)
    ('good', 'bad', 'quiet')
    """
    if verdict in DISAGREEING:
        return "bad"
    if verdict in HOLDING:
        return "good"
    return "quiet" if verdict == Verdict.NOT_REPORTED else "open"


def audit_tone(audit: ModelAudit) -> Tone:
    """The tone of the whole audit."""
    tones: dict[str, Tone] = {"verified": "good", "disagreement": "bad", "unverifiable": "open"}
    return tones[audit.outcome]


def severity_tone(severity: str) -> Tone:
    """The tone of a problem's or a finding's severity."""
    tones: dict[str, Tone] = {Severity.ERROR: "bad", Severity.WARNING: "open"}
    return tones.get(severity, "quiet")


def verdict_text(verdict: Verdict) -> str:
    """A verdict in words.

    >>> verdict_text(Verdict.NOT_VERIFIABLE)
    'not verifiable'
    """
    return verdict.value.replace("_", " ").lower()
