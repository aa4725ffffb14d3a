"""Precision, recall, F1, accuracy and specificity of the image-level predictions.

Conventions: anomaly is the positive class. The truth is the label's class name, never its number. Only rows that enter
the numbers and have both a truth and a prediction are counted. A value without a denominator is undefined, not 0.
Formulas of the Lookout for Vision developer guide, "Viewing your performance metrics"; accuracy and specificity are
not reported by the service.
"""

from __future__ import annotations

from dataclasses import replace

from ..images import ANOMALY
from ..records import Evaluation, Reader
from ..registry import Family
from ..settings import Settings
from ..verdicts import MetricValue
from .counts import ConfusionCounts, countable
from .intervals import f1_wilson, wilson


def count(evaluation: Evaluation, settings: Settings, reader: Reader) -> ConfusionCounts:  # noqa: ARG001
    """Count the images of an evaluation by truth and prediction."""
    images = evaluation.images
    rows = countable(images)
    return ConfusionCounts.from_labels(images.truth[rows] == ANOMALY, images.predicted[rows] == ANOMALY)


def compute(counts: ConfusionCounts, settings: Settings) -> list[MetricValue]:
    """The five numbers, each with its fraction of counts and its interval.

    ``support`` is the number of images the value rests on; for F1, TP+FP+FN.
    """
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    level = settings.level
    values = [
        _proportion("precision", "tp/(tp+fp)", tp, tp + fp, level, "no image was predicted anomaly"),
        _proportion("recall", "tp/(tp+fn)", tp, tp + fn, level, "no test image is an anomaly"),
        _f1_score(counts, level),
        _proportion("accuracy", "(tp+tn)/n", tp + tn, counts.n, level, ""),
        _proportion("specificity", "tn/(tn+fp)", tn, tn + fp, level, "no test image is normal"),
    ]
    if counts.n == 0:
        nothing = "no test image has both a truth and a prediction"
        return [replace(value, undefined_because=nothing, missing_evidence=True) for value in values]
    return values


def _proportion(name: str, definition: str, k: int, n: int, level: float, why_undefined: str) -> MetricValue:
    return MetricValue(
        name=name,
        definition=definition,
        value=k / n if n else None,
        undefined_because=None if n else why_undefined,
        ratio=(k, n) if n else None,
        interval=wilson(k, n, level),
        support=n,
    )


def _f1_score(counts: ConfusionCounts, level: float) -> MetricValue:
    n = counts.tp + counts.fp + counts.fn
    ratio = (2 * counts.tp, n + counts.tp)
    return MetricValue(
        name="f1_score",
        definition="2tp/(2tp+fp+fn)",
        value=ratio[0] / ratio[1] if n else None,
        undefined_because=None if n else "no test image is an anomaly, and none was predicted to be",
        ratio=ratio if n else None,
        interval=f1_wilson(counts.tp, counts.fp, counts.fn, level),
        support=n,
    )


def signature(settings: Settings) -> tuple[str, ...]:  # noqa: ARG001
    """The one choice made here: what an image's truth is read from."""
    return ("truth:class-name",)


FAMILY = Family(zero=ConfusionCounts(), count=count, compute=compute, signature=signature)
