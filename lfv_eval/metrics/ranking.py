"""ROC AUC, average precision, and the full ROC and precision-recall curves of the image-level scores.

Conventions:
    Score: a row's confidence is that of the class it predicts, so the anomaly score is the confidence itself where
        anomaly was predicted, and 1 - confidence otherwise. AWS's published post-processing
        (awslabs/DefectDetectionApplication) makes confidences from scores that way.
    Ties: images with equal scores form one threshold. Published confidences have single precision, so near 0 and 1
        the service may have ranked images that are tied here: ``tie_interval`` spans all orders of tied images.
    ROC AUC: the share of (anomalous, normal) pairs ranked rightly, a tied pair counting half (Mann-Whitney).
    Average precision: sum of (R_k - R_{k-1}) P_k over distinct scores, best first, without interpolation; what
        scikit-learn's ``average_precision_score`` computes and what published results of the service agree with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..images import ANOMALY
from ..records import Evaluation, Reader
from ..registry import Family
from ..settings import Settings
from ..verdicts import MetricValue
from .counts import ScoreCounts, countable
from .intervals import auc_newcombe, average_precision_wilson


def anomaly_scores(predicted_anomaly: NDArray[np.bool_], confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn confidences of the predicted class into anomaly scores.

    Args:
        predicted_anomaly: bool, shape (n,), True where anomaly was predicted.
        confidence: float64 in 0..1, shape (n,), of the predicted class.

    >>> anomaly_scores(np.array([True, False]), np.array([0.75, 0.75])).tolist()
    [0.75, 0.25]
    """
    return np.where(predicted_anomaly, confidence, 1 - confidence)


def count(evaluation: Evaluation, settings: Settings, reader: Reader) -> ScoreCounts:  # noqa: ARG001
    """Count the images of an evaluation by anomaly score and truth."""
    images = evaluation.images
    rows = countable(images)
    scored = rows & ~np.isnan(images.confidence)
    scores = anomaly_scores(images.predicted[scored] == ANOMALY, images.confidence[scored])
    n_without_score = int(np.count_nonzero(rows)) - int(np.count_nonzero(scored))
    return ScoreCounts.from_scores(scores, images.truth[scored] == ANOMALY, n_without_score)


def compute(counts: ScoreCounts, settings: Settings) -> list[MetricValue]:
    """ROC AUC and average precision, each with its interval and the interval over all orders of ties."""
    steps = _Steps.of(counts)
    return [_roc_auc(counts, steps, settings.level), _average_precision(counts, steps, settings.level)]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """All points of an ROC curve, from (0, 0) to (1, 1), one for each distinct score; none is left out.

    The arrays have one entry more than there are distinct scores. Equals scikit-learn's ``roc_curve`` with
    ``drop_intermediate=False``.

    Attributes:
        thresholds: float64, descending; "anomaly" means a score not below it. The first is infinite: no anomaly.
        fp: int64, normal images at or above the threshold.
        tp: int64, anomalous images at or above the threshold.
        fpr: float64, fp / number of normal images.
        tpr: float64, tp / number of anomalous images.
    """

    thresholds: NDArray[np.float64]
    fp: NDArray[np.int64]
    tp: NDArray[np.int64]
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecallCurve:
    """All points of a precision-recall curve, one for each distinct score, and an end point.

    Equals scikit-learn's ``precision_recall_curve``. All arrays but ``thresholds`` have the end point as one entry
    more: recall 0 and, by convention, precision 1, as nothing is predicted there.

    Attributes:
        thresholds: float64, ascending; "anomaly" means a score not below it.
        fp: int64, normal images at or above the threshold.
        tp: int64, anomalous images at or above the threshold.
        precision: float64, tp / (tp + fp).
        recall: float64, tp / number of anomalous images.
    """

    thresholds: NDArray[np.float64]
    fp: NDArray[np.int64]
    tp: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def roc_curve(counts: ScoreCounts) -> RocCurve | None:
    """The ROC curve, or ``None`` exactly where ROC AUC is undefined."""
    steps = _Steps.of(counts)
    if _why_undefined(counts, steps, needs_normal=True):
        return None
    thresholds = np.append(np.inf, counts.scores[::-1])
    fp, tp = np.append(0, steps.fp), np.append(0, steps.tp)
    return RocCurve(thresholds, fp, tp, fp / fp[-1], tp / tp[-1])


def precision_recall_curve(counts: ScoreCounts) -> PrecisionRecallCurve | None:
    """The precision-recall curve, or ``None`` exactly where average precision is undefined."""
    steps = _Steps.of(counts)
    if _why_undefined(counts, steps, needs_normal=False):
        return None
    fp, tp = np.append(steps.fp[::-1], 0), np.append(steps.tp[::-1], 0)
    precision = np.append(tp[:-1] / (tp + fp)[:-1], 1.0)
    return PrecisionRecallCurve(counts.scores.copy(), fp, tp, precision, tp / tp[0])


class _Steps(NamedTuple):
    """Distinct scores, best first: anomalous (a) and normal (b) images of each, and totals down to it (tp, fp)."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]

    @classmethod
    def of(cls, counts: ScoreCounts) -> _Steps:
        a, b = counts.n_anomaly[::-1], counts.n_normal[::-1]
        return cls(a, b, np.cumsum(a), np.cumsum(b))

    @property
    def class_sizes(self) -> tuple[int, int]:
        """Number of anomalous and of normal images."""
        return (int(self.tp[-1]), int(self.fp[-1])) if len(self.tp) else (0, 0)


def _why_undefined(counts: ScoreCounts, steps: _Steps, *, needs_normal: bool) -> str | None:
    n_anomaly, n_normal = steps.class_sizes
    if counts.n_without_score:
        return f"{counts.n_without_score} of {counts.n} images have no confidence"
    if n_anomaly + n_normal == 0:
        return "no test image has both a truth and a prediction"
    if n_anomaly == 0:
        return "no test image is an anomaly"
    if needs_normal and n_normal == 0:
        return "no test image is normal"
    return None


def _roc_auc(counts: ScoreCounts, steps: _Steps, level: float) -> MetricValue:
    n_anomaly, n_normal = steps.class_sizes
    n_pairs = n_anomaly * n_normal
    why = _why_undefined(counts, steps, needs_normal=True)
    if why:
        return _undefined("roc_auc", "mann-whitney", n_pairs, "pairs", why, counts)
    # Each normal image is ranked below tp - a anomalous ones for certain, and tied with a of them. Integers throughout.
    lowest = int(steps.b @ (steps.tp - steps.a))
    highest = int(steps.b @ steps.tp)
    ratio = (lowest + highest, 2 * n_pairs)
    auc = ratio[0] / ratio[1]
    return MetricValue(
        name="roc_auc",
        definition="mann-whitney",
        value=auc,
        ratio=ratio,
        interval=auc_newcombe(auc, n_anomaly, n_normal, level),
        tie_interval=None if lowest == highest else (lowest / n_pairs, highest / n_pairs),
        support=n_pairs,
        unit="pairs",
    )


def _average_precision(counts: ScoreCounts, steps: _Steps, level: float) -> MetricValue:
    n_anomaly, n_normal = steps.class_sizes
    why = _why_undefined(counts, steps, needs_normal=False)
    if why:
        return _undefined("average_precision", "step", n_anomaly, "images", why, counts)
    gains = np.flatnonzero(steps.a)
    a, tp, fp = steps.a[gains], steps.tp[gains], steps.fp[gains]
    average_precision = _sum(a * tp / (tp + fp)) / n_anomaly
    return MetricValue(
        name="average_precision",
        definition="step",
        value=average_precision,
        interval=average_precision_wilson(average_precision, n_anomaly, n_normal, level),
        tie_interval=_average_precision_over_ties(a, steps.b[gains], tp, fp),
        support=n_anomaly,
        n_terms=len(gains),
    )


def _average_precision_over_ties(
    a: NDArray[np.int64], b: NDArray[np.int64], tp: NDArray[np.int64], fp: NDArray[np.int64]
) -> tuple[float, float] | None:
    """Lowest and highest average precision over all orders of tied images; arguments as in ``_Steps``, where a > 0.

    The lowest has the normal images of each group first, then the anomalous ones one by one. The highest has the
    anomalous images first and still tied with each other: taking them one by one would only lower it.
    """
    # A group without normal images still matters below the first normal image, where taking it apart lowers the value.
    if not np.any((b > 0) | ((a > 1) & (fp > 0))):
        return None
    n_anomaly = int(tp[-1])
    rank = np.arange(1, n_anomaly + 1)
    lowest = _sum(rank / (rank + np.repeat(fp, a))) / n_anomaly
    highest = _sum(a * tp / (tp + fp - b)) / n_anomaly
    return lowest, highest


def _sum(terms: NDArray[np.float64]) -> float:
    """The sum of non-negative terms, rounded once: what ``math.fsum`` gives, at array speed.

    Each term is split without loss into a multiple of 2^-26 and a rest. The multiples add up exactly, to a total of
    2^27; the rests are so small that the rounding of their sum is lost far below the last digit.
    """
    scaled = terms * 2.0**26
    multiples = np.rint(scaled)
    return float(multiples.sum() + (scaled - multiples).sum()) / 2.0**26


def _undefined(
    name: str, definition: str, support: int, unit: Literal["images", "pairs"], why: str, counts: ScoreCounts
) -> MetricValue:
    return MetricValue(
        name=name,
        definition=definition,
        value=None,
        undefined_because=why,
        support=support,
        unit=unit,
        missing_evidence=counts.n_without_score > 0 or counts.n == 0,
    )


def signature(settings: Settings) -> tuple[str, ...]:  # noqa: ARG001
    """The choices made here: what a score is, what ties do, and which average precision this is."""
    return ("score:predicted-class-confidence", "ties:grouped", "ap:step")


FAMILY = Family(zero=ScoreCounts(), count=count, compute=compute, signature=signature)
