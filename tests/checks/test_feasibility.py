from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.checks.numbers.feasibility import (
    MAX_IMAGES,
    MAX_LISTED,
    Ends,
    PrintedIntervals,
    f1_consistency,
    find_matrices,
)
from lfv_eval.checks.printed import Printing, matching_tier, printed_interval
from lfv_eval.metrics.counts import ConfusionCounts

NAMES = ("precision", "recall", "f1_score", "roc_auc")
FOLDS = {
    # number of images; precision, recall, F1, ROC AUC as printed in a public notebook; the matrix
    0: (34, ("1.000000", "0.941176", "0.969697", "0.993080"), (16, 0, 1, 17)),
    1: (34, ("0.894737", "1.000000", "0.944444", "0.958478"), (17, 2, 0, 15)),
    2: (32, ("0.937500", "0.937500", "0.937500", "0.941406"), (15, 1, 1, 15)),
}


def as_printed(*literals: str) -> PrintedIntervals:
    decimals = len(literals[0].partition(".")[2])
    return PrintedIntervals(
        **{name: printed_interval(x, Printing(decimals)) for name, x in zip(NAMES, literals, strict=False)}
    )


def shorter(fold: int, decimals: int) -> tuple[str, ...]:
    exact = {
        0: ("1", "16/17", "32/33", "287/289"),
        1: ("17/19", "1", "17/18", "277/289"),
        2: (*["15/16"] * 3, "241/256"),
    }
    return tuple(f"{float(Fraction(q)):.{decimals}f}" for q in exact[fold])


def quotient(above: int, below: int) -> Fraction:
    return Fraction(above, below) if below else Fraction(0)


def naive(printed: PrintedIntervals, n: int, n_anomaly: int | None = None) -> set[ConfusionCounts]:
    """Every matrix of n images, tried one by one."""

    def within(value: Fraction, ends: Ends | None) -> bool:
        return ends is None or ends[0] <= value <= ends[1]

    def is_auc(n1: int) -> bool:
        n_half_pairs = 2 * n1 * (n - n1)
        return printed.roc_auc is None or any(
            within(Fraction(k, n_half_pairs), printed.roc_auc) for k in range(n_half_pairs + 1) if n_half_pairs
        )

    found = set()
    for n1 in range(n + 1):
        if n_anomaly in (None, n1) and is_auc(n1):
            for tp, fp in itertools.product(range(n1 + 1), range(n - n1 + 1)):
                values = (quotient(tp, tp + fp), quotient(tp, n1), quotient(2 * tp, tp + fp + n1))
                if all(map(within, values, (printed.precision, printed.recall, printed.f1_score))):
                    found.add(ConfusionCounts(tp=tp, fp=fp, fn=n1 - tp, tn=n - n1 - fp))
    return found


@pytest.mark.parametrize("fold", [1, 2])
def test_six_decimals_identify_the_matrix(fold: int) -> None:
    n, literals, matrix = FOLDS[fold]
    found = find_matrices(as_printed(*literals[:3]), n_images=n)
    assert (found.status, found.n_matrices) == ("identified", 1)
    assert found.matrices == (ConfusionCounts(*matrix),)
    assert (found.n_images, found.n_anomaly, found.cut_because) == ((n,), (n // 2, n // 2), None)


def test_perfect_precision_leaves_a_multiple_until_roc_auc_is_given() -> None:
    n, literals, matrix = FOLDS[0]
    found = find_matrices(as_printed(*literals[:3]), n_images=n)
    assert found.status == "ambiguous"
    assert found.matrices == (ConfusionCounts(*matrix), ConfusionCounts(32, 0, 2, 0))
    assert found.n_anomaly == (17, 34)
    assert find_matrices(as_printed(*literals), n_images=n).matrices == (ConfusionCounts(*matrix),)


@pytest.mark.parametrize(
    ("fold", "decimals", "n_alone", "n_with_auc"),
    [(0, 2, 7, 5), (1, 2, 5, 5), (2, 2, 3, 3), (0, 3, 2, 1), (1, 3, 1, 1), (2, 3, 1, 1)],
)
def test_fewer_decimals_leave_more_matrices(fold: int, decimals: int, n_alone: int, n_with_auc: int) -> None:
    n, _, matrix = FOLDS[fold]
    literals = shorter(fold, decimals)
    assert find_matrices(as_printed(*literals[:3]), n_images=n).n_matrices == n_alone
    assert find_matrices(as_printed(*literals), n_images=n).n_matrices == n_with_auc
    assert find_matrices(as_printed(*literals[:3]), n_images=n, n_anomaly=n // 2).matrices == (
        ConfusionCounts(*matrix),
    )


def test_roc_auc_tells_the_number_of_images() -> None:
    without, with_auc = (find_matrices(as_printed(*FOLDS[0][1][:k])) for k in (3, 4))
    assert len(without.n_images) == 184
    assert with_auc.n_images == (34, 51, 68, 85, 102, 119, 136, 153, 170, 187)
    assert (without.n_pairs_divisor, with_auc.n_pairs_divisor) == (None, 289)
    assert with_auc.searched == (2, 200)
    assert with_auc.status == "ambiguous"


def test_sample_of_the_developer_guide() -> None:
    """Its DescribeModel sample has F1Score 0.8, Recall 0.8, Precision 0.9: possible at one decimal, not at two."""
    printed = as_printed("0.9", "0.8", "0.8")
    f1 = f1_consistency(printed)
    assert f1 is not None
    assert (round(f1.low, 3), round(f1.high, 3), f1.possible) == (0.797, 0.897, True)
    assert find_matrices(printed).n_images[0] == 9
    printed = as_printed("0.90", "0.80", "0.80")
    f1 = f1_consistency(printed)
    assert f1 is not None
    assert (round(f1.low, 3), round(f1.high, 3), f1.possible) == (0.842, 0.852, False)
    assert find_matrices(printed).n_matrices == 0


def test_no_matrix_of_a_given_size_is_impossible_and_of_a_searched_size_unknown() -> None:
    printed = as_printed("0.993", "0.993", "0.993")
    assert find_matrices(printed, n_images=34).status == "impossible"
    assert find_matrices(as_printed("0.99951", "0.99951", "0.99951")).status == "unknown"
    assert find_matrices(printed, n_images=10, n_anomaly=11).status == "impossible"


@st.composite
def problems(draw: st.DrawFn) -> tuple[PrintedIntervals, ConfusionCounts, int | None]:
    """A matrix of few images, and some of its metrics printed with few decimals, now and then one printed wrong."""
    matrix = ConfusionCounts(*(draw(st.integers(0, 6)) for _ in range(4)))
    tp, fp, fn, tn = matrix.tp, matrix.fp, matrix.fn, matrix.tn
    n_half_pairs = 2 * (tp + fn) * (fp + tn)
    auc = quotient(draw(st.integers(0, n_half_pairs)), n_half_pairs)
    values = (quotient(tp, tp + fp), quotient(tp, tp + fn), quotient(2 * tp, 2 * tp + fp + fn), auc)
    unit = Fraction(1, 10 ** draw(st.integers(1, 4)))
    ends: dict[str, Ends] = {}
    for name, value in zip(NAMES, values, strict=True):
        if draw(st.booleans()) and (name != "roc_auc" or n_half_pairs):
            x = (round(value / unit) + draw(st.sampled_from([0, 0, 0, 0, 2]))) * unit
            ends[name] = (x - unit / 2, x + unit / 2)
    return PrintedIntervals(**ends), matrix, draw(st.sampled_from([None, tp + fn]))


@given(problems())
@settings(max_examples=150, deadline=None)
def test_finds_what_trying_every_matrix_finds(problem: tuple[PrintedIntervals, ConfusionCounts, int | None]) -> None:
    printed, matrix, n_anomaly = problem
    expected = naive(printed, matrix.n, n_anomaly)
    found = find_matrices(printed, n_images=matrix.n, n_anomaly=n_anomaly)
    assert found.n_matrices == len(expected)
    assert len(set(found.matrices)) == min(len(expected), MAX_LISTED)
    assert set(found.matrices) <= expected
    assert found.status == {0: "impossible", 1: "identified"}.get(len(expected), "ambiguous")
    sizes = [m.tp + m.fn for m in expected]
    assert found.n_anomaly == ((min(sizes), max(sizes)) if sizes else None)


@given(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9), st.integers(0, 40), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_the_true_matrix_is_among_the_solutions(tp: int, fp: int, fn: int, tn: int, decimals: int) -> None:
    values = (quotient(tp, tp + fp), quotient(tp, tp + fn), quotient(2 * tp, 2 * tp + fp + fn))
    printed = as_printed(*(f"{float(value):.{decimals}f}" for value in values))
    n = tp + fp + fn + tn
    f1 = f1_consistency(printed)
    assert f1
    assert f1.possible
    found = find_matrices(printed, n_images=n, n_anomaly=tp + fn)
    assert found.n_matrices > len(found.matrices) or ConfusionCounts(tp, fp, fn, tn) in found.matrices


def test_counts_of_large_test_sets_are_exact() -> None:
    """One decimal leaves tens of millions of matrices of 4000 images; the formula agrees with adding up ranges."""
    half = Fraction(1, 20)
    p, r, f1 = (Fraction(9, 10), Fraction(8, 10), Fraction(8, 10))
    n, expected = 400, 0
    for tp in range(n + 1):
        for n1 in range(max(tp, 1), n + 1):
            if abs(Fraction(tp, n1) - r) <= half and tp:
                low = max(-(-tp // (p + half)) - tp, -(-2 * tp // (f1 + half)) - tp - n1, 0)
                high = min(tp // (p - half) - tp, 2 * tp // (f1 - half) - tp - n1, n - n1)
                expected += max(0, int(high) - int(low) + 1)
    printed = PrintedIntervals(**{name: (x - half, x + half) for name, x in zip(NAMES, (p, r, f1), strict=False)})
    assert find_matrices(printed, n_images=n).n_matrices == expected
    assert find_matrices(printed, n_images=4000).n_matrices > 10**7


def test_bounds_are_told() -> None:
    printed = as_printed("0.9", "0.8", "0.8")
    found = find_matrices(printed, n_images=MAX_IMAGES + 1)
    assert (found.status, found.n_matrices, found.searched) == ("unknown", 0, None)
    assert found.cut_because
    found = find_matrices(PrintedIntervals(precision=printed.precision), n_anomaly=MAX_IMAGES)
    assert found.cut_because
    assert found.searched
    assert found.searched[0] == MAX_IMAGES


@given(st.integers(1, 60), st.integers(1, 9), st.data())
@settings(max_examples=60, deadline=None)
def test_intervals_agree_with_the_tiers(n: int, decimals: int, data: st.DataObject) -> None:
    """A fraction is in the interval of reals that print as x exactly where a tier up to ``rounded`` accepts it."""
    x = f"{data.draw(st.integers(0, n)) / n:.{decimals}f}"
    q = Fraction(data.draw(st.integers(0, n)), n)
    ends = printed_interval(x, Printing(decimals))
    assert ends is not None
    assert (ends[0] <= q <= ends[1]) == (matching_tier(x, q, Printing(decimals)) not in (None, "truncated", "percent"))


@pytest.mark.parametrize(
    ("x", "printing", "inside", "outside"),
    [
        ("0.8947368264198303", Printing(16, full_precision=True), ["17/19"], ["16/18", "170001/190001"]),
        ("0.8947368421052632", Printing(16, full_precision=True), ["17/19"], ["8947368/10000000"]),
        ("0.8947368", Printing(16, full_precision=True), ["17/19"], ["8947367/10000000"]),
        ("1.0", Printing(0), ["1"], ["4000/4001"]),
        ("0.94", Printing(2), ["187/200", "189/200"], ["186/200", "190/200"]),
        ("94.1", Printing(1, percent=True), ["16/17"], ["15/16"]),
        ("1", Printing(0, percent=True), ["1/100"], ["1", "2/100"]),
    ],
)
def test_known_intervals(x: str, printing: Printing, inside: list[str], outside: list[str]) -> None:
    ends = printed_interval(x, printing)
    assert ends is not None
    assert all(ends[0] <= Fraction(q) <= ends[1] for q in inside)
    assert not any(ends[0] <= Fraction(q) <= ends[1] for q in outside)


def test_cut_off_digits_reach_upwards_only() -> None:
    ends = printed_interval("0.94", Printing(2), truncated=True)
    assert ends is not None
    assert [round(float(end), 9) for end in ends] == [0.94, 0.95]


@pytest.mark.parametrize("x", ["null", "-1", "101", "5"])
def test_nothing_in_range_prints_like_that(x: str) -> None:
    assert printed_interval(x, Printing(1)) is None


def test_agrees_with_mlscorecheck() -> None:
    try:
        module = pytest.importorskip("mlscorecheck.check.binary")
    except IndexError:  # it takes the first of no linear programming solvers while it is imported
        pytest.skip("mlscorecheck finds no solver on this machine")
    rng = random.Random(5)
    n_impossible = 0
    for _ in range(120):
        p, n = rng.randint(2, 30), rng.randint(2, 30)
        tp, fp, decimals = rng.randint(1, p), rng.randint(0, n), rng.choice([2, 3, 4])
        values = [Fraction(tp, tp + fp), Fraction(tp, p), Fraction(2 * tp, tp + fp + p)]
        unit = Fraction(1, 10**decimals)
        printed = [round(value / unit) * unit for value in values]
        if rng.random() < 0.5:
            which = rng.randrange(3)
            printed[which] = max(Fraction(0), printed[which] - rng.randint(1, 9) * unit)
        eps = unit / 2
        scores = {name: float(x) for name, x in zip(("ppv", "sens", "f1"), printed, strict=True)}
        result = module.check_1_testset_no_kfold(testset={"p": p, "n": n}, scores=scores, eps=float(eps) + 1e-9)
        intervals = PrintedIntervals(**{name: (x - eps, x + eps) for name, x in zip(NAMES, printed, strict=False)})
        found = find_matrices(intervals, n_images=p + n, n_anomaly=p)
        assert result["inconsistency"] == (found.status == "impossible"), (p, n, scores, found)
        n_impossible += result["inconsistency"]
    assert 20 < n_impossible < 100
