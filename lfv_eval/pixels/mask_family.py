"""The metric family of anomaly labels: it reads masks, so it stands above the mask reader and the metrics both.

Masks stream: bytes are fetched ahead, pairs are decoded and counted on a few threads (the decoder releases the
interpreter lock), and only integers stay. An image whose masks cannot be used is left out of the label numbers,
visibly: one problem each, and every value says how many images it lacks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import LfvEvalError
from ..formats.masks.alpha_policies import alpha_minimum
from ..images import ANOMALY, ImageRecord, label_key
from ..metrics.labels.mask_counts import MaskCounts
from ..metrics.labels.segmentation import average_iou, labels_in, precision_recall_f1
from ..metrics.tolerance.summary import ToleranceCounts, ToleranceSummary
from ..records import Evaluation, Problem, Reader, Severity, Where
from ..registry import Family, Observations
from ..settings import Settings
from ..threads import map_in_order
from ..verdicts import LabelOverlap, MetricValue
from .mask_tolerance import finding, measure, tolerant_values

if TYPE_CHECKING:
    from ..formats.masks.pairs import PairCounts

MAX_WORKERS = 8
FIRST_IMAGES = 20
"""After so many images without a single usable pair, the masks count as out of reach and reading stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskEvidence:
    """What was read from the masks of any number of images; ``+`` joins it exactly.

    Attributes:
        counts: Pixels by image, label and alpha policy.
        tolerance: Masks compared with a tolerance, for a bounded number of images of each label.
        left_out: References of the images whose masks could not be used.
        problems: Tolerated defects of masks, and the reason for each image left out.
    """

    counts: MaskCounts = field(default_factory=MaskCounts)
    tolerance: ToleranceCounts = field(default_factory=ToleranceCounts)
    left_out: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: MaskEvidence) -> MaskEvidence:
        return MaskEvidence(
            counts=self.counts + other.counts,
            tolerance=self.tolerance + other.tolerance,
            left_out=self.left_out + other.left_out,
            problems=self.problems + other.problems,
        )

    def summary(self, label: str) -> ToleranceSummary | None:
        """The tolerant numbers of one label; ``None`` where none of its images was measured."""
        key = label_key(label)
        return self.tolerance.summarise(label) if any(row.label == key for row in self.tolerance.rows) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """One image to count: its masks as fetched, in order."""

    image: ImageRecord
    bodies: tuple[bytes | LfvEvalError | None, bytes | LfvEvalError | None]


def count(evaluation: Evaluation, settings: Settings, reader: Reader) -> MaskEvidence:
    """Read and count the masks of all images that enter the numbers.

    Raises:
        UsageError: The settings name an alpha policy or a definition that does not exist.
    """
    _check(settings)
    images = [evaluation.images[int(index)] for index in evaluation.images.used.nonzero()[0]]
    if not (any(image.truth_mask for image in images) and any(image.predicted_mask for image in images)):
        return MaskEvidence()  # nothing to compare
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    states: list[MaskCounts] = []
    left_out: list[str] = []
    problems: list[Problem] = []

    def count_one(task: _Task) -> PairCounts | LfvEvalError:
        return _count_one(task, (settings.alpha_policy,))

    with closing(map_in_order(count_one, _tasks(images, reader), max_workers=workers)) as counted:
        for n_seen, (task, outcome) in enumerate(counted, start=1):
            if isinstance(outcome, LfvEvalError):
                left_out.append(task.image.uri)
                problems.append(_left_out(task.image, outcome))
            else:
                states.append(_state(task.image, outcome))
                problems += [_placed(task.image, problem) for problem in outcome.problems]
            if n_seen == FIRST_IMAGES and not states:
                left_out = [image.uri for image in images]
                problems.append(_given_up(images[n_seen:], task.image))
                break
    counts = MaskCounts.total(states)
    by_uri = {image.uri: image for image in images}
    return MaskEvidence(
        counts=counts,
        tolerance=measure(by_uri, counts, settings, reader, workers),
        left_out=tuple(left_out),
        problems=tuple(_merged(problems)),
    )


def _check(settings: Settings) -> None:
    alpha_minimum(settings.alpha_policy)
    average_iou(MaskCounts(), "", settings.average_iou)
    precision_recall_f1(MaskCounts(), "", settings.precision_recall)


def _tasks(images: list[ImageRecord], reader: Reader) -> Iterator[_Task]:
    wanted = [(image.truth_mask, image.predicted_mask) for image in images]
    uris = [mask.uri for masks in wanted for mask in masks if mask]
    fetched = iter(reader.read_many(uris, "reading masks"))
    for image, (truth, predicted) in zip(images, wanted, strict=True):
        yield _Task(image=image, bodies=(next(fetched) if truth else None, next(fetched) if predicted else None))


def _count_one(task: _Task, policies: tuple[str, ...]) -> PairCounts | LfvEvalError:
    from ..formats.masks.pairs import pair  # and Pillow, which an evaluation without masks never needs

    truth, predicted = task.bodies
    image = task.image
    if isinstance(truth, LfvEvalError):
        return truth
    if isinstance(predicted, LfvEvalError):
        return predicted
    if image.truth == ANOMALY and truth is None:
        return LfvEvalError("an anomalous image without a truth mask says nothing about labels")
    if image.predicted == ANOMALY and predicted is None:
        return LfvEvalError("the model called it anomalous, but the manifest names no predicted mask")
    try:
        return pair(
            truth,
            predicted,
            image.truth_mask.label_by_color if image.truth_mask else {},
            image.predicted_mask.label_by_color if image.predicted_mask else {},
            policies,
            truth_where=Where(uri=image.truth_mask.uri if image.truth_mask else ""),
            predicted_where=Where(uri=image.predicted_mask.uri if image.predicted_mask else ""),
        )
    except LfvEvalError as error:
        return error


def _state(image: ImageRecord, counted: PairCounts) -> MaskCounts:
    return MaskCounts.of_image(
        image.uri,
        detected=image.predicted == ANOMALY,
        anomalous=image.truth == ANOMALY,
        counts=counted.counts,
        policies=counted.policies,
    )


def _left_out(image: ImageRecord, error: LfvEvalError) -> Problem:
    return Problem(
        code="MASK_UNUSABLE",
        where=Where(uri=image.document, line=image.line),
        message=f"{image.uri} is left out of the label numbers: {error}",
        severity=Severity.ERROR,
    )


def _given_up(untried: list[ImageRecord], last: ImageRecord) -> Problem:
    return Problem(
        code="MASKS_OUT_OF_REACH",
        where=Where(uri=last.document, line=last.line),
        message=f"after {FIRST_IMAGES} images without usable masks, those of {len(untried)} more were not tried",
        severity=Severity.ERROR,
    )


def _placed(image: ImageRecord, problem: Problem) -> Problem:
    """Where the reader of a report looks first is the manifest line; the mask's own name goes into the message."""
    return replace(
        problem,
        where=Where(uri=image.document, line=image.line),
        message=f"{problem.where.uri}: {problem.message}",
        lines=(image.line,),
    )


def _merged(problems: list[Problem]) -> list[Problem]:
    """Equal defects of many masks are one problem with all their lines; images left out stay one each."""
    merged: dict[tuple[str, str], Problem] = {}
    single = []
    for problem in problems:
        if problem.code == "MASK_UNUSABLE":
            single.append(problem)
            continue
        key = (problem.code, problem.where.uri)
        known = merged.get(key)
        if known is None:
            merged[key] = problem
        else:
            lines = (known.lines + problem.lines)[:1000]
            merged[key] = replace(known, count=known.count + problem.count, lines=lines)
    return [*merged.values(), *single]


def compute(evidence: MaskEvidence, settings: Settings) -> list[MetricValue]:
    """Each label's precision, recall, F1 score and average IoU in the definitions in force, and its tolerant values."""
    values: list[MetricValue] = []
    policy = settings.alpha_policy
    for label in labels_in(evidence.counts):
        own = [*precision_recall_f1(evidence.counts, label, settings.precision_recall, policy=policy)]
        own.append(average_iou(evidence.counts, label, settings.average_iou, policy=policy))
        values += [replace(value, definition=f"{value.definition}|alpha:{policy}") for value in own]
        if summary := evidence.summary(label):
            values += tolerant_values(summary)
    n_left_out = len(evidence.left_out)
    return [replace(value, n_left_out=n_left_out) for value in values]


def signature(settings: Settings) -> tuple[str, ...]:
    """The definitions and the reading of transparency in force."""
    return (
        f"aiou:{settings.average_iou}",
        f"prf:{settings.precision_recall}",
        f"alpha:{settings.alpha_policy}",
        f"tolerance:{settings.tolerance_px or 'auto'}",
    )


def observe(evidence: MaskEvidence, settings: Settings) -> Observations:
    """The problems of the masks, what is worth knowing of each label, and the labels of each image."""
    findings = []
    for label in labels_in(evidence.counts):
        if summary := evidence.summary(label):
            iou = average_iou(evidence.counts, label, settings.average_iou, policy=settings.alpha_policy).value
            found = finding(summary, iou, evidence.tolerance)
            findings += [found] if found else []
    names = dict(evidence.counts.labels)
    outcomes = {(row.image, row.label): str(row.outcome) for row in evidence.tolerance.rows}
    overlaps = {
        image.uri: tuple(
            LabelOverlap(
                label=names[row.label],
                truth_px=row.truth_px,
                predicted_px=row.predicted_px,
                intersection_px=row.intersection_px,
                iou=row.intersection_px / (row.truth_px + row.predicted_px - row.intersection_px),
                outcome=outcomes.get((image.uri, row.label)),
            )
            for row in image.rows
            if row.policy == settings.alpha_policy
        )
        for image in evidence.counts
    }
    return Observations(problems=evidence.problems, findings=tuple(findings), overlaps=overlaps)


FAMILY = Family(zero=MaskEvidence(), count=count, compute=compute, signature=signature, observe=observe)
