"""The metrics of two models and how far apart they are: image by image, or from two independent test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..comparison import MetricDifference
from ..metrics.paired.auc import auc_difference
from ..metrics.paired.bootstrap import PairedPredictions, f1_difference
from ..metrics.paired.proportions import PairedCounts, mcnemar_exact, mcnemar_mid_p, mover, tango
from ..metrics.ranking import anomaly_scores
from ..results import ImageOutcome
from ..verdicts import Interval
from .evidence import Evidence, Key


@dataclass(frozen=True, slots=True, eq=False)
class PairedImages:
    """What two models said of the same images; all arrays have shape (n,).

    Attributes:
        anomalous: bool, True where the truth is anomaly.
        baseline: bool, True where the baseline said anomaly.
        candidate: bool, True where the candidate did.
        baseline_score: float64, anomaly score in 0..1; NaN without a confidence.
        candidate_score: float64, likewise.
    """

    anomalous: NDArray[np.bool_]
    baseline: NDArray[np.bool_]
    candidate: NDArray[np.bool_]
    baseline_score: NDArray[np.float64]
    candidate_score: NDArray[np.float64]

    @classmethod
    def of(cls, pairs: Sequence[tuple[ImageOutcome, ImageOutcome]]) -> PairedImages:
        """Turn (baseline, candidate) outcomes of equal truth into columns."""
        baseline, candidate = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        said = [np.array([image.predicted == "anomaly" for image in images], bool) for images in (baseline, candidate)]
        return cls(
            np.array([image.truth == "anomaly" for image in candidate], bool),
            *said,
            *(_scores(images, labels) for images, labels in zip((baseline, candidate), said, strict=True)),
        )

    def counts(self, *, anomalous: bool) -> PairedCounts:
        """Gained and lost images of one class."""
        rows = self.anomalous if anomalous else ~self.anomalous
        right, right_before = (said[rows] == anomalous for said in (self.candidate, self.baseline))
        n_gained, n_lost = (int(np.count_nonzero(x)) for x in (right & ~right_before, right_before & ~right))
        return PairedCounts(n_gained, n_lost, int(np.count_nonzero(rows)))

    def predictions(self, *, anomalous: bool) -> PairedPredictions:
        """Images of one class by what the two models said."""
        rows = self.anomalous if anomalous else ~self.anomalous
        return PairedPredictions.from_labels(self.baseline[rows], self.candidate[rows])


def _scores(images: Sequence[ImageOutcome], said_anomaly: NDArray[np.bool_]) -> NDArray[np.float64]:
    confidence = np.array([np.nan if image.confidence is None else image.confidence for image in images], np.float64)
    return anomaly_scores(said_anomaly, confidence)


def paired_differences(images: PairedImages, level: float, seed: int) -> list[MetricDifference]:
    """Recall, specificity, accuracy, F1 and ROC AUC on the same images."""
    recall, specificity = images.counts(anomalous=True), images.counts(anomalous=False)
    right_before = images.baseline == images.anomalous
    n_found = int(np.count_nonzero(right_before & images.anomalous))
    n_passed = int(np.count_nonzero(right_before & ~images.anomalous))
    return [
        _proportion("recall", n_found, recall, level, "no common image is an anomaly"),
        _proportion("specificity", n_passed, specificity, level, "no common image is normal"),
        _proportion("accuracy", n_found + n_passed, recall + specificity, level, "there is no common image"),
        _f1_score(images, level, seed),
        _roc_auc(images, level),
    ]


def _proportion(name: str, n_right_before: int, counts: PairedCounts, level: float, why: str) -> MetricDifference:
    n_gained, n_lost, n = int(counts.n_gained), int(counts.n_lost), int(counts.n)
    if n == 0:
        return _undefined(name, why)
    return MetricDifference(
        name=name,
        baseline=n_right_before / n,
        candidate=(n_right_before + n_gained - n_lost) / n,
        difference=(n_gained - n_lost) / n,
        interval=tango(counts, level),
        p_value=mcnemar_mid_p(n_gained, n_lost),
        p_exact=mcnemar_exact(n_gained, n_lost),
        n_gained=n_gained,
        n_lost=n_lost,
        n=n,
    )


def _f1_score(images: PairedImages, level: float, seed: int) -> MetricDifference:
    anomalous, normal = images.predictions(anomalous=True), images.predictions(anomalous=False)
    if anomalous.n == 0:
        return _undefined("f1_score", "no common image is an anomaly")
    baseline, candidate = (
        2 * tp / (tp + fp + anomalous.n)
        for tp, fp in (
            (anomalous.both + anomalous.only_baseline, normal.both + normal.only_baseline),
            (anomalous.both + anomalous.only_candidate, normal.both + normal.only_candidate),
        )
    )
    return MetricDifference(
        name="f1_score",
        baseline=baseline,
        candidate=candidate,
        difference=candidate - baseline,
        interval=f1_difference(anomalous, normal, level, seed=seed),
        n=anomalous.n + normal.n,
    )


def _roc_auc(images: PairedImages, level: float) -> MetricDifference:
    n_unscored = int(np.count_nonzero(np.isnan(images.baseline_score + images.candidate_score)))
    if n_unscored:
        return _undefined("roc_auc", f"{n_unscored} common images have no confidence in one of the evaluations")
    compared = auc_difference(images.anomalous, images.baseline_score, images.candidate_score, level)
    if compared is None:
        return _undefined("roc_auc", "the common images are all of one class")
    return MetricDifference(
        name="roc_auc",
        baseline=compared.baseline,
        candidate=compared.candidate,
        difference=compared.difference,
        interval=compared.interval,
        without_interval_because=compared.without_interval_because,
        p_value=compared.p_value,
        n=len(images.anomalous),
    )


def unpaired_differences(baseline: Evidence, candidate: Evidence, level: float) -> list[MetricDifference]:
    """Every metric that both have, the two test sets taken as independent."""
    keys = [key for key in candidate.values if key in baseline.values]
    return [_unpaired(key, baseline, candidate, level) for key in keys]


def _unpaired(key: Key, baseline: Evidence, candidate: Evidence, level: float) -> MetricDifference:
    before, now = baseline.values[key], candidate.values[key]
    interval, why = unpaired_interval(key, baseline, candidate, level)
    return MetricDifference(
        name=key[0],
        label=key[1],
        baseline=before,
        candidate=now,
        difference=now - before,
        interval=interval,
        without_interval_because=why,
    )


def unpaired_interval(
    key: Key, baseline: Evidence, candidate: Evidence, level: float
) -> tuple[Interval | None, str | None]:
    """The interval of a metric's difference between two test sets; without one, the reason."""
    definitions = [evidence.definitions.get(key) for evidence in (baseline, candidate)]
    if None not in definitions and definitions[0] != definitions[1]:
        return None, "the two audits computed it by different definitions"
    before, now = baseline.interval(key, level), candidate.interval(key, level)
    if before is None or now is None:
        unknown = [e for e in (baseline, candidate) if e.counts is None]
        return None, "the numbers of images are not known" if unknown else "no interval of known coverage exists"
    return mover(candidate.values[key], now, baseline.values[key], before), None


def same_images_differences(baseline: Evidence, candidate: Evidence, done: set[str]) -> list[MetricDifference]:
    """The other metrics of two models tested on exactly the same images: values only."""
    return [
        MetricDifference(
            name=name,
            label=label,
            baseline=baseline.values[name, label],
            candidate=candidate.values[name, label],
            difference=candidate.values[name, label] - baseline.values[name, label],
            interval=None,
            without_interval_because="no interval of known coverage exists for the same images",
        )
        for name, label in candidate.values
        if (name, label) in baseline.values and not (label is None and name in done)
    ]


def _undefined(name: str, why: str) -> MetricDifference:
    return MetricDifference(
        name=name, baseline=None, candidate=None, difference=None, interval=None, without_interval_because=why
    )
