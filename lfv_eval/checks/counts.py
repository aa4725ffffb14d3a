"""Does the reported number of test images equal the rows that the numbers rest on?"""

from __future__ import annotations

import numpy as np

from ..images import Exclusion
from ..records import Claim, Evaluation
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, Verdict


def check_counts(evidence: Evidence) -> Checked:
    """One check for each document that reports ``NumberOfTestingImages``."""
    return Checked(
        [
            _check_one(evidence.evaluation, claim, claim.n_testing_images)
            for claim in evidence.evaluation.claims
            if claim.n_testing_images is not None
        ]
    )


def _check_one(evaluation: Evaluation, claim: Claim, reported: int) -> Check:
    images = evaluation.images
    n_used = int(np.count_nonzero(images.used))
    left_out = {
        reason.name.lower().replace("_", " "): n
        for reason in Exclusion
        if reason != Exclusion.USED and (n := int(np.count_nonzero(images.exclusion == reason)))
    }
    if len(images) == 0:
        verdict, told = (
            Verdict.NOT_VERIFIABLE,
            "no evaluation manifest was found, so no test image can be counted",
        )
    elif reported == n_used:
        verdict, told = Verdict.MATCH, f"{n_used} rows of the evaluation manifest enter the numbers"
    else:
        verdict = Verdict.MISMATCH
        told = f"{n_used} rows of the evaluation manifest enter the numbers, {reported - n_used:+d} reported"
    if left_out:
        told += "; left out: " + ", ".join(f"{n} {reason}" for reason, n in left_out.items())
    return Check(
        kind="count",
        name="n_testing_images",
        reported=str(reported),
        document=claim.document,
        document_kind=claim.kind,
        expected=str(n_used) if len(images) else None,
        verdict=verdict,
        tier="exact" if verdict == Verdict.MATCH else None,
        explanation=told,
    )


CHECKER = Checker(check_counts)
