"""Which orders of the test images by score could have given the printed ROC AUC and average precision?

ROC AUC = 1 - loss/(2 n1 n0), where the loss counts 2 for each anomalous image ranked below a normal one and 1 for each
such pair that is tied. A good model loses little, so few orders have its loss, and six digits of average precision
usually leave one of them. Average precision is the step sum over distinct scores, as in ``metrics.ranking``.

Equal scores count as one group. How images are grouped changes no number before the first normal image and behind the
last anomalous one; there they count as taken one by one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, islice

from .feasibility import Ends
from .ranking_search import Path, Search, TooManyError

MAX_LOSS = 80
"""Orders with more loss are not searched: there are too many of them."""

MAX_LISTED = 10
"""How many orders ``Rankings.listed`` holds."""

_LONG_RUN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingCounts:
    """How many orders give the printed numbers.

    Attributes:
        roc_auc: Orders with the printed ROC AUC.
        average_precision: Of these, orders with the printed average precision; all of them where it is not given.
        all_numbers: Of these, orders in which some threshold gives the printed precision and recall.
    """

    roc_auc: int
    average_precision: int
    all_numbers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One order of the test images by score that gives all printed numbers.

    Attributes:
        order: Best score first: ``+`` an anomalous image, ``-`` a normal one, ``+x16`` sixteen of them, in parentheses
            images of equal score.
        roc_auc: Numerator and denominator, not reduced.
        average_precision: Numerator and denominator, reduced.
        best_f1_score: The highest F1 over all thresholds: numerator and denominator, not reduced.
    """

    order: str
    roc_auc: tuple[int, int]
    average_precision: tuple[int, int]
    best_f1_score: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """All orders of the test images by score that give the printed numbers.

    Attributes:
        n_anomaly: Number of anomalous test images.
        n_normal: Number of normal test images.
        strict: How many there are without equal scores; ``None`` where they were not counted.
        with_ties: How many there are with equal scores allowed; ``None`` likewise.
        listed: The first ``MAX_LISTED``: without equal scores where there are such, else with.
        cut_because: Why something was not counted; ``None`` where everything was.
    """

    n_anomaly: int
    n_normal: int
    strict: RankingCounts | None = None
    with_ties: RankingCounts | None = None
    listed: tuple[Ranking, ...] = ()
    cut_because: str | None = None


def find_rankings(
    n_anomaly: int,
    n_normal: int,
    *,
    roc_auc: Ends,
    average_precision: Ends | None = None,
    points: frozenset[tuple[int, int]] | None = None,
) -> Rankings:
    """Count and list the orders of the test images by score that give the printed numbers.

    Args:
        n_anomaly: Number of anomalous test images, at least 1.
        n_normal: Number of normal test images, at least 1.
        roc_auc: Interval of the printed ROC AUC.
        average_precision: Interval of the printed average precision, where given.
        points: (TP, FP) of the confusion matrices that the order may pass through, where known.

    >>> auc = (Fraction("0.9930795"), Fraction("0.9930805"))
    >>> found = find_rankings(17, 17, roc_auc=auc, average_precision=(Fraction("0.9938075"), Fraction("0.9938085")))
    >>> found.listed[0].order, found.listed[0].average_precision
    ('+x16 --+ -x15', (321, 323))
    """
    n_pairs = n_anomaly * n_normal
    losses = range(math.ceil(2 * n_pairs * (1 - roc_auc[1])), math.floor(2 * n_pairs * (1 - roc_auc[0])) + 1)
    if losses and losses[-1] > MAX_LOSS:
        told = f"ROC AUC stands for up to {losses[-1]} lost half pairs; orders are searched up to {MAX_LOSS}"
        return Rankings(n_anomaly=n_anomaly, n_normal=n_normal, cut_because=told)
    strict, tied = (Search(n_anomaly, n_normal, average_precision, points, ties=ties) for ties in (False, True))
    n_strict, n_tied = _count(strict, losses), _count(tied, losses)
    listed: tuple[Ranking, ...] = ()
    for search, counts in ((strict, n_strict), (tied, n_tied)):
        if counts and counts.all_numbers and not listed:
            found = (_ranking(search, path, loss) for loss in losses for path in search.paths(loss))
            listed = tuple(islice(found, MAX_LISTED))
    cut = None if n_strict and n_tied else "there are too many orders to count all of them"
    return Rankings(
        n_anomaly=n_anomaly, n_normal=n_normal, strict=n_strict, with_ties=n_tied, listed=listed, cut_because=cut
    )


def _count(search: Search, losses: range) -> RankingCounts | None:
    try:
        counts = [search.count(loss) for loss in losses]
    except TooManyError:
        return None
    n_auc, n_precise, n_fitting = (sum(count[which] for count in counts) for which in range(3))
    return RankingCounts(roc_auc=n_auc, average_precision=n_precise, all_numbers=n_fitting)


def _ranking(search: Search, path: Path, loss: int) -> Ranking:
    n1, n0 = search.n1, search.n0
    groups = [f"({'+' * step.a}{'-' * step.b})" if step.a + step.b > 1 else "+" for step in path.steps]
    steps = "".join("-" * step.run + group for step, group in zip(path.steps, groups, strict=True))
    best_tp, best_fp = max(path.thresholds(), key=lambda passed: Fraction(2 * passed[0], sum(passed) + n1))
    return Ranking(
        order=_shortened("+" * path.lead + steps + "-" * (n0 - path.state.fp)),
        roc_auc=(2 * n1 * n0 - loss, 2 * n1 * n0),
        average_precision=(path.precision_sum() / n1).as_integer_ratio(),
        best_f1_score=(2 * best_tp, best_tp + best_fp + n1),
    )


def _shortened(order: str) -> str:
    """Long runs as a sign and a number, set apart by blanks."""
    runs = [(sign, len(list(run))) for sign, run in groupby(order)]
    told = "".join(f" {sign}x{n} " if n >= _LONG_RUN else sign * n for sign, n in runs)
    return " ".join(told.split()).replace("( ", "(").replace(" )", ")")
