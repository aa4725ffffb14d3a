from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from lfv_eval.checks.numbers.rankings import MAX_LISTED, RankingCounts, find_rankings
from lfv_eval.checks.printed import Printing, printed_interval

Groups = tuple[tuple[int, int], ...]
"""Anomalous and normal images of each distinct score, best first."""

FOLDS = {
    # class size; ROC AUC and AP as printed in a public notebook; (TP, FP); counts; order; exact AP
    0: (17, ".993080", ".993808", (16, 0), (2, 1, 1), (10, 2, 2), "+x16 --+ -x15", "321/323"),
    1: (17, ".958478", ".951572", (17, 2), (77, 1, 1), (68553, 11, 1), "+x8 - +x6 -+++ -x15", "188290979/197873676"),
    2: (16, ".941406", ".966927", (15, 1), (176, 1, 1), (684429, 4096, 4096), "+x14 -+ -x13 +--", "3713/3840"),
}


def ends(x: str) -> tuple[Fraction, Fraction]:
    found = printed_interval(x, Printing(6))
    assert found is not None
    return found


def grouped(order: str) -> Groups:
    """Read an order as ``Ranking.order`` writes it."""
    signs = re.sub(r"([+-])x(\d+)", lambda run: run[1] * int(run[2]), order).replace(" ", "")
    groups = re.findall(r"\(([+-]+)\)|([+-])", signs)
    return tuple(((tied or one).count("+"), (tied or one).count("-")) for tied, one in groups)


def as_scores(groups: Groups) -> tuple[list[int], list[float]]:
    truth = [label for a, b in groups for label in [1] * a + [0] * b]
    scores = [1.0 - place / (len(groups) + 1) for place, (a, b) in enumerate(groups) for _ in range(a + b)]
    return truth, scores


@pytest.mark.parametrize("fold", FOLDS)
def test_one_order_follows_from_five_published_numbers(fold: int) -> None:
    n, auc, average_precision, point, strict, with_ties, order, exact = FOLDS[fold]
    found = find_rankings(n, n, roc_auc=ends(auc), average_precision=ends(average_precision), points=frozenset([point]))
    names = ("roc_auc", "average_precision", "all_numbers")
    assert found.strict == RankingCounts(**dict(zip(names, strict, strict=True)))
    assert found.with_ties == RankingCounts(**dict(zip(names, with_ties, strict=True)))
    assert found.cut_because is None
    (ranking,) = found.listed
    assert ranking.order == order
    assert Fraction(*ranking.average_precision) == Fraction(exact)


@pytest.mark.parametrize("fold", FOLDS)
def test_listed_orders_have_the_numbers_by_another_library(fold: int) -> None:
    n, auc, average_precision, point, *_ = FOLDS[fold]
    found = find_rankings(n, n, roc_auc=ends(auc), average_precision=ends(average_precision))
    for ranking in found.listed:
        truth, scores = as_scores(grouped(ranking.order))
        assert (len(truth), sum(truth)) == (2 * n, n)
        assert f"{roc_auc_score(truth, scores):.6f}"[1:] == auc
        assert f"{average_precision_score(truth, scores):.6f}"[1:] == average_precision
        assert Fraction(*ranking.roc_auc) == Fraction(roc_auc_score(truth, scores)).limit_denominator(10**4)
        precision, recall, _ = precision_recall_curve(truth, scores)
        best = max(2 * p * r / (p + r) for p, r in zip(precision, recall, strict=True) if p + r)
        assert float(Fraction(*ranking.best_f1_score)) == pytest.approx(best, abs=1e-12)
        tp, fp = point
        assert float(Fraction(2 * tp, tp + fp + n)) == pytest.approx(best, abs=1e-12)


def all_groups(a: int, b: int) -> Iterator[Groups]:
    """All orders of a anomalous and b normal images, equal scores included."""
    if a + b == 0:
        yield ()
    for i, j in itertools.product(range(a + 1), range(b + 1)):
        if i + j:
            yield from (((i, j), *rest) for rest in all_groups(a - i, b - j))


def is_canonical(groups: Groups) -> bool:
    """One by one before the first normal image and behind the last anomalous one, where it makes no difference."""
    first = next((k for k, (_, b) in enumerate(groups) if b), len(groups))
    last = max((k for k, (a, _) in enumerate(groups) if a), default=-1)
    return all(a + b == 1 for a, b in groups[:first]) and all(a + b == 1 for a, b in groups[last + 1 :])


def numbers_of(groups: Groups, n1: int, n0: int) -> tuple[Fraction, Fraction, set[tuple[int, int]]]:
    """ROC AUC, average precision and all (TP, FP), by their definitions."""
    tp = fp = half_pairs = 0
    precision_sum = Fraction(0)
    passed = {(0, 0)}
    for a, b in groups:
        half_pairs += 2 * b * tp + a * b
        tp, fp = tp + a, fp + b
        precision_sum += Fraction(a * tp, tp + fp)
        passed.add((tp, fp))
    return Fraction(half_pairs, 2 * n1 * n0), precision_sum / n1, passed


@given(st.integers(1, 4), st.integers(1, 4), st.data())
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_trying_every_order(n1: int, n0: int, data: st.DataObject) -> None:
    orders = [groups for groups in all_groups(n1, n0) if is_canonical(groups)]
    true_auc, true_ap, true_points = numbers_of(data.draw(st.sampled_from(orders)), n1, n0)
    digits = data.draw(st.integers(1, 4))
    auc, ap = (
        (round(q, digits) - Fraction(1, 2 * 10**digits), round(q, digits) + Fraction(1, 2 * 10**digits))
        for q in (true_auc, true_ap)
    )
    some_points = st.sampled_from(sorted(true_points)) | st.tuples(st.integers(0, n1), st.integers(0, n0))
    points = data.draw(st.none() | st.frozensets(some_points, min_size=1, max_size=3))
    found = find_rankings(n1, n0, roc_auc=auc, average_precision=ap, points=points)

    for counts, ties in ((found.strict, False), (found.with_ties, True)):
        expected = [0, 0, 0]
        for groups in orders:
            if ties or all(a + b == 1 for a, b in groups):
                auc_here, ap_here, points_here = numbers_of(groups, n1, n0)
                fits = [
                    auc[0] <= auc_here <= auc[1],
                    ap[0] <= ap_here <= ap[1],
                    not points or bool(points & points_here),
                ]
                for which in range(3):
                    expected[which] += all(fits[: which + 1])
        assert counts == RankingCounts(roc_auc=expected[0], average_precision=expected[1], all_numbers=expected[2])
    assert len(found.listed) <= MAX_LISTED
    for ranking in found.listed:
        auc_here, ap_here, _ = numbers_of(grouped(ranking.order), n1, n0)
        assert (auc_here, ap_here) == (Fraction(*ranking.roc_auc), Fraction(*ranking.average_precision))
        assert ap[0] <= ap_here <= ap[1]


def test_a_tied_pair_is_listed_where_no_strict_order_fits() -> None:
    auc = Fraction(7, 8)  # half a pair of four is lost
    found = find_rankings(2, 2, roc_auc=(auc, auc))
    assert found.strict == RankingCounts(roc_auc=0, average_precision=0, all_numbers=0)
    assert [ranking.order for ranking in found.listed] == ["+(+-)-"]


def test_a_perfect_order_has_nothing_to_search() -> None:
    one = (Fraction(1), Fraction(1))
    found = find_rankings(3000, 5000, roc_auc=one, average_precision=one)
    assert [ranking.order for ranking in found.listed] == ["+x3000 -x5000"]
    assert found.with_ties == RankingCounts(roc_auc=1, average_precision=1, all_numbers=1)


def test_large_classes_cost_nothing_where_little_is_lost() -> None:
    auc = 1 - Fraction(10, 3000 * 5000)
    found = find_rankings(3000, 5000, roc_auc=(auc, auc))
    assert found.strict is not None
    assert found.strict.roc_auc == 42  # the partitions of ten


def test_bounds_are_told() -> None:
    half = (Fraction(1, 2), Fraction(1, 2))
    found = find_rankings(17, 17, roc_auc=half, average_precision=half)
    assert (found.strict, found.with_ties, found.listed) == (None, None, ())
    assert found.cut_because
    auc = Fraction(741, 800)
    found = find_rankings(20, 20, roc_auc=(auc, auc), average_precision=ends(".931234"))
    assert found.strict is not None
    assert found.with_ties is None
    assert found.cut_because
