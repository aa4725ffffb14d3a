"""What a finished audit knows of its test set: counts and values, recomputed or at least reported."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields
from typing import Literal

from ..checks.numbers.feasibility import PrintedIntervals, find_matrices
from ..checks.printed import printed_interval, printing_of
from ..comparison import ComparedModel
from ..metrics.classification import compute as compute_classification
from ..metrics.counts import ConfusionCounts
from ..metrics.intervals import auc_newcombe, average_precision_wilson
from ..results import ModelAudit
from ..settings import Settings
from ..verdicts import Interval

Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one model's test set.

    Attributes:
        counts: The confusion matrix; ``None`` where neither images nor reported numbers give it.
        counted_from: Where it comes from.
        values: The metrics by name and label, in the audit's order; undefined ones are left out.
        definitions: What each was computed by; reported ones have none.
        stored_intervals: The audit's own intervals.
    """

    counts: ConfusionCounts | None
    counted_from: Literal["images", "reported"] | None
    values: dict[Key, float]
    definitions: dict[Key, str]
    stored_intervals: dict[Key, Interval]

    @classmethod
    def of(cls, audit: ModelAudit) -> Evidence:
        """Take it from an audit: from its images, or without any from the numbers that documents report."""
        cells = Counter(image.outcome for image in audit.images if image.outcome)
        if not cells:
            return cls._reported(audit)
        counts = ConfusionCounts(tp=cells["TP"], fp=cells["FP"], fn=cells["FN"], tn=cells["TN"])
        values, definitions = _exact(counts)
        intervals: dict[Key, Interval] = {}
        for value in audit.values:
            key = (value.name, value.label)
            if value.value is not None and key not in values:
                values[key], definitions[key] = value.value, value.definition
                if value.interval is not None:
                    intervals[key] = value.interval
        return cls(counts, "images", values, definitions, intervals)

    @classmethod
    def _reported(cls, audit: ModelAudit) -> Evidence:
        by_document: dict[str | None, dict[Key, str]] = {}
        for check in audit.checks:
            if check.kind == "recomputed" and check.reported is not None:
                by_document.setdefault(check.document, {})[check.name, check.label] = check.reported
        printed = max(by_document.values(), key=len, default={})
        scale = 100 if printing_of(printed.values()).percent else 1
        values = {key: value / scale for key, text in printed.items() if (value := _number(text)) is not None}
        image_level = {name: text for (name, label), text in printed.items() if label is None}
        counts = _only_matrix(image_level, audit.n_testing_images or 0)
        if counts is None:
            return cls(None, None, values, {}, {})
        return cls(counts, "reported", values | _exact(counts)[0], {}, {})

    def interval(self, key: Key, level: float) -> Interval | None:
        """The interval of a metric; ``None`` where there is no method, or what it needs is not known."""
        name, label = key
        if label is None and self.counts is not None and key in self.values:
            n_anomaly, n_normal = self.counts.tp + self.counts.fn, self.counts.fp + self.counts.tn
            if name == "roc_auc":
                return auc_newcombe(self.values[key], n_anomaly, n_normal, level)
            if name == "average_precision":
                return average_precision_wilson(self.values[key], n_anomaly, n_normal, level)
            computed = compute_classification(self.counts, Settings(level=level))
            return next((value.interval for value in computed if value.name == name), None)
        stored = self.stored_intervals.get(key)
        return stored if stored and math.isclose(stored.level, level) else None

    def described(self, audit: ModelAudit) -> ComparedModel:
        """The model of the audit this was taken from, as a comparison names it."""
        return ComparedModel(
            model=audit.model,
            target=audit.target,
            signature=audit.signature,
            n_anomaly=self.counts.tp + self.counts.fn if self.counts else None,
            n_normal=self.counts.fp + self.counts.tn if self.counts else None,
            counted_from=self.counted_from,
        )


def _exact(counts: ConfusionCounts) -> tuple[dict[Key, float], dict[Key, str]]:
    computed = compute_classification(counts, Settings())
    return (
        {(v.name, None): v.value for v in computed if v.value is not None},
        {(v.name, None): v.definition for v in computed},
    )


def _only_matrix(printed: dict[str, str], n_images: int) -> ConfusionCounts | None:
    """The confusion matrix that prints as reported, if exactly one does."""
    printing = printing_of(printed.values())
    ends = {
        field.name: printed_interval(printed[field.name], printing)
        for field in fields(PrintedIntervals)
        if field.name in printed
    }
    if n_images < 1 or not any(ends.values()):
        return None
    found = find_matrices(PrintedIntervals(**ends), n_images=n_images)
    return found.matrices[0] if found.status == "identified" else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None
