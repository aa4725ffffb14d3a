"""Do all documents speak of the same model version?"""

from __future__ import annotations

from ..records import Claim
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, Verdict

_FIELDS = ("project", "version", "region", "account")


def check_identity(evidence: Evidence) -> Checked:
    """One check for each document after the first that names a model.

    A field that a document leaves out contradicts nothing.
    """
    claims = [claim for claim in evidence.evaluation.claims if claim.model.project or claim.model.version]
    if len(claims) < 2:
        said = claims[0].document if claims else "no document"
        alone = Check(
            kind="identity",
            name="model",
            verdict=Verdict.NOT_REPORTED,
            explanation=f"only one document can name the model ({said}); nothing to compare it with",
        )
        return Checked([alone])
    return Checked([_compare(claims[0], claim) for claim in claims[1:]])


def _compare(reference: Claim, claim: Claim) -> Check:
    differing = [
        name
        for name in _FIELDS
        if (a := getattr(reference.model, name)) and (b := getattr(claim.model, name)) and a != b
    ]
    told = ", ".join(
        f"{name} {getattr(claim.model, name)} against {getattr(reference.model, name)}" for name in differing
    )
    return Check(
        kind="identity",
        name="model",
        reported=str(claim.model),
        document=claim.document,
        document_kind=claim.kind,
        expected=str(reference.model),
        verdict=Verdict.MISMATCH if differing else Verdict.MATCH,
        tier=None if differing else "exact",
        explanation=f"{told} in {reference.document}" if differing else f"same model as in {reference.document}",
    )


CHECKER = Checker(check_identity)
