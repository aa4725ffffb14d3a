"""What would explain the numbers that disagree? Every cause known is tried, and none is claimed on thin evidence.

A cause is an explanation (``EXPLAINED``) only where the manifest itself shows odd lines that account for the numbers,
or where at least two further numbers (number of images, ROC AUC, average precision, a label metric) agree after the
correction and hardly any unrelated report would be explained so. Else it is a hypothesis, told with the rate of
unrelated reports that it would explain. Several causes that fit equally well are all named, as a hypothesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...registry import Evidence
from ...results import HOLDING
from ...verdicts import Check, Verdict
from ..printed import Printing, printing_of
from ..scores.reading import judge_scores
from .hypotheses import TRIED
from .of_documents import explain_documents, explain_other_model
from .of_numbers import explain_percent, explain_rounding, told_rate
from .search import Fit, Search, told_corrections

_NAMES = {
    "n_testing_images": "the number of images",
    "f1_score": "F1 score",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "average_iou": "average IoU",
}
_MAX_ALTERNATIVES = 3

_WORTHLESS = 0.5
"""Above this accidental rate a cause is not worth naming."""


def explain(evidence: Evidence, checks: Sequence[Check]) -> list[Check]:
    """Look for what explains the checks that disagree.

    Args:
        evidence: What the checks were made from.
        checks: All checks of an audit.

    Returns:
        The checks in their order. A disagreement stays one: its verdict becomes ``EXPLAINED`` or ``HYPOTHESIS`` where a
        cause fits, and its explanation says what was corrected and which numbers then agree. Only numbers that another
        definition of ROC AUC or average precision reproduces hold; see ``judge_scores``.
    """
    found = list(checks)
    if not any(check.verdict == Verdict.MISMATCH for check in found):
        return found
    if evidence.evaluation.images.used.any():
        found = judge_scores(evidence, found)
        found = explain_percent(found)
        printings = _printings(found)
        found = _explain_by_data(Search(evidence, printings), found)
        found = explain_other_model(evidence, found, printings)
        found = explain_rounding(found)
    found = explain_documents(found)
    return [_unexplained(check, found) for check in found]


def _printings(checks: Sequence[Check]) -> dict[str, Printing]:
    """How each document prints its fractions; a number in percent among them does not count."""
    literals: dict[str, list[str]] = {}
    for check in checks:
        if check.reported is not None and check.document is not None and check.kind == "recomputed":
            literals.setdefault(check.document, []).append(check.reported)
    found = {check.document: printing_of([]) for check in checks if check.document is not None}
    for uri, numbers in literals.items():
        fractions = [number for number in numbers if not printing_of([number]).percent]
        some = any(printing_of([number]).decimals for number in fractions)
        found[uri] = printing_of(fractions if some else numbers)
    return found


def _explain_by_data(search: Search, checks: list[Check]) -> list[Check]:
    labels = [c for c in checks if c.kind == "recomputed" and c.label is not None and _is_judged(c)]
    found = {id(check): check for check in checks}
    for group, is_count in _groups(checks):
        still = [found[id(check)] for check in group]
        if not any(check.verdict == Verdict.MISMATCH for check in still):
            continue
        if any(check.cause for check in still):
            continue
        fits = search.fits(group, labels, concrete=is_count)
        if not fits:
            continue
        agreeing = {id(check) for fit in fits for check in fit.agreeing}
        concerned = [c for c in checks if c.verdict == Verdict.MISMATCH and id(c) in agreeing]
        for check in concerned:
            found[id(check)] = _with_cause(found[id(check)], fits, in_full=check is concerned[0])
    return [found[id(check)] for check in checks]


def _is_judged(check: Check) -> bool:
    return check.reported is not None and (check.verdict in HOLDING or check.verdict == Verdict.MISMATCH)


def _groups(checks: Sequence[Check]) -> Iterator[tuple[list[Check], bool]]:
    """Groups of numbers to be explained together, the largest first, and whether a group is of counts only.

    A number that another document prints as the evidence has it is no matter of the evidence.
    """
    numbers = [c for c in checks if c.kind == "recomputed" and c.label is None and _is_judged(c) and not c.cause]
    counts = [c for c in checks if c.kind == "count" and _is_judged(c)]
    documents = list(dict.fromkeys(c.document for c in numbers))
    yield [*numbers, *counts], not numbers
    for with_counts in (True, False):
        for uri in documents if len(documents) > 1 else ():
            own = [c for c in numbers if c.document == uri]
            elsewhere = {c.name for c in numbers if c.document != uri and c.verdict in HOLDING}
            if not any(c.verdict == Verdict.MISMATCH and c.name in elsewhere for c in own):
                yield [*own, *(c for c in counts if with_counts and c.document == uri)], False
        if with_counts and counts and numbers:
            yield numbers, False
    if counts and numbers:
        yield counts, True


def _with_cause(check: Check, fits: Sequence[Fit], *, in_full: bool) -> Check:
    """The check with what fits; the grounds are told once, not for every number."""
    causes = list(dict.fromkeys(fit.hypothesis.id for fit in fits))
    certain = len(causes) == 1 and fits[0].is_certain
    rates = [fit.rates.joint for fit in fits if fit.rates is not None]
    rate = max(rates) if rates else None
    if rate is not None and rate > _WORTHLESS and not certain:
        nothing = f"{check.explanation}; nothing follows: {rate:.0%} of unrelated reports would be explained as well"
        return replace(check, accidental_rate=rate, explanation=nothing)
    told = told_corrections(fits)
    if len(told) > 1:
        more = "" if len(told) <= _MAX_ALTERNATIVES else f"; {len(told) - _MAX_ALTERNATIVES} more"
        sentence = f"one of: {'; '.join(told[:_MAX_ALTERNATIVES])}{more}"
    else:
        sentence = told[0]
    likely = "cause" if certain else "several causes fit" if len(causes) > 1 else "possible cause"
    explanation = f"{check.explanation}; {likely}: {sentence}"
    if in_full:
        explanation += f"; then {_told_numbers(fits[0].agreeing)} agree"
        explanation += "" if rate is None else f"; {told_rate(rate)}"
    return replace(
        check,
        verdict=Verdict.EXPLAINED if certain else Verdict.HYPOTHESIS,
        cause=" or ".join(causes),
        accidental_rate=rate,
        explanation=explanation,
    )


def _told_numbers(checks: Sequence[Check]) -> str:
    names = [
        _NAMES.get(check.name, check.name) + (f" of {check.label}" if check.label is not None else "")
        for check in checks
    ]
    shown = list(dict.fromkeys(names))
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _unexplained(check: Check, checks: Sequence[Check]) -> Check:
    """What was tried in vain, and what speaks for a fault of this very number."""
    if check.verdict != Verdict.MISMATCH or check.kind not in ("recomputed", "count") or check.label is not None:
        return check
    if check.expected is None:
        return check
    beside = [c for c in checks if c.document == check.document and c is not check and c.label is None and c.reported]
    others = [c for c in beside if c.kind in ("recomputed", "count")]
    if any(c.cause for c in others):
        return replace(check, explanation=f"{check.explanation}; it does not follow from what the others suggest")
    told = f"{check.explanation}; no cause found among {len(TRIED)} tried"
    if len(others) > 1 and all(c.verdict in HOLDING for c in others):
        told += f"; the {len(others)} other numbers of the document agree, so this number itself is the likeliest fault"
    return replace(check, explanation=told)
