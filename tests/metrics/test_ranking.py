from __future__ import annotations

import itertools
import json
import math
import pickle
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from lfv_eval.images import ANOMALY, NORMAL, UNLABELLED, Exclusion
from lfv_eval.metrics import ranking
from lfv_eval.metrics.counts import ScoreCounts
from lfv_eval.metrics.ranking import FAMILY, anomaly_scores, compute, precision_recall_curve, roc_curve
from lfv_eval.settings import Settings
from lfv_eval.verdicts import MetricValue

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# Scores from a small grid, so that ties are the rule; both classes are present.
tied_images = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({y for _, y in rows}) == 2
)


def arrays(rows: list[tuple[int, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([s / 8 for s, _ in rows], np.float64), np.array([y for _, y in rows], np.bool_)


def values_of(counts: ScoreCounts) -> tuple[MetricValue, MetricValue]:
    auc, average_precision = compute(counts, Settings())
    assert (auc.name, average_precision.name) == ("roc_auc", "average_precision")
    return auc, average_precision


def ranked(signs: str) -> ScoreCounts:
    """Counts of a strict ranking, best first: + for an anomalous image, - for a normal one."""
    return ScoreCounts.from_scores(np.linspace(1, 0, len(signs)), np.array([sign == "+" for sign in signs]))


@pytest.mark.parametrize(
    ("signs", "auc", "average_precision", "printed"),
    [
        # The rankings behind the three folds of the k-fold notebook in awslabs/amazon-lookout-for-vision-python-sdk:
        # for each, the only strict one with the printed AUC and AP.
        ("+" * 16 + "--+" + "-" * 15, Fraction(287, 289), Fraction(321, 323), (0.993080, 0.993808)),
        (
            "+" * 8 + "-" + "+" * 6 + "-" + "+++" + "-" * 15,
            Fraction(277, 289),
            Fraction(188290979, 197873676),
            (0.958478, 0.951572),
        ),
        ("+" * 14 + "-+" + "-" * 13 + "+--", Fraction(241, 256), Fraction(3713, 3840), (0.941406, 0.966927)),
    ],
)
def test_published_folds(signs: str, auc: Fraction, average_precision: Fraction, printed: tuple[float, float]) -> None:
    found_auc, found_ap = values_of(ranked(signs))
    assert found_auc.ratio is not None
    assert Fraction(*found_auc.ratio) == auc
    assert found_auc.value == float(auc)
    assert found_ap.value == pytest.approx(float(average_precision), rel=2**-52)
    assert (round(float(auc), 6), round(float(average_precision), 6)) == printed
    assert found_auc.tie_interval is found_ap.tie_interval is None
    assert found_ap.n_terms == found_ap.support == signs.count("+")


def test_known_values_with_ties() -> None:
    scores, truth = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1]), np.array([1, 0, 1, 0, 1, 0], np.bool_)
    auc, average_precision = values_of(ScoreCounts.from_scores(scores, truth))
    assert auc.value == 11 / 18
    assert auc.ratio == (11, 18)
    assert auc.tie_interval == pytest.approx((4 / 9, 7 / 9), rel=1e-15)
    assert (auc.support, auc.unit, auc.n_terms) == (9, "pairs", 1)
    assert average_precision.value == pytest.approx(17 / 30, rel=1e-15)
    assert average_precision.tie_interval == pytest.approx((8 / 15, 5 / 6), rel=1e-15)
    assert (average_precision.support, average_precision.unit, average_precision.n_terms) == (3, "images", 2)


@given(tied_images)
def test_values_equal_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(rows)
    auc, average_precision = values_of(ScoreCounts.from_scores(scores, truth))
    assert auc.value == pytest.approx(sklearn_metrics.roc_auc_score(truth, scores), rel=1e-14, abs=1e-16)
    assert average_precision.value == pytest.approx(sklearn_metrics.average_precision_score(truth, scores), rel=1e-14)


@given(tied_images)
def test_curves_equal_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(rows)
    check_curves(scores, truth)


def test_curves_equal_scikit_learn_on_many_images() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(20_000) < 0.3
    check_curves(np.round(1 / (1 + np.exp(-rng.normal(truth, 1))), 3), truth)


def check_curves(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> None:
    counts = ScoreCounts.from_scores(scores, truth)
    roc, pr = roc_curve(counts), precision_recall_curve(counts)
    assert roc is not None
    assert pr is not None
    fpr, tpr, roc_thresholds = sklearn_metrics.roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_array_equal(roc.fpr, fpr)
    np.testing.assert_array_equal(roc.tpr, tpr)
    np.testing.assert_array_equal(roc.thresholds, roc_thresholds)
    precision, recall, pr_thresholds = sklearn_metrics.precision_recall_curve(truth, scores)
    np.testing.assert_array_equal(pr.precision, precision)
    np.testing.assert_array_equal(pr.recall, recall)
    np.testing.assert_array_equal(pr.thresholds, pr_thresholds)
    for curve in (roc, pr):
        at = curve.thresholds[:50]
        assert curve.fp[:50].tolist()[: len(at)] == [int(np.sum((scores >= t) & ~truth)) for t in at]
        assert curve.tp[:50].tolist()[: len(at)] == [int(np.sum((scores >= t) & truth)) for t in at]
        assert curve.fp.dtype == curve.tp.dtype == np.int64


Blocks = tuple[tuple[int, int], ...]


def ordered_refinements(a: int, b: int) -> Iterator[Blocks]:
    """All ways to put a anomalous and b normal tied images into one or more groups, one after the other."""
    if a == b == 0:
        yield ()
    for first in itertools.product(range(a + 1), range(b + 1)):
        if first != (0, 0):
            for rest in ordered_refinements(a - first[0], b - first[1]):
                yield (first, *rest)


def exact_values(blocks: Blocks) -> tuple[Fraction, Fraction]:
    n1, n0 = (sum(column) for column in zip(*blocks, strict=True))
    auc = average_precision = Fraction(0)
    tp = fp = 0
    for a, b in blocks:
        auc += b * (tp + Fraction(a, 2))
        tp, fp = tp + a, fp + b
        average_precision += Fraction(a * tp, tp + fp)
    return auc / (n1 * n0), average_precision / n1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3))
@example([(0, 1), (2, 0)])  # anomalous images alone in a tie, below a normal one: AP depends on it, ROC AUC does not
@example([(2, 0), (0, 1)])  # above it nothing does
@settings(max_examples=50, deadline=None)
def test_tie_intervals_are_the_extremes_over_all_orders(groups: list[tuple[int, int]]) -> None:
    groups = [group for group in groups if group != (0, 0)]
    if not any(a for a, _ in groups) or not any(b for _, b in groups):
        return
    scores = [1 - k / 8 for k, (a, b) in enumerate(groups) for _ in range(a + b)]
    truth = [y for a, b in groups for y in [True] * a + [False] * b]
    found = values_of(ScoreCounts.from_scores(np.array(scores), np.array(truth)))
    orders = itertools.product(*(ordered_refinements(a, b) for a, b in groups))
    everything = [exact_values(tuple(itertools.chain(*order))) for order in orders]
    for value, grouped, over_orders in zip(
        found, exact_values(tuple(groups)), zip(*everything, strict=True), strict=True
    ):
        low, high = min(over_orders), max(over_orders)
        assert value.value == pytest.approx(float(grouped), rel=1e-15)
        if low == high:
            assert value.tie_interval is None
        else:
            assert value.tie_interval == pytest.approx((float(low), float(high)), rel=1e-15)
            assert value.tie_interval is not None
            assert value.value is not None
            assert value.tie_interval[0] <= value.value <= value.tie_interval[1]


@given(tied_images)
def test_order_preserving_transforms_change_nothing(rows: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(rows)
    plain = compute(ScoreCounts.from_scores(scores, truth), Settings())
    for transformed in (scores**3, np.sqrt(scores), scores / 1024, 1 / (1 + np.exp(-scores))):
        assert compute(ScoreCounts.from_scores(transformed, truth), Settings()) == plain


@given(tied_images)
def test_swapping_the_classes_mirrors_the_auc(rows: list[tuple[int, bool]]) -> None:
    scores, truth = arrays(rows)
    auc, _ = values_of(ScoreCounts.from_scores(scores, truth))
    mirrored, _ = values_of(ScoreCounts.from_scores(scores, ~truth))
    assert auc.ratio is not None
    assert mirrored.ratio is not None
    assert auc.ratio[0] + mirrored.ratio[0] == auc.ratio[1]


@given(tied_images, st.integers(1, 4))
def test_shards_give_the_same_values_bit_for_bit(rows: list[tuple[int, bool]], n_shards: int) -> None:
    whole = compute(ScoreCounts.from_scores(*arrays(rows)), Settings())
    total = FAMILY.zero
    for shard in range(n_shards):
        total = ScoreCounts.from_scores(*arrays(rows[::-1][shard::n_shards])) + total
    assert compute(total, Settings()) == whole


@pytest.mark.parametrize("n", [1, 1000, 300_000])
def test_sums_are_those_of_fsum(n: int) -> None:
    for seed in range(5):
        terms = np.random.default_rng(seed).random(n)
        assert ranking._sum(terms) == math.fsum(terms)
        assert ranking._sum(terms * 1e-9) == pytest.approx(math.fsum(terms * 1e-9), rel=1e-15)


def test_the_score_of_a_row_is_that_of_the_anomaly_class(evaluation_of: Callable[..., Any]) -> None:
    np.testing.assert_array_equal(
        anomaly_scores(np.array([True, False, False]), np.array([0.9, 0.75, 1.0])), [0.9, 0.25, 0.0]
    )
    evaluation = evaluation_of(
        [
            (ANOMALY, ANOMALY, 0.75),
            (NORMAL, NORMAL, 0.75),
            (ANOMALY, NORMAL, 0.75),
            (NORMAL, ANOMALY, 1.0),
            (NORMAL, ANOMALY, 0.125, Exclusion.DUPLICATE),
            (UNLABELLED, NORMAL, 0.125, Exclusion.UNLABELLED),
            (ANOMALY, UNLABELLED, None, Exclusion.FAILED_PREDICTION),
        ]
    )
    counts = FAMILY.count(evaluation, Settings(), lambda _: b"")
    assert counts.scores.tolist() == [0.25, 0.75, 1.0]
    assert counts.n_anomaly.tolist() == [1, 1, 0]
    assert counts.n_normal.tolist() == [1, 0, 1]
    assert FAMILY.signature(Settings()) == ("score:predicted-class-confidence", "ties:grouped", "ap:step")


def test_one_missing_confidence_makes_the_ranking_unknown(evaluation_of: Callable[..., Any]) -> None:
    rows = [(ANOMALY, ANOMALY, 0.75), (NORMAL, NORMAL, None), (NORMAL, NORMAL, 0.75)]
    counts = FAMILY.count(evaluation_of(rows), Settings(), lambda _: b"")
    for value in values_of(counts):
        assert (value.value, value.interval, value.tie_interval, value.ratio) == (None,) * 4
        assert value.undefined_because == "1 of 3 images have no confidence"
        assert value.missing_evidence
    assert roc_curve(counts) is None
    assert precision_recall_curve(counts) is None
    excluded = [*rows[:1], (NORMAL, NORMAL, None, Exclusion.DUPLICATE), *rows[2:]]
    auc, _ = values_of(FAMILY.count(evaluation_of(excluded), Settings(), lambda _: b""))
    assert auc.value == 1


def test_without_normal_images_only_average_precision_is_defined() -> None:
    counts = ScoreCounts.from_scores(np.array([0.9, 0.4, 0.4]), np.array([True, True, True]))
    auc, average_precision = values_of(counts)
    assert (auc.value, auc.undefined_because) == (None, "no test image is normal")
    assert (average_precision.value, average_precision.interval) == (1.0, None)


@pytest.mark.parametrize(
    ("truth", "why", "missing_evidence"),
    [
        ([False, False], "no test image is an anomaly", False),
        ([], "no test image has both a truth and a prediction", True),
    ],
)
def test_with_one_class_only_nothing_is_ranked(truth: list[bool], why: str, missing_evidence: bool) -> None:
    counts = ScoreCounts.from_scores(np.full(len(truth), 0.5), np.array(truth, np.bool_))
    for value in values_of(counts):
        assert (value.value, value.interval, value.tie_interval) == (None,) * 3
        assert value.undefined_because == why
        assert value.missing_evidence == missing_evidence
    assert roc_curve(counts) is None
    assert precision_recall_curve(counts) is None


@given(tied_images)
@settings(max_examples=50)
def test_intervals_hold_the_values(rows: list[tuple[int, bool]]) -> None:
    for value in values_of(ScoreCounts.from_scores(*arrays(rows))):
        assert value.value is not None
        assert value.interval is not None
        assert 0 <= value.interval.low <= value.value <= value.interval.high <= 1
        assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("project", ["aliens", "cookies"])
def test_real_images_give_the_reported_values(project: str) -> None:
    folder = SHARED / project
    if not folder.exists():
        pytest.skip("the sample data is not here")
    lines = (folder / f"EvaluationManifest-{project}-1.json").read_text().splitlines()
    truth, scores = [], []
    for row in map(json.loads, lines):
        truth.append(row["anomaly-label-metadata"]["class-name"] == "anomaly")
        said = row["anomaly-label-detected-metadata"]
        scores.append(said["confidence"] if said["class-name"] == "anomaly" else 1 - said["confidence"])
    auc, average_precision = values_of(ScoreCounts.from_scores(np.array(scores), np.array(truth)))
    result = json.loads((folder / f"EvaluationResult-{project}-1.json").read_text())
    reported = result["AggregatedEvaluationResults"]["Metrics"]
    assert auc.value == pytest.approx(reported["ROCAUC"], rel=1e-15)
    assert average_precision.value == pytest.approx(reported["AveragePrecision"], rel=1e-15)
