"""Falsify a synthetic evaluation, one statement at a time, to see whether a verifier notices."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

from ..errors import UsageError
from .documents import json_document
from .synthetic import DESCRIBE_MODEL, SyntheticEvaluation

LineEdit = Literal["drop", "duplicate", "flip-prediction", "flip-truth", "invert-number"]
"""What can be done to a manifest line.

``drop`` and ``duplicate`` change how many there are; ``flip-prediction`` and ``flip-truth`` turn one class into the
other, consistently, and keep everything else; ``invert-number`` makes the truth's 0 or 1 contradict its class name,
which the service says it does not read.
"""


def tamper(
    evaluation: SyntheticEvaluation,
    *,
    metric: str = "Recall",
    by: float = 0.05,
    label: str | None = None,
    document: Literal["result", "describe-model"] = "result",
) -> SyntheticEvaluation:
    """Change one reported number and nothing else.

    Args:
        evaluation: The honest one; it stays as it is.
        metric: The number's name in the document, such as ``F1Score``, ``ROCAUC`` or ``AIOU``.
        by: What is added to it.
        label: The anomaly label whose number is meant; ``None`` for the image level.
        document: Where it stands.

    Raises:
        UsageError: The document has no such number, or the number would not change or leave 0..1.

    >>> from lfv_eval.testing import make_evaluation
    >>> honest = make_evaluation(with_images=False)
    >>> false = tamper(honest, metric="F1Score", by=0.1)
    >>> [path for path in honest.files if honest.files[path] != false.files[path]]
    ['EvaluationResult-parts-1.json']
    """
    path = evaluation.result_path if document == "result" else DESCRIBE_MODEL
    content = json.loads(evaluation.files[path])
    if document == "result":
        numbers = content["AggregatedEvaluationResults"]["Metrics"]
    else:
        numbers = content["ModelDescription"]["Performance"]
    if label is not None:
        entries = numbers.get("PixelAnomalyClassMetrics", [])
        numbers = next((entry for entry in entries if entry["ClassName"] == label), {})
    honest = numbers.get(metric)
    if not isinstance(honest, float):
        of_label = "" if label is None else f" of label {label!r}"
        raise UsageError(f"no number {metric!r}{of_label} to tamper with", where=path)
    if honest + by == honest or not 0 <= honest + by <= 1:
        raise UsageError(f"{metric} is {honest} and cannot be changed by {by} within 0..1", where=path)
    numbers[metric] = honest + by
    return _with_file(evaluation, path, json_document(content))


def tamper_line(evaluation: SyntheticEvaluation, *, edit: LineEdit, line: int | None = 1) -> SyntheticEvaluation:
    """Change the evaluation manifest and nothing else, so that the report no longer follows from it.

    Args:
        evaluation: The honest one; it stays as it is.
        edit: What is done.
        line: The line it is done to, counted from 1; ``None`` means every line.

    Raises:
        UsageError: There is no such line or edit.

    >>> from lfv_eval.testing import make_evaluation
    >>> shorter = tamper_line(make_evaluation(with_images=False), edit="drop", line=3)
    >>> len(shorter.files[shorter.manifest_path].splitlines())
    39
    """
    path = evaluation.manifest_path
    lines = evaluation.files[path].splitlines(keepends=True)
    if line is not None and not 1 <= line <= len(lines):
        raise UsageError(f"expected a line of 1..{len(lines)}, got {line}", where=path)
    edited = [_edited(content, edit) if line in (None, number) else content for number, content in enumerate(lines, 1)]
    return _with_file(evaluation, path, b"".join(edited))


def _edited(content: bytes, edit: LineEdit) -> bytes:
    if edit == "drop":
        return b""
    if edit == "duplicate":
        return content * 2
    row: dict[str, Any] = json.loads(content)
    if edit == "invert-number":
        row["anomaly-label"] = 1 - row["anomaly-label"]
    elif edit in ("flip-prediction", "flip-truth"):
        attribute = "anomaly-label-detected" if edit == "flip-prediction" else "anomaly-label"
        row[attribute] = 1 - row[attribute]
        row[f"{attribute}-metadata"]["class-name"] = "anomaly" if row[attribute] else "normal"
    else:
        raise UsageError(f"unknown edit {edit!r}")
    return json.dumps(row).encode() + b"\n"


def _with_file(evaluation: SyntheticEvaluation, path: str, content: bytes) -> SyntheticEvaluation:
    return replace(evaluation, files={**evaluation.files, path: content})
