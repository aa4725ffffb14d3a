"""Causes that concern one image or two: a label or a prediction flipped, a row missing or too many."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from ...metrics.counts import ScoreCounts
from ...metrics.ranking import anomaly_scores
from ..scores.ranking_batches import Floats, Ints, rank_many
from .case import Case, Correction, Ranks, Trials, as_counts, told_lines
from .image_edits import ANOMALOUS, MAX_RANKED, PREDICTED, Edit, Ranker, edited, interaction, pairs_right
from .target import FN, FP, TN, TP, Target

MAX_PAIRS = 1_000_000
"""Pairs of lines are searched up to this many; beyond, only the cells of the confusion matrix are told."""

MAX_MISSING = 60
"""Rows missing, or too many, of which all splits over the cells are tried."""

_CELL_NAMES = {
    TP: "anomalous and predicted anomaly",
    FP: "normal but predicted anomaly",
    FN: "anomalous but predicted normal",
    TN: "normal and predicted normal",
}


def flips(case: Case) -> list[Edit]:
    """Every kind of single flip: a truth label; a prediction, with the confidence kept or the score kept."""
    cell_of, edits = case.cell_of, []
    for cell, other_truth, other_prediction in ((TP, FP, FN), (FP, TP, TN), (FN, TN, TP), (TN, FN, FP)):
        own = cell_of == cell
        lines, scores = case.images.line[case.counted[own]], case.scores[own]
        other_scores = anomaly_scores(~case.predicted[own], case.images.confidence[case.counted[own]])
        truth, prediction = ("anomaly" if cell in cells else "normal" for cells in (ANOMALOUS, PREDICTED))
        now_truth, now_prediction = ("normal" if name == "anomaly" else "anomaly" for name in (truth, prediction))
        flipped = f"{{}} predicted {now_prediction} instead of {prediction}"
        for told, put, after in (
            (f"{{}} labelled {now_truth} instead of {truth}", other_truth, scores),
            (f"{flipped}, with the same confidence", other_prediction, other_scores),
            (f"{flipped}, with the same anomaly score", other_prediction, scores),
        ):
            edits.append(Edit(told=told, taken=cell, put=put, lines=lines, taken_score=scores, put_score=after))
    return edits


def one_flip(case: Case) -> Trials:
    """One label or prediction was different."""
    edits = [edit for edit in flips(case) if len(edit.lines)]
    return Trials(
        _matrices(case, [edit.delta for edit in edits]),
        lambda index, target: _one(case, edits[index], target),
        lambda index: _rank_all(case, [edits[index]]),
    )


def two_flips(case: Case) -> Trials:
    """Two labels or predictions were different."""
    edits = [edit for edit in flips(case) if len(edit.lines)]
    pairs = list(combinations_with_replacement(edits, 2))
    return Trials(
        _matrices(case, [a.delta + b.delta for a, b in pairs]),
        lambda index, target: _two(case, *pairs[index], target),
        lambda index: _rank_all(case, list(pairs[index])),
    )


def rows_missing(case: Case) -> Trials:
    """The manifest has fewer rows than images were tested, or more: every split of the difference over the cells."""
    missing = (case.n_reported or 0) - len(case.counted) if case.n_reported else 0
    if not 0 < abs(missing) <= MAX_MISSING:
        return Trials.of([])
    sign = 1 if missing > 0 else -1
    splits = _splits(abs(missing))
    cells = case.cells + sign * splits
    possible = np.all(cells >= 0, axis=1)
    cells, splits = cells[possible], splits[possible]

    def edits_of(index: int) -> list[Edit]:
        return [_missing(case, cell, sign) for cell in range(4) for _ in range(int(splits[index][cell]))]

    def expand(index: int, target: Target) -> Iterator[Correction]:
        edits = edits_of(index)
        if len(edits) == 1:
            yield from _one(case, edits[0], target)
        elif len(edits) == 2:
            yield from _two(case, edits[0], edits[1], target)
        else:
            yield from _many(case, splits[index], sign, target)

    return Trials(cells, expand, lambda index: _rank_all(case, edits_of(index)))


def _matrices(case: Case, deltas: list[Ints]) -> Ints:
    return case.cells + np.array(deltas, np.int64).reshape(-1, 4)


def _splits(k: int) -> Ints:
    """int64, shape (C(k+3, 3), 4): all ways to spread k over the four cells."""
    found = [(a, b, c, k - a - b - c) for a in range(k + 1) for b in range(k + 1 - a) for c in range(k + 1 - a - b)]
    return np.array(found, np.int64)


def _missing(case: Case, cell: int, sign: int) -> Edit:
    """One row to put in, at any place that the predictions allow, or one to take out."""
    if sign < 0:
        own = case.cell_of == cell
        lines = case.images.line[case.counted[own]]
        scores = case.scores[own]
        return Edit(
            told=f"{{}} not counted ({_CELL_NAMES[cell]})",
            taken=cell,
            put=None,
            lines=lines,
            taken_score=scores,
            put_score=scores,
        )
    places = _places(case, predicted=cell in PREDICTED)
    told = f"an image missing from the manifest ({_CELL_NAMES[cell]})"
    return Edit(
        told=told, taken=None, put=cell, lines=np.zeros(len(places), np.int64), taken_score=places, put_score=places
    )


def _places(case: Case, *, predicted: bool) -> Floats:
    """Scores that a missing image may have on its side of the threshold: all that occur, and one between any two."""
    known = np.unique(case.scores[~np.isnan(case.scores)])
    ends = np.concatenate([[0.0], known, [1.0]])
    places = np.unique(np.concatenate([known, (ends[1:] + ends[:-1]) / 2]))
    limit = case.scores[case.predicted != predicted]
    if not len(limit) or np.isnan(limit).any():
        return places
    allowed = places >= limit.max() if predicted else places <= limit.min()
    return places[allowed] if allowed.any() else places


def _one(case: Case, edit: Edit, target: Target) -> Iterator[Correction]:
    rank = Ranker.of(case, target)
    if rank is None:
        yield _unranked(case, [edit])
        return
    auc = rank.auc(rank.changes(edit), edit.delta)
    for index in rank.fitting([edit], np.flatnonzero(target.ranks_fit("roc_auc", auc))[:, None]):
        yield _ranked(case, [edit], index)


def _two(case: Case, a: Edit, b: Edit, target: Target) -> Iterator[Correction]:
    rank = Ranker.of(case, target)
    if rank is None or len(a.lines) * len(b.lines) > MAX_PAIRS:
        yield _unranked(case, [a, b])
        return
    changes = rank.changes(a)[:, None] + rank.changes(b)[None, :] + interaction(a, b)
    fit = target.ranks_fit("roc_auc", rank.auc(changes, a.delta + b.delta))
    fit &= (a.lines[:, None] != b.lines[None, :]) | (a.lines[:, None] == 0)
    for index in rank.fitting([a, b], np.argwhere(np.triu(fit) if a.told == b.told else fit)):
        yield _ranked(case, [a, b], index)


def _many(case: Case, split: Ints, sign: int, target: Target) -> Iterator[Correction]:
    """Several rows missing or too many: their scores stay unknown, so ROC AUC can only be found impossible."""
    n1, n0 = int(case.truth.sum()), int((~case.truth).sum())
    cells = case.cells + sign * split
    pairs = int(cells[TP] + cells[FN]) * int(cells[FP] + cells[TN])
    if pairs and not np.isnan(case.scores).any():
        kept = pairs_right(case.scores[case.truth], np.sort(case.scores[~case.truth]))
        low, high = (kept, kept + pairs - n1 * n0) if sign > 0 else (max(0.0, kept - n1 * n0 + pairs), min(kept, pairs))
        if not target.can_be("roc_auc", low / pairs, high / pairs):
            return
    told = ", ".join(f"{n} {_CELL_NAMES[cell]}" for cell, n in enumerate(split.tolist()) if n)
    n = int(split.sum())
    where = "missing from the manifest" if sign > 0 else "of the manifest not counted"
    yield Correction(told=f"{n} images {where}: {told}", cells=as_counts(cells))


def _rank_all(case: Case, edits: list[Edit]) -> Ranks:
    """The ranking metrics of all choices of images for one or two edits, or of a seeded sample of them."""
    cells = case.cells + sum(edit.delta for edit in edits)
    if len(edits) > 2 or np.isnan(case.scores).any() or not (cells[TP] + cells[FN]) * (cells[FP] + cells[TN]):
        return Ranks.of(None)
    n_choices = math.prod(len(edit.lines) for edit in edits)
    n_sampled = min(n_choices, MAX_RANKED // (len(case.scores) + 2))
    picked = np.random.default_rng(0).choice(n_choices, n_sampled, replace=False, shuffle=False)
    chosen = np.stack(np.unravel_index(picked, [len(edit.lines) for edit in edits]), axis=1)
    if len(edits) == 2:
        a, b = (edit.lines[which] for edit, which in zip(edits, chosen.T, strict=True))
        chosen = chosen[(a != b) | (a == 0)]
    return Ranks(*rank_many(*edited(case, edits, chosen)), n_choices)


def _unranked(case: Case, edits: list[Edit]) -> Correction:
    """The correction by its confusion matrix alone, with the lines where they are few."""
    told = " and ".join(_told(edit, edit.lines, several=True) for edit in edits)
    lines = [int(line) for edit in edits for line in edit.lines if line]
    known = tuple(sorted(set(lines))) if len(edits) == 1 and len(lines) == 1 else ()
    return Correction(told=told, cells=as_counts(case.cells + sum(edit.delta for edit in edits)), lines=known)


def _ranked(case: Case, edits: list[Edit], index: NDArray[np.intp]) -> Correction:
    scores, truth = edited(case, edits, index[None, :])
    chosen = [edit.lines[[i]] for edit, i in zip(edits, index.tolist(), strict=True)]
    told = " and ".join(_told(edit, lines) for edit, lines in zip(edits, chosen, strict=True))
    places = [edit.put_score[i] for edit, i in zip(edits, index.tolist(), strict=True) if edit.taken is None]
    return Correction(
        told=told,
        detail=f" (anomaly score about {' and '.join(f'{place:.4f}' for place in places)})" if places else "",
        cells=as_counts(case.cells + sum(edit.delta for edit in edits)),
        scores=ScoreCounts.from_scores(scores[0], truth[0]),
        lines=tuple(sorted(int(line[0]) for line in chosen if line[0])),
    )


def _told(edit: Edit, lines: Ints, *, several: bool = False) -> str:
    known = [int(line) for line in lines if line]
    place = f"one of {told_lines(known)}" if several and len(known) > 1 else told_lines(known) if known else ""
    return edit.told.format(place)
