"""The report for a terminal: which model, verdict, table, confusion matrix in words, problems, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..records import Problem, Severity
from ..results import DISAGREEING, HOLDING, ModelAudit
from ..verdicts import Check, Verdict
from . import wording
from .plain import plain_text
from .printable import printable

_STYLES = (
    dict.fromkeys(Verdict, "dim")
    | dict.fromkeys(HOLDING, "green")
    | dict.fromkeys(DISAGREEING, "bold red")
    | {Verdict.NOT_VERIFIABLE: "yellow"}
)
_SEVERITY_STYLES = {Severity.NOTE: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_OUTCOME_STYLES = {"verified": "bold green", "disagreement": "bold red", "unverifiable": "bold yellow"}


def render(audits: Sequence[ModelAudit], *, width: int = 110, verbose: bool = False) -> bytes:
    """The plain text of one report after the other, in UTF-8."""
    return plain_text((report(audit, verbose=verbose) for audit in audits), width=width)


def report(audit: ModelAudit, *, verbose: bool = False) -> Group:
    """The report as something Rich can print on any console."""
    parts = [
        _heading(audit),
        Text(wording.headline(audit), _OUTCOME_STYLES[audit.outcome]),
        _metrics(audit, verbose),
        _statements(audit),
        _other_definitions(audit),
        _confusion(audit),
        _explanations(audit, verbose),
        _gates(audit),
        _findings(audit),
        _problems(audit, verbose),
        _steps(audit),
        _evidence(audit) if verbose else None,
        _conventions(audit),
    ]
    spaced = [piece for part in parts if part is not None for piece in (part, Text())]
    return Group(*spaced[:-1])


def _heading(audit: ModelAudit) -> Text:
    text = Text.assemble(("Model ", "bold"), (printable(str(audit.model)), "bold cyan"))
    text.append(f"\n{printable(audit.target)}:")
    for document in audit.documents:
        kind = wording.KIND_NAMES.get(document.kind, document.kind)
        text.append(f"\n  {kind:<14} {printable(document.uri)}")
    if audit.n_training_images is not None:
        text.append(f"\nTrained on {audit.n_training_images} images, as reported (not checked).")
    return text


def _metrics(audit: ModelAudit, verbose: bool) -> Table:
    level = next((value.interval.level for value in audit.values if value.interval), 0.95)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("metric", overflow="fold")
    table.add_column("reported", no_wrap=True)
    table.add_column("in", overflow="fold")
    table.add_column("recomputed", overflow="fold")
    table.add_column(f"{level * 100:g}% interval", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    previous = None
    for check in audit.checks:
        if check.kind == "recomputed":
            table.add_row(*_metric_row(check, repeated=(check.name, check.label) == previous))
            previous = (check.name, check.label)
    for value in wording.unreported(audit):
        if not verbose and value.name.startswith(("tolerant_", "nsd")):
            continue  # findings speak of those that matter
        name = Text(wording.metric_name(value.name, value.label))
        cells = (wording.value_text(value), wording.interval_text(value))
        table.add_row(name, "-", "-", *cells, Text("no report has it", "dim"))
    return table


def _metric_row(check: Check, *, repeated: bool) -> tuple[Text, ...]:
    return (
        Text("" if repeated else wording.metric_name(check.name, check.label)),
        Text(printable(check.reported or "-")),
        Text(wording.source_name(check)),
        Text("" if repeated else wording.value_text(check.value)),
        Text("" if repeated else wording.interval_text(check.value)),
        Text(check.verdict, _STYLES[check.verdict]),
    )


def _statements(audit: ModelAudit) -> Table | None:
    """Checks of documents against each other and of counts, as few lines as possible."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for statement, verdict in wording.statements(audit):
        table.add_row(Text(printable(statement, 400)), Text(verdict, _STYLES[verdict]))
    return table if table.row_count else None


def _other_definitions(audit: ModelAudit) -> Text | None:
    told = wording.other_definitions(audit)
    return Text("\n").join(Text(printable(line, 400)) for line in told) if told else None


def _confusion(audit: ModelAudit) -> Text | None:
    sentence = wording.confusion_sentence(audit)
    return Text(sentence) if sentence else None


def _explanations(audit: ModelAudit, verbose: bool) -> Text | None:
    told: dict[str, list[tuple[str, str]]] = {}
    for check in audit.checks:
        if verbose or check.verdict not in {*HOLDING, Verdict.NOT_REPORTED}:
            name = wording.metric_name(check.name, check.label), wording.source_name(check)
            told.setdefault(check.explanation if verbose else wording.why(check), []).append(name)
    if not told:
        return None
    lines = []
    for why, named in told.items():
        names, sources = (", ".join(dict.fromkeys(column)) for column in zip(*named, strict=True))
        lines.append(Text.assemble((names, "bold"), f" ({sources}): {printable(why, 1000)}"))
    return Text("\n").join(lines)


def _gates(audit: ModelAudit) -> Text | None:
    if not audit.gates:
        return None
    return Text("\n").join(
        Text(wording.gate_text(gate), "green" if gate.passed else "bold red") for gate in audit.gates
    )


def _findings(audit: ModelAudit) -> Group | None:
    if not audit.findings:
        return None
    lines: list[Text | Padding] = [Text("Findings", "bold")]
    for finding in audit.findings:
        text = Text.assemble((f"{finding.severity} ", "yellow" if finding.severity == "warning" else "dim"))
        text.append(printable(finding.message, 3000))
        if finding.images:
            names = ", ".join(printable(image.rpartition("/")[2], 60) for image in finding.images[:3])
            text.append(f" Look at: {names}{' ...' if len(finding.images) > 3 else ''}.")
        lines.append(Padding(text, (0, 0, 0, 2)))
    return Group(*lines)


def _problems(audit: ModelAudit, verbose: bool) -> Group | None:
    shown = [p for p in audit.problems if verbose or p.severity != Severity.NOTE]
    hidden = len(audit.problems) - len(shown)
    if not audit.problems:
        return None
    lines: list[Text | Padding] = [Text("Problems of the input", "bold")] if shown else []
    lines += [Padding(_problem(problem), (0, 0, 0, 2)) for problem in shown]
    if hidden:
        lines.append(Text(f"Notes that cannot change a number: {hidden}; --verbose shows them", "dim"))
    return Group(*lines)


def _problem(problem: Problem) -> Text:
    text = Text.assemble((f"{problem.severity} ", _SEVERITY_STYLES[problem.severity]), f"{problem.code}: ")
    text.append(f"{printable(problem.message, 400)} ({printable(str(problem.where))}")
    others = problem.lines[1:6]
    if others:
        text.append(f", also {', '.join(map(str, others))}{' ...' if problem.count > len(others) + 1 else ''}")
    text.append(f"; {problem.count} times)" if problem.count > 1 else ")")
    return text


def _steps(audit: ModelAudit) -> Text:
    return Text.assemble(("Next: ", "bold"), " ".join(wording.next_steps(audit)))


def _evidence(audit: ModelAudit) -> Text:
    lines = [Text("Evidence", "bold")]
    for document in audit.documents:
        version = f" version {document.version_id}" if document.version_id else ""
        lines.append(Text(f"  sha256 {document.sha256}  {printable(document.uri)}{version}"))
    return Text("\n").join(lines)


def _conventions(audit: ModelAudit) -> Text:
    """What was computed, in the words of the field, and the signature that names every convention."""
    text = Text(style="dim")
    definitions = dict.fromkeys(
        f"{value.name}{'' if value.label is None else '[label]'} {value.definition}" for value in audit.values
    )
    if definitions:
        text.append(f"Definitions: {'; '.join(definitions)}.\n")
    text.append(audit.signature)
    return text
