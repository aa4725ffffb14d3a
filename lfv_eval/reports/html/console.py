"""The numbers as the Lookout for Vision console showed them: percent, images judged rightly, one line a label."""

from __future__ import annotations

from dataclasses import dataclass

from ...images import label_key
from ...results import ModelAudit
from ...verdicts import MetricValue
from ..interest import outcomes_behind
from ..printable import printable

_SHOWN = (
    ("Precision", "precision"),
    ("Recall", "recall"),
    ("F1 score", "f1_score"),
    ("ROC AUC", "roc_auc"),
    ("Average precision", "average_precision"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleNumber:
    """One number of the model page: ``94.1 %``, and what it rests on.

    Attributes:
        ids: Positions of the images that lower it.
    """

    name: str
    value: str
    rests_on: str
    ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLabel:
    """One anomaly label: test images with it, and its numbers.

    Attributes:
        name: The label.
        n_truth: Images whose truth mask shows it; what the console's count is taken to be.
        n_predicted: Images whose predicted mask shows it.
        n_both: Images where both do.
        numbers: Average IoU, F1 score, precision and recall as percent, with what they rest on.
        ids: Positions of its images, worst overlap first.
    """

    name: str
    n_truth: int
    n_predicted: int
    n_both: int
    numbers: list[tuple[str, str]]
    ids: list[int]


def console_numbers(audit: ModelAudit) -> list[ConsoleNumber]:
    """The image-level numbers that were recomputed, and how many images were judged rightly."""
    numbers: list[ConsoleNumber] = []
    used = [image for image in audit.images if image.outcome is not None]
    if not used:
        return numbers
    for title, name in _SHOWN:
        value = audit.value(name)
        if value is None:
            continue
        behind = outcomes_behind(name)
        ids = [i for i, image in enumerate(audit.images) if image.outcome in behind]
        numbers.append(ConsoleNumber(name=title, value=percent(value), rests_on=_rests_on(value), ids=ids))
    wrong = [i for i, image in enumerate(audit.images) if image.outcome in ("FP", "FN")]
    correct = f"{len(used) - len(wrong)} of {len(used)}"
    numbers.append(ConsoleNumber(name="Correct images", value=correct, rests_on=f"{len(wrong)} incorrect", ids=wrong))
    return numbers


def console_labels(audit: ModelAudit) -> list[ConsoleLabel]:
    """One line for each label that has a number or pixels in some image."""
    names = {label_key(overlap.label): overlap.label for image in audit.images for overlap in image.overlaps}
    for value in audit.values:
        if value.label is not None:
            names.setdefault(label_key(value.label), value.label)
    return [_label(audit, key, name) for key, name in sorted(names.items())]


def percent(value: MetricValue | None) -> str:
    """A value as percent with one decimal; a value below 100 % never reads as 100.0 %.

    >>> percent(None)
    '-'
    """
    if value is None or value.value is None:
        return "-" if value is None else "undefined"
    shown = f"{value.value * 100:.1f}"
    return f"{'99.9' if shown == '100.0' and value.value < 1 else shown} %"


def _rests_on(value: MetricValue) -> str:
    if value.value is None:
        return value.undefined_because or ""
    parts = [f"{value.ratio[0]} of {value.ratio[1]}"] if value.ratio and value.unit == "images" else []
    if value.interval:
        parts.append(f"{value.interval.low * 100:.1f} to {value.interval.high * 100:.1f} %")
    return ", ".join(parts)


def _label(audit: ModelAudit, key: str, name: str) -> ConsoleLabel:
    overlaps = [
        (overlap, i)
        for i, image in enumerate(audit.images)
        for overlap in image.overlaps
        if label_key(overlap.label) == key
    ]
    found: dict[str, MetricValue] = {}
    for value in audit.values:
        if value.label is not None and label_key(value.label) == key:
            found.setdefault(value.name, value)
    return ConsoleLabel(
        name=printable(name, 80),
        n_truth=sum(overlap.truth_px > 0 for overlap, _ in overlaps),
        n_predicted=sum(overlap.predicted_px > 0 for overlap, _ in overlaps),
        n_both=sum(overlap.truth_px > 0 and overlap.predicted_px > 0 for overlap, _ in overlaps),
        numbers=[
            (percent(found.get(metric)), _rests_on(found[metric]) if metric in found else "")
            for metric in ("average_iou", "f1_score", "precision", "recall")
        ],
        ids=[i for _, i in sorted((overlap.iou, i) for overlap, i in overlaps)],
    )
