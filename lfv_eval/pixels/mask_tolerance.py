"""Masks compared with a tolerance, for labels on which overlap alone says little: a second, bounded look at the masks.

Thin anomalies a pixel beside their masks have no overlap at all; whether a low average IoU means wrong masks or
displaced ones, only the pixels can tell. At most ``MAX_IMAGES`` images a label are looked at again, evenly spread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import LfvEvalError
from ..images import ImageRecord, MaskRef, label_key
from ..metrics.labels.mask_counts import MaskCounts
from ..metrics.tolerance.blocks import DEFAULT_TAU_PX, tau_of_block
from ..metrics.tolerance.images import ImageTolerance, measure_image
from ..metrics.tolerance.summary import ToleranceCounts, ToleranceSummary
from ..metrics.tolerance.wording import tolerance_sentence
from ..records import Reader, Where
from ..settings import Settings
from ..threads import map_in_order
from ..verdicts import Finding, MetricValue

if TYPE_CHECKING:
    from ..formats.masks.label_pixels import LabelPixels

MAX_IMAGES = 100
_MAX_NAMED_IMAGES = 10
_GUIDE = "Improving your model: low average IoU of thin anomalies"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One image to look at again, with its masks as fetched and the label keys wanted."""

    image: ImageRecord
    labels: tuple[str, ...]
    truth: bytes | LfvEvalError | None
    predicted: bytes | LfvEvalError | None


def measure(
    images: dict[str, ImageRecord], counts: MaskCounts, settings: Settings, reader: Reader, workers: int
) -> ToleranceCounts:
    """Measure a bounded number of images of each label.

    Args:
        images: Rows of the manifest by reference; those in ``counts`` are used.
        counts: The pixel counts, which tell which labels occur where.
        settings: Alpha policy and tolerance.
        reader: Reads the masks again.
        workers: Number of threads.
    """
    wanted = _wanted(counts, settings.alpha_policy)
    if not wanted:
        return ToleranceCounts()
    chosen = [(images[uri], labels) for uri, labels in wanted.items()]
    tau = settings.tolerance_px or DEFAULT_TAU_PX
    first = _measured(chosen, reader, settings.alpha_policy, workers, tau=tau, block=1)
    if first.block == 1:
        return first
    tau = settings.tolerance_px or tau_of_block(first.block)
    return _measured(chosen, reader, settings.alpha_policy, workers, tau=tau, block=first.block)


def _wanted(counts: MaskCounts, policy: str) -> dict[str, tuple[str, ...]]:
    """The label keys to look at, by image."""
    by_label: dict[str, list[str]] = {}
    for image in counts:
        for row in image.rows:
            if row.policy == policy:
                by_label.setdefault(row.label, []).append(image.uri)
    wanted: dict[str, list[str]] = {}
    for label, uris in by_label.items():
        step = max(1, -(-len(uris) // MAX_IMAGES))
        for uri in uris[::step]:
            wanted.setdefault(uri, []).append(label)
    return {uri: tuple(labels) for uri, labels in sorted(wanted.items())}


def _measured(
    chosen: list[tuple[ImageRecord, tuple[str, ...]]],
    reader: Reader,
    policy: str,
    workers: int,
    *,
    tau: int,
    block: int,
) -> ToleranceCounts:
    def look(one: _Look) -> list[ImageTolerance]:
        return list(_measure_one(one, policy, tau, block))

    with closing(map_in_order(look, _looks(chosen, reader), max_workers=workers)) as results:
        return ToleranceCounts.of(row for _, rows in results for row in rows)


def _looks(chosen: Iterable[tuple[ImageRecord, tuple[str, ...]]], reader: Reader) -> Iterator[_Look]:
    masks = [(image.truth_mask, image.predicted_mask) for image, _ in chosen]
    fetched = iter(reader.read_many([mask.uri for pair in masks for mask in pair if mask], "looking closer at masks"))
    for (image, labels), (truth, predicted) in zip(chosen, masks, strict=True):
        bodies = [next(fetched) if mask else None for mask in (truth, predicted)]
        yield _Look(image=image, labels=labels, truth=bodies[0], predicted=bodies[1])


def _measure_one(look: _Look, policy: str, tau: int, block: int) -> Iterator[ImageTolerance]:
    truth = _pixels(look.truth, look.image.truth_mask, policy)
    predicted = _pixels(look.predicted, look.image.predicted_mask, policy)
    for label in look.labels:
        sides = [side.pixels(label) if side and label in side.labels else None for side in (truth, predicted)]
        shape = next((side.shape for side in sides if side is not None), None)
        if shape is None:
            continue  # read a moment ago, unreadable now
        pair = [np.zeros(shape, np.bool_) if side is None else side for side in sides]
        yield measure_image(pair[0], pair[1], tau=tau, block=block, image=look.image.uri, label=label)


def _pixels(body: bytes | LfvEvalError | None, mask: MaskRef | None, policy: str) -> LabelPixels | None:
    from ..formats.masks.label_pixels import label_pixels

    if body is None or isinstance(body, LfvEvalError) or mask is None:
        return None
    return label_pixels(body, mask.label_by_color, policy, Where(uri=mask.uri))


def tolerant_values(summary: ToleranceSummary) -> list[MetricValue]:
    """Tolerant precision, recall and F1 score and the normalised surface distance of one label."""
    hits = summary.hits
    unit: Literal["pixels"] = "pixels"
    numbers = (
        ("tolerant_precision", summary.precision, (hits.predicted_hit_px, hits.predicted_px)),
        ("tolerant_recall", summary.recall, (hits.truth_hit_px, hits.truth_px)),
        ("tolerant_f1_score", summary.f1_score, None),
        ("nsd", summary.nsd, (summary.boundary_hit_px, summary.boundary_px)),
    )
    return [
        MetricValue(
            name=name,
            label=summary.label,
            definition=f"tau:{summary.tau}px",
            value=value,
            undefined_because=None if value is not None else "no pixel of the label to measure",
            ratio=ratio if value is not None else None,
            support=ratio[1] if ratio else hits.predicted_px + hits.truth_px,
            unit=unit,
        )
        for name, value, ratio in numbers
    ]


def finding(summary: ToleranceSummary, average_iou: float | None, measured: ToleranceCounts) -> Finding | None:
    """What to say about one label; ``None`` where its average IoU needs no explanation."""
    message = tolerance_sentence(summary.label, average_iou, summary)
    if message is None:
        return None
    worst = sorted(
        (row for row in measured.rows if row.label == label_key(summary.label) and row.iou is not None),
        key=lambda row: (row.iou, row.image),
    )
    return Finding(
        rule="low-average-iou",
        severity="warning",
        message=message,
        label=summary.label,
        images=tuple(row.image for row in worst[:_MAX_NAMED_IMAGES]),
        guide=_GUIDE,
    )
