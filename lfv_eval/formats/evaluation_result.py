"""``EvaluationResult-<project>-<version>.json``: the service's summary beside its evaluation manifest.

``F1Score`` and ``PixelAnomalyClassMetrics`` are absent from files of the service's preview. The end time is never
parsed: its format is undocumented and no number depends on it.
"""

from __future__ import annotations

import re

from ..images import label_key
from ..records import Claim, Document, Evaluation, ModelRef, ReportedMetric, Severity
from ..registry import Format
from ..settings import Settings
from .json_document import Node, Number, read_json, show
from .problem_log import ProblemLog
from .recognition import first_name, head_text, top_level_names
from .reported import read_metrics

KIND = "evaluation_result"
_IMAGE_METRICS = {
    "Precision": "precision",
    "Recall": "recall",
    "F1Score": "f1_score",
    "ROCAUC": "roc_auc",
    "AveragePrecision": "average_precision",
}
_LABEL_METRICS = {"Precision": "precision", "Recall": "recall", "F1Score": "f1_score", "AIOU": "average_iou"}
_MARKS = ("EvaluationDetails", "AggregatedEvaluationResults")
_NAME = re.compile(r"EvaluationResult-[^/\\]+\.json$")


def sniff(uri: str, head: bytes) -> bool:
    """Whether a document is an evaluation result, also a cut-off or empty one that its name gives away."""
    named = bool(_NAME.search(uri))
    text = head_text(head)
    if not text.startswith("{"):
        return named and not head.strip()
    marked = any(f'"{mark}"' in text for mark in _MARKS)
    if not marked and not named:
        return False
    names = top_level_names(text)
    if names is not None:
        return any(mark in names for mark in _MARKS)
    first = first_name(text)
    return first in (*_MARKS, "Version") if first else named and len(text) < 64


def parse(document: Document, settings: Settings) -> Evaluation:
    """Read the reported metrics with their printed digits, the image counts and the model.

    Raises:
        DocumentError: Not JSON, or a member of another type than documented; its JSON path is named.
    """
    del settings
    log = ProblemLog(document.uri)
    root = read_json(document, log)
    claim = _read_claim(root, log)
    metrics = root.require("AggregatedEvaluationResults", "an object").require("Metrics", "an object")
    reported = read_metrics(metrics, _IMAGE_METRICS, KIND, log) + _read_labels(metrics, log)
    if not reported:
        log.add("NO_METRICS", f"{metrics.path} holds none of the documented metrics")
    return Evaluation(
        claims=(claim,), reported=tuple(reported), problems=log.problems(), documents=(document.digest(KIND),)
    )


def _read_claim(root: Node, log: ProblemLog) -> Claim:
    version = root.get("Version")
    if version is None or not isinstance(version.value, Number) or version.value.printed != "1":
        got = "nothing" if version is None else show(version.value)
        log.add("UNKNOWN_VERSION", f"$.Version: expected 1, got {got}; read as version 1 all the same")
    details = root.given("EvaluationDetails")
    if details is None:
        log.add("NO_DETAILS", "EvaluationDetails is missing: the document names neither model nor image counts")
        return Claim(kind=KIND, document=root.uri, model=ModelRef())
    arn = details.given("ModelArn")
    return Claim(
        kind=KIND,
        document=root.uri,
        model=ModelRef.from_arn(arn.as_text()) if arn else ModelRef(),
        n_training_images=_count(details, "NumberOfTrainingImages"),
        n_testing_images=_count(details, "NumberOfTestingImages"),
    )


def _count(details: Node, name: str) -> int | None:
    member = details.given(name)
    return None if member is None else member.as_count()


def _read_labels(metrics: Node, log: ProblemLog) -> list[ReportedMetric]:
    entries = metrics.given("PixelAnomalyClassMetrics")
    reported: list[ReportedMetric] = []
    seen: set[str] = set()
    for entry in entries.items() if entries else ():
        label = entry.require("ClassName", "text").as_text()
        if (folded := label_key(label)) in seen:
            log.add(
                "DUPLICATE_CLASS_NAME",
                f"{entry.path} repeats the ClassName {show(label)}; all its metrics are kept",
                severity=Severity.ERROR,
            )
        seen.add(folded)
        reported += read_metrics(entry, _LABEL_METRICS, KIND, log, label=label)
    return reported


FORMAT = Format(sniff, parse)
