"""Rules that look at the test's scores and counts: worked numbers, planted faults, silence on data without a fault."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, precision_score, recall_score

from lfv_eval.advice import advise
from lfv_eval.advice.case import Wishes, build_case
from lfv_eval.advice.label_errors import poisson_tail
from lfv_eval.advice.more_images import images_needed
from lfv_eval.advice.operating import Bracket, Curve
from lfv_eval.errors import UsageError
from lfv_eval.testing.advice_cases import WRONG, evidence, rows, scores


def case_of(found, anomalous, predicted=None, **more):
    found, anomalous = np.array(found, float), np.array(anomalous, bool)
    predicted = found >= 0.5 if predicted is None else np.array(predicted, bool)
    return build_case(evidence(rows(anomalous, predicted, found)), **more)


def right(n_anomaly, n_normal, missed=0):
    """A model that misses some anomalies and rejects nothing wrongly."""
    found = [0.9] * (n_anomaly - missed) + [0.2] * missed + [0.1] * n_normal
    return case_of(found, [True] * n_anomaly + [False] * n_normal)


# images needed: worked numbers (smallest n with a Wilson half-width of at most h)
@pytest.mark.parametrize(("share", "needed"), [(0.8, (60, 245, 682)), (0.9, (37, 141, 388)), (0.95, (25, 83, 215))])
def test_images_needed(share, needed):
    assert tuple(images_needed(share, half) for half in (0.1, 0.05, 0.03)) == needed


@pytest.mark.parametrize("share", [0.55, 0.83, 0.97])
def test_images_needed_is_the_least(share):
    z = stats.norm.ppf(0.975)

    def half_width(n):
        return z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)

    n = images_needed(share, 0.07)
    assert half_width(n) <= 0.07 < half_width(n - 1)


def test_few_images_are_told_with_their_interval(remarks):
    (remark,) = remarks("more_images", right(10, 100))
    assert remark.severity == "warning"
    assert "recall 1.00 (10/10)" in remark.message  # published: 10 of 10 could be .72
    assert "0.72 to 1.00 (95%)" in remark.message
    assert "specificity" not in remark.message  # 100 images tell enough


def test_many_images_are_enough(remarks, rate):
    assert not remarks("more_images", right(100, 100))
    assert rate("more_images", scores(200, 200, 0.97), 30) == 0


def test_nothing_to_count_is_said(silence):
    assert "no test image" in silence("more_images", case_of([], []))


# label errors
def test_planted_wrong_labels_are_named_first(remarks):
    rng = np.random.default_rng(3)
    found = np.concatenate([rng.uniform(0.85, 0.97, 20), rng.uniform(0.03, 0.15, 20)])
    labels = np.arange(40) < 20
    found[4], found[33] = 0.97, 0.03
    labels[[4, 33]] = ~labels[[4, 33]]
    (remark,) = remarks("label_errors", case_of(found, labels, labels))
    assert set(remark.images) == {"s3://bucket/image-0004.jpg", "s3://bucket/image-0033.jpg"}
    assert "1 image is labelled normal but scored" in remark.message
    assert "65% to 90% of the labels named so were wrong" in remark.message


def test_a_set_without_wrong_labels_is_rarely_suspected(rate):
    for auc in (0.92, 0.97, 0.99):
        assert rate("label_errors", scores(20, 20, auc), 200) <= 0.08


def test_wrong_labels_are_found_where_the_model_is_good(rate):
    assert rate("label_errors", scores(20, 20, 0.997, n_wrong=2), 100) >= 0.35


def test_named_labels_are_mostly_wrong(remarks):
    rng = np.random.Generator(np.random.PCG64(5))
    make = scores(20, 20, 0.99, n_wrong=2)
    named = [uri for _ in range(150) for remark in remarks("label_errors", make(rng)) for uri in remark.images]
    assert len(named) > 40
    assert sum(uri.startswith(WRONG) for uri in named) / len(named) > 0.6


def test_a_poor_model_cannot_tell(silence):
    rng = np.random.default_rng(1)
    found = rng.uniform(0, 1, 60)
    assert "hard images" in silence("label_errors", case_of(found, np.arange(60) < 30))


def test_saturated_scores_cannot_tell(silence):
    assert "six decimals" in silence("label_errors", case_of([1.0] * 15 + [0.0] * 15, [True] * 15 + [False] * 15))


def test_few_images_cannot_tell(silence):
    assert "10 anomalous" in silence("label_errors", case_of([0.9, 0.1], [True, False]))


@pytest.mark.parametrize(("k", "mean"), [(0, 0.5), (1, 0.5), (4, 1.7), (9, 3.0), (3, 0.0)])
def test_poisson_tail(k, mean):
    assert poisson_tail(k, mean) == pytest.approx(stats.poisson.sf(k - 1, mean), abs=1e-12)


# threshold
def test_every_threshold_equals_scikit_learn():
    rng = np.random.default_rng(2)
    found, anomalous = rng.integers(0, 12, 60) / 12, rng.random(60) < 0.4
    scored = case_of(found, anomalous).scored()
    found = scored.scores  # rebuilt from confidences, to a rounding error
    curve = Curve.of(scored)
    cuts = curve.thresholds[:-1]
    best = max(f1_score(anomalous, found >= cut) for cut in cuts)
    assert curve.best_f1().f1_score == pytest.approx(best)
    costs = [3 * np.sum(~anomalous & (found >= c)) + 7 * np.sum(anomalous & (found < c)) for c in [*cuts, np.inf]]
    cheapest = curve.cheapest(3, 7).counts
    assert 3 * cheapest.fp + 7 * cheapest.fn == min(costs)
    assert curve.cheapest(1, 0).threshold == np.inf  # missing is free: reject nothing
    high = curve.with_recall(0.95)
    assert recall_score(anomalous, found >= high.threshold) >= 0.95
    assert all(recall_score(anomalous, found >= cut) < 0.95 for cut in cuts if cut > high.threshold)


def test_the_bracket():
    bracket = Bracket.of(case_of([0.2, 0.4, 0.6, 0.9], [False, False, True, True]).scored())
    assert (bracket.above, bracket.up_to, bracket.n_against) == (0.4, 0.6, 0)
    crossed = Bracket.of(case_of([0.2, 0.7, 0.6, 0.9], [0, 0, 1, 1], predicted=[0, 0, 1, 1]).scored())
    assert crossed.n_against == 1
    assert "No single threshold" in str(crossed)


def test_brackets_against_a_naive_loop():
    rng = np.random.default_rng(4)
    for _ in range(50):
        n = int(rng.integers(2, 9))
        found, predicted = rng.permutation(n) / n, rng.random(n) < 0.5
        scored = case_of(found, rng.random(n) < 0.5, predicted).scored()
        # a score is rebuilt from the confidence, to a rounding error
        naive = min(int(np.sum((found >= cut - 1e-9) != predicted)) for cut in [*found.tolist(), 2.0])
        assert Bracket.of(scored).n_against == naive


def test_a_far_better_threshold_is_a_warning(remarks):
    found = [0.4] * 40 + [0.1] * 40
    (remark,) = remarks("threshold", case_of(found, [True] * 40 + [False] * 40))
    assert remark.severity == "warning"
    assert "F1 0.00" in remark.message
    assert "from 0.4000 on" in remark.message
    assert remark.benefit == 0.5


def test_the_best_threshold_is_left_alone(rate):
    for n, auc in ((17, 0.9), (100, 0.97)):
        assert rate("threshold", scores(n, n, auc), 150) <= 0.04


def test_a_limit_can_only_lower_recall(remarks):
    found, anomalous = np.array([0.95, 0.7, 0.3, 0.6, 0.15, 0.05]), np.array([1, 1, 1, 0, 0, 0], bool)
    case = case_of(found, anomalous)
    message = next(f.message for f in advise(case, confidence_limit=0.8) if "Rejecting only anomalies" in f.message)
    then = (found >= 0.5) & (found >= 0.8)
    assert f"precision {precision_score(anomalous, then):.2f} (1/1)" in message
    assert f"recall {recall_score(anomalous, then):.2f} (1/3)" in message
    assert "spares 1 false alarm and passes 1 more anomaly" in message
    # normal predictions of confidence below .8 are those of scores above .2
    assert "would find 1 more anomaly at the price of 0 more false alarms" in message


def test_costs_choose_the_threshold():
    found = [0.9, 0.7, 0.3, 0.6, 0.25, 0.05]
    case = case_of(found, [1, 1, 1, 0, 0, 0])
    dear = next(f.message for f in advise(case, cost_fp=1, cost_fn=20) if "costs least" in f.message)
    assert "scores from 0.3000 on" in dear
    assert "1 (1 false alarm and 0 missed anomalies) instead of 21 (1 false alarm and 1 missed anomaly)" in dear


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost_fp": 1},
        {"cost_fp": -1, "cost_fn": 1},
        {"cost_fp": math.nan, "cost_fn": 1},
        {"confidence_limit": 1.2},
        {"confidence_limit": math.nan},
    ],
)
def test_wishes_that_make_no_sense(wrong):
    with pytest.raises(UsageError):
        Wishes(**wrong)


def test_one_class_alone_has_no_threshold(silence):
    assert "anomalous and normal" in silence("threshold", case_of([0.9, 0.8], [True, True]))
    assert "anomalous and normal" in silence("threshold", case_of([], []))
