"""Causes that concern a document as a whole: it speaks of another model version, or contradicts another document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...records import Claim
from ...registry import Evidence
from ...results import HOLDING
from ...verdicts import Check, Verdict
from ..numbers.feasibility import PrintedIntervals, find_matrices
from ..printed import Printing
from .hypotheses import OTHER_MODEL, PERCENT
from .of_numbers import explained, is_open
from .target import ends_of

_FIELDS = ("project", "version", "region", "account")
_SHARES = ("precision", "recall", "f1_score")


def explain_other_model(evidence: Evidence, checks: Sequence[Check], printings: dict[str, Printing]) -> list[Check]:
    """Image-level numbers of documents that seem to be of another model version than the manifest.

    Any report of another test run would fit this, so it never is more than a hypothesis.
    """
    documents = {check.document for check in checks if _is_image_level(check) and is_open(check)}
    found = {uri: told for uri in documents if (told := _other_model(evidence, checks, printings, uri or ""))}
    return [
        explained(check, Verdict.HYPOTHESIS, OTHER_MODEL, found[check.document], 1.0)
        if check.document in found and is_open(check)
        else check
        for check in checks
    ]


def explain_documents(checks: Sequence[Check]) -> list[Check]:
    """Numbers of two documents that differ: the one that disagrees with the evidence passes on its cause."""
    return [_explain_pair(check, checks) if check.kind == "documents" else check for check in checks]


def _explain_pair(check: Check, checks: Sequence[Check]) -> Check:
    if check.verdict != Verdict.MISMATCH:
        return check
    numbers = [c for c in checks if c.kind == "recomputed" and (c.name, c.label) == (check.name, check.label)]
    own = [c for c in numbers if c.document == check.document]
    others = [c for c in numbers if c.document != check.document and c.reported == check.expected]
    both = own[:1] + others[:1]
    wrong = [c for c in both if c.verdict not in HOLDING]
    if len(both) == 2 and not wrong and "percent" in (both[0].tier, both[1].tier):
        told = "one document prints percent; both agree with the evidence"
        return explained(check, Verdict.EXPLAINED, PERCENT, told, None)
    if len(both) < 2 or len(wrong) != 1:
        return check
    told = f"{check.explanation}; the number of {wrong[0].document} is the one that disagrees with the evidence"
    if wrong[0].cause is None:
        return replace(check, explanation=told)
    return replace(
        check,
        verdict=wrong[0].verdict,
        cause=wrong[0].cause,
        accidental_rate=wrong[0].accidental_rate,
        explanation=f"{told}; cause: {wrong[0].cause}",
    )


def _is_image_level(check: Check) -> bool:
    return check.kind == "recomputed" and check.label is None and check.reported is not None


def _other_model(evidence: Evidence, checks: Sequence[Check], printings: dict[str, Printing], uri: str) -> str | None:
    claims = evidence.evaluation.claims
    manifests = set(evidence.evaluation.images.document)
    of_manifest = [claim for claim in claims if claim.document in manifests]
    for claim in claims:
        if claim.document == uri:
            for manifest in of_manifest:
                if differing := _differing(claim, manifest):
                    return f"the document speaks of another model version than the manifest ({differing})"
    own = [check for check in checks if _is_image_level(check) and check.document == uri]
    wrong = {check.name for check in own if is_open(check)}
    agreeing = [
        check.name
        for check in checks
        if check.kind == "documents" and check.label is None and check.verdict in HOLDING and check.name in wrong
        if any(c.name == check.name and _is_image_level(c) and c.document == uri and _is_in(c, check) for c in checks)
    ]
    if len(set(agreeing)) >= 2 and _belong_together(evidence, own, printings):
        names = ", ".join(sorted(set(agreeing)))
        return (
            f"two documents print the same {names}, which belong together, so the manifest may be of another test run"
        )
    return None


def _is_in(number: Check, pair: Check) -> bool:
    return number.document == pair.document or number.reported == pair.expected


def _differing(claim: Claim, other: Claim) -> str:
    found = []
    for name in _FIELDS:
        mine, theirs = getattr(claim.model, name), getattr(other.model, name)
        if mine and theirs and mine != theirs:
            found.append(f"{name} {mine} against {theirs}")
    return ", ".join(found)


def _belong_together(evidence: Evidence, own: Sequence[Check], printings: dict[str, Printing]) -> bool:
    """Whether some confusion matrix gives a document's numbers."""
    ends = {check.name: ends_of(check, printings[check.document or ""]) for check in own if check.name in _SHARES}
    sizes = [c.n_testing_images for c in evidence.evaluation.claims if c.n_testing_images]
    n_images = sizes[0] if sizes else int(evidence.evaluation.images.used.sum())
    if None in ends.values() or n_images < 1:
        return False
    return find_matrices(PrintedIntervals(**ends), n_images=n_images).n_matrices > 0
