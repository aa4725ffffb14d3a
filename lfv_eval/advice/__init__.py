"""Advice: the developer guide's "Improve your model" as rules over what an audit already knows.

    case = Case(evidence=evidence, test_images=measured, training_rows=rows)
    findings = advise(case, cost_fp=1, cost_fn=20)

A rule is one file here and one line in the registry. Each says what was seen, how sure that is, which images it is
about, and what to do; it stays silent where there is nothing to say. Its false-alarm rate and power are measured by
``scripts/simulations/advice.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..registry import Remark, Rule, load_all
from ..verdicts import Finding

if TYPE_CHECKING:
    from .case import Case

MAX_FINDINGS = 10
"""Ten good lines beat a hundred: what is worth least is left out."""


def advise(
    case: Case,
    *,
    cost_fp: float | None = None,
    cost_fn: float | None = None,
    confidence_limit: float | None = None,
    explain_silence: bool = False,
) -> tuple[Finding, ...]:
    """Run every rule.

    Args:
        case: What is known of the model version.
        cost_fp: Cost of rejecting a normal part; with ``cost_fn`` the cheapest threshold is found.
        cost_fn: Cost of passing an anomalous part.
        confidence_limit: Confidence limit in production, 0..1, whose effect on precision and recall is told.
        explain_silence: Also say of each rule that could not judge why it could not.

    Returns:
        At most ``MAX_FINDINGS`` pieces of advice, warnings first, by expected benefit; then the explanations.

    Raises:
        UsageError: The costs or the limit make no sense.
    """
    from .case import Wishes

    wishes = Wishes(cost_fp=cost_fp, cost_fn=cost_fn, confidence_limit=confidence_limit)
    asked = replace(case, wishes=wishes)
    given: list[tuple[Rule, Remark]] = []
    silent: list[Finding] = []
    rules: dict[str, Rule] = load_all("advice")
    for rule in rules.values():
        examined = rule.examine(asked)
        given += [(rule, remark) for remark in examined.remarks]
        if examined.cannot_tell:
            why = "; ".join(dict.fromkeys(examined.cannot_tell))
            silent.append(_finding(rule, Remark(severity="info", message=f"cannot tell: {why}", benefit=0.0)))
    given.sort(key=lambda pair: (pair[1].severity != "warning", -pair[1].benefit))  # stable: then the table's order
    findings = [_finding(rule, remark) for rule, remark in given[:MAX_FINDINGS]]
    return tuple(findings + silent if explain_silence else findings)


def _finding(rule: Rule, remark: Remark) -> Finding:
    return Finding(
        rule=rule.id,
        severity=remark.severity,
        message=remark.message,
        label=remark.label,
        images=remark.images,
        guide=rule.guide_section,
    )
