from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from lfv_eval.errors import UsageError
from lfv_eval.metrics.intervals import auc_newcombe, average_precision_wilson, f1_wilson, wilson, z
from lfv_eval.verdicts import Interval

levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def test_z_is_the_normal_quantile() -> None:
    for level in (0.5, 0.9, 0.95, 0.999):
        assert z(level) == pytest.approx(stats.norm.ppf(0.5 + level / 2), rel=1e-13)


@pytest.mark.parametrize("level", [0, 1, -0.1, 95, math.nan])
def test_a_level_outside_0_to_1_is_refused(level: float) -> None:
    with pytest.raises(UsageError, match="confidence level"):
        z(level)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (18, 20, 0.6990, 0.9721),
        (19, 20, 0.7639, 0.9911),
        (20, 20, 0.8389, 1),
        (10, 10, 0.7225, 1),
        (16, 17, 0.7302, 0.9895),
        (17, 17, 0.8157, 1),
        (16, 16, 0.8064, 1),
        (17, 19, 0.6861, 0.9706),
        (95, 100, 0.8882, 0.9785),
    ],
)
def test_wilson_at_known_values(k: int, n: int, low: float, high: float) -> None:
    assert ends(wilson(k, n, 0.95)) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000), st.data(), levels)
def test_wilson_equals_scipy(n: int, data: st.DataObject, level: float) -> None:
    k = data.draw(st.integers(0, n))
    oracle = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    low, high = ends(wilson(k, n, level))
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=4e-13)
    assert 0 <= low <= k / n <= high <= 1


@pytest.mark.parametrize(
    ("tp", "fp", "fn", "low", "high"),
    [(16, 0, 1, 0.844, 0.995), (17, 2, 0, 0.814, 0.985), (15, 1, 1, 0.793, 0.983)],
)
def test_f1_interval_at_known_values(tp: int, fp: int, fn: int, low: float, high: float) -> None:
    assert ends(f1_wilson(tp, fp, fn, 0.95)) == pytest.approx((low, high), abs=5e-4)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), levels)
def test_f1_interval_holds_the_value_within_0_to_1(tp: int, fp: int, fn: int, level: float) -> None:
    interval = f1_wilson(tp, fp, fn, level)
    if tp + fp + fn == 0:
        assert interval is None
    else:
        low, high = ends(interval)
        assert 0 <= low <= 2 * tp / (2 * tp + fp + fn) <= high <= 1


@pytest.mark.parametrize(
    ("auc", "n1", "n0", "low", "high"),
    [
        (0.5, 10, 10, 0.2735, 0.7265),
        (1, 17, 17, 0.8806, 1),
        (0, 17, 17, 0, 1 - 0.8806),
        (287 / 289, 17, 17, 0.8677, 0.9996),
        (277 / 289, 17, 17, 0.8106, 0.9911),
        (241 / 256, 16, 16, 0.7782, 0.9851),
    ],
)
def test_newcombe_at_known_values(auc: float, n1: int, n0: int, low: float, high: float) -> None:
    assert ends(auc_newcombe(auc, n1, n0, 0.95)) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 300), st.integers(1, 300), st.data(), levels)
def test_newcombe_ends_solve_the_equation(n1: int, n0: int, data: st.DataObject, level: float) -> None:
    auc = data.draw(st.integers(0, 2 * n1 * n0)) / (2 * n1 * n0)
    low, high = ends(auc_newcombe(auc, n1, n0, level))
    m = (n1 + n0) / 2 - 1

    def excess(t: float) -> float:
        hanley_mcneil = t * (1 - t) + m * (t / (2 - t) - t * t) + m * (2 * t * t / (1 + t) - t * t)
        return float((t - auc) ** 2 - stats.norm.ppf(0.5 + level / 2) ** 2 * hanley_mcneil / (n1 * n0))

    assert low == (0 if auc == 0 else pytest.approx(optimize.brentq(excess, 0, auc - 1e-12), abs=1e-9))
    assert high == (1 if auc == 1 else pytest.approx(optimize.brentq(excess, auc + 1e-12, 1), abs=1e-9))
    mirrored = ends(auc_newcombe(1 - auc, n1, n0, level))
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), levels)
def test_average_precision_interval_is_wilsons_for_the_smaller_class(
    n1: int, n0: int, value: float, level: float
) -> None:
    n = min(n1, n0)
    low, high = ends(average_precision_wilson(value, n1, n0, level))
    assert 0 <= low <= value <= high <= 1
    for end in (low, high):  # each end is the proportion whose score test just fails to reject the value
        if 0 < end < 1:  # next to 0 and 1 the root turns a rounding of 1e-16 into one of 1e-8
            assert abs(value - end) == pytest.approx(z(level) * math.sqrt(end * (1 - end) / n), abs=1e-7)


def test_an_undefined_value_has_no_interval() -> None:
    assert wilson(0, 0, 0.95) is None
    assert f1_wilson(0, 0, 0, 0.95) is None
    assert auc_newcombe(0.5, 0, 3, 0.95) is None
    assert auc_newcombe(0.5, 3, 0, 0.95) is None
    assert average_precision_wilson(1.0, 3, 0, 0.95) is None


def test_a_higher_level_gives_a_wider_interval_around_the_same_value() -> None:
    narrow_and_wide = (
        [wilson(16, 17, level) for level in (0.8, 0.99)],
        [f1_wilson(16, 2, 1, level) for level in (0.8, 0.99)],
        [auc_newcombe(0.9, 17, 17, level) for level in (0.8, 0.99)],
        [average_precision_wilson(0.9, 17, 17, level) for level in (0.8, 0.99)],
    )
    for narrow, wide in narrow_and_wide:
        (narrow_low, narrow_high), (wide_low, wide_high) = ends(narrow), ends(wide)
        assert wide_low < narrow_low < narrow_high < wide_high
