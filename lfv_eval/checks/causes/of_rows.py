"""Causes that the manifest itself shows: odd rows that a report may have counted otherwise. Each names its lines."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...images import ANOMALY, NORMAL, UNLABELLED, Exclusion
from ...metrics.ranking import anomaly_scores
from ..scores.ranking_batches import Ints
from .case import Case, Correction, Trials, told_lines


def number_trusted(case: Case) -> Trials:
    """The integer beside a class-name was read instead of the class-name itself."""
    found = []
    truth = case.wrong_truth_number[case.counted]
    predicted = case.wrong_predicted_number[case.counted]
    for of_truth, of_prediction, whose in (
        (truth, np.zeros_like(truth), "truth"),
        (np.zeros_like(truth), predicted, "prediction"),
        (truth, predicted, "truth and of the prediction"),
    ):
        rows = case.counted[of_truth | of_prediction]
        if len(rows) and (whose != "truth and of the prediction" or (truth.any() and predicted.any())):
            lines = case.lines_of(rows)
            told = f"the integer of the {whose} in {told_lines(lines)} was read instead of the class-name"
            changed_truth, changed_prediction = case.truth ^ of_truth, case.predicted ^ of_prediction
            found.append(
                case.correction(
                    told,
                    case.counted,
                    truth=changed_truth,
                    predicted=changed_prediction,
                    lines=lines,
                    concrete=True,
                )
            )
    return Trials.of(found)


def unlabelled_counted(case: Case) -> Trials:
    """Rows without a truth label were counted as normal or as anomalous."""
    images = case.images
    extra = np.flatnonzero((images.exclusion == Exclusion.UNLABELLED) & (images.predicted != UNLABELLED))
    rows = np.concatenate([case.counted, extra])
    found = []
    for code, name in ((NORMAL, "normal"), (ANOMALY, "anomaly")) if len(extra) else ():
        lines = case.lines_of(extra)
        truth = np.append(case.truth, np.full(len(extra), code == ANOMALY))
        told = f"{_which(lines)} without a truth label counted as {name} ({told_lines(lines)})"
        found.append(case.correction(told, rows, truth=truth, lines=lines, concrete=True))
    return Trials.of(found)


def failed_counted(case: Case) -> Trials:
    """Rows whose prediction is missing or failed were counted as predicted normal or anomaly."""
    images = case.images
    extra = np.flatnonzero((images.exclusion == Exclusion.FAILED_PREDICTION) & (images.truth != UNLABELLED))
    rows = np.concatenate([case.counted, extra])
    found = []
    for code, name in ((NORMAL, "normal"), (ANOMALY, "anomaly")) if len(extra) else ():
        lines = case.lines_of(extra)
        predicted = np.append(case.predicted, np.full(len(extra), code == ANOMALY))
        told = f"{_which(lines)} with a failed prediction counted as predicted {name} ({told_lines(lines)})"
        found.append(case.correction(told, rows, predicted=predicted, ranked=False, lines=lines, concrete=True))
    return Trials.of(found)


def exact_duplicates_counted(case: Case) -> Trials:
    """Rows that repeat another row word for word were counted like any other."""
    extra = _repeats(case, exact=True)
    return Trials.of([_with(case, extra)] if len(extra) else [])


def other_duplicates_counted(case: Case) -> Trials:
    """Of rows that contradict each other, the first, the last, or all were counted."""
    if not len(_repeats(case, exact=False)):
        return Trials.of([])
    groups: dict[str, list[int]] = {}
    for index in _labelled(case).tolist():
        groups.setdefault(case.images.uri[index], []).append(index)
    repeated = [rows for rows in groups.values() if len(rows) > 1]
    lines = case.lines_of([index for rows in repeated for index in rows])
    found = [_with(case, _repeats(case, exact=None))]
    counted = set(case.counted.tolist())
    for which, position in (("first", 0), ("last", -1)):
        wanted = {rows[position] for rows in repeated}
        moved = {index for rows in repeated for index in rows if index not in wanted}
        rows = np.array(sorted((counted - moved) | wanted), np.int64)
        if set(rows.tolist()) != counted:
            told = f"the {which} of the rows for one image counted ({told_lines(lines)})"
            found.append(case.correction(told, rows, lines=lines, concrete=True))
    return Trials.of(found)


def _which(lines: Iterable[int]) -> str:
    n = len(tuple(lines))
    return "the row" if n == 1 else f"the {n} rows"


def _with(case: Case, extra: Ints) -> Correction:
    lines = case.lines_of(extra)
    told = f"{told_lines(lines)} repeat{'s' if len(lines) == 1 else ''} the image of another line and counted as well"
    return case.correction(told, np.concatenate([case.counted, extra]), lines=lines, concrete=True)


def _labelled(case: Case) -> Ints:
    """Rows that are counted or would be if they were no duplicates."""
    images = case.images
    repeats = (images.exclusion == Exclusion.DUPLICATE) & (images.truth != UNLABELLED)
    repeats &= images.predicted != UNLABELLED
    repeats[case.counted] = True
    return np.flatnonzero(repeats).astype(np.int64)


def _repeats(case: Case, *, exact: bool | None) -> Ints:
    """Rows left out as duplicates: those that say the same as the row that counts, those that do not, or all."""
    images = case.images
    kept = {images.uri[index]: index for index in case.counted.tolist()}
    scores = np.nan_to_num(anomaly_scores(images.predicted == ANOMALY, images.confidence), nan=-1.0)

    def says(index: int) -> tuple[int, int, float]:
        return int(images.truth[index]), int(images.predicted[index]), float(scores[index])

    left_out = [index for index in _labelled(case).tolist() if images.exclusion[index] == Exclusion.DUPLICATE]
    found = [
        index
        for index in left_out
        if exact is None or (images.uri[index] in kept and (says(index) == says(kept[images.uri[index]])) == exact)
    ]
    return np.array(found, np.int64)
