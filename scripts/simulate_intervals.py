"""Measure how often the intervals of ROC AUC and average precision hold the true value.

Scores are binormal: normal images N(0, spread), anomalous images N(shift, 1), the shift set by the true AUC. The true
average precision is that of the whole population at the test set's share of anomalous images.

    python scripts/simulate_intervals.py [--sets 4000] [--seed 1]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from lfv_eval.metrics.intervals import auc_newcombe, average_precision_wilson
from lfv_eval.verdicts import Interval

CLASS_SIZES = ((10, 10), (17, 17), (50, 50), (100, 100))
UNEQUAL_CLASS_SIZES = ((20, 200), (10, 50), (50, 10), (200, 20))
TRUE_AUCS = (0.8, 0.9, 0.96, 0.99)
LEVEL = 0.95


def true_average_precision(shift: float, spread: float, share: float) -> float:
    """Area under the population's precision-recall curve, by the trapezoid rule over thresholds."""
    anomaly, normal = NormalDist(shift, 1), NormalDist(0, spread)
    low, high = min(shift - 8, -8 * spread), max(shift + 8, 8 * spread)
    thresholds = np.linspace(high, low, 4001).tolist()
    recall = np.array([1 - anomaly.cdf(t) for t in thresholds])
    false_alarms = np.array([1 - normal.cdf(t) for t in thresholds])
    flagged = share * recall + (1 - share) * false_alarms
    precision = np.where(flagged > 0, share * recall / np.maximum(flagged, 1e-300), 1.0)
    return float(np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2))


def simulate(
    rng: np.random.Generator, n_sets: int, n_anomaly: int, n_normal: int, shift: float, spread: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ROC AUC and average precision of simulated test sets; both float64, shape (n_sets,)."""
    anomaly = rng.normal(shift, 1, (n_sets, n_anomaly))
    scores = np.concatenate([anomaly, rng.normal(0, spread, (n_sets, n_normal))], axis=1)
    hits = np.argsort(-scores, axis=1) < n_anomaly
    tp, rank = np.cumsum(hits, axis=1), np.arange(1, n_anomaly + n_normal + 1)
    auc = np.sum(tp * ~hits, axis=1) / (n_anomaly * n_normal)
    return auc, np.sum(tp / rank * hits, axis=1) / n_anomaly


def coverage(
    values: NDArray[np.float64],
    truth: float,
    interval: Callable[[float, int, int, float], Interval | None],
    n_anomaly: int,
    n_normal: int,
) -> float:
    """The share of values whose interval holds the truth."""
    distinct, times = np.unique(values, return_counts=True)
    ends = [interval(float(value), n_anomaly, n_normal, LEVEL) for value in distinct]
    held = [found is not None and found.low <= truth <= found.high for found in ends]
    return float(times @ np.array(held)) / len(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=4000, help="simulated test sets a setting (default: 4000)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    print(f"coverage at nominal {LEVEL}\nn1   n0   spread  " + "  ".join(f"AUC {auc:<11}" for auc in TRUE_AUCS))
    for spread in (1.0, 2.0, 0.5):
        for n1, n0 in CLASS_SIZES + UNEQUAL_CLASS_SIZES:
            cells = []
            for true_auc in TRUE_AUCS:
                shift = math.hypot(1, spread) * NormalDist().inv_cdf(true_auc)
                auc, ap = simulate(rng, arguments.sets, n1, n0, shift, spread)
                true_ap = true_average_precision(shift, spread, n1 / (n1 + n0))
                auc_held = coverage(auc, true_auc, auc_newcombe, n1, n0)
                ap_held = coverage(ap, true_ap, average_precision_wilson, n1, n0)
                cells.append(f"{auc_held:.3f} AP {ap_held:.3f}")
            print(f"{n1:<4} {n0:<4} {spread:<7} " + "  ".join(cells))


if __name__ == "__main__":
    main()
