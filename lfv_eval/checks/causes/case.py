"""What a search for causes works on: the manifest's rows as arrays, and the reported numbers it tries to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...images import ANOMALY, UNLABELLED, Images
from ...metrics.counts import ConfusionCounts, ScoreCounts, countable
from ...metrics.ranking import anomaly_scores
from ...registry import Evidence
from ..scores.ranking_batches import Bools, Floats, Ints, rank_many
from .target import FN, FP, TN, TP, Target

MAX_LINES_TOLD = 5
"""How many lines a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """The evidence as it would be if a cause were real.

    Attributes:
        told: What is corrected, as the beginning of a sentence.
        detail: More of it, worth telling where this is the only correction that fits.
        cells: The confusion matrix.
        scores: Anomaly scores by truth; ``None`` where they do not follow, so that rankings cannot be held against it.
        lines: The manifest lines concerned, ascending; empty where they do not follow.
        rows: How often each row of the manifest counts, int64; ``None`` where that is unchanged or does not follow.
        concrete: The manifest itself shows something odd in these lines, such as a second row for the same image.
    """

    told: str
    detail: str = ""
    cells: ConfusionCounts
    scores: ScoreCounts | None = None
    lines: tuple[int, ...] = ()
    rows: Ints | None = None
    concrete: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """The ranking metrics of many corrections.

    Attributes:
        roc_auc: float64, one entry a correction.
        average_precision: float64, likewise.
        n: How many corrections these stand for, if they are a sample.
    """

    roc_auc: Floats
    average_precision: Floats
    n: int

    @classmethod
    def of(cls, counts: ScoreCounts | None) -> Ranks:
        """Those of one correction; none where it has no scores or one class is empty."""
        if counts is None or counts.n_without_score or not counts.n_anomaly.sum() or not counts.n_normal.sum():
            return cls(np.empty(0), np.empty(0), 0)
        repeats = counts.n_anomaly + counts.n_normal
        truth = np.concatenate(
            [[True] * a + [False] * b for a, b in zip(counts.n_anomaly, counts.n_normal, strict=True)]
        )
        auc, precision = rank_many(np.repeat(counts.scores, repeats)[None], truth[None].astype(np.bool_))
        return cls(auc, precision, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """What one cause could have done: confusion matrices, each with the corrections that lead to it.

    Attributes:
        cells: int64, shape (k, 4): TP, FP, FN, TN.
        expand: ``expand(index, target)`` gives the corrections behind one matrix. They may be limited to those that
            can give the ranking metrics of the target.
        rank: ``rank(index)`` gives ROC AUC and average precision of all of them (or of a sample, seeded).
    """

    cells: Ints
    expand: Callable[[int, Target], Iterable[Correction]]
    rank: Callable[[int], Ranks]

    @classmethod
    def of(cls, corrections: Sequence[Correction]) -> Trials:
        """Trials of corrections that are few and known from the beginning."""
        cells = np.array([as_row(c.cells) for c in corrections], np.int64).reshape(-1, 4)
        return cls(
            cells, lambda index, _target: (corrections[index],), lambda index: Ranks.of(corrections[index].scores)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """The manifest's rows.

    Attributes:
        images: All rows, those that are left out of the numbers included.
        counted: int64, indices of the rows that enter the numbers.
        truth: bool, one entry a counted row, anomalous by truth.
        predicted: bool, likewise, predicted anomaly.
        scores: float64, likewise, NaN where a row has no confidence.
        wrong_truth_number: bool, one entry a row of ``images``: the integer beside the truth contradicts it.
        wrong_predicted_number: bool, likewise for the prediction.
        n_reported: The number of test images that the documents report, where they agree on one.
    """

    images: Images
    counted: Ints
    truth: Bools
    predicted: Bools
    scores: Floats
    wrong_truth_number: Bools
    wrong_predicted_number: Bools
    n_reported: int | None

    @classmethod
    def of(cls, evidence: Evidence) -> Case:
        """Take the rows from the evidence."""
        images = evidence.evaluation.images
        counted = np.flatnonzero(countable(images)).astype(np.int64)
        predicted = images.predicted[counted] == ANOMALY
        sizes = {c.n_testing_images for c in evidence.evaluation.claims if c.n_testing_images is not None}
        return cls(
            images=images,
            counted=counted,
            truth=images.truth[counted] == ANOMALY,
            predicted=predicted,
            scores=anomaly_scores(predicted, images.confidence[counted]),
            wrong_truth_number=_at_problem(evidence, "NUMBER_CONTRADICTS_CLASS_NAME"),
            wrong_predicted_number=_at_problem(evidence, "PREDICTED_NUMBER_CONTRADICTS_CLASS_NAME"),
            n_reported=sizes.pop() if len(sizes) == 1 else None,
        )

    @property
    def cells(self) -> Ints:
        """int64, the confusion matrix: TP, FP, FN, TN."""
        return np.bincount(self.cell_of, minlength=4).astype(np.int64)

    @property
    def cell_of(self) -> Ints:
        """int64, the cell of each counted row."""
        found: Ints = np.where(self.truth, np.where(self.predicted, TP, FN), np.where(self.predicted, FP, TN))
        return found

    def lines_of(self, rows: Ints | Sequence[int]) -> tuple[int, ...]:
        """The manifest lines of some rows of ``images``, ascending."""
        return tuple(sorted(self.images.line[rows].tolist())) if len(rows) else ()

    def correction(
        self,
        told: str,
        rows: Ints,
        *,
        truth: Bools | None = None,
        predicted: Bools | None = None,
        ranked: bool = True,
        lines: tuple[int, ...] = (),
        concrete: bool = False,
    ) -> Correction:
        """The evidence if these rows counted, a repeated one as often as it is repeated.

        Args:
            told: See ``Correction``.
            rows: int64, indices into ``images``.
            truth: bool, one entry a row; by default as the manifest says.
            predicted: Likewise.
            ranked: Whether the confidences still are those of the predicted class.
            lines: See ``Correction``.
            concrete: See ``Correction``.
        """
        images = self.images
        truth = images.truth[rows] == ANOMALY if truth is None else truth
        predicted = images.predicted[rows] == ANOMALY if predicted is None else predicted
        scores = None
        if ranked:
            found = anomaly_scores(predicted, images.confidence[rows])
            scored = ~np.isnan(found)
            n_without = int(np.count_nonzero(~scored))
            scores = ScoreCounts.from_scores(found[scored], truth[scored], n_without)
        return Correction(
            told=told,
            cells=ConfusionCounts.from_labels(truth, predicted),
            scores=scores,
            lines=lines,
            rows=np.bincount(rows, minlength=len(images)).astype(np.int64),
            concrete=concrete,
        )


def as_row(cells: ConfusionCounts) -> tuple[int, int, int, int]:
    """TP, FP, FN, TN."""
    return cells.tp, cells.fp, cells.fn, cells.tn


def as_counts(cells: Ints) -> ConfusionCounts:
    """The confusion matrix of one row of an array of them."""
    tp, fp, fn, tn = cells.tolist()
    return ConfusionCounts(tp=tp, fp=fp, fn=fn, tn=tn)


def told_lines(lines: Sequence[int]) -> str:
    """Manifest lines as people list them.

    >>> told_lines([17]), told_lines([3, 5, 9]), told_lines(range(1, 9))
    ('line 17', 'lines 3, 5 and 9', 'lines 1, 2, 3, 4, 5 and 3 more')
    """
    if len(lines) == 1:
        return f"line {lines[0]}"
    shown = [str(line) for line in lines[:MAX_LINES_TOLD]]
    if len(lines) > MAX_LINES_TOLD:
        return f"lines {', '.join(shown)} and {len(lines) - MAX_LINES_TOLD} more"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def _at_problem(evidence: Evidence, code: str) -> Bools:
    """The rows that a problem names; none where it occurs more often than its lines are kept."""
    images = evidence.evaluation.images
    found = np.zeros(len(images), np.bool_)
    documents = np.array(images.document) if images.document else np.empty(0, np.str_)
    for problem in evidence.evaluation.problems:
        if problem.code == code:
            here = documents == problem.where.uri
            if problem.count == int(here.sum()):
                found |= here
            elif problem.count == len(problem.lines):
                found |= here & np.isin(images.line, problem.lines)
    found &= images.truth != UNLABELLED
    return found
