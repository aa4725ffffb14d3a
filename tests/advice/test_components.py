"""Connected regions against scipy's labelling."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from lfv_eval.metrics import components
from lfv_eval.metrics.components import find_components

masks = st.tuples(st.integers(0, 12), st.integers(0, 12)).flatmap(lambda shape: arrays(np.bool_, shape))


def scipys(mask):
    """Area and box of each region by scipy, in a canonical order."""
    labelled, n = ndimage.label(mask, np.ones((3, 3)))
    areas = ndimage.sum_labels(mask, labelled, range(1, n + 1))
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndimage.find_objects(labelled)]
    return sorted(zip(map(int, areas), boxes, strict=True))


def ours(mask):
    found = find_components(mask)
    boxes = [tuple(map(int, box)) for box in found.boxes]
    extents = [max(bottom - top, right - left) for top, left, bottom, right in boxes]
    assert found.extent_px.tolist() == extents
    assert len(found) == len(boxes)
    return sorted(zip(found.area_px.tolist(), boxes, strict=True))


@settings(max_examples=300)
@given(masks)
def test_small_masks(mask):
    assert ours(mask) == (scipys(mask) if mask.size else [])


@pytest.mark.parametrize("density", [0.02, 0.3, 0.41, 0.7])
def test_noise(density):
    mask = np.random.default_rng(int(density * 100)).random((400, 300)) < density
    assert ours(mask) == scipys(mask)


def spiral(side):
    """One thin arm from the border to the middle."""
    mask = np.zeros((side, side), bool)
    row = column = turn = 0
    low, high = 0, side - 1
    while high - low >= 2:
        mask[low, low : high + 1] = mask[low : high + 1, high] = mask[high, low : high + 1] = True
        mask[low + 2 : high + 1, low] = True
        mask[low + 2, low : low + 2] = True
        low, high = low + 2, high - 2
    assert row == column == turn
    return mask


def comb(side):
    """Teeth that meet only at the bottom."""
    mask = np.zeros((side, side), bool)
    mask[:, ::2] = True
    mask[-1] = True
    return mask


def zigzag(side):
    mask = np.zeros((side, side), bool)
    for row in range(side):
        period = row % (2 * side - 2)
        mask[row, period if period < side else 2 * side - 2 - period] = True
    return mask | mask[:, ::-1]


@pytest.mark.parametrize("make", [spiral, comb, zigzag, lambda side: np.indices((side, side)).sum(0) % 2 == 0])
def test_shapes_that_are_hard_to_join(make):
    mask = make(301)
    began = time.process_time()
    found = ours(mask)
    assert time.process_time() - began < 5
    assert found == scipys(mask)


def test_regions_come_in_reading_order():
    mask = np.zeros((5, 9), bool)
    mask[0, 8] = mask[1, 1:4] = mask[4, 0] = True
    found = find_components(mask)
    assert found.area_px.tolist() == [1, 3, 1]
    assert found.boxes.tolist() == [[0, 8, 1, 9], [1, 1, 2, 4], [4, 0, 5, 1]]
    assert found.extent_px.tolist() == [1, 3, 1]


def test_noise_without_bound_is_not_labelled(monkeypatch):
    monkeypatch.setattr(components, "MAX_RUNS", 3)
    assert find_components(np.array([[1, 0, 1, 0, 1]], bool)) is not None
    assert find_components(np.array([[1, 0, 1, 0, 1, 0, 1]], bool)) is None
