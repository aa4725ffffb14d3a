"""A worked example of eight images and one label: every definition has its own value, known as an exact fraction."""

from fractions import Fraction

import numpy as np
import pytest

from lfv_eval.formats.masks.pairs import pair
from lfv_eval.metrics.labels.definitions import GATES
from lfv_eval.metrics.labels.iou_definitions import AVERAGE_IOU
from lfv_eval.metrics.labels.mask_counts import MaskCounts
from lfv_eval.metrics.labels.precision_recall_definitions import PRECISION_RECALL
from lfv_eval.metrics.labels.segmentation import average_iou, definition_ids, precision_recall_f1

# truth, predicted, common pixels; detected as anomalous, anomalous by truth
IMAGES = [
    (0, 0, 0, 1, 0),
    (26, 6, 4, 0, 1),
    (23, 0, 0, 1, 1),
    (12, 0, 0, 1, 1),
    (25, 3, 0, 0, 1),
    (0, 0, 0, 1, 1),
    (19, 28, 11, 1, 1),
    (0, 23, 0, 1, 1),
]
MAP = {"#ffffff": "BACKGROUND", "#23a436": "cracked"}

AIOU = {
    "pooled": (Fraction(1, 10), Fraction(11, 145), Fraction(11, 94)),
    "pooled-truth": (Fraction(15, 127), Fraction(11, 122), Fraction(11, 71)),
    "mean-truth": (Fraction(113, 1260), Fraction(11, 180), Fraction(11, 108)),
    "mean-either": (Fraction(113, 1512), Fraction(11, 216), Fraction(11, 144)),
    "mean-predicted": (Fraction(113, 1008), Fraction(11, 72), Fraction(11, 72)),
    "mean-both": (Fraction(113, 756), Fraction(11, 36), Fraction(11, 36)),
    "mean-overlap": (Fraction(113, 504), Fraction(11, 36), Fraction(11, 36)),
    "mean-all-empty1": (Fraction(617, 2016), Fraction(83, 288), Fraction(83, 216)),
    "mean-all-empty0": (Fraction(113, 2016), Fraction(11, 288), Fraction(11, 216)),
    "mean-anomalous-empty1": (Fraction(365, 1764), Fraction(47, 252), Fraction(47, 180)),
    "mean-anomalous-empty0": (Fraction(113, 1764), Fraction(11, 252), Fraction(11, 180)),
    "mean-truth-area": (Fraction(2399, 26460), Fraction(209, 3780), Fraction(209, 1944)),
    "mean-dice-truth": (Fraction(27, 188), Fraction(22, 235), Fraction(22, 141)),
    "mean-iou-over-half": (None, None, None),
}
PRF = {
    "pixel-pooled": (Fraction(1, 4), Fraction(1, 7), Fraction(2, 11)),
    "pixel-pooled-truth": (Fraction(15, 37), Fraction(1, 7), Fraction(15, 71)),
    "pixel-mean-truth": (Fraction(89, 420), Fraction(181, 1235), Fraction(27, 188)),
    "pixel-mean-either": (Fraction(89, 504), Fraction(181, 1482), Fraction(45, 376)),
    "pixel-mean-truth-harmonic": (Fraction(89, 420), Fraction(181, 1235), Fraction(32218, 185935)),
    "pixel-mean-either-harmonic": (Fraction(89, 504), Fraction(181, 1482), Fraction(16109, 111561)),
    "presence": (Fraction(3, 4), Fraction(3, 5), Fraction(2, 3)),
    "presence-overlap": (Fraction(1, 2), Fraction(2, 5), Fraction(4, 9)),
    "presence-iou50": (Fraction(0), Fraction(0), Fraction(0)),
    "pixel-pooled+gated": (Fraction(11, 51), Fraction(11, 105), Fraction(11, 78)),
    "presence+gated": (Fraction(1, 2), Fraction(1, 5), Fraction(2, 7)),
}


def draw(n_px, start, write):
    pixels = np.full((100, 3), 255)
    pixels[start : start + n_px] = (0x23, 0xA4, 0x36)
    return write(pixels.reshape(10, 10, 3))


@pytest.fixture(scope="module")
def counts(rgb_png):
    states = []
    for number, (truth, predicted, common, detected, anomalous) in enumerate(IMAGES):
        masks = draw(truth, 0, rgb_png), draw(predicted, truth - common, rgb_png)
        counted = pair(*masks, MAP, MAP)
        row = counted.counts[0]
        assert (row.truth_px, row.predicted_px, row.intersection_px) == (truth, predicted, common)
        states.append(
            MaskCounts.of_image(
                f"image-{number}.jpg",
                detected=bool(detected),
                anomalous=bool(anomalous),
                counts=counted.counts,
                policies=counted.policies,
            )
        )
    return MaskCounts.total(states)


def equal(metric, expected):
    if expected is None:
        return metric.value is None and metric.undefined_because
    exact_ratio = metric.ratio is None or Fraction(*metric.ratio) == expected
    return exact_ratio and metric.value == pytest.approx(float(expected), rel=2e-16, abs=0)


@pytest.mark.parametrize("base", AIOU)
@pytest.mark.parametrize("gate", GATES)
def test_average_iou(counts, base, gate):
    expected = AIOU[base][list(GATES).index(gate)]
    name = base if gate == "ungated" else f"{base}+{gate}"
    assert equal(average_iou(counts, "cracked", name), expected)


@pytest.mark.parametrize("name", PRF)
def test_precision_recall_f1(counts, name):
    metrics = precision_recall_f1(counts, "cracked", name)
    assert [metric.name for metric in metrics] == ["precision", "recall", "f1_score"]
    assert all(map(equal, metrics, PRF[name]))


def test_the_tables_cover_the_registries():
    assert set(AIOU) == set(AVERAGE_IOU)
    assert set(PRF) >= set(PRECISION_RECALL)


def test_thirty_three_of_thirty_nine_values_differ(counts):
    names = [name for name in definition_ids(AVERAGE_IOU) if not name.startswith("mean-iou-over-half")]
    values = {average_iou(counts, "cracked", name).value for name in names}
    assert (len(names), len(values)) == (39, 33)


def test_every_value_says_what_it_rests_on(counts):
    mean, pooled = average_iou(counts, "cracked"), average_iou(counts, "cracked", "pooled")
    assert (mean.support, mean.unit, mean.n_terms, mean.ratio) == (5, "images", 5, None)
    assert (pooled.support, pooled.unit, pooled.n_terms, pooled.ratio) == (150, "pixels", 1, (15, 150))
