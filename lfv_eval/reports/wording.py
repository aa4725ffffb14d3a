"""How an audit is put into words; shared by every report that people read."""

from __future__ import annotations

import re

from ..records import Severity
from ..results import DISAGREEING, HOLDING, Gate, ModelAudit
from ..verdicts import Check, MetricValue, Verdict
from .printable import printable

KIND_NAMES = {  # short, because they head columns
    "describe_model": "DescribeModel",
    "evaluation_result": "result",
    "evaluation_manifest": "manifest",
    "dataset_manifest": "dataset",
}


def metric_name(name: str, label: str | None) -> str:
    """The printed name is the metric's identity: ``average_iou[scratch]``."""
    return f"{name}[{printable(label, 60)}]" if label is not None else name


def headline(audit: ModelAudit) -> str:
    """The verdict in one line."""
    numbers = [check for check in audit.checks if check.kind == "recomputed" and check.reported is not None]
    n_holding = sum(check.verdict in HOLDING for check in numbers)
    n_open = sum(check.verdict == Verdict.NOT_VERIFIABLE for check in audit.checks)
    wrong = [check for check in audit.checks if check.verdict in DISAGREEING]
    failed = [gate for gate in audit.gates if not gate.passed]
    if wrong or failed:
        missed = [f"{len(failed)} of {len(audit.gates)} minimum values not reached"] if failed else []
        if not wrong:
            return f"MINIMUM NOT REACHED: {missed[0]}; {n_holding} of {len(numbers)} reported numbers hold."
        found = f"{len(wrong)} of {len(audit.checks)} checks disagree with the evidence"
        return f"DISAGREEMENT: {'; '.join([found, *missed])}."
    if not numbers and audit.gates:
        return f"MINIMUM VALUES REACHED: all {len(audit.gates)}; no document reports a number to verify."
    if not n_holding:
        return "NOT VERIFIED: no reported number could be recomputed."
    if n_open:
        return f"PARTLY VERIFIED: {n_holding} of {len(numbers)} reported numbers hold, {n_open} checks cannot be done."
    return f"VERIFIED: all {n_holding} reported numbers hold."


def confusion_sentence(audit: ModelAudit) -> str | None:
    """The confusion matrix in words; ``None`` where no test image enters the numbers."""
    cells = {cell: sum(image.outcome == cell for image in audit.images) for cell in ("TP", "FP", "FN", "TN")}
    total = sum(cells.values())
    if not total:
        return None
    n_anomaly, n_normal = cells["TP"] + cells["FN"], cells["TN"] + cells["FP"]
    return (
        f"Of {n_anomaly} anomalous test images the model found {cells['TP']} and missed {cells['FN']}; "
        f"of {n_normal} normal ones it passed {cells['TN']} and rejected {cells['FP']}. "
        f"Correct: {cells['TP'] + cells['TN']} of {total}."
    )


OTHER_DEFINITION = frozenset({Verdict.MATCH_OTHER_DEFINITION, Verdict.NOT_DISTINGUISHABLE})

_STATEMENTS = (
    ("identity", "same model"),
    ("count", "number of test images"),
    ("documents", "same numbers"),
    ("feasibility", "possible numbers"),
)


def unreported(audit: ModelAudit) -> list[MetricValue]:
    """Recomputed values that no check speaks of."""
    checked = {(check.name, check.label) for check in audit.checks if check.kind == "recomputed"}
    return [v for v in audit.values if v.value is not None and (v.name, v.label) not in checked]


def statements(audit: ModelAudit) -> list[tuple[str, Verdict]]:
    """Everything checked that is not a metric against its recomputed value; what agrees is told in one line."""
    told: list[tuple[str, Verdict]] = []
    for kind, name in _STATEMENTS:
        checks = [check for check in audit.checks if check.kind == kind]
        agreeing = [check for check in checks if check.verdict in HOLDING]
        if agreeing:
            told.append((f"{name}: {_agreement(kind, agreeing, audit)}", Verdict.MATCH))
        for check in checks:
            if check.verdict not in HOLDING:
                told.append((_contradiction(name, check), check.verdict))
    return told


def _contradiction(name: str, check: Check) -> str:
    if not check.reported or not check.expected:
        return f"{name}: {check.explanation}"
    if check.kind == "documents":
        other = f"{check.expected} in the other document"
        return f"{metric_name(check.name, check.label)}: {check.reported} in {source_name(check)}, {other}"
    return f"{name}: {check.reported} in {source_name(check)}, expected {check.expected}"


def _agreement(kind: str, checks: list[Check], audit: ModelAudit) -> str:
    if kind == "identity":
        return f"{audit.model} in {len(checks) + 1} documents"
    if kind == "count":
        return f"{checks[0].reported} reported, {checks[0].expected} counted"
    names = ", ".join(dict.fromkeys(metric_name(check.name, check.label) for check in checks))
    return f"{names} in every document that reports them"


_CAUSE = re.compile(r"; (several causes fit|possible cause|cause): ")


def why(check: Check) -> str:
    """Why a check does not hold; where a cause was found, without the difference, which the table shows."""
    found = _CAUSE.search(check.explanation)
    return check.explanation[found.start() + 2 :] if found else check.explanation


def gate_text(gate: Gate) -> str:
    """Whether a minimum was reached."""
    value = "undefined" if gate.value is None else f"{gate.value:.6f}"
    outcome = "reached" if gate.passed else "NOT reached"
    name = metric_name(gate.name, gate.label)
    return f"minimum {name} {gate.minimum:g}: {outcome} with {value} by {printable(gate.definition, 80)}"


def value_text(value: MetricValue | None) -> str:
    """The recomputed value with what it rests on: its fraction, or how many images, pairs or pixels."""
    if value is None:
        return "-"
    if value.value is None:
        return "-" if value.missing_evidence else "undefined"
    if value.ratio and value.unit == "images":
        return f"{value.value:.6f} = {value.ratio[0]}/{value.ratio[1]}"
    unit = value.unit if value.support != 1 else value.unit.removesuffix("s")
    return f"{value.value:.6f} ({value.support} {unit})"


def other_definitions(audit: ModelAudit) -> list[str]:
    """For each value in the table that is not by the definition in force: by which it is, and what that would give."""
    told = []
    for check in audit.checks:
        if check.verdict in OTHER_DEFINITION and check.value is not None:
            ours = audit.value(check.name, check.value.label)
            name = metric_name(check.name, check.label)
            against = f"; by {ours.definition}, in force, it is {value_text(ours)}" if ours else ""
            told.append(f"{name} above is by {check.value.definition}{against}")
    return told


def interval_text(value: MetricValue | None) -> str:
    """The interval as ``[low, high]``."""
    if value is None or value.interval is None:
        return "-"
    return f"[{value.interval.low:.3f}, {value.interval.high:.3f}]"


def source_name(check: Check) -> str:
    """The document kind that a check speaks of, as people call it."""
    return KIND_NAMES.get(check.document_kind or "", check.document_kind or "-")


def next_steps(audit: ModelAudit) -> list[str]:
    """What to do now, most urgent first."""
    steps = []
    verdicts = {check.verdict for check in audit.checks}
    if verdicts & DISAGREEING:
        steps.append("Ask who wrote or changed the documents that disagree; compare their sha256 with the originals.")
    if any(problem.severity == Severity.ERROR for problem in audit.problems):
        steps.append("Look at the lines named under problems marked 'error': they change the numbers.")
    if not audit.images:
        steps.append("Add the evaluation manifest (EvaluationManifest-*.json): without it no number can be recomputed.")
    elif Verdict.NOT_VERIFIABLE in verdicts:
        steps.append("Supply what the checks marked NOT_VERIFIABLE name, or accept them with --allow-unverifiable.")
    if not any(check.reported and check.kind == "recomputed" for check in audit.checks):
        steps.append("Add the evaluation result (EvaluationResult-*.json) or a saved DescribeModel answer to verify.")
    if not all(gate.passed for gate in audit.gates):
        steps.append("Improve the model until it reaches the minimum values: `lfv-eval advise` says where to start.")
    return steps or ["nothing to do; keep this report with the documents it names."]
