"""Suspect labels: worked examples, and cleanlab as the oracle where it is installed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfv_eval.errors import UsageError
from lfv_eval.metrics.confident_learning import suspect_labels


def test_flipped_labels_are_found_most_contradictory_first():
    scores = np.array([0.95, 0.9, 0.85, 0.05, 0.1, 0.2, 0.97, 0.01])
    anomalous = np.array([1, 1, 1, 0, 0, 0, 0, 1], bool)
    found = suspect_labels(scores, anomalous)
    assert found.suspects.tolist() == [7, 6]
    assert found.anomaly_threshold == pytest.approx((0.95 + 0.9 + 0.85 + 0.01) / 4)
    assert found.normal_threshold == pytest.approx((0.95 + 0.9 + 0.8 + 0.03) / 4)


def test_a_clean_set_has_no_suspects():
    found = suspect_labels(np.array([0.9, 0.6, 0.4, 0.1]), np.array([1, 1, 0, 0], bool))
    assert found.suspects.tolist() == []


@pytest.mark.parametrize("label", [True, False])
def test_one_class_alone_has_no_threshold(label):
    assert suspect_labels(np.array([0.2, 0.9]), np.array([label, label])) is None
    assert suspect_labels(np.array([]), np.array([], bool)) is None


@pytest.mark.parametrize("scores", [[0.5], [0.5, 1.5], [0.5, float("nan")]])
def test_scores_that_are_none_are_refused(scores):
    with pytest.raises(UsageError, match="one anomaly score"):
        suspect_labels(np.array(scores), np.array([True, False]))


@given(st.lists(st.tuples(st.integers(0, 100).map(lambda n: n / 100), st.booleans()), min_size=2, max_size=40))
def test_order_does_not_matter(rows):
    scores, labels = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found, turned = suspect_labels(scores, labels), suspect_labels(scores[::-1], labels[::-1])
    if found is None:
        assert turned is None
    else:
        assert set(found.suspects) == {len(rows) - 1 - i for i in turned.suspects}


@pytest.mark.parametrize("skill", [0.0, 0.5, 1.0, 3.0])
def test_the_suspects_are_cleanlabs(skill):
    find_label_issues = pytest.importorskip("cleanlab.filter").find_label_issues
    rng = np.random.default_rng(int(skill * 10))
    n_suspects = 0
    for _ in range(25):
        n = int(rng.integers(5, 60))
        labels = rng.random(n) < rng.uniform(0.2, 0.8)
        labels[:2] = True, False
        scores = 1 / (1 + np.exp(-rng.normal(np.where(labels, skill, -skill), 1) + rng.normal()))
        given_labels = labels ^ (rng.random(n) < 0.1)
        if given_labels.all() or not given_labels.any():
            continue
        oracle = find_label_issues(
            given_labels.astype(int),
            np.column_stack([1 - scores, scores]),
            filter_by="confident_learning",
            min_examples_per_class=0,
            n_jobs=1,
        )
        found = suspect_labels(scores, given_labels)
        assert sorted(found.suspects.tolist()) == np.flatnonzero(oracle).tolist()
        n_suspects += len(found.suspects)
    assert n_suspects > 10
