"""Time ROC AUC, average precision and both full curves against scikit-learn's four calls; also the intervals.

The two sides take turns; the ratio of their median CPU times (user + system) is what travels between machines.

    scripts/bench ranking [--images 1000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from lfv_eval.metrics import classification, ranking
from lfv_eval.metrics.counts import ConfusionCounts, ScoreCounts
from lfv_eval.settings import Settings


def images(n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores with six decimals, so with ties, and truths."""
    rng = np.random.default_rng(0)
    anomalous = rng.random(n) < 0.5
    return np.round(1 / (1 + np.exp(-rng.normal(anomalous * 1.5, 1))), 6), anomalous


def ours(scores: NDArray[np.float64], anomalous: NDArray[np.bool_]) -> None:
    counts = ScoreCounts.from_scores(scores, anomalous)
    ranking.compute(counts, Settings())
    ranking.roc_curve(counts)
    ranking.precision_recall_curve(counts)


def theirs(scores: NDArray[np.float64], anomalous: NDArray[np.bool_]) -> None:
    sklearn_metrics.roc_auc_score(anomalous, scores)
    sklearn_metrics.average_precision_score(anomalous, scores)
    sklearn_metrics.roc_curve(anomalous, scores, drop_intermediate=False)
    sklearn_metrics.precision_recall_curve(anomalous, scores)


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall time of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="number of images (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side (default: 3)")
    arguments = parser.parse_args()
    scores, anomalous = images(arguments.images)
    pairs = [
        (seconds(lambda: ours(scores, anomalous)), seconds(lambda: theirs(scores, anomalous)))
        for _ in range(arguments.rounds)
    ]
    print(f"{arguments.images} images, {len(np.unique(scores))} distinct scores, {arguments.rounds} rounds")
    for kind, index in (("CPU", 0), ("wall", 1)):
        our, their = (statistics.median(pair[side][index] for pair in pairs) for side in (0, 1))
        print(f"{kind:4} ours {our:.3f} s, scikit-learn {their:.3f} s, ratio {our / their:.3f}")
    few = ScoreCounts.from_scores(scores[:4000], anomalous[:4000])
    confusion = ConfusionCounts.from_labels(anomalous[:4000], scores[:4000] > 0.5)
    cpu = statistics.median(
        seconds(lambda: (classification.compute(confusion, Settings()), ranking.compute(few, Settings())))[0]
        for _ in range(20)
    )
    print(f"values and intervals of 4000 images: {1000 * cpu:.2f} ms of CPU")


if __name__ == "__main__":
    main()
