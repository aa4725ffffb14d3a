"""The findings of an audit for people who want to improve the model."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from ..results import ModelAudit
from ..verdicts import Finding
from .plain import plain_text
from .printable import printable

MAX_IMAGES = 12


def advice(audit: ModelAudit) -> list[Finding]:
    """The findings that belong to a section of the guide's "Improving your model"; others explain the checks."""
    return [finding for finding in audit.findings if finding.guide]


def headline(audit: ModelAudit) -> str:
    """How much there is to say."""
    given = advice(audit)
    n_warnings = sum(finding.severity == "warning" for finding in given)
    n_notes = len(given) - n_warnings
    if not given:
        return "Nothing to improve was found."
    return f"{n_warnings} things to improve, {n_notes} things to know."


def render(audits: Sequence[ModelAudit], *, width: int = 110) -> bytes:
    """The plain text of one report after the other, in UTF-8."""
    return plain_text((report(audit) for audit in audits), width=width)


def report(audit: ModelAudit) -> Group:
    """The report as something Rich can print on any console."""
    parts: list[Text | Padding] = [
        Text.assemble(("Model ", "bold"), (printable(str(audit.model)), "bold cyan")),
        Text(headline(audit), "bold"),
        Text(),
    ]
    for number, finding in enumerate(advice(audit), start=1):
        parts += [*_finding(number, finding), Text()]
    unread = [problem for problem in audit.problems if problem.code.startswith("IMAGE")]
    parts += [
        Text(f"{problem.code} ({problem.count}): {printable(problem.message, 400)}", "yellow") for problem in unread[:5]
    ]
    return Group(*parts)


def _finding(number: int, finding: Finding) -> list[Text | Padding]:
    style = "yellow" if finding.severity == "warning" else "cyan"
    lines: list[Text | Padding] = [
        Text.assemble((f"{number}. {finding.rule}", f"bold {style}"), (f"  {finding.guide}", "dim")),
        Padding(Text(printable(finding.message, 3000)), (0, 0, 0, 3)),
    ]
    if finding.images:
        names = [printable(image, 120) for image in finding.images[:MAX_IMAGES]]
        more = f"\nand {len(finding.images) - MAX_IMAGES} more" if len(finding.images) > MAX_IMAGES else ""
        lines.append(Padding(Text("\n".join(names) + more, "dim"), (0, 0, 0, 3)))
    return lines
