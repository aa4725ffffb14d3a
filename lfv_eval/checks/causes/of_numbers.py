"""Causes that concern one printed number and not the evidence: percent for fraction, and other rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ...results import HOLDING
from ...verdicts import Check, Verdict
from ..printed import Printing, matching_tier, printing_of
from .hypotheses import PERCENT, ROUNDING

MIN_EXPLAINED = 3
"""So many numbers have to agree after the same correction of print before it counts as explained."""

_SPREAD = 0.3
"""Unrelated reports are taken to lie between 0.7 and 1."""


def explain_percent(checks: Sequence[Check]) -> list[Check]:
    """Numbers that agree once they are divided by 100, or multiplied by it."""
    found = {index: told for index, check in enumerate(checks) if is_open(check) and (told := _as_percent(check))}
    verdict = Verdict.EXPLAINED if len(found) >= MIN_EXPLAINED else Verdict.HYPOTHESIS
    return [
        explained(check, verdict, PERCENT, found[index], _rate(check, shift=2)) if index in found else check
        for index, check in enumerate(checks)
    ]


def explain_rounding(checks: Sequence[Check]) -> list[Check]:
    """Numbers that agree if they were printed with fewer digits than the rest of their document, or F1 from such."""
    return [
        explained(check, Verdict.HYPOTHESIS, ROUNDING, told, _rate(check, shift=0))
        if is_open(check) and (told := _with_fewer_digits(check) or _of_printed(check, checks))
        else check
        for check in checks
    ]


def is_open(check: Check) -> bool:
    """Whether a reported number disagrees with a recomputed one, so far without a cause."""
    recomputed = check.kind == "recomputed" and check.value is not None and check.value.value is not None
    return recomputed and check.verdict == Verdict.MISMATCH and check.reported is not None


def explained(check: Check, verdict: Verdict, cause: str, told: str, rate: float | None) -> Check:
    """The check with a cause."""
    likely = "cause" if verdict == Verdict.EXPLAINED else "possible cause"
    more = "" if rate is None else f"; {told_rate(rate)}"
    return replace(
        check,
        verdict=verdict,
        cause=cause,
        accidental_rate=rate,
        explanation=f"{check.explanation}; {likely}: {told}{more}",
    )


def told_rate(rate: float) -> str:
    """An accidental rate in words.

    >>> told_rate(0.00002)
    '0.002 % of unrelated reports would seem explained as well'
    """
    percent = f"{100 * rate:.0f}" if rate >= 0.0095 else f"{100 * rate:.1g}"
    return f"{percent} % of unrelated reports would seem explained as well"


def _as_percent(check: Check) -> str | None:
    number = _decimal(check)
    if number is None:
        return None
    for exponent, told in ((-2, "printed as percent among fractions"), (2, "divided by 100 once too often")):
        shifted = f"{number.scaleb(exponent):f}"
        if tier := _tier(check, shifted):
            return f"{told}: {shifted} equals the recomputed value ({tier})"
    return None


def _with_fewer_digits(check: Check) -> str | None:
    tier = _tier(check, check.reported or "")
    return f"printed with fewer digits than the rest of the document ({tier})" if tier else None


def _of_printed(check: Check, checks: Sequence[Check]) -> str | None:
    """F1 computed from precision and recall as printed."""
    if check.name != "f1_score":
        return None
    beside = [c for c in checks if c.kind == "recomputed" and (c.document, c.label) == (check.document, check.label)]
    own = {c.name: c.reported or "" for c in beside if c.verdict in HOLDING}
    try:
        precision, recall = (Fraction(Decimal(own.get(name, ""))) for name in ("precision", "recall"))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    if not 0 < precision + recall <= 2:
        return None
    harmonic = 2 * precision * recall / (precision + recall)
    rounded = matching_tier(check.reported or "", harmonic, printing_of([check.reported or ""]))
    digits = printing_of([own.get("precision", ""), own.get("recall", "")])
    if rounded is None or digits.full_precision:
        return None
    return f"computed from precision and recall as printed ({rounded})"


def _tier(check: Check, literal: str) -> str | None:
    value = check.value
    if value is None or value.value is None:
        return None
    exact = Fraction(*value.ratio) if value.ratio else value.value
    own = printing_of([literal])
    return matching_tier(literal, exact, Printing(own.decimals, own.full_precision), n_terms=value.n_terms)


def _rate(check: Check, *, shift: int) -> float:
    """Chance that an unrelated value prints so."""
    decimals = printing_of([check.reported or ""]).decimals + shift
    return min(1.0, 10.0**-decimals / _SPREAD)


def _decimal(check: Check) -> Decimal | None:
    try:
        number = Decimal(check.reported or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None
