"""An imperfect inspector: image scores after the binormal model, and predicted masks with the usual faults."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .scenario import Scenario

Mask = NDArray[np.bool_]
LabelMap = NDArray[np.uint8]
"""``(height, width)``: 0 for background, else 1 + the label's position in the scenario."""

DIFFICULTY_SHARE = 0.8
"""Correlation between how hard an image is and what the model makes of it."""
LOGIT_STEP = 1 / 32
"""Logits are multiples of this, so that large sets have tied scores and no platform's rounding matters."""
BLOCK_PX = 2
"""Predicted masks are enlarged from a grid this coarse, as those of the service's segmentation networks are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """One test image and what the simulated model says of it.

    Attributes:
        name: File name without extension.
        anomalous: The truth.
        labels: Positions of the anomaly labels it has.
        visibility: How plainly its defect is seen, or how alarming a normal part looks; 0..1.
        predicted: Whether the model calls it anomalous.
        confidence: Confidence of the predicted class as the manifest prints it: a float32, or rounded digits.
        score: Anomaly score behind the reported metrics, 0..1.
    """

    name: str
    anomalous: bool
    labels: tuple[int, ...]
    visibility: float
    predicted: bool
    confidence: float
    score: float


def stream(*key: int) -> np.random.Generator:
    """A random stream of its own for every purpose, so that leaving one out does not change the others."""
    return np.random.Generator(np.random.PCG64(list(key)))


def simulate(scenario: Scenario) -> list[Specimen]:
    """The test set in file order, anomalous images first.

    Latent values are drawn one from each of ``n`` equally likely slices of the normal distribution, so that even small
    sets have an error rate near the expected one: with the default settings always both kinds of errors.
    """
    model_seed = scenario.seed if scenario.model_seed is None else scenario.model_seed
    hardness, opinion = stream(scenario.seed, 0), stream(model_seed, 1)
    half_distance = NormalDist().inv_cdf(scenario.quality) / math.sqrt(2)
    specimens: list[Specimen] = []
    for anomalous, n in ((True, scenario.n_anomaly), (False, scenario.n_normal)):
        centre, digits = (half_distance if anomalous else -half_distance), len(str(n))
        latents = zip(_normal_values(hardness, n), _normal_values(opinion, n), strict=True)
        for index, (seen, thought) in enumerate(latents):
            latent = centre + DIFFICULTY_SHARE * seen + math.sqrt(1 - DIFFICULTY_SHARE**2) * thought
            predicted, confidence, score = _judge(scenario, latent)
            specimens.append(
                Specimen(
                    name=f"{'anomaly' if anomalous else 'normal'}-{index + 1:0{digits}d}",
                    anomalous=anomalous,
                    labels=labels_of(index, len(scenario.labels)) if anomalous else (),
                    visibility=NormalDist().cdf(seen),
                    predicted=predicted,
                    confidence=confidence,
                    score=score,
                )
            )
    return specimens


def _normal_values(rng: np.random.Generator, n: int) -> list[float]:
    slices, within = np.argsort(rng.random(n), kind="stable").tolist(), rng.random(n).tolist()
    normal = NormalDist()
    return [normal.inv_cdf(min(max((i + u) / n, 1e-12), 1 - 1e-12)) for i, u in zip(slices, within, strict=True)]


def _judge(scenario: Scenario, latent: float) -> tuple[bool, float, float]:
    """Predicted class, printed confidence, and the score behind the reported metrics."""
    logit = round(2.2 * latent / LOGIT_STEP) * LOGIT_STEP
    raw = float(np.float32(1 / (1 + math.exp(-logit))))
    predicted = raw >= scenario.threshold
    confidence = float(np.float32(raw if predicted else 1 - raw))
    score = confidence if predicted else 1 - confidence
    if scenario.confidence_digits is not None:
        confidence = round(confidence, scenario.confidence_digits)
    return predicted, confidence, score


def labels_of(index: int, n_labels: int) -> tuple[int, ...]:
    """Labels take turns; every seventh image has two."""
    first = index % n_labels
    return (first, (first + 1) % n_labels) if n_labels > 1 and index % 7 == 6 else (first,)


def predict_mask(
    rng: np.random.Generator, truth: LabelMap, specimen: Specimen, scenario: Scenario, lure: tuple[float, float] | None
) -> LabelMap:
    """What the model's mask of an image looks like: displaced, too fat, partly or wholly missed, or a false blob.

    Args:
        rng: Source of the faults.
        truth: The true mask.
        specimen: The image; one called normal mostly has no mask either, but the two are separate, as in the service.
        scenario: ``quality`` decides how often the mask is at fault.
        lure: Centre ``(x, y)`` of something harmless that may be taken for a defect.
    """
    predicted = np.zeros_like(truth)
    n_labels = len(scenario.labels)
    for position in specimen.labels:
        missed = not specimen.predicted and rng.random() < 0.7
        found = _with_fault(rng, truth == position + 1, scenario.quality)
        confused = n_labels > 1 and rng.random() < 0.4 * (1 - scenario.quality)
        if not missed:
            predicted[found] = 1 + ((position + 1) % n_labels if confused else position)
    lured = lure is not None and rng.random() < (0.8 if specimen.predicted else 0.15)
    stray = rng.random() < 0.6 * (1 - scenario.quality)
    if lured or stray:
        anywhere = (rng.random() * truth.shape[1], rng.random() * truth.shape[0])
        blob = _blob(rng, truth.shape, lure if lured and lure is not None else anywhere)
        predicted[blob & (predicted == 0)] = 1 + int(rng.random() * n_labels)
    return _coarse(predicted)


def _with_fault(rng: np.random.Generator, mask: Mask, quality: float) -> Mask:
    """The mask as a model would draw it; badly at fault in 20 % of cases plus three times the quality's shortfall."""
    sway, step, kind, angle = rng.random(4).tolist()
    shifted = _shift(mask, round(2 * sway - 1), round(2 * step - 1))
    if rng.random() >= 0.2 + 3 * (1 - quality):
        return _dilate(shifted, 1) if step < 0.3 else shifted
    if kind < 0.3:
        reach = 3 + 3 * step
        turn = 2 * math.pi * angle
        return _shift(mask, round(reach * math.cos(turn)), round(reach * math.sin(turn)))
    if kind < 0.55:
        return _dilate(shifted, 2 + round(step))
    if kind < 0.9:
        return _part(shifted, 0.35 + 0.4 * step)
    return np.zeros_like(mask)


def _shift(mask: Mask, dx: int, dy: int) -> Mask:
    moved = np.zeros_like(mask)
    height, width = mask.shape
    moved[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = mask[
        max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
    ]
    return moved


def _dilate(mask: Mask, radius: int) -> Mask:
    grown = mask.copy()
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dx * dx + dy * dy <= radius * radius:
                grown |= _shift(mask, dx, dy)
    return grown


def _part(mask: Mask, share: float) -> Mask:
    """About a share of the mask, cut off across its longer side."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return mask
    along = rows if np.ptp(rows) > np.ptp(columns) else columns
    kept = along <= np.sort(along)[int(share * (len(along) - 1))]
    part = np.zeros_like(mask)
    part[rows[kept], columns[kept]] = True
    return part


def _blob(rng: np.random.Generator, shape: tuple[int, ...], at: tuple[float, float]) -> Mask:
    """An ellipse that a network imagines."""
    scale = min(shape) / 240
    wide, high = ((3 + 7 * share) * scale for share in rng.random(2).tolist())
    x, y = np.arange(shape[1])[None, :] - at[0], np.arange(shape[0])[:, None] - at[1]
    blob: Mask = (x / wide) ** 2 + (y / high) ** 2 <= 1
    return blob


def _coarse(labels: LabelMap) -> LabelMap:
    """What a coarse grid keeps, enlarged again by nearest neighbour: blocks at least half covered by one label."""
    height, width = labels.shape
    rows, columns = np.arange(0, height, BLOCK_PX), np.arange(0, width, BLOCK_PX)
    blocks = np.zeros((len(rows), len(columns)), np.uint8)
    for value in np.unique(labels[labels > 0]):
        covered = np.add.reduceat(np.add.reduceat((labels == value).astype(np.int64), rows, axis=0), columns, axis=1)
        blocks[2 * covered >= BLOCK_PX**2] = value
    enlarged: LabelMap = np.repeat(np.repeat(blocks, BLOCK_PX, axis=0), BLOCK_PX, axis=1)[:height, :width]
    return enlarged
