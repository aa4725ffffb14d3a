"""Best translation, best dilation, blocks and the ceiling they set, held against slow and plain code."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lfv_eval.metrics.tolerance.bit_planes import planes_around
from lfv_eval.metrics.tolerance.blocks import block_size, resolution_ceiling, tau_of_block
from lfv_eval.metrics.tolerance.images import measure_image


def moved(mask, dy, dx, reach=4):
    height, width = mask.shape
    return np.pad(mask, reach)[reach - dy : reach - dy + height, reach - dx : reach - dx + width]


def iou(truth, predicted):
    return Fraction(int((truth & predicted).sum()), max(1, int((truth | predicted).sum())))


def best_shift_slowly(truth, predicted):
    shifts = sorted(product(range(-4, 5), repeat=2), key=lambda s: (abs(s[0]) + abs(s[1]), abs(s[0]), s))
    best = max(shifts, key=lambda shift: iou(truth, moved(predicted, *shift)))  # the first of equals
    return best if iou(truth, moved(predicted, *best)) else None


def best_dilation_slowly(truth, predicted):
    distance = ndimage.distance_transform_edt(~predicted)
    best = max(range(4), key=lambda radius: iou(truth, distance <= radius))
    return best if iou(truth, distance <= best) else None


@st.composite
def pairs(draw):
    size = draw(st.tuples(st.integers(1, 14), st.one_of(st.integers(1, 14), st.integers(60, 72))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth, noise = rng.random(size) < draw(st.sampled_from([0.02, 0.2, 0.6])), rng.random(size) < 0.05
    shift = draw(st.tuples(st.integers(-4, 4), st.integers(-4, 4)))
    return truth, moved(truth, *shift) ^ noise


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_best_shift_and_dilation(pair):
    truth, predicted = pair
    found = measure_image(truth, predicted)
    if truth.any() and predicted.any():
        assert found.shift == best_shift_slowly(truth, predicted)
        assert found.dilation == best_dilation_slowly(truth, predicted)
    else:
        assert (found.shift, found.dilation) == (None, None)


@pytest.mark.parametrize(
    ("predicted_at", "shift"),
    [
        ([(10, 7), (9, 10)], (1, 0)),  # the shorter
        ([(10, 8), (9, 9)], (0, 2)),  # along one axis
        ([(12, 10), (8, 10)], (-2, 0)),  # up
        ([(10, 12), (10, 8)], (0, -2)),  # left
    ],
)
def test_equally_good_shifts(predicted_at, shift):
    truth, predicted = np.zeros((2, 20, 20), bool)
    truth[10, 10] = True
    predicted[tuple(zip(*predicted_at, strict=True))] = True
    assert measure_image(truth, predicted).shift == shift


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_a_thinned_mask_wants_its_dilation(radius):
    thin = np.zeros((60, 200), bool)
    thin[30, 20:180] = True
    truth = ndimage.distance_transform_edt(~thin) <= radius
    assert measure_image(truth, thin).dilation == radius
    assert measure_image(thin, truth).dilation == 0


def polyline_distance(rng, size=256):
    """Distance of every pixel from a random line of five bends."""
    y, x = np.mgrid[:size, :size]
    start, direction, distance = rng.uniform(60, 196, 2), rng.uniform(0, 2 * np.pi), np.full((size, size), np.inf)
    for _ in range(5):
        direction += rng.normal(0, 0.3)
        step = 35 * np.array([np.sin(direction), np.cos(direction)])
        along = np.clip(((y - start[0]) * step[0] + (x - start[1]) * step[1]) / (step @ step), 0, 1)
        distance = np.minimum(distance, np.hypot(y - start[0] - along * step[0], x - start[1] - along * step[1]))
        start = start + step
    return distance


def plane(mask):
    return planes_around(mask, mask, 1)[0]


def enlarged(mask, size, offset):
    """By nearest neighbour, a pixel taking the cell of its corner (offset 0) or of its centre (.5)."""
    rows, columns = (((np.arange(n) + offset) * old / n).astype(int) for n, old in zip(size, mask.shape, strict=True))
    return mask[np.ix_(rows, columns)]


@pytest.mark.parametrize("offset", [0, 0.5])
@pytest.mark.parametrize(
    ("scales", "block"), [((4, 4), 4), ((6, 6), 6), ((2.86, 2.14), 2), ((8, 8), 8), ((3.5, 5), 3), ((1, 1), 1)]
)
def test_block_is_the_scale_of_enlargement_rounded_down(scales, block, offset):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(8):
        mask = polyline_distance(rng, 256)[::2, ::2] <= 2.5
        size = tuple(round(scale * n) for scale, n in zip(scales, mask.shape, strict=True))
        found.append(block_size(plane(enlarged(mask, size, offset))))
    assert min(size for size in found if size) == block


def test_masks_of_full_resolution_have_no_blocks():
    rng = np.random.default_rng(4)
    found = [block_size(plane(polyline_distance(rng) <= width / 2)) for width in (1, 2, 4, 8, 16)]
    assert set(found) <= {1, None}
    assert 1 in found


def test_a_few_rectangles_do_not_make_blocks():
    mask = np.zeros((200, 200), bool)
    assert block_size(plane(mask)) is None
    mask[60:140, 60:140] = True
    assert block_size(plane(mask)) is None  # four changes say nothing
    mask[11:16, 5:190] = mask[160:167, 3:77] = True
    assert block_size(plane(mask)) == 1  # no enlargement has edges at all these places
    mask[:] = True
    assert block_size(plane(mask)) is None


def test_block_of_an_enlarged_mask_that_was_cropped():
    mask = polyline_distance(np.random.default_rng(5)) <= 3
    assert block_size(plane(np.kron(mask, np.ones((4, 4), bool))[:1023, :1021])) == 4


def test_tau_of_block():
    assert [tau_of_block(block) for block in (1, 2, 3, 4, 5, 8, 9, 10_000)] == [2, 2, 2, 2, 3, 4, 5, 256]


def ceiling_slowly(truth, block):
    height, width = truth.shape
    best = Fraction(0)
    for is_set in (lambda share: share > 0, lambda share: share >= 0.25, lambda share: share >= 0.5):
        coarse = np.zeros_like(truth)
        for y, x in product(range(0, height, block), range(0, width, block)):
            coarse[y : y + block, x : x + block] = is_set(truth[y : y + block, x : x + block].mean())
        best = max(best, iou(truth, coarse))
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(1, 9), st.sampled_from([0, 0.02, 0.3, 1]), st.integers(0, 99)
)
def test_resolution_ceiling_by_trying(height, width, block, share, seed):
    truth = np.random.default_rng(seed).random((height, width)) < share
    common_px, union_px = resolution_ceiling(truth, block)
    if truth.any():
        assert Fraction(common_px, union_px) == ceiling_slowly(truth, block)
    else:
        assert (common_px, union_px) == (0, 0)


def test_resolution_ceiling_of_scratches():
    """Widths 1, 2, 4, 8, 16 px; the values are of an independent simulation with scratches drawn in another way."""
    expected = {
        2: [0.50, 0.70, 0.83, 0.90, 0.94],
        4: [0.26, 0.46, 0.67, 0.80, 0.89],
        8: [0.10, 0.26, 0.45, 0.64, 0.78],
    }
    rng = np.random.default_rng(6)
    distances = [polyline_distance(rng) for _ in range(40)]
    for block, values in expected.items():
        for width, value in zip((1, 2, 4, 8, 16), values, strict=True):
            pairs_px = [resolution_ceiling(distance <= width / 2 + 0.1, block) for distance in distances]
            assert np.mean([common / union for common, union in pairs_px]) == pytest.approx(value, abs=0.04)
