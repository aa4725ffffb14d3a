"""What the template shows, in words: no arithmetic and no wording is left to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...records import Problem
from ...results import ModelAudit
from ...verdicts import Check, Finding, Verdict
from .. import wording
from ..interest import by_uri, images_behind, images_of_problems
from ..printable import printable
from ..tone import Tone, audit_tone, severity_tone, verdict_text, verdict_tone
from .console import ConsoleLabel, ConsoleNumber, console_labels, console_numbers
from .thresholds import Thresholds

_MOST_SHOWN = 500
_LIVE = (("Precision", "precision"), ("Recall", "recall"), ("F1 score", "f1_score"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A button that leads to the images behind a statement."""

    title: str
    ids: list[int]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reported number held against the recomputed one."""

    metric: str
    reported: str
    source: str
    recomputed: str
    interval: str
    definition: str
    verdict: str
    tone: Tone
    explanation: str
    cause: str
    show: Show | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A statement with a badge: a finding, a problem, a gate, or a comparison of documents."""

    badge: str
    tone: Tone
    title: str
    text: str
    details: str = ""
    show: Show | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One audit as the template shows it."""

    number: int
    model: str
    target: str
    tone: Tone
    verdict: str
    headline: str
    counts: list[tuple[str, Tone, int]]
    steps: list[str]
    image_rows: list[Row]
    label_rows: list[Row]
    unreported: list[Row]
    level: str
    statements: list[Note]
    gates: list[Note]
    console: list[ConsoleNumber]
    labels: list[ConsoleLabel]
    sentence: str
    charts: list[str]
    thresholds: Thresholds
    findings: list[Note]
    problems: list[Note]
    documents: list[dict[str, str]]
    definitions: list[str]
    signature: str
    n_images: int
    own: dict[str, int]
    live: list[tuple[str, str, str]]


def view(audit: ModelAudit, thresholds: Thresholds, number: int, charts: list[str]) -> View:
    """Put an audit into words."""
    verdict, _, told = wording.headline(audit).partition(": ")
    rows = [_row(audit, check) for check in audit.checks if check.kind == "recomputed"]
    of_labels = [check.label is not None for check in audit.checks if check.kind == "recomputed"]
    return View(
        number=number,
        model=printable(str(audit.model)),
        target=printable(audit.target),
        tone=audit_tone(audit),
        verdict=verdict.capitalize(),
        headline=told[:1].upper() + told[1:],
        counts=_counts(audit),
        steps=[step[:1].upper() + step[1:] for step in wording.next_steps(audit)],
        image_rows=[row for row, of_label in zip(rows, of_labels, strict=True) if not of_label],
        label_rows=[row for row, of_label in zip(rows, of_labels, strict=True) if of_label],
        unreported=_unreported(audit),
        level=_level(audit),
        statements=_statements(audit),
        gates=[
            Note(
                badge="reached" if gate.passed else "not reached",
                tone="good" if gate.passed else "bad",
                title="",
                text=wording.gate_text(gate),
            )
            for gate in audit.gates
        ],
        console=console_numbers(audit),
        labels=console_labels(audit),
        sentence=wording.confusion_sentence(audit) or "",
        charts=charts,
        thresholds=thresholds,
        findings=_findings(audit),
        problems=[_problem(p, ids) for p, ids in zip(audit.problems, images_of_problems(audit), strict=True)],
        documents=[_document(digest) for digest in audit.documents],
        definitions=_definitions(audit),
        signature=printable(audit.signature, 2000),
        n_images=len(audit.images),
        own={cell: sum(image.outcome == cell for image in audit.images) for cell in ("TP", "FP", "FN", "TN")},
        live=[(title, name, wording.value_text(audit.value(name))) for title, name in _LIVE],
    )


def _statements(audit: ModelAudit) -> list[Note]:
    """Every check that has no row of its own in a table of numbers."""
    told = wording.statements(audit)
    texts = "\n".join(text for text, _ in told)
    in_words = ("recomputed", "identity", "count", "documents")
    others = [check for check in audit.checks if check.kind not in in_words and check.explanation not in texts]
    told += [
        (f"{check.kind}: {wording.metric_name(check.name, check.label)}: {check.explanation}", check.verdict)
        for check in others
    ]
    return [Note(badge=verdict_text(v), tone=verdict_tone(v), title="", text=printable(text, 600)) for text, v in told]


def _counts(audit: ModelAudit) -> list[tuple[str, Tone, int]]:
    """How often each verdict was given, in the order of the verdicts."""
    given = [check.verdict for check in audit.checks]
    return [(verdict_text(v), verdict_tone(v), given.count(v)) for v in Verdict if v in given]


def _level(audit: ModelAudit) -> str:
    return f"{next((v.interval.level for v in audit.values if v.interval), 0.95) * 100:g}"


def _show(title: str, ids: list[int]) -> Show | None:
    return Show(title=printable(title, 120), ids=ids[:_MOST_SHOWN], n=len(ids)) if ids else None


def _row(audit: ModelAudit, check: Check) -> Row:
    name = wording.metric_name(check.name, check.label)
    return Row(
        metric=name,
        reported=printable(check.reported or "-", 60),
        source=printable(wording.source_name(check), 60),
        recomputed=wording.value_text(check.value),
        interval=wording.interval_text(check.value),
        definition=check.value.definition if check.value else "",
        verdict=verdict_text(check.verdict),
        tone=verdict_tone(check.verdict),
        explanation=printable(check.explanation, 1000),
        cause=printable(check.cause or "", 400),
        show=_show(f"images behind {name}", images_behind(audit, check)),
    )


def _unreported(audit: ModelAudit) -> list[Row]:
    return [
        Row(
            metric=wording.metric_name(value.name, value.label),
            reported="-",
            source="-",
            recomputed=wording.value_text(value),
            interval=wording.interval_text(value),
            definition=value.definition,
            verdict="",
            tone="quiet",
            explanation="",
            cause="",
            show=None,
        )
        for value in wording.unreported(audit)
    ]


def _findings(audit: ModelAudit) -> list[Note]:
    position = by_uri(audit)
    return [_finding(finding, position) for finding in audit.findings]


def _finding(finding: Finding, position: dict[str, int]) -> Note:
    ids = [position[uri] for uri in finding.images if uri in position]
    label = "" if finding.label is None else f" [{printable(finding.label, 60)}]"
    return Note(
        badge=finding.severity,
        tone=severity_tone(finding.severity),
        title=f"{printable(finding.rule.replace('-', ' '), 100)}{label}",
        text=printable(finding.message, 2000),
        details=f"Developer guide: {printable(finding.guide)}" if finding.guide else "",
        show=_show(finding.rule.replace("-", " "), ids),
    )


def _problem(problem: Problem, ids: list[int]) -> Note:
    place = printable(str(problem.where))
    others = ", ".join(str(line) for line in problem.lines[1:11])
    more = f", also lines {others}{' …' if problem.count > 11 else ''}" if others else ""
    return Note(
        badge=problem.severity.value,
        tone=severity_tone(problem.severity),
        title=printable(problem.code, 100),
        text=printable(problem.message, 1000),
        details=f"{place}{more}{f'; {problem.count} times' if problem.count > 1 else ''}",
        show=_show(problem.code, ids),
    )


def _document(digest: Any) -> dict[str, str]:
    named = {
        "version": digest.version_id,
        "ETag": digest.etag,
        "checksum": digest.checksum_algorithm,
        "last modified": digest.last_modified,
    }
    return {
        "uri": printable(digest.uri),
        "kind": printable(wording.KIND_NAMES.get(digest.kind, digest.kind), 60),
        "sha256": digest.sha256,
        "size": f"{digest.size_bytes:,} bytes",
        "more": ", ".join(f"{name} {printable(value, 100)}" for name, value in named.items() if value),
    }


def _definitions(audit: ModelAudit) -> list[str]:
    named = (f"{v.name}{'' if v.label is None else '[label]'}: {v.definition}" for v in audit.values)
    return list(dict.fromkeys(named))
