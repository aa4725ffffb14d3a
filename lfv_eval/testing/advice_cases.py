"""Evaluations with and without a known fault, for measuring advice. Each maker gives a function of a random stream.

Scores are binormal and calibrated: anomalous images N(d/2, 1), normal ones N(-d/2, 1), the score being the probability
of anomaly that follows, where d is set by the true ROC AUC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..advice.case import Case, Region, build_case
from ..errors import AccessError, LfvEvalError
from ..images import ANOMALY, NORMAL, UNLABELLED, Dataset, DatasetRole, Images, MaskRef
from ..metrics import classification, ranking
from ..metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from ..pixels.mask_family import MaskEvidence
from ..records import Evaluation
from ..registry import Evidence
from ..settings import Settings

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Maker = Callable[[np.random.Generator], Case]

WRONG = "wrong-"
"""Prefix of the images whose label is wrong."""


class _NoReader:
    """Nothing is read here: no test set of this module has files."""

    def read(self, uri: str) -> bytes:
        raise AccessError("there are no files", where=uri)

    def read_many(self, uris: Sequence[str], stage: str) -> Iterator[bytes | LfvEvalError]:  # noqa: ARG002
        return (AccessError("there are no files", where=uri) for uri in uris)


def rows(
    anomalous: Bools,
    predicted: Bools | None = None,
    scores: Floats | None = None,
    uris: list[str] | None = None,
    masks: list[MaskRef | None] | None = None,
    document: str = "EvaluationManifest-parts-1.json",
) -> Images:
    """Rows of a manifest; those of a dataset where nothing is predicted."""
    n = len(anomalous)
    confidence = np.full(n, np.nan)
    if predicted is not None and scores is not None:
        confidence = np.where(predicted, scores, 1 - scores)
    names = uris or [f"s3://bucket/image-{index:04d}.jpg" for index in range(n)]
    return Images(
        uri=names,
        document=[document] * n,
        line=np.arange(1, n + 1),
        truth=np.where(anomalous, ANOMALY, NORMAL).astype(np.int8),
        predicted=np.full(n, UNLABELLED, np.int8) if predicted is None else predicted.astype(np.int8),
        confidence=confidence,
        printed_confidence=["" if math.isnan(c) else repr(c) for c in confidence.tolist()],
        truth_mask=masks or [None] * n,
        predicted_mask=[None] * n,
        exclusion=np.zeros(n, np.int8),
    )


def evidence(
    images: Images,
    datasets: tuple[Dataset, ...] = (),
    counts: MaskCounts | None = None,
    evaluation: Evaluation | None = None,
) -> Evidence:
    """Evidence with the values that the package itself computes."""
    settings = Settings()
    read = replace(evaluation or Evaluation(), images=images, datasets=datasets)
    confusion = classification.FAMILY.count(read, settings, _NoReader())
    scores = ranking.FAMILY.count(read, settings, _NoReader())
    return Evidence(
        evaluation=read,
        values=[*classification.compute(confusion, settings), *ranking.compute(scores, settings)],
        states={
            "classification": confusion,
            "ranking": scores,
            "segmentation": MaskEvidence(counts=counts or MaskCounts()),
        },
        settings=settings,
    )


def scores(
    n_anomaly: int, n_normal: int, auc: float, *, n_wrong: int = 0, threshold: float = 0.5, faint: float = 0
) -> Maker:
    """Test images scored by a calibrated model, some labels wrong, a share of the anomalies too faint to be told."""
    distance = math.sqrt(2) * NormalDist().inv_cdf(auc)

    def make(rng: np.random.Generator) -> Case:
        anomalous = np.arange(n_anomaly + n_normal) < n_anomaly
        is_faint = anomalous & (rng.random(len(anomalous)) < faint) if faint else np.zeros_like(anomalous)
        latent = rng.normal(np.where(is_faint, 0.0, np.where(anomalous, distance / 2, -distance / 2)), 1)
        found = 1 / (1 + np.exp(-distance * latent))
        uris = [f"image-{index:04d}.jpg" for index in range(len(found))]
        labelled = anomalous.copy()
        for index in rng.choice(len(found), n_wrong, replace=False).tolist():
            labelled[index] = not labelled[index]
            uris[index] = WRONG + uris[index]
        return build_case(evidence(rows(labelled, found >= threshold, found, uris)))

    return make


def scores_at_best_f1(n_anomaly: int, n_normal: int, auc: float) -> Maker:
    """As ``scores``, with the threshold that is best for F1 at this share of anomalies."""
    distance = math.sqrt(2) * NormalDist().inv_cdf(auc)
    unit = NormalDist()

    def f1_score(cut: float) -> float:
        tp = n_anomaly * (1 - unit.cdf(cut - distance / 2))
        return 2 * tp / (tp + n_normal * (1 - unit.cdf(cut + distance / 2)) + n_anomaly)

    best = max(np.linspace(-4, 4, 401).tolist(), key=f1_score)
    return scores(n_anomaly, n_normal, auc, threshold=1 / (1 + math.exp(-distance * best)))


def manifests(n_training: int, n_test: int, *, share: float = 0.5, new_label: bool = False) -> Maker:
    """Manifests of a segmentation project with the labels scratch and dent in turn."""

    def dataset(anomalous: Bools, name: str, labels: tuple[str, ...]) -> Images:
        maps: list[MaskRef | None] = [None] * len(anomalous)
        for turn, index in enumerate(np.flatnonzero(anomalous).tolist()):
            label = {"#ffffff": "BACKGROUND", "#23a436": labels[turn % len(labels)]}
            maps[index] = MaskRef(uri=f"{name}-{index}.png", label_by_color=label)
        return rows(anomalous, uris=[f"{name}-{i}.jpg" for i in range(len(anomalous))], masks=maps, document=name)

    def make(rng: np.random.Generator) -> Case:
        training = rng.permutation(n_training) < n_training // 2
        test = rng.random(n_test) < share if share != 0.5 else rng.permutation(n_test) < n_test // 2
        labels = ("scratch", "dent")
        sets = (
            Dataset(uri="train", role=DatasetRole.TRAINING, images=dataset(training, "train", labels)),
            Dataset(
                uri="test",
                role=DatasetRole.TEST,
                images=dataset(test, "test", ("chip", *labels) if new_label else labels),
            ),
        )
        return build_case(evidence(rows(test, test, np.where(test, 0.9, 0.1)), sets))

    return make


def masks(n_images: int, sides: tuple[float, float], *, n_empty: int = 0, size_matters: bool = False) -> Maker:
    """Anomalous images of 1280 x 960 px with one square anomaly each; 9 in 10 are found, of small ones perhaps half."""
    width, height = 1280, 960

    def make(rng: np.random.Generator) -> Case:
        side = np.exp(rng.uniform(math.log(sides[0]), math.log(sides[1]), n_images)) * width
        small = side < np.median(side)
        found = rng.random(n_images) < np.where(small & size_matters, 0.45, 0.9)
        uris = [f"anomaly-{index}.jpg" for index in range(n_images)]
        areas = np.maximum(1, side**2).astype(int)
        areas[:n_empty] = 0
        counts = MaskCounts.of(
            [
                ImagePixels(uri, bool(hit), True, (PixelRow("scratch", "ignore", 0, int(area), 0),))
                for uri, hit, area in zip(uris, found, areas, strict=True)
            ],
            ["ignore"],
        )
        anomalous = np.ones(n_images, np.bool_)
        images = rows(anomalous, found, np.where(found, 0.8, 0.2), uris)
        regions = [
            Region(
                image=uri,
                label="scratch",
                area_px=int(area),
                extent_px=math.ceil(math.sqrt(area)),
                width_px=width,
                height_px=height,
            )
            for uri, area in zip(uris, areas, strict=True)
            if area
        ]
        return build_case(evidence(images, counts=counts), regions=regions)

    return make
