"""The laws of the state: any split into any shards, joined in any order, is the same state."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import UsageError
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.metrics.labels.segmentation import labels_in

POLICIES = ("ignore", "opaque")
NAMES = ("Cracked", "cracked ", "dent", "DENT")
LARGE = 4096 * 4096

pixels = st.tuples(st.integers(0, LARGE), st.integers(0, LARGE), st.floats(0, 1)).map(
    lambda t: (int(min(t[0], t[1]) * t[2]), t[0], t[1])
)


@st.composite
def images(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique_by=lambda name: name.strip().lower(), max_size=2))
    rows = tuple(PixelRow(name, policy, *draw(pixels)) for name in names for policy in POLICIES)
    return ImagePixels(draw(st.sampled_from("abcdef")), draw(st.booleans()), draw(st.booleans()), rows)


states = st.lists(images(), max_size=4).map(lambda found: MaskCounts.of(found, POLICIES)) | st.lists(
    images(), max_size=2
).map(lambda found: MaskCounts.of(found, ["ignore"]))


@settings(max_examples=100, deadline=None)
@given(states, states, states)
def test_laws(a, b, c):
    assert (a + b) + c == a + (b + c) == MaskCounts.total([c, a, b])
    assert a + b == b + a
    assert a + MaskCounts() == a == MaskCounts() + a
    assert pickle.loads(pickle.dumps(a)) == a


@settings(max_examples=100, deadline=None)
@given(st.lists(images(), max_size=8), st.randoms(use_true_random=False))
def test_shards_and_order_do_not_matter(found, random):
    whole = MaskCounts.of(found, POLICIES)
    shuffled = random.sample(found, len(found))
    cut = random.randint(0, len(found))
    assert MaskCounts.of(shuffled[:cut], POLICIES) + MaskCounts.of(shuffled[cut:], POLICIES) == whole
    assert MaskCounts.total(MaskCounts.of([image], POLICIES) for image in shuffled) == whole


@settings(max_examples=50, deadline=None)
@given(st.lists(images(), max_size=6))
def test_nothing_is_lost(found):
    state = MaskCounts.of(found, POLICIES)
    assert len(state) == len(found)
    for label in ("cracked", "dent"):
        table = state.of_label(label.upper(), "ignore")
        rows = [row for image in found for row in image.rows if row.label.strip().lower() == label]
        rows = [row for row in rows if row.policy == "ignore"]
        assert table.truth_px.sum() == sum(row.truth_px for row in rows)
        assert table.predicted_px.sum() == sum(row.predicted_px for row in rows)
        assert table.intersection_px.sum() == sum(row.intersection_px for row in rows)
        assert len(table.truth_px) == len(found)
        assert sorted(zip(table.detected, table.anomalous, strict=True)) == sorted(
            (image.detected, image.anomalous) for image in found
        )


def test_an_image_without_labels_still_counts():
    state = MaskCounts.of([ImagePixels("a.jpg", True, False, ())], POLICIES)
    assert (len(state), labels_in(state)) == (1, [])
    assert state.of_label("cracked", "ignore").detected.tolist() == [True]


def test_names_and_order():
    rows = (PixelRow("dent", "ignore", 0, 1, 2), PixelRow("Cracked", "ignore", 0, 0, 0))
    state = MaskCounts.of([ImagePixels("b", True, True, rows), ImagePixels("a", False, True, ())], ["ignore"])
    assert state.images == ("a", "b")
    assert labels_in(state) == ["Cracked", "dent"]
    assert state.image.tolist() == [1]  # the row without pixels is not kept, its label is known all the same


def test_a_policy_that_only_some_images_have_is_refused():
    whole = MaskCounts.of([ImagePixels("a", True, True, ())], POLICIES)
    part = MaskCounts.of([ImagePixels("b", True, True, ())], ["ignore"])
    assert (whole + part).policies == ("ignore",)
    with pytest.raises(UsageError, match="'opaque' was not counted in every image"):
        (whole + part).of_label("cracked", "opaque")
