import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from lfv_eval.errors import UsageError
from lfv_eval.metrics.intervals import auc_newcombe, f1_wilson, wilson
from lfv_eval.metrics.paired.proportions import PairedCounts, mcnemar_exact, mcnemar_mid_p, mover, tango

flips = st.integers(0, 80)


@given(flips, flips)
@settings(max_examples=40, deadline=None)
def test_mcnemar_equals_statsmodels(gained, lost):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    oracle = tables.mcnemar([[7, lost], [gained, 3]], exact=True).pvalue
    assert mcnemar_exact(gained, lost) == pytest.approx(oracle, abs=1e-13)


@given(flips, flips)
@settings(max_examples=60, deadline=None)
def test_p_values_equal_the_binomial_distribution(gained, lost):
    m = gained + lost
    assert mcnemar_exact(gained, lost) == pytest.approx(stats.binomtest(gained, m).pvalue if m else 1.0, abs=1e-12)
    as_extreme = [k for k in range(m + 1) if abs(2 * k - m) > abs(gained - lost)]
    same = [k for k in range(m + 1) if abs(2 * k - m) == abs(gained - lost)]
    weight = sum(math.comb(m, k) for k in as_extreme) + Fraction(sum(math.comb(m, k) for k in same), 2)
    mid_p = 1.0 if gained == lost else float(Fraction(weight) / 2**m)
    assert mcnemar_mid_p(gained, lost) == pytest.approx(mid_p, abs=1e-15)
    assert mcnemar_mid_p(gained, lost) <= mcnemar_exact(gained, lost) <= 1
    assert mcnemar_mid_p(gained, lost) == mcnemar_mid_p(lost, gained)


def test_few_flips_are_never_significant():
    assert (mcnemar_exact(0, 5), mcnemar_mid_p(0, 5)) == (0.0625, 0.03125)
    assert (mcnemar_exact(0, 6), mcnemar_mid_p(0, 6)) == (0.03125, 0.015625)
    assert mcnemar_exact(0, 0) == mcnemar_mid_p(0, 0) == 1
    assert mcnemar_exact(3000, 2900) == pytest.approx(stats.binomtest(3000, 5900).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("counts", "level", "low", "high"),
    [
        ((12, 2, 50), 0.95, 0.0611, 0.3447),
        ((1, 0, 44), 0.95, -0.0594, 0.1181),
        ((0, 5, 20), 0.95, -0.4687, -0.0486),
        ((0, 0, 20), 0.90, -0.1192, 0.1192),
        ((0, 0, 50), 0.90, -0.0513, 0.0513),
        ((0, 0, 100), 0.90, -0.0263, 0.0263),
        ((2, 5, 100), 0.90, -0.0823, 0.0161),
    ],
)
def test_tango_at_known_values(counts, level, low, high):
    interval = tango(PairedCounts(*counts), level)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert (interval.level, interval.method) == (level, "tango")


def score_by_brute_force(counts, d):
    """The score statistic with the likelihood maximised numerically, from its definition."""
    gained, lost, n = counts.n_gained, counts.n_lost, counts.n

    def minus_log_likelihood(lost_share):
        terms = ((gained, lost_share + d), (lost, lost_share), (n - gained - lost, 1 - 2 * lost_share - d))
        return -sum(count * math.log(max(share, 1e-300)) for count, share in terms if count)

    low, high = max(0.0, -d), (1 - d) / 2
    found = optimize.minimize_scalar(minus_log_likelihood, (low, high), bounds=(low, high), options={"xatol": 1e-12})
    variance = n * (2 * found.x + d - d * d)
    return (gained - lost - n * d) / math.sqrt(variance)


@st.composite
def paired_counts(draw):
    n = draw(st.integers(1, 200))
    gained = draw(st.integers(0, n))
    return PairedCounts(gained, draw(st.integers(0, n - gained)), n)


@given(paired_counts(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=60, deadline=None)
def test_tango_ends_are_where_the_score_test_turns(counts, level):
    interval = tango(counts, level)
    quantile = stats.norm.ppf(0.5 + level / 2)
    assert -1 <= interval.low <= counts.difference <= interval.high <= 1
    for end, score in ((interval.low, quantile), (interval.high, -quantile)):
        if abs(end) < 1 - 1e-9:
            assert score_by_brute_force(counts, end) == pytest.approx(score, abs=2e-4)


@given(paired_counts())
@settings(max_examples=60, deadline=None)
def test_tango_is_mirrored_when_the_models_change_places(counts):
    there, back = tango(counts, 0.95), tango(PairedCounts(counts.n_lost, counts.n_gained, counts.n), 0.95)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-9)


@given(st.integers(1, 5000))
@settings(max_examples=30, deadline=None)
def test_tango_without_a_flip(n):
    z2 = stats.norm.ppf(0.95) ** 2
    interval = tango(PairedCounts(0, 0, n), 0.9)
    assert (interval.low, interval.high) == pytest.approx((-z2 / (n + z2), z2 / (n + z2)), abs=1e-9)


def test_tango_keeps_its_level_as_a_non_inferiority_test():
    n, margin = 40, 0.1
    accepted = [
        (gained, lost)
        for lost in range(n + 1)
        for gained in range(n + 1 - lost)
        if tango(PairedCounts(gained, lost, n), 0.9).low > -margin
    ]
    for gained_share in (0.0, 0.02, 0.1, 0.3):
        shares = (gained_share, gained_share + margin, 1 - 2 * gained_share - margin)
        wrongly = sum(stats.multinomial.pmf((g, lost, n - g - lost), n, shares) for g, lost in accepted)
        assert 0 < wrongly < 0.0575  # nominal .05; the outcomes are few


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((16, 0, 1), (17, 2, 0), -0.107, 0.158),
        ((16, 0, 1), (15, 1, 1), -0.102, 0.179),
        ((17, 2, 0), (15, 1, 1), -0.131, 0.157),
    ],
)
def test_mover_of_f1_at_known_values(first, second, low, high):
    (value, interval), (other, other_interval) = (
        (2 * tp / (2 * tp + fp + fn), f1_wilson(tp, fp, fn, 0.95)) for tp, fp, fn in (first, second)
    )
    found = mover(value, interval, other, other_interval)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)
    assert found.method == "mover-wilson-jaccard"


def test_mover_of_recall_at_known_values():
    found = mover(16 / 17, wilson(16, 17, 0.95), 1.0, wilson(17, 17, 0.95))
    assert (found.low, found.high) == pytest.approx((-0.270, 0.132), abs=5e-4)


@given(st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_mover_equals_statsmodels_newcombe(k1, k2):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    low, high = proportion.confint_proportions_2indep(k1, 30, k2, 31, method="newcomb", compare="diff", alpha=0.1)
    found = mover(k1 / 30, wilson(k1, 30, 0.9), k2 / 31, wilson(k2, 31, 0.9))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_mover_stays_within_its_bounds_and_refuses_two_levels():
    best, worst = auc_newcombe(1.0, 10, 10, 0.95), auc_newcombe(0.0, 10, 10, 0.95)
    found = mover(1.0, best, 0.0, worst)
    assert found.low < found.high == 1
    with pytest.raises(UsageError, match="one level"):
        mover(1.0, best, 0.0, auc_newcombe(0.0, 10, 10, 0.9))


@pytest.mark.parametrize("counts", [(-1, 0, 3), (2, 2, 3), (math.nan, 0, 3)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(UsageError, match="fit into all images"):
        PairedCounts(*counts)


def test_without_images_there_is_nothing_to_say():
    assert tango(PairedCounts(), 0.95) is None
    assert PairedCounts().difference is None
