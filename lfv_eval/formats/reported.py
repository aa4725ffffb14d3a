"""Numbers that a document reports, kept as printed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..records import ReportedMetric
from .json_document import Node, Number, is_undefined
from .problem_log import ProblemLog


def read_metrics(
    node: Node, names: Mapping[str, str], kind: str, log: ProblemLog, *, label: str | None = None
) -> list[ReportedMetric]:
    """Read the metrics that are members of one object.

    Args:
        node: The object.
        names: Metric name (as in ``ReportedMetric.name``) by the document's spelling; absent members are left out.
        kind: Registered name of the document's format.
        log: Where numbers outside 0..1 are noted; they are kept, a check judges them.
        label: The anomaly label that the metrics speak of; ``None`` for the image level.

    Raises:
        DocumentError: A member is neither a number, null nor NaN.
    """
    found = [(metric, member) for spelling, metric in names.items() if (member := node.get(spelling))]
    return [_read_metric(metric, member, kind, log, label) for metric, member in found]


def _read_metric(name: str, node: Node, kind: str, log: ProblemLog, label: str | None) -> ReportedMetric:
    undefined = is_undefined(node.value)
    if undefined:
        return ReportedMetric(name=name, label=label, value=None, printed=undefined, kind=kind, document=node.uri)
    number = node.value
    if not isinstance(number, Number) or not math.isfinite(number.value) or not number.is_sane:
        raise node.refusal("a number in 0..1, null or NaN")
    if not 0 <= number.value <= 1:
        log.add("METRIC_OUT_OF_RANGE", f"{node.path} is {number.printed}, outside 0..1; kept as it is")
    return ReportedMetric(
        name=name, label=label, value=number.value, printed=number.printed, kind=kind, document=node.uri
    )
