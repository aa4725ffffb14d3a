"""The definitions against scikit-learn on label images, and what must hold between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score, precision_recall_fscore_support

from lfv_eval.errors import UsageError
from lfv_eval.metrics.labels.iou_definitions import AVERAGE_IOU
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.metrics.labels.precision_recall_definitions import PRECISION_RECALL
from lfv_eval.metrics.labels.segmentation import average_iou, definition_ids, precision_recall_f1

MEAN_PAIRS = [("truth", "pixel-mean-truth"), ("either", "pixel-mean-either")]


def state_of(truth, predicted, detected=None):
    """The state of boolean label images of shape (images, pixels)."""
    images = []
    for number, (t, p) in enumerate(zip(truth, predicted, strict=True)):
        row = PixelRow("cracked", "ignore", int((t & p).sum()), int(t.sum()), int(p.sum()))
        flag = True if detected is None else bool(detected[number])
        images.append(ImagePixels(f"{number:03}.jpg", flag, bool(t.any()), (row,)))
    return MaskCounts.of(images, ["ignore"])


@pytest.fixture(scope="module")
def masks():
    rng = np.random.default_rng(3)
    share = rng.choice([0, 0.05, 0.4], (2, 40, 1))
    truth = rng.random((40, 50)) < share[0]
    predicted = (truth & (rng.random((40, 50)) < 0.7)) | (rng.random((40, 50)) < share[1] / 4)
    predicted[:5] = False
    return truth, predicted


def iou(masks, name):
    return average_iou(state_of(*masks), "cracked", name).value


def test_pooled(masks):
    assert iou(masks, "pooled") == pytest.approx(jaccard_score(masks[0].ravel(), masks[1].ravel()), rel=1e-15)


@pytest.mark.parametrize("empty", [0, 1])
def test_mean_over_all_images(masks, empty):
    expected = jaccard_score(*masks, average="samples", zero_division=empty)
    assert iou(masks, f"mean-all-empty{empty}") == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("mean-truth", lambda t, p: t.any(1)),
        ("mean-either", lambda t, p: (t | p).any(1)),
        ("mean-predicted", lambda t, p: p.any(1)),
        ("mean-both", lambda t, p: t.any(1) & p.any(1)),
        ("mean-overlap", lambda t, p: (t & p).any(1)),
        ("mean-anomalous-empty0", lambda t, p: t.any(1)),
    ],
)
def test_means_over_some_images(masks, name, chosen):
    keep = chosen(*masks)
    expected = np.mean([jaccard_score(t, p) for t, p in zip(masks[0][keep], masks[1][keep], strict=True)])
    assert 0 < keep.sum() < len(keep)
    assert iou(masks, name) == pytest.approx(expected, rel=1e-14)


def test_pixel_pooled(masks):
    expected = precision_recall_fscore_support(masks[0].ravel(), masks[1].ravel(), average="binary")[:3]
    got = [metric.value for metric in precision_recall_f1(state_of(*masks), "cracked")]
    assert got == pytest.approx(expected, rel=1e-15)


def test_pixel_mean(masks):
    keep = (masks[0] | masks[1]).any(1)
    expected = precision_recall_fscore_support(masks[0][keep], masks[1][keep], average="samples", zero_division=0)[:3]
    got = [metric.value for metric in precision_recall_f1(state_of(*masks), "cracked", "pixel-mean-either")]
    assert got == pytest.approx(expected, rel=1e-14)


def test_presence(masks):
    expected = precision_recall_fscore_support(masks[0].any(1), masks[1].any(1), average="binary")[:3]
    got = [metric.value for metric in precision_recall_f1(state_of(*masks), "cracked", "presence")]
    assert got == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", [*AVERAGE_IOU])
def test_gates_change_the_masks_before_the_definition(masks, name):
    detected = np.arange(40) % 3 > 0
    state = state_of(*masks, detected)
    emptied = state_of(masks[0], masks[1] & detected[:, None])
    kept = state_of(masks[0][detected], masks[1][detected])
    assert average_iou(state, "cracked", f"{name}+gated").value == average_iou(emptied, "cracked", name).value
    assert average_iou(state, "cracked", f"{name}+dropped").value == average_iou(kept, "cracked", name).value


@pytest.mark.parametrize("name", definition_ids(AVERAGE_IOU))
def test_undefined_without_images_not_zero(name):
    metric = average_iou(MaskCounts(), "cracked", name)
    assert (metric.value, metric.ratio, metric.support) == (None, None, 0)
    assert metric.undefined_because


@pytest.mark.parametrize("name", definition_ids(PRECISION_RECALL))
def test_precision_without_predictions_is_undefined_or_as_the_definition_says(name):
    state = state_of(np.ones((2, 4), bool), np.zeros((2, 4), bool))
    precision, recall, f1_score = precision_recall_f1(state, "cracked", name)
    if "mean" in name and "dropped" not in name:
        assert precision.value == 0
    elif "mean" not in name:
        assert precision.value is None
        assert precision.undefined_because == "no image has the label in its predicted mask"
    assert recall.value == 0
    if "harmonic" in name:
        assert f1_score.undefined_because == "precision and recall are both 0"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1), st.booleans()), max_size=12))
def test_relations_between_definitions(rows):
    images = [
        ImagePixels(str(i), a, t > 0, (PixelRow("x", "ignore", int(min(t, p) * f), t, p),))
        for i, (t, p, f, a) in enumerate(rows)
    ]
    state = MaskCounts.of(images, ["ignore"])
    for name in definition_ids(AVERAGE_IOU):
        value = average_iou(state, "x", name).value
        assert value is None or 0 <= value <= 1
    for name in ("predicted", "both", "overlap"):
        gated, dropped = (average_iou(state, "x", f"mean-{name}+{gate}") for gate in ("gated", "dropped"))
        assert gated == dropped.__class__(**{**as_dict(dropped), "definition": gated.definition})
    pooled, f1_score = average_iou(state, "x", "pooled").value, precision_recall_f1(state, "x")[2].value
    if pooled is not None:
        assert pooled == pytest.approx(f1_score / (2 - f1_score), abs=1e-15)
    for which, name in MEAN_PAIRS:
        mean, mean_f1 = average_iou(state, "x", f"mean-{which}").value, precision_recall_f1(state, "x", name)[2].value
        if mean is not None:
            assert mean_f1 / (2 - mean_f1) - 1e-12 <= mean <= mean_f1 + 1e-12


def as_dict(metric):
    return {name: getattr(metric, name) for name in metric.__slots__}


def test_a_label_that_occurs_nowhere():
    state = state_of(np.ones((2, 4), bool), np.ones((2, 4), bool))
    metric = average_iou(state, "dent")
    assert (metric.value, metric.undefined_because) == (None, "no image has the label in its truth mask")


@pytest.mark.parametrize("name", ["", "mean", "mean-truth+", "mean-truth+other", "+gated", "pixel-pooled"])
def test_unknown_definitions(name):
    with pytest.raises(UsageError, match="unknown definition") as caught:
        average_iou(MaskCounts(), "cracked", name)
    assert "mean-truth" in caught.value.hint
