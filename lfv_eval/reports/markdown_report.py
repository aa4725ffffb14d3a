"""The report for a pull request or a wiki, in GitHub's Markdown: verdict, table, findings, problems, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..results import ModelAudit
from ..verdicts import Check, Verdict
from . import wording
from .markdown_text import code, escaped
from .tone import SIGNS, audit_tone, severity_tone, verdict_text, verdict_tone

MOST_ROWS = 100
"""Most rows of a table or entries of a list; GitHub refuses comments of more than 65,536 characters."""


def render(audits: Sequence[ModelAudit]) -> bytes:
    """One section for each audit, in UTF-8."""
    return "\n\n".join(_section(audit) for audit in audits).encode("utf-8", "replace") + b"\n"


def _section(audit: ModelAudit) -> str:
    parts = [
        f"## {SIGNS[audit_tone(audit)]} {code(str(audit.model))}",
        f"**{escaped(wording.headline(audit))}** Audited: {code(audit.target)}.",
        escaped(wording.confusion_sentence(audit) or ""),
        _numbers(audit),
        _list("Other checks", (f"{_badge(v)}: {escaped(text, 600)}" for text, v in wording.statements(audit))),
        _list("Minimum values", (escaped(wording.gate_text(gate)) for gate in audit.gates)),
        _explanations(audit),
        _list("Findings", (_marked(f.severity, f.rule, f.message) for f in audit.findings)),
        _list(
            "Problems of the input",
            (
                f"{_marked(p.severity, p.code, p.message)} ({code(str(p.where))}, {p.count} times)"
                for p in audit.problems
            ),
        ),
        _list("Next", (escaped(step) for step in wording.next_steps(audit))),
        _evidence(audit),
    ]
    return "\n\n".join(part for part in parts if part)


def _badge(verdict: Verdict) -> str:
    return f"{SIGNS[verdict_tone(verdict)]} {verdict_text(verdict)}"


def _marked(severity: str, name: str, message: str) -> str:
    return f"{SIGNS[severity_tone(severity)]} {severity} {code(name, 80)}: {escaped(message, 1000)}"


def _numbers(audit: ModelAudit) -> str:
    checks = [check for check in audit.checks if check.kind == "recomputed"]
    if not checks:
        return ""
    checks.sort(key=lambda check: verdict_tone(check.verdict) != "bad")  # what disagrees is never cut off
    level = next((value.interval.level for value in audit.values if value.interval), 0.95)
    lines = [f"| metric | reported | in | recomputed | {level * 100:g} % interval | verdict |", "|-|-|-|-|-|-|"]
    lines += [_row(check) for check in checks[:MOST_ROWS]]
    cut = f"\n\n{len(checks) - MOST_ROWS} more rows are not shown." if len(checks) > MOST_ROWS else ""
    return "\n".join(lines) + cut


def _row(check: Check) -> str:
    cells = (
        code(wording.metric_name(check.name, check.label), in_table=True),
        code(check.reported, 60, in_table=True) if check.reported else "-",
        escaped(wording.source_name(check), 60),
        escaped(wording.value_text(check.value)),
        escaped(wording.interval_text(check.value)),
        _badge(check.verdict),
    )
    return f"| {' | '.join(cells)} |"


def _explanations(audit: ModelAudit) -> str:
    """What disagrees or is open, numbers with one explanation together."""
    told: dict[str, list[str]] = {}
    for check in audit.checks:
        if check.kind == "recomputed" and verdict_tone(check.verdict) in ("bad", "open"):
            names = told.setdefault(check.explanation, [])
            names.append(
                f"{code(wording.metric_name(check.name, check.label))} ({escaped(wording.source_name(check), 60)})"
            )
    return _list("What disagrees or is open", (f"{', '.join(names)}: {escaped(why)}" for why, names in told.items()))


def _list(title: str, entries: Iterable[str]) -> str:
    lines = [f"- {entry}" for entry in entries]
    if not lines:
        return ""
    cut = [f"- {len(lines) - MOST_ROWS} more are not shown"] if len(lines) > MOST_ROWS else []
    return "\n".join([f"### {title}", "", *lines[:MOST_ROWS], *cut])


def _evidence(audit: ModelAudit) -> str:
    documents = [f"- {code(digest.uri)} sha256 {code(digest.sha256)}" for digest in audit.documents[:MOST_ROWS]]
    lines = ["<details><summary>Evidence and conventions</summary>", "", *documents, "", code(audit.signature, 2000)]
    return "\n".join([*lines, "", "</details>"])
