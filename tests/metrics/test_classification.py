from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from lfv_eval.images import ANOMALY, NORMAL, UNLABELLED, Exclusion
from lfv_eval.metrics.classification import FAMILY, compute
from lfv_eval.metrics.counts import ConfusionCounts
from lfv_eval.settings import Settings
from lfv_eval.verdicts import MetricValue

small = st.integers(0, 40)


def by_name(counts: ConfusionCounts) -> dict[str, MetricValue]:
    return {value.name: value for value in compute(counts, Settings())}


def read_nothing(uri: str) -> bytes:
    raise AssertionError(f"nothing is to be read, asked for {uri}")


@pytest.mark.parametrize(
    ("counts", "name", "expected"),
    [
        # Worked examples of the Lookout for Vision developer guide.
        (ConfusionCounts(tp=85, fp=15), "precision", Fraction(85, 100)),
        (ConfusionCounts(tp=40, fp=60), "precision", Fraction(40, 100)),
        (ConfusionCounts(tp=90, fn=10), "recall", Fraction(90, 100)),
        (ConfusionCounts(tp=20, fn=80), "recall", Fraction(20, 100)),
    ],
)
def test_worked_examples_of_the_guide(counts: ConfusionCounts, name: str, expected: Fraction) -> None:
    value = by_name(counts)[name]
    assert value.value == float(expected)
    assert value.ratio == (int(expected * 100), 100)
    assert value.support == 100


@pytest.mark.parametrize(
    ("counts", "f1"),
    [
        (ConfusionCounts(tp=9, fp=1), 0.947368),  # precision .9, recall 1
        (ConfusionCounts(tp=3, fp=7), 0.461538),  # precision .3, recall 1
        (ConfusionCounts(tp=19, fp=1, fn=76), 0.330435),  # precision .95, recall .2
    ],
)
def test_worked_f1_examples_of_the_guide(counts: ConfusionCounts, f1: float) -> None:
    assert by_name(counts)["f1_score"].value == pytest.approx(f1, abs=5e-7)


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1"),
    [
        # The k-fold notebook of awslabs/amazon-lookout-for-vision-python-sdk.
        (ConfusionCounts(16, 0, 1, 17), 1.000000, 0.941176, 0.969697),
        (ConfusionCounts(17, 2, 0, 15), 0.894737, 1.000000, 0.944444),
        (ConfusionCounts(15, 1, 1, 15), 0.937500, 0.937500, 0.937500),
    ],
)
def test_published_folds(counts: ConfusionCounts, precision: float, recall: float, f1: float) -> None:
    values = by_name(counts)
    found = tuple(round(values[name].value or 0, 6) for name in ("precision", "recall", "f1_score"))
    assert found == (precision, recall, f1)


@given(small, small, small, small)
def test_values_equal_scikit_learn(tp: int, fp: int, fn: int, tn: int) -> None:
    counts = ConfusionCounts(tp, fp, fn, tn)
    assume(counts.n > 0)
    truth = np.repeat([1, 0, 1, 0], [tp, fp, fn, tn])
    predicted = np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])
    nan: dict[str, Any] = {"zero_division": np.nan}
    oracle = {
        "precision": sklearn_metrics.precision_score(truth, predicted, **nan),
        "recall": sklearn_metrics.recall_score(truth, predicted, **nan),
        "f1_score": sklearn_metrics.f1_score(truth, predicted, **nan),
        "accuracy": sklearn_metrics.accuracy_score(truth, predicted),
        "specificity": sklearn_metrics.recall_score(truth, predicted, pos_label=0, **nan),
    }
    for value in compute(counts, Settings()):
        if value.value is None:
            assert np.isnan(oracle[value.name])
            assert value.undefined_because
            assert value.interval is None
            assert value.ratio is None
        else:
            assert value.value == pytest.approx(oracle[value.name], rel=1e-15)
            assert value.undefined_because is None
            assert value.ratio is not None
            assert value.value == float(Fraction(*value.ratio))
            assert value.interval is not None
            assert value.interval.low <= value.value <= value.interval.high
            assert value.unit == "images"


def test_undefined_values_have_their_reason_and_are_no_lack_of_evidence() -> None:
    values = by_name(ConfusionCounts(tn=3))
    assert {name: value.undefined_because for name, value in values.items()} == {
        "precision": "no image was predicted anomaly",
        "recall": "no test image is an anomaly",
        "f1_score": "no test image is an anomaly, and none was predicted to be",
        "accuracy": None,
        "specificity": None,
    }
    assert by_name(ConfusionCounts(tp=3))["specificity"].undefined_because == "no test image is normal"
    assert not any(value.missing_evidence for value in values.values())


def test_f1_is_zero_not_undefined_where_only_wrong_predictions_exist() -> None:
    assert by_name(ConfusionCounts(fp=2, tn=1))["f1_score"].value == 0
    assert by_name(ConfusionCounts(fn=2, tn=1))["f1_score"].value == 0


def test_without_images_evidence_is_missing() -> None:
    for value in compute(FAMILY.zero, Settings()):
        assert value.value is None
        assert value.missing_evidence
        assert value.undefined_because == "no test image has both a truth and a prediction"


def test_only_rows_in_use_with_truth_and_prediction_count(evaluation_of: Callable[..., Any]) -> None:
    evaluation = evaluation_of(
        [
            (ANOMALY, ANOMALY, 0.9),
            (ANOMALY, ANOMALY, None),  # a missing confidence does not matter here
            (NORMAL, ANOMALY, 0.9),
            (ANOMALY, NORMAL, 0.9),
            (NORMAL, NORMAL, 0.9),
            (NORMAL, NORMAL, 0.9, Exclusion.DUPLICATE),
            (UNLABELLED, ANOMALY, 0.9, Exclusion.UNLABELLED),
            (ANOMALY, UNLABELLED, None, Exclusion.FAILED_PREDICTION),
            (UNLABELLED, ANOMALY, 0.9),
            (ANOMALY, UNLABELLED, 0.9),
        ]
    )
    assert FAMILY.count(evaluation, Settings(), read_nothing) == ConfusionCounts(tp=2, fp=1, fn=1, tn=1)
    assert FAMILY.signature(Settings()) == ("truth:class-name",)


def test_order_and_sharding_of_rows_change_nothing(evaluation_of: Callable[..., Any]) -> None:
    rng = random.Random(0)
    rows = [(rng.choice([NORMAL, ANOMALY]), rng.choice([NORMAL, ANOMALY]), 0.5) for _ in range(50)]
    whole = FAMILY.count(evaluation_of(rows), Settings(), read_nothing)
    rng.shuffle(rows)
    shards = [FAMILY.count(evaluation_of(rows[i::3]), Settings(), read_nothing) for i in range(3)]
    assert shards[2] + shards[0] + shards[1] == whole


def test_the_level_of_the_intervals_is_the_users() -> None:
    for value in compute(ConfusionCounts(16, 2, 1, 17), Settings(level=0.8)):
        assert value.interval is not None
        assert value.interval.level == 0.8
