"""How often would unrelated reports seem explained? A search that tries much finds something in anything.

With 17 anomalous and 17 normal images, two flips turn one confusion matrix into a third of all plausible ones. So each
cause is told with a rate: that of unrelated reports which the causes tried up to it would explain as well. Unrelated
means: a model that finds at least 70 % of the anomalous images and rejects at most 25 % of the normal ones, all such
matrices being equally likely; its scores are drawn from two logistic distributions that lead to its matrix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..scores.ranking_batches import Bools, Floats, Ints, rank_many
from .case import Ranks
from .target import FN, FP, TN, TP, Target

MAX_MATRICES = 400
"""Confusion matrices of unrelated reports are listed up to this many, else drawn."""

MAX_RANKINGS = 1000
"""How many rankings are drawn; fewer of large test sets, but at least a tenth."""

_MAX_SCORES = 400_000

_SEED = 20201124
_MIN_RECALL, _MAX_FALSE_ALARMS = 0.7, 0.25
_SHARES = ("precision", "recall", "f1_score")
_MAX_DECIMALS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Of unrelated reports, in 0..1.

    Attributes:
        matrix: Share whose precision, recall and F1 score the causes tried so far reach.
        ranking: Share of those with the reported matrix whose ranking metrics they reach, too; 1 where these were
            not reached by the cause itself or do not follow from it.
    """

    matrix: float
    ranking: float

    @property
    def joint(self) -> float:
        """Share of reports that would seem explained."""
        return self.matrix * self.ranking


def matrix_rate(target: Target, now: Ints, tried: Sequence[Ints]) -> float:
    """Share of unrelated reports whose printed precision, recall and F1 score equal those of some matrix tried.

    It is that of one report at least.

    Args:
        target: The reported numbers; only which of the three are reported and how they are printed matters.
        now: int64, the confusion matrix of the manifest.
        tried: Matrices, int64 arrays of shape (k, 4).
    """
    names = [name for name in _SHARES if target.wants(name)]
    if not names:
        return 1.0
    decimals = _decimals(target)
    reached = {printed for cells in tried for printed in _printed(cells, names, decimals)}
    unrelated = _printed(_unrelated(now), names, decimals)
    return max(1, sum(printed in reached for printed in unrelated)) / len(unrelated)


def ranking_rate(target: Target, cells: Ints, tried: Sequence[Ranks]) -> float:
    """Share of unrelated rankings with one confusion matrix that the causes tried reach; counted as one hit more.

    Args:
        target: The reported numbers; only which ranking metrics are reported and how they are printed matters.
        cells: int64, the confusion matrix.
        tried: The ranking metrics that the causes can give with that matrix.
    """
    names = [name for name in ("roc_auc", "average_precision") if target.wants(name)]
    if not names:
        return 1.0
    decimals = _decimals(target)
    simulated = _keys(_unrelated_rankings(cells), names, decimals)
    reached: dict[tuple[float, ...], float] = {}
    for ranks in tried:
        keys = _keys(ranks, names, decimals)
        weight = ranks.n / len(keys) if keys else 0.0
        for key in keys:
            reached[key] = max(reached.get(key, 0.0), weight)
    hits = sum(reached.get(key, 0.0) for key in simulated)
    return min(1.0, (hits + 1) / (len(simulated) + 1))


def _decimals(target: Target) -> int:
    printings = {number.printing for number in target.numbers}
    return min([_MAX_DECIMALS, *(p.decimals + 2 * p.percent for p in printings if p.decimals)])


def _unrelated(now: Ints) -> Ints:
    """Confusion matrices of unrelated reports on test sets of the same class sizes."""
    n1, n0 = int(now[TP] + now[FN]), int(now[FP] + now[TN])
    tp = np.arange(math.ceil(_MIN_RECALL * n1 - 1e-9), n1 + 1)
    fp = np.arange(math.floor(_MAX_FALSE_ALARMS * n0 + 1e-9) + 1)
    if len(tp) * len(fp) > MAX_MATRICES:
        rng = np.random.default_rng(_SEED)
        tp, fp = rng.choice(tp, MAX_MATRICES), rng.choice(fp, MAX_MATRICES)
    else:
        tp, fp = (grid.ravel() for grid in np.meshgrid(tp, fp))
    return np.stack([tp, fp, n1 - tp, n0 - fp], axis=1).astype(np.int64)


def _printed(cells: Ints, names: Sequence[str], decimals: int) -> list[tuple[float, ...]]:
    tp, fp, fn = (cells[:, column].astype(np.float64) for column in (TP, FP, FN))
    above_below = {"precision": (tp, tp + fp), "recall": (tp, tp + fn), "f1_score": (2 * tp, 2 * tp + fp + fn)}
    columns = [np.round(above_below[n][0] / np.maximum(above_below[n][1], 1), decimals).tolist() for n in names]
    return list(zip(*columns, strict=True))


def _keys(ranks: Ranks, names: Sequence[str], decimals: int) -> list[tuple[float, ...]]:
    return list(zip(*(np.round(getattr(ranks, name), decimals).tolist() for name in names), strict=True))


def _unrelated_rankings(cells: Ints) -> Ranks:
    """Rankings that have the matrix at their threshold, which is 0 on the logistic scale."""
    tp, fp, fn, tn = cells.tolist()
    if not (tp + fn) * (fp + tn):
        return Ranks.of(None)
    rng = np.random.default_rng(_SEED)
    m = min(MAX_RANKINGS, max(MAX_RANKINGS // 10, _MAX_SCORES // int(cells.sum())))
    centre_anomalous, centre_normal = (math.log((k + 0.5) / (n + 0.5)) for k, n in ((tp, fn), (fp, tn)))
    parts = [
        _truncated(rng, centre, above, (m, n))
        for centre, above, n in (
            (centre_anomalous, True, tp),
            (centre_anomalous, False, fn),
            (centre_normal, True, fp),
            (centre_normal, False, tn),
        )
    ]
    scores = np.concatenate(parts, axis=1)
    truth: Bools = np.repeat([True, True, False, False], [tp, fn, fp, tn])
    return Ranks(*rank_many(scores, np.broadcast_to(truth, scores.shape)), len(scores))


def _truncated(rng: np.random.Generator, centre: float, above: bool, shape: tuple[int, int]) -> Floats:
    """float64: logistic around the centre, on one side of 0."""
    below_zero = 1 / (1 + math.exp(centre))
    low, high = (below_zero, 1.0) if above else (0.0, below_zero)
    share = np.clip(rng.uniform(low, high, shape), 1e-12, 1 - 1e-12)
    found: Floats = centre + np.log(share / (1 - share))
    return found
