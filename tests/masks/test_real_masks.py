"""AWS's published truth masks and masks written by AWS's own inference code, against counts taken by other tools."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from lfv_eval.formats.masks.pairs import pair
from lfv_eval.metrics.labels.mask_counts import MaskCounts
from lfv_eval.metrics.labels.segmentation import average_iou, precision_recall_f1

# Pixels with the class colour in mask-images/anomaly-1.png ... 32: all, alpha > 0, >= 128, = 255.
AREAS = """
9278 8204 7676 7135      9722 8560 7964 7386      9971 8922 8344 7787      24301 22360 21315 20283
15148 14194 13675 13153  18646 17285 16611 15939  28692 27382 26635 25868  18767 17453 16798 16140
10349 9533 9103 8699     9705 9018 8601 8207      6706 5795 5312 4860      8140 6936 6347 5744
12097 11049 10469 9932   21439 20245 19573 18899  8336 7542 7061 6616      9504 8730 8298 7854
9620 8660 8185 7714      6362 5729 5383 5047      13358 12338 11755 11163  13349 12131 11479 10821
6306 5500 5070 4637      23634 21567 20458 19339  33171 30868 29609 28373  7289 6488 6074 5681
10792 9929 9465 9008     18395 16708 15722 14808  13393 11899 11112 10337  22588 21031 20120 19211
10658 9685 9164 8619     11800 10606 9955 9301    14516 13269 12595 11909  22587 20850 19918 18989
"""
POLICIES = ("ignore", "threshold:1", "threshold:128", "opaque")
MAP = {"#ffffff": "BACKGROUND", "#23a436": "cracked"}


@pytest.fixture(scope="module")
def cookies(shared):
    return shared / "data" / "cookies"


@pytest.fixture(scope="module")
def counted(cookies):
    def count(number):
        masks = (cookies / folder / f"anomaly-{number}.png" for folder in ("mask-images", "predicted-masks-1"))
        return pair(*(mask.read_bytes() for mask in masks), {"#23a436": "cracked"}, MAP)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(count, range(1, 33)))


def test_areas_under_every_policy(counted):
    numbers = [int(number) for number in AREAS.split()]
    for index, found in enumerate(counted):
        expected = dict(zip(POLICIES, numbers[4 * index : 4 * index + 4], strict=True))
        assert found.truth.area_px == expected
        assert found.truth.invisible_px == expected["ignore"] - expected["threshold:1"]
        assert (found.width, found.height) == (576, 768)
        assert [problem.code for problem in found.problems] == ["PARTIAL_ALPHA", "INVISIBLE_CLASS_PIXELS"]


def test_totals(counted):
    totals = {policy: sum(found.truth.area_px[policy] for found in counted) for policy in POLICIES}
    assert totals == {"ignore": 458619, "threshold:1": 420466, "threshold:128": 399846, "opaque": 379459}
    assert sum(found.truth.invisible_px for found in counted) == 38153


@pytest.mark.parametrize(
    ("policy", "reading"),
    [("ignore", "rgb"), ("threshold:1", "anyalpha"), ("threshold:128", "composite"), ("opaque", "opaque")],
)
def test_numbers_of_the_public_evaluation(counted, cookies, policy, reading):
    expected = json.loads((cookies / "expected.json").read_text())
    counts = MaskCounts.total(
        MaskCounts.of_image(
            f"anomaly-{number}.jpg", detected=True, anomalous=True, counts=found.counts, policies=found.policies
        )
        for number, found in enumerate(counted, 1)
    )
    figures = expected["pixel_figures_by_gt_decoding"][reading]
    table = counts.of_label("cracked", policy)
    assert table.intersection_px.sum() == figures["pixels"]["tp"]
    assert table.predicted_px.sum() - table.intersection_px.sum() == figures["pixels"]["fp"]
    assert table.truth_px.sum() - table.intersection_px.sum() == figures["pixels"]["fn"]
    precision, recall, f1_score = precision_recall_f1(counts, "cracked", policy=policy)
    iou = average_iou(counts, "cracked", policy=policy)
    for metric, name in ((precision, "Precision"), (recall, "Recall"), (f1_score, "F1Score"), (iou, "AIOU")):
        assert metric.value == pytest.approx(figures[name], rel=1e-15)
    if reading == "composite":
        per_image = expected["per_image_iou"]["cracked"]
        got = dict(zip(counts.images, (table.intersection_px / table.union_px).tolist(), strict=True))
        assert got == pytest.approx(per_image, rel=1e-15)
        other = expected["other_readings"]["segmentation"]
        pooled = average_iou(counts, "cracked", "pooled", policy=policy)
        assert pooled.value == pytest.approx(other["IoU_pooled"], rel=1e-15)
        means = [metric.value for metric in precision_recall_f1(counts, "cracked", "pixel-mean-truth", policy=policy)]
        assert means == pytest.approx(other["P_R_F1_mean_over_truth_images"], rel=1e-14)


def test_a_mask_written_by_the_defect_detection_application(shared):
    """Its writer hands an RGB array to a function that expects BGR; the recorded area fraction is exact."""
    folder = shared / "spec" / "samples"
    record = json.loads((folder / "dda_seg_anomaly.jsonl").read_text())
    body = (folder / "dda_seg_anomaly.mask.png").read_bytes()
    assert "#23a436" in json.dumps(record)
    found = pair(body, body, MAP, MAP)
    assert [problem.code for problem in found.problems] == ["MASK_RB_SWAPPED"] * 2
    (row,) = (row for row in found.counts if row.policy == "ignore")
    assert (row.intersection_px, row.truth_px, row.predicted_px) == (4000, 4000, 4000)
    assert row.truth_px / (found.width * found.height) == 0.00904224537037037
