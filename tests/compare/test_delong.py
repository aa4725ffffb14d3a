import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from lfv_eval.errors import UsageError
from lfv_eval.metrics.paired.auc import auc_difference


def naive(anomalous, baseline, candidate):
    """Difference and variance from all pairs, by definition."""
    placements = []
    for scores in (baseline, candidate):
        s1, s0 = scores[anomalous][:, None], scores[~anomalous][None, :]
        psi = (s1 > s0) + 0.5 * (s1 == s0)
        placements.append((psi.mean(axis=1), psi.mean(axis=0)))
    (a1, a0), (b1, b0) = placements
    return b1.mean() - a1.mean(), np.var(b1 - a1, ddof=1) / len(a1) + np.var(b0 - a0, ddof=1) / len(a0)


@given(st.integers(50, 80), st.integers(50, 80), st.integers(0, 2**32), st.sampled_from([4, 20, 10**6]))
@settings(max_examples=40, deadline=None)
def test_equals_the_definition_over_all_pairs(n1, n0, seed, n_values):
    rng = np.random.default_rng(seed)
    anomalous = rng.permutation(np.arange(n1 + n0) < n1)
    baseline, candidate = (rng.integers(0, n_values, n1 + n0) / n_values for _ in range(2))  # few values: many ties
    found = auc_difference(anomalous, baseline, candidate, 0.9)
    difference, variance = naive(anomalous, baseline, candidate)
    assert found.baseline == pytest.approx(roc_auc_score(anomalous, baseline), abs=1e-12)
    assert found.candidate == pytest.approx(roc_auc_score(anomalous, candidate), abs=1e-12)
    assert found.difference == pytest.approx(difference, abs=1e-12)
    half = stats.norm.ppf(0.95) * np.sqrt(variance)
    assert (found.interval.low, found.interval.high) == pytest.approx((difference - half, difference + half), abs=1e-9)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(difference) / np.sqrt(variance)), abs=1e-9)


def test_few_images_of_a_class_have_no_interval():
    rng = np.random.default_rng(0)
    anomalous = np.arange(110) < 49
    found = auc_difference(anomalous, rng.random(110), rng.random(110), 0.95)
    assert found.interval is found.p_value is None
    assert "49 and 61" in found.without_interval_because
    assert found.difference == pytest.approx(found.candidate - found.baseline, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_rankings_without_variation_have_no_interval(shift):
    anomalous = np.arange(120) < 60
    perfect = np.where(anomalous, 0.75, 0.25)
    found = auc_difference(anomalous, perfect, perfect - shift, 0.95)  # another threshold, the same ranking
    assert (found.difference, found.interval, found.p_value) == (0, None, None)
    assert "no variation" in found.without_interval_because


def test_a_constant_difference_is_no_certainty():
    anomalous = np.arange(120) < 60
    found = auc_difference(anomalous, np.full(120, 0.5), np.where(anomalous, 0.75, 0.25), 0.95)
    assert (found.difference, found.interval) == (0.5, None)


def test_one_class_has_no_auc_and_shapes_must_agree():
    scores = np.linspace(0, 1, 5)
    assert auc_difference(np.ones(5, bool), scores, scores, 0.95) is None
    with pytest.raises(UsageError, match="two scores an image"):
        auc_difference(np.ones(5, bool), scores, scores[:4], 0.95)
