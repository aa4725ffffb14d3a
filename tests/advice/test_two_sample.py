"""Two-sample tests against scipy, and against their definitions by naive loops."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lfv_eval.errors import UsageError
from lfv_eval.metrics import two_sample
from lfv_eval.metrics.two_sample import cliff_delta, fisher_exact, holm, kolmogorov_smirnov, modified_z

values = st.lists(st.floats(-5, 5).map(lambda x: round(x, 1)), min_size=1, max_size=25)


@settings(max_examples=150)
@given(values, values)
def test_exact_ks_is_scipys(first, second):
    found = kolmogorov_smirnov(first, second)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        oracle = stats.ks_2samp(first, second, method="exact")
    assert found.exact
    assert found.statistic == pytest.approx(oracle.statistic, abs=1e-15)
    expected = 1 if warned else oracle.pvalue  # scipy gives up where rounding takes it above 1
    assert found.p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "m", "shift"), [(500, 500, 0.05), (33, 17, 1.2), (200, 50, 0.8), (249, 1000, 2.0)])
def test_exact_ks_of_larger_samples(n, m, shift):
    rng = np.random.default_rng(n)
    first, second = rng.normal(0, 1, n), rng.normal(shift, 1, m)
    oracle = stats.ks_2samp(first, second, method="exact")
    assert kolmogorov_smirnov(first, second).p_value == pytest.approx(oracle.pvalue, rel=1e-7)


def test_tiny_probabilities_keep_their_digits():
    found = kolmogorov_smirnov(np.arange(50), np.arange(50, 100))
    assert found.p_value == pytest.approx(2 / math.comb(100, 50), rel=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.1, 0.5])
def test_large_samples_use_the_limit(shift):
    rng = np.random.default_rng(7)
    first, second = rng.normal(0, 1, 2000), rng.normal(shift, 1, 3000)
    found = kolmogorov_smirnov(first, second)
    assert not found.exact
    x = found.statistic * math.sqrt(2000 * 3000 / 5000)
    assert found.p_value == pytest.approx(stats.kstwobign.sf(x), abs=1e-12)


def test_equal_large_samples():
    same = np.arange(600.0)
    assert kolmogorov_smirnov(same, same).p_value == 1
    assert kolmogorov_smirnov(same[:10], same[:10]).p_value == 1


def test_without_values_nothing_is_said():
    assert kolmogorov_smirnov([], [1.0]) is None
    assert cliff_delta([1.0], []) is None
    assert modified_z([]) is None


@given(st.lists(st.integers(0, 64).map(lambda n: n / 1024), max_size=7), st.sampled_from([1 / 64, 1 / 16]))
def test_holm_is_bonferroni_on_every_set_of_hypotheses(p_values, alpha):
    """The closed test: a hypothesis falls if every set that holds it has a p-value at or below alpha / its size."""
    n = len(p_values)
    sets = [[i for i in range(n) if chosen >> i & 1] for chosen in range(1, 1 << n)]
    kept = {i for members in sets if min(p_values[j] for j in members) > alpha / len(members) for i in members}
    assert [i for i, rejected in enumerate(holm(p_values, alpha)) if not rejected] == sorted(kept)


def test_holm_rejects_at_the_bound_itself():
    assert holm([0.005, 0.01], 0.01) == (True, True)
    assert holm([0.0051, 0.0001, 0.02], 0.01) == (False, True, False)


@given(values, values)
def test_cliff_delta_is_its_definition(first, second):
    naive = sum((a > b) - (a < b) for a in first for b in second) / (len(first) * len(second))
    assert cliff_delta(first, second) == naive
    assert cliff_delta(second, first) == -naive


def test_cliff_delta_and_the_area_under_the_curve():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(3)
    first, second = rng.normal(0.6, 1, 300), rng.normal(0, 1, 200)
    auc = roc_auc_score([1] * 300 + [0] * 200, [*first, *second])
    assert cliff_delta(first, second) == pytest.approx(2 * auc - 1)


@settings(max_examples=200)
@given(st.integers(0, 60), st.integers(0, 60), st.data())
def test_fisher_is_scipys(n, m, data):
    hits, others = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    oracle = stats.fisher_exact([[hits, n - hits], [others, m - others]]).pvalue
    assert fisher_exact(hits, n, others, m) == pytest.approx(oracle, rel=1e-9)


def test_fisher_of_a_whole_project():
    oracle = stats.fisher_exact([[2000, 14_000], [400, 3600]]).pvalue
    assert fisher_exact(2000, 16_000, 400, 4000) == pytest.approx(oracle, rel=1e-6)


def test_fisher_counts_equally_probable_tables_whatever_the_rounding():
    assert fisher_exact(10, 10, 0, 10) == 2 / math.comb(20, 10)


@pytest.mark.parametrize("counts", [(3, 2, 0, 1), (-1, 2, 0, 1), (0, 1, 2, 1)])
def test_fisher_refuses_impossible_counts(counts):
    with pytest.raises(UsageError, match="hits within their groups"):
        fisher_exact(*counts)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_modified_z_is_its_definition(sample):
    found = modified_z(sample)
    mad = stats.median_abs_deviation(sample)
    if mad == 0:
        assert found is None
    else:
        assert found == pytest.approx(0.6745 * (np.array(sample) - np.median(sample)) / mad)


def test_false_outliers_are_as_rare_as_known():
    rng = np.random.default_rng(0)
    hit = [np.abs(modified_z(rng.normal(size=50))).max() > two_sample.OUTLIER_Z for _ in range(1000)]
    assert 0.08 < np.mean(hit) < 0.18
