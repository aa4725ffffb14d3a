"""Simulated test sets with masks, and every definition of their numbers as a plain loop over exact fractions."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score

from lfv_eval.checks.causes.explanations import explain
from lfv_eval.checks.counts import check_counts
from lfv_eval.checks.documents import check_documents
from lfv_eval.checks.reported import check_reported
from lfv_eval.images import Images
from lfv_eval.metrics import classification, ranking
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.records import Claim, Evaluation, ModelRef, ReportedMetric
from lfv_eval.registry import Evidence
from lfv_eval.settings import Settings


class Image(NamedTuple):
    truth: int
    predicted: int
    both: int
    detected: bool
    anomalous: bool


IOU = ["mean-truth", "pooled", "pooled-truth", "mean-either", "mean-predicted", "mean-both", "mean-overlap"]
IOU += ["mean-all-empty1", "mean-all-empty0", "mean-anomalous-empty1", "mean-anomalous-empty0", "mean-truth-area"]
IOU += ["mean-dice-truth", "mean-iou-over-half"]
PRF = ["pixel-pooled", "pixel-pooled-truth", "pixel-mean-truth", "pixel-mean-either", "pixel-mean-truth-harmonic"]
PRF += ["pixel-mean-either-harmonic", "presence", "presence-overlap", "presence-iou50"]
GATES = ["", "+gated", "+dropped"]


def over(above, below, empty=None):
    return Fraction(above, below) if below else empty


def average(values):
    return sum(values, Fraction(0)) / len(values) if values else None


def union(image):
    return image.truth + image.predicted - image.both


def gated(images, gate):
    if gate == "dropped":
        return [image for image in images if image.detected]
    if gate == "gated":
        return [image if image.detected else image._replace(predicted=0, both=0) for image in images]
    return images


def naive_iou(images, name):
    base, _, gate = name.partition("+")
    images = gated(images, gate)
    entering = {
        "truth": lambda i: i.truth > 0,
        "either": lambda i: union(i) > 0,
        "predicted": lambda i: i.predicted > 0,
        "both": lambda i: i.truth > 0 and i.predicted > 0,
        "overlap": lambda i: i.both > 0,
        "half": lambda i: 2 * i.both > union(i),
        "anomalous": lambda i: i.anomalous,
    }
    words = base.split("-")
    for word in words:
        if word in entering:
            images = [i for i in images if entering[word](i)]
    if base.startswith("pooled"):
        return over(sum(i.both for i in images), sum(map(union, images)))
    if base == "mean-truth-area":
        weighted = sum((i.truth * Fraction(i.both, union(i)) for i in images), Fraction(0))
        return weighted / sum(i.truth for i in images) if images else None
    if base == "mean-dice-truth":
        return average([Fraction(2 * i.both, i.truth + i.predicted) for i in images])
    return average([over(i.both, union(i), Fraction(base.endswith("1"))) for i in images])


def harmonic(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else None


def naive_prf(images, name):
    base, _, gate = name.partition("+")
    images = gated(images, gate)
    if base.startswith("presence"):
        hit = {"overlap": lambda i: i.both > 0, "iou50": lambda i: 2 * i.both >= union(i)}.get(
            base.partition("-")[2], lambda i: True
        )
        hits = sum(i.truth > 0 and i.predicted > 0 and hit(i) for i in images)
        truth, predicted = sum(i.truth > 0 for i in images), sum(i.predicted > 0 for i in images)
        return over(hits, predicted), over(hits, truth), over(2 * hits, truth + predicted)
    if "truth" in base:
        images = [i for i in images if i.truth]
    if "pooled" in base:
        both, truth, predicted = (sum(getattr(i, n) for i in images) for n in ("both", "truth", "predicted"))
        return over(both, predicted), over(both, truth), over(2 * both, truth + predicted)
    images = [i for i in images if union(i)]
    precision = average([over(i.both, i.predicted, Fraction(0)) for i in images])
    recall = average([over(i.both, i.truth, Fraction(0)) for i in images])
    if base.endswith("harmonic"):
        return precision, recall, None if precision is None else harmonic(precision, recall)
    return precision, recall, average([over(2 * i.both, i.truth + i.predicted) for i in images])


def simulated_label(rng, n_images):
    """Faulty in every way: missed and stray masks, masks that do not touch, detections at odds with the masks."""
    images = []
    for _ in range(n_images):
        kind = rng.choice(["none", "stray", "missed", "apart", "overlap"], p=[0.3, 0.1, 0.12, 0.08, 0.4])
        truth = int(rng.integers(50, 4000)) if kind in ("missed", "apart", "overlap") else 0
        predicted = int(rng.integers(50, 4000)) if kind in ("stray", "apart", "overlap") else 0
        if kind == "overlap":
            predicted = max(1, round(truth * rng.uniform(0.6, 1.6)))
        both = round(min(truth, predicted) * rng.uniform(0.2, 1)) if kind == "overlap" else 0
        anomalous = bool(truth) or bool(rng.random() < 0.15)
        detected = bool(rng.random() < (0.8 if anomalous else 0.15))
        images.append(Image(truth, predicted, both, detected, anomalous))
    return images


def counts_of(by_label, policies=("ignore",), shrink=None):
    """Counts of label -> images; detection and truth of an image are those of the first label."""
    first = next(iter(by_label.values()))
    images = []
    for index, image in enumerate(first):
        rows = [
            PixelRow(
                label, policy, *(int(n * (shrink or {}).get(policy, 1)) for n in (own.both, own.truth)), own.predicted
            )
            for label, own_images in by_label.items()
            for policy in policies
            for own in [own_images[index]]
        ]
        images.append(ImagePixels(f"image-{index:04}", image.detected, image.anomalous, tuple(rows)))
    return MaskCounts.of(images, policies)


def report_of(by_label, iou, prf, show=repr):
    """What a service with these definitions would print."""
    found = []
    for label, images in by_label.items():
        values = dict(zip(("precision", "recall", "f1_score"), naive_prf(images, prf) if prf else (), strict=False))
        values |= {"average_iou": naive_iou(images, iou)} if iou else {}
        for name, value in values.items():
            number = None if value is None else float(value)
            printed = "null" if number is None else show(number)
            found.append(reported(name, label, printed))
    return found


def reported(name, label, printed):
    value = None if printed in ("null", "NaN") else float(printed)
    return ReportedMetric(
        name=name,
        label=label,
        value=value,
        printed=printed,
        kind="evaluation_result",
        document="EvaluationResult-p-1.json",
    )


def simulated_sets(rng_seed, n_labels=2, n_images=60):
    """Labels of one test set: the images are detected and anomalous for all labels alike."""
    rng = np.random.default_rng(rng_seed)
    first = simulated_label(rng, n_images)
    by_label = {"a": first}
    for name in "bcdefg"[: n_labels - 1]:
        other = simulated_label(rng, n_images)
        by_label[name] = [
            o._replace(detected=f.detected, anomalous=f.anomalous) for o, f in zip(other, first, strict=True)
        ]
    return by_label


@pytest.fixture(scope="session")
def masks():
    """The simulation as one namespace; plain modules cannot be shared between test files."""
    return SimpleNamespace(
        Image=Image,
        IOU=[name + gate for gate in GATES for name in IOU],
        PRF=[name + gate for gate in GATES for name in PRF],
        label=simulated_label,
        sets=simulated_sets,
        counts=counts_of,
        report=report_of,
        reported=reported,
        iou=naive_iou,
        prf=naive_prf,
    )


@pytest.fixture(scope="session")
def two():
    """Two labels of one test set, and their counts."""
    by_label = simulated_sets(5)
    return by_label, counts_of(by_label)


def scored_images(truth, predicted, confidence, uris=None, exclusion=None):
    """Rows of a manifest ``m.json``, line by line; truth and prediction are 1, 0 or -1."""
    n = len(truth)
    return Images(
        uri=list(uris or (f"s3://b/{index}.jpg" for index in range(n))),
        document=["m.json"] * n,
        line=np.arange(1, n + 1, dtype=np.int64),
        truth=np.array(truth, np.int8),
        predicted=np.array(predicted, np.int8),
        confidence=np.array(confidence, np.float64),
        printed_confidence=[repr(value) for value in confidence],
        truth_mask=[None] * n,
        predicted_mask=[None] * n,
        exclusion=np.zeros(n, np.int8) if exclusion is None else np.array(exclusion, np.int8),
    )


def evidence_of(images, metrics, n_images=None, show=repr, problems=(), more=()):
    """Evidence with one result ``r.json`` that prints these metrics; ``more`` are further (kind, uri, metrics)."""
    reported, claims = [], []
    for kind, uri, numbers in [("evaluation_result", "r.json", metrics), *more]:
        size = n_images if uri == "r.json" else None
        claims.append(Claim(kind=kind, document=uri, model=ModelRef(), n_testing_images=size))
        for name, value in numbers.items():
            printed = value if isinstance(value, str) else show(value)
            number = ReportedMetric(name=name, value=float(printed), printed=printed, kind=kind, document=uri)
            reported.append(number)
    evaluation = Evaluation(claims=tuple(claims), images=images, reported=tuple(reported), problems=tuple(problems))
    families = {"classification": classification, "ranking": ranking}
    states = {name: family.count(evaluation, Settings(), None) for name, family in families.items()}
    values = [v for name, family in families.items() for v in family.compute(states[name], Settings())]
    return Evidence(evaluation=evaluation, values=values, states=states, settings=Settings())


def all_checks(evidence):
    """The checks of counts, metrics and pairs of documents."""
    return [check for one in (check_counts, check_reported, check_documents) for check in one(evidence).checks]


def textbook(truth, predicted, scores):
    """What scikit-learn makes of a test set, by the names of checks."""
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average="binary", zero_division=0)
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1_score": float(f1),
        "roc_auc": float(roc_auc_score(truth, scores)),
        "average_precision": float(average_precision_score(truth, scores)),
    }


def simulated_model(rng, n_anomaly=17, n_normal=17, distance=None):
    """Truth, prediction at the threshold with the highest F1, anomaly scores and confidences of one model."""
    shift = rng.uniform(1.2, 3.5) if distance is None else distance
    latent = np.concatenate([rng.normal(shift, 1, n_anomaly), rng.normal(0, 1, n_normal)])
    scores = 1 / (1 + np.exp(shift / 2 - latent))
    truth = np.repeat([1, 0], [n_anomaly, n_normal])

    def f1_at(cut):
        called = scores >= cut
        return 2 * int((called & (truth == 1)).sum()) / (int(called.sum()) + n_anomaly)

    predicted = (scores >= max(scores, key=f1_at)).astype(int)
    return truth, predicted, scores, np.where(predicted == 1, scores, 1 - scores)


@pytest.fixture(scope="session")
def scored():
    """Test sets with scores, their numbers by scikit-learn, and the checks of a report, as one namespace."""
    return SimpleNamespace(
        images=scored_images,
        evidence=evidence_of,
        checks=all_checks,
        metrics=textbook,
        model=simulated_model,
        explained=lambda evidence: explain(evidence, all_checks(evidence)),
    )
