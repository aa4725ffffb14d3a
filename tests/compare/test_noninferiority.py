import math

import pytest
from scipy import stats

from lfv_eval.errors import UsageError
from lfv_eval.metrics.paired.noninferiority import (
    detectable_change,
    images_needed,
    is_equivalent,
    is_not_worse,
    is_worse,
    two_sided,
)
from lfv_eval.metrics.paired.proportions import PairedCounts, mcnemar_mid_p, tango
from lfv_eval.verdicts import Interval


def between(low, high):
    return Interval(low=low, high=high, level=0.9, method="tango")


@pytest.mark.parametrize(
    ("margin", "without_flips", "with_flips"),
    [(0.02, 133, 322), (0.05, 52, 77), (0.10, 25, 30), (0.15, 16, 18)],
)
def test_images_needed_at_known_values(margin, without_flips, with_flips):
    assert images_needed(margin) == without_flips
    assert images_needed(margin, gained_share=0.02, lost_share=0.02) == with_flips


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1, 0.15, 0.3])
def test_images_needed_are_enough_and_one_fewer_is_not(margin):
    n = images_needed(margin)
    assert tango(PairedCounts(0, 0, n), 0.9).low > -margin >= tango(PairedCounts(0, 0, n - 1), 0.9).low
    n = images_needed(margin, lost_share=margin / 2)
    lows = [tango(PairedCounts(0, margin / 2 * k, k), 0.9).low for k in (n, n - 1)]
    assert lows[0] > -margin >= lows[1]


def test_no_number_of_images_confirms_a_drop_by_the_margin():
    assert images_needed(0.05, lost_share=0.05) is None
    assert images_needed(0.05, lost_share=0.1, gained_share=0.06) > 1000


def test_twenty_images_allow_no_margin_below_an_eighth():
    assert -tango(PairedCounts(n=20), two_sided(0.95)).low == pytest.approx(0.119, abs=5e-4)


def test_the_three_questions():
    assert is_not_worse(between(-0.049, 0.2), 0.05)
    assert not is_not_worse(between(-0.05, 0.2), 0.05)
    assert is_worse(between(-0.3, -0.051), 0.05)
    assert not is_worse(between(-0.3, -0.049), 0.05)
    assert is_equivalent(between(-0.04, 0.04), 0.05)
    assert not is_equivalent(between(-0.04, 0.06), 0.05)


# the smallest drop in whole percent that 80 % of the test sets reveal
@pytest.mark.parametrize(("n", "percent"), [(10, 63), (20, 36), (50, 17), (100, 10), (200, 7)])
def test_detectable_change_at_known_values(n, percent):
    assert math.ceil(detectable_change(n) * 100) == percent


@pytest.mark.parametrize("n", [10, 25, 60])
def test_detectable_change_has_the_stated_power(n):
    drop = detectable_change(n, background=0.03, power=0.9)
    lost_share = 0.03 + drop
    revealed = sum(
        stats.multinomial.pmf((gained, lost, n - gained - lost), n, (0.03, lost_share, 1 - 0.03 - lost_share))
        for lost in range(n + 1)
        for gained in range(min(lost, n - lost + 1))
        if mcnemar_mid_p(gained, lost) <= 0.05
    )
    assert revealed == pytest.approx(0.9, abs=1e-3)


def test_fewer_than_five_images_reveal_nothing():
    assert [detectable_change(n) for n in (1, 2, 3, 4)] == [None] * 4
    assert detectable_change(5) is not None


@pytest.mark.parametrize("level", [0.5, 1, 0, math.nan])
def test_a_one_sided_level_must_be_above_one_half(level):
    with pytest.raises(UsageError, match="one-sided"):
        two_sided(level)


@pytest.mark.parametrize("margin", [0, 1, -0.05, 5, math.nan])
def test_a_margin_is_a_fraction(margin):
    for ask in (images_needed, lambda m: is_not_worse(between(0, 0), m)):
        with pytest.raises(UsageError, match="margin"):
            ask(margin)
