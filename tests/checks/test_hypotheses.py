"""Each cause against a report made with that very mistake; the numbers of the mistake come from scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from lfv_eval.checks.causes.case import Case, Trials
from lfv_eval.checks.causes.hypotheses import HYPOTHESES, TRIED
from lfv_eval.checks.causes.image_edits import Ranker, edited, interaction
from lfv_eval.checks.causes.of_edits import flips
from lfv_eval.checks.causes.target import Number, Target
from lfv_eval.checks.printed import printing_of
from lfv_eval.checks.scores.ranking_batches import rank_many
from lfv_eval.records import Problem, Where

UNLABELLED, FAILED, DUPLICATE = 1, 2, 3


@pytest.fixture
def model(scored):
    truth, predicted, _, confidence = scored.model(np.random.default_rng(13), distance=1.8)
    return truth, predicted, confidence


def scores_of(predicted, confidence):
    return np.where(np.array(predicted) == 1, confidence, 1 - np.array(confidence))


def disagreeing(scored, evidence):
    """Cause, verdict and explanation of the disagreeing image-level numbers."""
    found = [check for check in scored.explained(evidence) if check.verdict in ("MISMATCH", "HYPOTHESIS", "EXPLAINED")]
    assert found
    return found


def told(checks):
    return " | ".join(check.explanation for check in checks)


def test_the_order_is_that_of_the_table():
    assert [hypothesis.id for hypothesis in HYPOTHESES] == [
        "positive-class-swapped",
        "number-trusted",
        "columns-mixed-up",
        "unlabelled-counted",
        "failed-predictions-counted",
        "exact-duplicates-counted",
        "other-duplicates-counted",
        "rows-missing",
        "threshold-moved",
        "one-flip",
        "two-flips",
    ]
    assert len(TRIED) == len(HYPOTHESES) + 3


def test_swapped_positive_class(scored, model):
    truth, predicted, confidence = model
    report = scored.metrics(1 - truth, 1 - predicted, 1 - scores_of(predicted, confidence))
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "positive-class-swapped")}


def test_number_read_instead_of_class_name(scored, model):
    truth, predicted, confidence = model
    numbers = truth.copy()
    numbers[[4, 20]] ^= 1
    problem = Problem(
        code="NUMBER_CONTRADICTS_CLASS_NAME", where=Where(uri="m.json", line=5), message="", count=2, lines=(5, 21)
    )
    report = scored.metrics(numbers, predicted, scores_of(predicted, confidence))
    images = scored.images(truth, predicted, confidence)
    checks = disagreeing(scored, scored.evidence(images, report, 34, problems=[problem]))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "number-trusted")}
    assert "lines 5 and 21 was read instead of the class-name" in told(checks)


@pytest.mark.parametrize("reported_as", ["exchanged", "prediction-twice", "truth-twice"])
def test_columns_mixed_up(scored, model, reported_as):
    truth, predicted, confidence = model
    scores = scores_of(predicted, confidence)
    pair = {
        "exchanged": (predicted, truth),
        "prediction-twice": (predicted, predicted),
        "truth-twice": (truth, truth),
    }[reported_as]
    report = scored.metrics(*pair, scores)
    if reported_as != "prediction-twice":  # which scores such a mistake would give is not known
        report = {name: report[name] for name in ("precision", "recall", "f1_score")}
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert {(check.verdict, "columns-mixed-up" in check.cause) for check in checks} == {("HYPOTHESIS", True)}
    assert all(0 < check.accidental_rate < 0.5 for check in checks)


@pytest.mark.parametrize("counted_as", [0, 1])
def test_unlabelled_rows_counted(scored, model, counted_as):
    truth, predicted, confidence = model
    exclusion = np.zeros(34, np.int8)
    exclusion[[7, 30]] = UNLABELLED
    without = truth.copy()
    without[[7, 30]] = -1
    images = scored.images(without, predicted, confidence, exclusion=exclusion)
    as_counted = np.where(without == -1, counted_as, truth)
    report = scored.metrics(as_counted, predicted, scores_of(predicted, confidence))
    checks = disagreeing(scored, scored.evidence(images, report, 34))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "unlabelled-counted")}
    assert f"counted as {('normal', 'anomaly')[counted_as]} (lines 8 and 31)" in told(checks)


def test_unlabelled_rows_counted_in_the_number_of_images_only(scored, model):
    truth, predicted, confidence = model
    exclusion = np.zeros(34, np.int8)
    exclusion[7] = UNLABELLED
    without = truth.copy()
    without[7] = -1
    used = exclusion == 0
    report = scored.metrics(truth[used], predicted[used], scores_of(predicted, confidence)[used])
    images = scored.images(without, predicted, confidence, exclusion=exclusion)
    (check,) = disagreeing(scored, scored.evidence(images, report, 34))
    assert (check.kind, check.verdict, check.cause) == ("count", "EXPLAINED", "unlabelled-counted")
    assert "line 8" in check.explanation


def test_failed_predictions_counted(scored, model):
    truth, predicted, confidence = model
    failed, with_gap = predicted.copy(), confidence.copy()
    failed[3], with_gap[3] = -1, np.nan
    exclusion = np.zeros(34, np.int8)
    exclusion[3] = FAILED
    report = scored.metrics(truth, np.where(failed == -1, 0, predicted), scores_of(predicted, confidence))
    shares = {name: report[name] for name in ("precision", "recall", "f1_score")}
    images = scored.images(truth, failed, with_gap, exclusion=exclusion)
    checks = disagreeing(scored, scored.evidence(images, shares, 34))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "failed-predictions-counted")}
    assert "predicted normal (line 4)" in told(checks)


def repeated(scored, model, line, *, flip=False):
    """The manifest with one more row for the image of a line, left out as a duplicate; and both rows as arrays."""
    truth, predicted, confidence = (np.append(column, column[line - 1]) for column in model)
    if flip:
        truth[-1] ^= 1
    uris = [f"s3://b/{index}.jpg" for index in range(34)]
    exclusion = np.append(np.zeros(34, np.int8), DUPLICATE)
    return (
        scored.images(truth, predicted, confidence, [*uris, uris[line - 1]], exclusion),
        truth,
        predicted,
        scores_of(predicted, confidence),
    )


def test_exact_duplicate_counted(scored, model):
    images, *columns = repeated(scored, model, 17)
    checks = disagreeing(scored, scored.evidence(images, scored.metrics(*columns), 35))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "exact-duplicates-counted")}
    assert "line 35 repeats the image of another line and counted as well" in told(checks)
    assert {check.kind for check in checks} >= {"count", "recomputed"}


@pytest.mark.parametrize("which", ["last", "all"])
def test_contradicting_duplicate_counted_otherwise(scored, model, which):
    images, truth, predicted, scores = repeated(scored, model, 5, flip=True)
    rows = np.delete(np.arange(35), 4) if which == "last" else np.arange(35)
    report = scored.metrics(truth[rows], predicted[rows], scores[rows])
    checks = disagreeing(scored, scored.evidence(images, report, len(rows)))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "other-duplicates-counted")}
    assert ("the last of the rows" in told(checks)) == (which == "last")


@pytest.mark.parametrize(
    ("dropped", "verdict"), [([2], "EXPLAINED"), ([2, 25], "EXPLAINED"), ([2, 9, 25], "HYPOTHESIS")]
)
def test_rows_missing(scored, model, dropped, verdict):
    truth, predicted, confidence = model
    report = scored.metrics(truth, predicted, scores_of(predicted, confidence))
    images = scored.images(*(np.delete(column, dropped) for column in model))
    checks = disagreeing(scored, scored.evidence(images, report, 34))
    named = [check for check in checks if check.cause]
    assert {(check.verdict, check.cause) for check in named} == {(verdict, "rows-missing")}
    assert "count" in {check.kind for check in named}


def test_a_row_too_many_is_named(scored, model):
    truth, predicted, confidence = model
    report = scored.metrics(*(np.delete(c, 6) for c in (truth, predicted, scores_of(predicted, confidence))))
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 33))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "rows-missing")}
    assert "line 7" in told(checks) or "more not counted" in told(checks)
    missed = int(np.flatnonzero((truth == 1) & (predicted == 0))[0])
    report = scored.metrics(*(np.delete(c, missed) for c in (truth, predicted, scores_of(predicted, confidence))))
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 33))
    assert f"cause: line {missed + 1} not counted" in told(checks)


def test_every_split_of_missing_rows_is_tried():
    from lfv_eval.checks.causes.of_edits import _splits

    splits = {tuple(row) for row in _splits(4).tolist()}
    assert splits == {s for s in itertools.product(range(5), repeat=4) if sum(s) == 4}


def test_threshold_moved(scored, model):
    truth, predicted, confidence = model
    scores = scores_of(predicted, confidence)
    cut = np.sort(scores)[10]
    report = scored.metrics(truth, (scores >= cut).astype(int), scores)
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert {check.verdict for check in checks} == {"HYPOTHESIS"}  # the scores say nothing of it
    assert all("threshold-moved" in check.cause for check in checks)
    assert f"anomaly from a score of {cut:.6g} on" in told(checks)


@pytest.mark.parametrize("line", [3, 12, 21, 33])
@pytest.mark.parametrize("column", ["truth", "prediction", "prediction-with-score"])
def test_one_flip_names_the_line(scored, model, line, column):
    truth, predicted, confidence = (values.copy() for values in model)
    report = scored.metrics(truth, predicted, scores_of(predicted, confidence))
    if column == "truth":
        truth[line - 1] ^= 1
    else:
        predicted[line - 1] ^= 1
        confidence[line - 1] = 1 - confidence[line - 1] if column == "prediction-with-score" else confidence[line - 1]
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert all("one-flip" in check.cause for check in checks)
    if column == "prediction":
        assert f"line {line} predicted" in told(checks) or f" {line} " in told(checks)
    if column == "prediction-with-score":  # which changes no ranking: any line of that kind would do
        assert {check.verdict for check in checks} == {"HYPOTHESIS"}
    if column == "truth":
        assert {check.verdict for check in checks} == {"EXPLAINED"}
        assert f"line {line} labelled {('anomaly', 'normal')[truth[line - 1]]}" in told(checks)


def test_two_flips_name_both_lines(scored, model):
    truth, predicted, confidence = (values.copy() for values in model)
    report = scored.metrics(truth, predicted, scores_of(predicted, confidence))
    truth[[4, 22]] ^= 1
    checks = disagreeing(scored, scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert {check.cause for check in checks} == {"two-flips"}
    assert "line 5 labelled" in told(checks)
    assert "line 23 labelled" in told(checks)


def random_case(scored, seed, n=11):
    rng = np.random.default_rng(seed)
    truth = np.append(rng.integers(0, 2, n - 2), [0, 1])
    predicted = rng.integers(0, 2, n)
    confidence = rng.integers(0, 9, n) / 8
    metrics = {"precision": 0.5, "roc_auc": 0.5, "average_precision": 0.5}
    return Case.of(scored.evidence(scored.images(truth, predicted, confidence), metrics, n))


@pytest.mark.parametrize("seed", range(2))
def test_pairs_of_edits_change_auc_as_ranking_anew_does(scored, seed):
    case = random_case(scored, seed)
    checks = [c for c in scored.checks(scored.evidence(case.images, {"roc_auc": 0.5})) if c.reported]
    ranker = Ranker.of(case, Target(tuple(Number.of(c, printing_of(["0.5"])) for c in checks)))
    edits = [edit for edit in flips(case) if len(edit.lines)]
    compared = 0
    for a, b in itertools.combinations(edits, 2):
        changes = ranker.changes(a)[:, None] + ranker.changes(b)[None, :] + interaction(a, b)
        auc = ranker.auc(changes, a.delta + b.delta)
        for i, j in itertools.product(range(len(a.lines)), range(len(b.lines))):
            if a.lines[i] == b.lines[j]:
                continue
            scores, truth = edited(case, [a, b], np.array([[i, j]]))
            if 0 < truth.sum() < truth.size:
                assert auc[i, j] == pytest.approx(roc_auc_score(truth[0], scores[0]), abs=1e-12)
                compared += 1
    assert compared > 100


def test_many_rankings_at_once_equal_scikit_learn():
    rng = np.random.default_rng(0)
    scores, truth = rng.integers(0, 8, (60, 20)) / 8, rng.random((60, 20)) < 0.5
    auc, average_precision = rank_many(scores, truth)
    for row in range(60):
        assert auc[row] == pytest.approx(roc_auc_score(truth[row], scores[row]), abs=1e-12)
        assert average_precision[row] == pytest.approx(average_precision_score(truth[row], scores[row]), abs=1e-12)


def test_no_odd_rows_no_causes_that_need_them(scored, model):
    case = Case.of(scored.evidence(scored.images(*model), {"recall": 0.5}, 34))
    empty = {h.id for h in HYPOTHESES if isinstance(t := h.trials(case), Trials) and not len(t.cells)}
    assert empty == {
        "number-trusted",
        "unlabelled-counted",
        "failed-predictions-counted",
        "exact-duplicates-counted",
        "other-duplicates-counted",
        "rows-missing",
    }
