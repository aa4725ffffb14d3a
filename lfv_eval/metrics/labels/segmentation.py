"""Average IoU, precision, recall and F1 score of each anomaly label, under any definition.

A definition is named by its id and, unless it is ungated, a gate: ``mean-truth``, ``mean-truth+gated``,
``pooled+dropped``. Which one the service used is not documented; the defaults are assumptions, and every other reading
can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ...errors import UsageError
from ...verdicts import MetricValue
from .definitions import GATES, Quantity
from .iou_definitions import AVERAGE_IOU
from .mask_counts import LabelTable, MaskCounts
from .precision_recall_definitions import PRECISION_RECALL

DEFAULT_AVERAGE_IOU = "mean-truth"
DEFAULT_PRECISION_RECALL = "pixel-pooled"

_Definition = TypeVar("_Definition")


def definition_ids(base: Iterable[str]) -> list[str]:
    """All ids with all gates, ungated ones first.

    >>> definition_ids(["pooled"])
    ['pooled', 'pooled+gated', 'pooled+dropped']
    """
    names = list(base)
    return [name if gate == "ungated" else f"{name}+{gate}" for gate in GATES for name in names]


def labels_in(counts: MaskCounts) -> list[str]:
    """Display names of all labels that any mask's colour map names, sorted without regard to case."""
    return [name for _, name in counts.labels]


def average_iou(
    counts: MaskCounts, label: str, definition_id: str = DEFAULT_AVERAGE_IOU, *, policy: str = "ignore"
) -> MetricValue:
    """The average IoU of one label.

    Args:
        counts: The state.
        label: The label in any spelling.
        definition_id: An id of ``AVERAGE_IOU``, optionally with ``+gated`` or ``+dropped``.
        policy: The alpha policy the pixels were counted under.

    Returns:
        Value in 0..1, or ``None`` with the reason.

    Raises:
        UsageError: There is no such definition, or the policy was not counted.
    """
    definition, table = _prepare(counts, label, definition_id, policy, AVERAGE_IOU)
    return _metric("average_iou", label, definition_id, definition.compute(table))


def precision_recall_f1(
    counts: MaskCounts, label: str, definition_id: str = DEFAULT_PRECISION_RECALL, *, policy: str = "ignore"
) -> tuple[MetricValue, MetricValue, MetricValue]:
    """Precision, recall and F1 score of one label.

    Arguments, values and errors are those of ``average_iou``; the ids are those of ``PRECISION_RECALL``.
    """
    definition, table = _prepare(counts, label, definition_id, policy, PRECISION_RECALL)
    precision, recall, f1_score = definition.compute(table)
    return (
        _metric("precision", label, definition_id, precision),
        _metric("recall", label, definition_id, recall),
        _metric("f1_score", label, definition_id, f1_score),
    )


def _prepare(
    counts: MaskCounts, label: str, definition_id: str, policy: str, registry: dict[str, _Definition]
) -> tuple[_Definition, LabelTable]:
    base, plus, gate = definition_id.partition("+")
    gate = gate if plus else "ungated"
    if base not in registry or gate not in GATES:
        hint = f"one of: {', '.join(registry)}; optionally followed by +gated or +dropped"
        raise UsageError(f"unknown definition {definition_id!r}", hint=hint)
    return registry[base], GATES[gate](counts.of_label(label, policy))


def _metric(name: str, label: str, definition_id: str, quantity: Quantity) -> MetricValue:
    return MetricValue(
        name=name,
        label=label,
        definition=definition_id,
        value=quantity.value,
        undefined_because=quantity.undefined_because,
        ratio=quantity.ratio,
        support=quantity.support,
        unit=quantity.unit,
        n_terms=quantity.n_terms,
    )
