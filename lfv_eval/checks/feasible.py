"""Where no per-image data is left: can the reported numbers be true at all?"""

from __future__ import annotations

from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, Finding, Verdict
from .numbers.examination import check_reported


def check_feasible(evidence: Evidence) -> Checked:
    """A check where the numbers of one document contradict each other, and what else they tell by themselves."""
    if len(evidence.evaluation.images):
        return Checked([])
    found = check_reported(evidence.evaluation)
    if found is None:
        return Checked([])
    impossible = found.verdict == "impossible"
    no_matrix = impossible and found.feasibility is not None and found.feasibility.status == "impossible"
    message = " ".join(("Without per-image data, from the reported numbers alone:", *found.sentences))
    finding = Finding(rule="numbers-alone", severity="warning" if impossible else "info", message=message)
    if not no_matrix:  # scores and predicted classes may rightly disagree where masks decide too; that is no error
        return Checked([], [finding])
    numbers = ", ".join(f"{name} {printed}" for name, printed in found.numbers.metrics.items())
    check = Check(
        kind="feasibility",
        name="confusion_matrix",
        reported=numbers,
        verdict=Verdict.MISMATCH,
        explanation="no confusion matrix gives these numbers: " + " ".join(found.sentences),
    )
    return Checked([check], [finding])


CHECKER = Checker(check_feasible)
