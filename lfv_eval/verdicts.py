"""The frozen types of the outcome: a recomputed number, its uncertainty, and what became of each statement.

Fractions are 0..1 everywhere; percent exists only in what people read. An undefined value is ``None`` with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An uncertainty interval within 0..1.

    Attributes:
        low: Lower end.
        high: Upper end.
        level: Nominal coverage, such as 0.95.
        method: The method's name, such as ``wilson``.
    """

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A recomputed number with everything needed to judge it.

    Attributes:
        name: The metric, named as in ``ReportedMetric.name``.
        label: The anomaly label it speaks of; ``None`` for the image level.
        definition: Identifier of the definition used, such as ``step``; part of the signature where there is a choice.
        value: In 0..1, or ``None`` where it is undefined.
        undefined_because: The reason, exactly where ``value`` is ``None``.
        ratio: Numerator and denominator where the value is a fraction of counts; not reduced.
        interval: Uncertainty of the value; ``None`` where undefined or where no method with known coverage exists.
        tie_interval: Lowest and highest value over all orders of tied scores; ``None`` where ties cannot matter.
        support: How many images (or pixels, see ``unit``) the value rests on: its denominator.
        unit: What ``support`` counts.
        missing_evidence: The value is ``None`` because the per-image data lacks something, not because it has no value.
        n_left_out: How many images that belong to the value could not enter it; a disagreement then proves nothing.
        n_terms: How many summands were added up; 1 for a plain fraction. Decides how much rounding a report may show.
    """

    name: str
    label: str | None = None
    definition: str
    value: float | None
    undefined_because: str | None = None
    ratio: tuple[int, int] | None = None
    interval: Interval | None = None
    tie_interval: tuple[float, float] | None = None
    support: int
    unit: Literal["images", "pixels", "pairs"] = "images"
    missing_evidence: bool = False
    n_left_out: int = 0
    n_terms: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOverlap:
    """One anomaly label in one image, by the alpha policy in force.

    Attributes:
        label: The anomaly label.
        truth_px: Its pixels in the truth mask.
        predicted_px: Its pixels in the predicted mask.
        intersection_px: Its pixels in both.
        iou: Intersection over union, 0..1.
        outcome: What a comparison with tolerance makes of it, such as ``missed``; ``None`` where that was not done.
    """

    label: str
    truth_px: int
    predicted_px: int
    intersection_px: int
    iou: float
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something worth knowing that is no check of a reported number.

    Attributes:
        rule: Identifier of the rule that found it, such as ``low-average-iou``.
        severity: ``info`` or ``warning``.
        message: What was seen, how sure it is, and what to do, in plain words.
        label: The anomaly label it speaks of; ``None`` for the whole test set.
        images: References of the images to look at first.
        guide: Section of the service's developer guide that it belongs to; empty where none does.
    """

    rule: str
    severity: Literal["info", "warning"]
    message: str
    label: str | None = None
    images: tuple[str, ...] = ()
    guide: str = ""


class Verdict(StrEnum):
    """What became of one check."""

    MATCH = "MATCH"
    MATCH_WITHIN_TIE_INTERVAL = "MATCH_WITHIN_TIE_INTERVAL"
    MATCH_OTHER_DEFINITION = "MATCH_OTHER_DEFINITION"
    NOT_DISTINGUISHABLE = "NOT_DISTINGUISHABLE"
    EXPLAINED = "EXPLAINED"
    HYPOTHESIS = "HYPOTHESIS"
    MISMATCH = "MISMATCH"
    NOT_VERIFIABLE = "NOT_VERIFIABLE"
    NOT_REPORTED = "NOT_REPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement of a document held against the evidence.

    Attributes:
        kind: ``recomputed`` (a reported number against the per-image data), ``documents`` (two documents' numbers
            against each other), ``count`` (numbers of images), ``identity`` (which model) or ``feasibility`` (whether
            numbers can be true at all).
        name: Metric or property that was checked.
        label: Anomaly label; ``None`` for the image level.
        reported: What the document says, as printed; ``None`` where it says nothing.
        document: URI of the document that says it.
        document_kind: Its registered kind.
        expected: What the evidence gives, as text; ``None`` where it gives nothing.
        value: The recomputed metric, for kind ``recomputed``.
        verdict: The outcome.
        tier: How the printed form agrees: ``exact``, ``float32``, ``rounded`` ...; ``None`` without a match.
        explanation: One sentence of evidence: what agrees, differs or is missing, and by how much.
        cause: What would explain the disagreement, such as ``exact-duplicates-counted``; several that fit equally well
            are joined by `` or ``. ``None`` without a disagreement or a cause.
        accidental_rate: How often such a cause would seem to explain an unrelated report, in 0..1; ``None`` where it
            was not estimated.
    """

    kind: Literal["recomputed", "documents", "count", "identity", "feasibility"]
    name: str
    label: str | None = None
    reported: str | None = None
    document: str | None = None
    document_kind: str | None = None
    expected: str | None = None
    value: MetricValue | None = None
    verdict: Verdict
    tier: str | None = None
    explanation: str
    cause: str | None = None
    accidental_rate: float | None = None
