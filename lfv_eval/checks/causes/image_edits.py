"""Edits of single images, and what they do to the ranking.

An edit takes one image out of the ranking, puts one in, or both. With U the number of pairs ranked rightly, which ROC
AUC is a share of, two edits change U by what each changes alone and by what the images they touch do to each other. So
all pairs of lines are held against the printed ROC AUC by adding up arrays, and few are left for average precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scores.ranking_batches import Bools, Floats, Ints, rank_many
from .case import Case
from .target import FN, FP, TN, TP, Target

MAX_RANKED = 400_000
"""How many scores are sorted for one confusion matrix, over all lines or pairs of lines tried."""

ANOMALOUS, PREDICTED = (TP, FN), (TP, FP)
"""The cells of images that are anomalous by truth, and that are predicted to be."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edit:
    """One kind of edit, applicable to several images alike.

    Attributes:
        told: What it does, with a place for the line.
        taken: Cell that loses an image; ``None`` where none does.
        put: Cell that gains an image; ``None`` where none does.
        lines: int64, manifest line of each image it applies to; 0 where the image is not in the manifest.
        taken_score: float64, its score before.
        put_score: float64, its score afterwards.
    """

    told: str
    taken: int | None
    put: int | None
    lines: Ints
    taken_score: Floats
    put_score: Floats

    @property
    def delta(self) -> Ints:
        """int64, what it adds to the confusion matrix."""
        change = np.zeros(4, np.int64)
        if self.taken is not None:
            change[self.taken] -= 1
        if self.put is not None:
            change[self.put] += 1
        return change

    def parts(self) -> list[tuple[int, bool, Floats]]:
        """What it takes (-1) and puts (+1): sign, whether that image is anomalous, and its scores."""
        found = [(-1, self.taken, self.taken_score), (1, self.put, self.put_score)]
        return [(sign, cell in ANOMALOUS, scores) for sign, cell, scores in found if cell is not None]


def edited(case: Case, edits: list[Edit], chosen: NDArray[np.intp]) -> tuple[Floats, Bools]:
    """Scores and truths after edits, one row for each choice of images.

    Args:
        case: The rows.
        edits: One or two.
        chosen: Shape (m, number of edits): which image each edit applies to.
    """
    m = len(chosen)
    scores, truth = np.tile(case.scores, (m, 1)), np.tile(case.truth, (m, 1))
    gone = np.zeros(scores.shape, np.bool_)
    at_line = {line: index for index, line in enumerate(case.images.line[case.counted].tolist())}
    added_scores, added_truth = [], []
    for edit, which in zip(edits, chosen.T, strict=True):
        if edit.taken is not None:
            gone[np.arange(m), [at_line[line] for line in edit.lines[which].tolist()]] = True
        if edit.put is not None:
            added_scores.append(edit.put_score[which])
            added_truth.append(np.full(m, edit.put in ANOMALOUS))
    n_left = scores.shape[1] - sum(edit.taken is not None for edit in edits)
    scores, truth = scores[~gone].reshape(m, n_left), truth[~gone].reshape(m, n_left)
    for more_scores, more_truth in zip(added_scores, added_truth, strict=True):
        scores = np.concatenate([scores, more_scores[:, None]], axis=1)
        truth = np.concatenate([truth, more_truth[:, None]], axis=1)
    return scores, truth


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """Holds edits against the reported ranking metrics."""

    case: Case
    target: Target
    anomalous: Floats
    normal: Floats
    right: float

    @classmethod
    def of(cls, case: Case, target: Target) -> Ranker | None:
        """``None`` where no ranking metric is reported, or scores are missing or lines ambiguous."""
        wanted = target.wants("roc_auc") or target.wants("average_precision")
        lines = case.images.line[case.counted]
        if not wanted or np.isnan(case.scores).any() or len(np.unique(lines)) != len(lines):
            return None
        anomalous, normal = np.sort(case.scores[case.truth]), np.sort(case.scores[~case.truth])
        return cls(case, target, anomalous, normal, pairs_right(anomalous, normal))

    def changes(self, edit: Edit) -> Floats:
        """float64: by how much an edit changes the number of pairs ranked rightly, for each of its images."""
        change = np.zeros(len(edit.lines))
        for sign, anomalous, scores in edit.parts():
            own = self._beaten(scores) if anomalous else self._beating(scores)
            change += sign * own
        return change + _interaction_within(edit)

    def auc(self, changes: Floats, delta: Ints) -> Floats:
        """float64: ROC AUC after the change; NaN where a class is empty."""
        cells = self.case.cells + delta
        pairs = int(cells[TP] + cells[FN]) * int(cells[FP] + cells[TN])
        return (self.right + changes) / pairs if pairs else np.full(changes.shape, np.nan)

    def fitting(self, edits: list[Edit], chosen: NDArray[np.intp]) -> Iterable[NDArray[np.intp]]:
        """The choices of images that also give the reported average precision."""
        n = len(self.case.scores) + 2
        chosen = chosen[: max(1, MAX_RANKED // n)]
        if not len(chosen) or not self.target.wants("average_precision"):
            return list(chosen)
        scores, truth = edited(self.case, edits, chosen)
        if not (truth.any(axis=1).all() and (~truth).any(axis=1).all()):
            return list(chosen)
        return list(chosen[self.target.ranks_fit("average_precision", rank_many(scores, truth)[1])])

    def _beaten(self, scores: Floats) -> Floats:
        below = np.searchsorted(self.normal, scores) + np.searchsorted(self.normal, scores, side="right")
        return below / 2

    def _beating(self, scores: Floats) -> Floats:
        below = np.searchsorted(self.anomalous, scores) + np.searchsorted(self.anomalous, scores, side="right")
        return len(self.anomalous) - below / 2


def pairs_right(anomalous: Floats, normal: Floats) -> float:
    """Pairs ranked rightly, ties counting half; ``normal`` is ascending."""
    below = np.searchsorted(normal, anomalous) + np.searchsorted(normal, anomalous, side="right")
    return float(below.sum()) / 2


def _wins(above: Floats, below: Floats) -> Floats:
    found: Floats = (above > below) + 0.5 * (above == below)
    return found


def _interaction_within(edit: Edit) -> Floats:
    """What the image taken and the image put do to each other's pairs."""
    total = np.zeros(len(edit.lines))
    for sign, anomalous, scores in edit.parts():
        for other_sign, other_anomalous, other in edit.parts():
            if anomalous and not other_anomalous:
                total += sign * other_sign * _wins(scores, other)
    return total


def interaction(a: Edit, b: Edit) -> Floats:
    """float64, images of a down and of b across: what two edits change beyond what each changes alone."""
    total = np.zeros((len(a.lines), len(b.lines)))
    for sign, anomalous, scores in a.parts():
        for other_sign, other_anomalous, other in b.parts():
            if anomalous != other_anomalous:
                mine, theirs = scores[:, None], other[None, :]
                total += sign * other_sign * (_wins(mine, theirs) if anomalous else _wins(theirs, mine))
    return total
