import time

import numpy as np
import pytest

from lfv_eval.errors import UsageError
from lfv_eval.metrics.paired.bootstrap import PairedPredictions, f1_difference


def test_equal_seeds_give_equal_bits_and_others_nearly_so():
    anomalous, normal = PairedPredictions(15, 3, 1, 1), PairedPredictions(1, 0, 2, 17)
    first, again, other = (f1_difference(anomalous, normal, 0.95, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert (other.low, other.high) == pytest.approx((first.low, first.high), abs=0.02)
    assert first.low < 2 * 16 / (16 + 3 + 20) - 2 * 18 / (18 + 1 + 20) < first.high


def test_interval_is_that_of_a_plain_loop():
    anomalous, normal = PairedPredictions(30, 8, 3, 4), PairedPredictions(2, 1, 5, 40)
    rng = np.random.default_rng(5)
    differences = []
    for _ in range(4000):
        drawn = []
        for cells in (anomalous, normal):
            weights = np.array([cells.both, cells.only_baseline + 0.5, cells.only_candidate + 0.5, cells.neither])
            kinds = rng.choice(4, size=cells.n, p=weights / weights.sum())
            drawn.append([np.count_nonzero((kinds == 0) | (kinds == one)) for one in (1, 2)])
        (tp, tp2), (fp, fp2) = drawn
        differences.append(2 * tp2 / (tp2 + fp2 + anomalous.n) - 2 * tp / (tp + fp + anomalous.n))
    found = f1_difference(anomalous, normal, 0.9)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(differences, [0.05, 0.95])), abs=0.012)


def test_intervals_cover_the_true_difference_of_two_near_perfect_models():
    rng = np.random.default_rng(3)
    found_shares, alarm_shares = (0.95, 0.02, 0.02, 0.01), (0.01, 0.02, 0.02, 0.95)  # equally good: the truth is 0
    n_covered = 0
    for run in range(200):
        anomalous, normal = (
            PairedPredictions(*rng.multinomial(20, shares).tolist()) for shares in (found_shares, alarm_shares)
        )
        interval = f1_difference(anomalous, normal, 0.95, seed=run, draws=1000)
        assert -1 <= interval.low < interval.high <= 1  # without a flip it still has a width
        n_covered += interval.low <= 0 <= interval.high
    assert n_covered / 200 > 0.93


def test_counting_predictions():
    baseline, candidate = np.array([1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 0, 0], bool)
    counted = PairedPredictions.from_labels(baseline, candidate)
    assert (counted, counted.n) == (PairedPredictions(1, 1, 1, 2), 5)


def test_without_anomalous_images_f1_says_nothing():
    assert f1_difference(PairedPredictions(), PairedPredictions(neither=5), 0.95) is None
    assert f1_difference(PairedPredictions(both=5), PairedPredictions(), 0.95) is not None
    with pytest.raises(UsageError, match="confidence level"):
        f1_difference(PairedPredictions(both=5), PairedPredictions(), 95)


def test_ten_thousand_draws_are_fast():
    anomalous, normal = PairedPredictions(1800, 90, 80, 30), PairedPredictions(20, 40, 50, 1890)
    f1_difference(anomalous, normal, 0.95)
    started = time.process_time()
    f1_difference(anomalous, normal, 0.95)
    assert time.process_time() - started < 0.1
