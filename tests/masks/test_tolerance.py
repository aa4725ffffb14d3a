"""Tolerant numbers of one image, held against worked cases and against scipy's Euclidean distance transform."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from lfv_eval.errors import MaskError, UsageError
from lfv_eval.metrics.tolerance import bit_planes
from lfv_eval.metrics.tolerance.images import Outcome, measure_image

CROSS = ndimage.generate_binary_structure(2, 1)


def line(thickness, offset, columns=(20, 180), centred_on=None):
    """A horizontal line in a 200 x 200 mask whose top row is 100 + offset."""
    mask = np.zeros((200, 200), bool)
    top = 100 + offset if centred_on is None else centred_on - thickness // 2
    mask[top : top + thickness, slice(*columns)] = True
    return mask


def blob(offset):
    mask = np.zeros((200, 200), bool)
    mask[60:140, 60 + offset : 140 + offset] = True
    return mask


# truth, predicted, IoU, NSD at 1 px, NSD at 2 px, tolerant precision and recall at 2 px, area ratio, outcome
WORKED = {
    "adjacent lines": (line(1, 0), line(1, 1), 0, 1, 1, 1, 1, 1, "displaced, not wrong"),
    "lines 1 px apart": (line(1, 0), line(1, 2), 0, 0, 1, 1, 1, 1, "displaced, not wrong"),
    "scratch displaced by 2": (line(3, 0), line(3, 2), 0.2, 324 / 644, 1, 1, 1, 1, "displaced, not wrong"),
    "five times too fat": (
        line(1, 0, centred_on=100),
        line(5, 0, centred_on=100),
        0.2,
        10 / 486,
        1,
        1,
        1,
        5,
        "too fat",
    ),
    "five times too thin": (
        *(line(5, 0, centred_on=100), line(1, 0, centred_on=100)),
        *(0.2, 10 / 486, 1, 1, 1, 0.2, "too thin"),
    ),
    "half missed": (line(3, 0), line(3, 0, (20, 100)), 0.5, 325 / 484, 327 / 484, 1, 0.5125, 0.5, "fine"),
    "wrong place": (line(3, 0), line(3, 30), 0, 0, 0, 0, 0, 1, "wrong place"),
    "blob moved by 2": (blob(0), blob(2), 78 / 82, 320 / 632, 1, 1, 1, 1, "fine"),
    "blob moved by 20": (blob(0), blob(20), 0.6, 248 / 632, 256 / 632, 0.775, 0.775, 1, "fine"),
}


@pytest.mark.parametrize("case", WORKED)
def test_worked_cases(case):
    truth, predicted, iou, nsd_1, nsd_2, precision, recall, area, outcome = WORKED[case]
    found = measure_image(truth, predicted, tau=2)
    assert float(found.iou) == pytest.approx(iou, rel=1e-15)
    assert float(found.nsd) == pytest.approx(nsd_2, rel=1e-15)
    assert float(measure_image(truth, predicted, tau=1).nsd) == pytest.approx(nsd_1, rel=1e-15)
    assert float(found.hits.precision) == precision
    assert float(found.hits.recall) == recall
    assert float(found.area_ratio) == area
    assert found.outcome == outcome


def near(mask, tau):
    """Pixels within tau of the mask, by scipy."""
    return ndimage.distance_transform_edt(~mask) <= tau if mask.any() else np.zeros_like(mask)


def edge(mask):
    return mask & ~ndimage.binary_erosion(mask, CROSS, border_value=0)


def by_scipy(truth, predicted, tau):
    """Hits and pixels of the prediction and of the truth, then of both boundaries."""
    true_edge, predicted_edge = edge(truth), edge(predicted)
    return [
        *((predicted & near(truth, tau)).sum(), predicted.sum(), (truth & near(predicted, tau)).sum(), truth.sum()),
        (true_edge & near(predicted_edge, tau)).sum() + (predicted_edge & near(true_edge, tau)).sum(),
        true_edge.sum() + predicted_edge.sum(),
    ]


def ours(truth, predicted, tau):
    found = measure_image(truth, predicted, tau=tau)
    hits = found.hits
    return [
        *(hits.predicted_hit_px, hits.predicted_px, hits.truth_hit_px, hits.truth_px),
        *(found.boundary_hit_px, found.boundary_px),
    ]


sizes = st.tuples(st.integers(1, 12), st.one_of(st.integers(1, 12), st.integers(60, 70), st.integers(126, 131)))


@st.composite
def mask_pairs(draw):
    """Two masks of one size, mostly empty or mostly full; word borders (64, 128 columns) are among the sizes."""
    size = draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shares = [draw(st.sampled_from([0, 0.003, 0.02, 0.3, 0.9, 1])) for _ in range(2)]
    return [rng.random(size) < share for share in shares]


@settings(max_examples=150, deadline=None)
@given(mask_pairs(), st.integers(1, 7))
@example([np.ones((3, 64), bool), np.eye(3, 64, dtype=bool)], 2)
@example([np.eye(3, 64, 63, dtype=bool), np.eye(3, 64, dtype=bool)], 1)
def test_counts_are_those_of_a_distance_transform(pair, tau):
    assert ours(*pair, tau) == by_scipy(*pair, tau)


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.bool_, (5, 9)), arrays.arrays(np.bool_, (5, 9)), st.integers(1, 3))
def test_counts_of_arbitrary_small_masks(truth, predicted, tau):
    assert ours(truth, predicted, tau) == by_scipy(truth, predicted, tau)


@pytest.mark.parametrize("seed", range(4))
def test_counts_of_large_masks(seed):
    rng = np.random.default_rng(seed)
    size = (150 + 31 * seed, 200 + 17 * seed)
    masks = [ndimage.gaussian_filter(rng.normal(size=size), 4) > 0.05 for _ in range(2)]
    for tau in (2, 5, 16):
        assert ours(*masks, tau) == by_scipy(*masks, tau)


def test_sides_can_be_exchanged():
    rng = np.random.default_rng(0)
    truth, predicted = (ndimage.gaussian_filter(rng.normal(size=(90, 140)), 3) > 0.1 for _ in range(2))
    one, other = measure_image(truth, predicted, tau=3), measure_image(predicted, truth, tau=3)
    assert (one.hits.precision, one.hits.recall) == (other.hits.recall, other.hits.precision)
    assert (one.nsd, one.iou, one.hits.f1_score) == (other.nsd, other.iou, other.hits.f1_score)


def test_memory_layout_does_not_matter():
    truth, predicted = line(3, 0), line(3, 2)
    expected = measure_image(truth, predicted)
    assert measure_image(np.asfortranarray(truth), np.asfortranarray(predicted)) == expected
    assert measure_image(np.repeat(truth, 2, 1)[:, ::2], predicted) == expected


def test_numpy_without_bit_counting_gives_the_same():
    words = np.random.default_rng(0).integers(0, 2**64, 1000, dtype=np.uint64)
    words[:3] = 0, 2**64 - 1, 2**63
    expected = [int(word).bit_count() for word in words]
    assert bit_planes._popcount_by_arithmetic(words).tolist() == expected
    assert bit_planes.popcount(words).tolist() == expected


def test_what_is_undefined_is_none():
    nothing, something = np.zeros((30, 30), bool), np.eye(30, dtype=bool)
    absent = measure_image(nothing, nothing)
    assert [absent.iou, absent.nsd, absent.area_ratio, absent.hits.precision, absent.hits.recall] == [None] * 5
    assert (absent.outcome, absent.shift, absent.predicted_block) == (Outcome.ABSENT, None, None)
    missed = measure_image(something, nothing)
    assert (missed.hits.precision, missed.hits.recall, missed.hits.f1_score) == (None, 0, None)
    assert (missed.outcome, missed.nsd, missed.area_ratio) == (Outcome.MISSED, 0, 0)
    false_alarm = measure_image(nothing, something)
    assert (false_alarm.hits.precision, false_alarm.hits.recall, false_alarm.area_ratio) == (0, None, None)
    assert false_alarm.outcome == Outcome.FALSE_ALARM
    assert measure_image(np.zeros((0, 5), bool), np.zeros((0, 5), bool)).outcome == Outcome.ABSENT
    apart = measure_image(np.eye(1, 90, dtype=bool), np.eye(1, 90, 80, dtype=bool))
    assert (apart.hits.f1_score, apart.shift, apart.dilation) == (0, None, None)


def test_limits_of_the_rule_are_exact():
    """IoU of exactly one half is fine, a share of exactly .8 is enough, an area of exactly two is not too fat."""
    truth, predicted = np.zeros((2, 80, 400), bool)
    truth[40, 100:200] = True
    predicted[40, 100:200] = predicted[45, 100:200] = True
    assert measure_image(truth, predicted).outcome == Outcome.FINE
    truth[40, 99] = True
    assert measure_image(truth, predicted).outcome == Outcome.EXTRA_AREA
    truth, predicted = np.zeros((2, 80, 400), bool)
    truth[40, 100:200] = True
    predicted[41, 100:178] = True  # a pixel is near the next column too, for 1 + 1 <= 2 squared
    assert measure_image(truth, predicted).outcome == Outcome.PARTLY_MISSED
    predicted[41, 178] = True
    found = measure_image(truth, predicted)
    assert (found.hits.recall, found.outcome) == (Fraction(4, 5), Outcome.DISPLACED)
    predicted[41:43, 100:200] = True
    found = measure_image(truth, predicted)
    assert (found.area_ratio, found.outcome) == (2, Outcome.DISPLACED)
    predicted[42, 200] = True
    assert measure_image(truth, predicted).outcome == Outcome.TOO_FAT


def test_unusable_input_is_refused():
    mask = np.zeros((4, 5), bool)
    with pytest.raises(MaskError, match=r"one size, got \(4, 5\) and \(5, 4\)"):
        measure_image(mask, mask.T)
    for wrong in (mask.astype(np.uint8), mask[0], mask[None]):
        with pytest.raises(UsageError, match="array of bool"):
            measure_image(wrong, wrong)
    for tau in (0, -1, 257):
        with pytest.raises(UsageError, match="tau must be"):
            measure_image(mask, mask, tau=tau)
    with pytest.raises(UsageError, match="block size"):
        measure_image(mask, mask, block=0)


def control_by_moving(truth, predicted, tau):
    """The negative control by moving whole images and scipy's distance transform."""
    far, (height, width) = 10 * tau, truth.shape
    padded = np.pad(predicted, far)
    found = []
    for dy, dx in ((far, 0), (-far, 0), (0, far), (0, -far)):
        moved = padded[far - dy : far - dy + height, far - dx : far - dx + width]
        found.append(by_scipy(truth, moved, tau)[:4] if moved.any() else [0, 0, 0, 0])
    return found


@pytest.mark.parametrize("seed", range(6))
def test_negative_control(seed):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.random((2, 60 + 20 * seed, 150)) < 0.002 * (1 + seed)
    found = measure_image(truth, predicted, tau=2)
    hits = [[h.predicted_hit_px, h.predicted_px, h.truth_hit_px, h.truth_px] for h in found.control]
    assert hits == control_by_moving(truth, predicted, 2)


def test_no_control_where_the_rule_decides_nothing():
    assert measure_image(blob(0), blob(20)).control == ()
    assert measure_image(blob(0), np.zeros((200, 200), bool)).control == ()
    near_the_edge = line(1, 0) & (np.arange(200) < 30)
    gone = measure_image(near_the_edge, np.roll(near_the_edge, 2, 0), tau=16)
    assert [hits.predicted_px for hits in gone.control] == [0, 0, 10, 0]
    assert [hits.truth_px for hits in gone.control] == [0, 0, 10, 0]
