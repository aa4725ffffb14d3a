"""Amazon CloudWatch's embedded metric format: one JSON line for each audit, ready for a log stream.

Limits and rules of "Specification: Embedded metric format" in the Amazon CloudWatch user guide. The timestamp is the
time of the audit: CloudWatch drops metrics that are more than 14 days old, and evaluations usually are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..errors import UsageError
from ..results import ModelAudit
from ..verdicts import Verdict
from .printable import printable
from .tone import verdict_tone

NAMESPACE = "LfvEval"

_NAMESPACE = re.compile(r"[a-zA-Z0-9._#:/-]{1,255}")
_MAX_DIMENSION = 1024
_CELLS = {"TP": "TruePositives", "FP": "FalsePositives", "FN": "FalseNegatives", "TN": "TrueNegatives"}


def render(audits: Sequence[ModelAudit], *, audited_at: datetime | None = None, namespace: str = NAMESPACE) -> bytes:
    """One line for each audit: its image-level numbers and counts; undefined numbers are left out.

    Args:
        audits: The audits.
        audited_at: When they were made, with a time zone; ``None`` is now.
        namespace: CloudWatch namespace, 1..255 of ``a-zA-Z0-9._#:/-``.

    Raises:
        UsageError: The namespace is not one, or the time has no zone.
    """
    if not _NAMESPACE.fullmatch(namespace):
        raise UsageError(f"expected 1..255 characters of a-zA-Z0-9._#:/-, got {namespace!r}", where="namespace")
    moment = audited_at or datetime.now(UTC)
    if moment.tzinfo is None:
        raise UsageError("expected a time with a time zone", where="audited_at")
    timestamp = int(moment.timestamp() * 1000)
    return b"".join(msgspec.json.encode(_entry(audit, timestamp, namespace)) + b"\n" for audit in audits)


def _entry(audit: ModelAudit, timestamp: int, namespace: str) -> dict[str, Any]:
    ratios = {_camel_case(v.name): v.value for v in audit.values if v.label is None and v.value is not None}
    counts = {
        "CrossCheckFailures": sum(verdict_tone(check.verdict) == "bad" for check in audit.checks),
        "ChecksNotVerifiable": sum(check.verdict == Verdict.NOT_VERIFIABLE for check in audit.checks),
        "MinimumsNotReached": sum(not gate.passed for gate in audit.gates),
    }
    if audit.images:
        counts |= {name: sum(image.outcome == cell for image in audit.images) for cell, name in _CELLS.items()}
    metrics = [{"Name": name, "Unit": "None"} for name in ratios]
    metrics += [{"Name": name, "Unit": "Count"} for name in counts]
    directive = {"Namespace": namespace, "Dimensions": [["Project", "ModelVersion"]], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [directive]},
        "Project": _dimension(audit.model.project),
        "ModelVersion": _dimension(audit.model.version),
        **ratios,
        **counts,
        "ModelArn": printable(audit.model.arn or "", 500),
        "Target": printable(audit.target),
        "Outcome": audit.outcome,
        "Signature": printable(audit.signature, 2000),
    }


def _camel_case(name: str) -> str:
    """``roc_auc`` as the service spells such names.

    >>> _camel_case("f1_score")
    'F1Score'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _dimension(value: str | None) -> str:
    """A dimension's value: printable ASCII, not blank, bounded."""
    shown = printable(value or "", _MAX_DIMENSION).encode("ascii", "backslashreplace").decode()[:_MAX_DIMENSION]
    return shown if shown.strip() else "unknown"
