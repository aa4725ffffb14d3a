"""Rules that look at labels, masks and image counts."""

from dataclasses import replace

import numpy as np
import pytest

from lfv_eval.advice.case import Region, build_case, image_labels
from lfv_eval.advice.tiles import Tiling, suggest_tiling
from lfv_eval.images import Dataset, DatasetRole, MaskRef
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.records import Evaluation, Problem, Where
from lfv_eval.testing.advice_cases import evidence, manifests, masks, rows
from lfv_eval.testing.advice_images import photographs


def stream(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


def evaluated(n_anomaly, n_normal, **more):
    anomalous = np.arange(n_anomaly + n_normal) < n_anomaly
    return rows(anomalous, anomalous, np.where(anomalous, 0.9, 0.1), **more)


def mask(*labels):
    return MaskRef(
        uri="m.png", label_by_color={"#ffffff": "BACKGROUND"} | {f"#{i:06x}": x for i, x in enumerate(labels)}
    )


# contradictions
def problem(code, *lines, document="EvaluationManifest-parts-1.json", count=0):
    where = Where(uri=document, line=lines[0])
    return Problem(code=code, where=where, message="", count=count or len(lines), lines=lines)


def with_problems(*problems):
    return build_case(evidence(evaluated(10, 10), evaluation=Evaluation(problems=problems)))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("UNLABELLED_ROW", "2 rows have no label and do not count"),
        ("UNKNOWN_CLASS_NAME", "2 rows have a class-name other than normal and anomaly"),
        ("CLASS_NAME_SPELLING", "2 rows have a class-name in capitals"),
        ("CONFLICTING_DUPLICATE", "2 rows repeat an image with another label"),
        ("NUMBER_CONTRADICTS_CLASS_NAME", "2 rows have an integer that contradicts the class-name"),
    ],
)
def test_contradictions_are_told_with_their_lines(code, told, remarks):
    (remark,) = remarks("labels", with_problems(problem(code, 3, 17)))
    assert told in remark.message
    assert "EvaluationManifest-parts-1.json line 3 and 17" in remark.message
    assert remark.benefit == pytest.approx(2 / 20)


def test_one_row_is_told_in_the_singular(remarks):
    (remark,) = remarks("labels", with_problems(problem("UNLABELLED_ROW", 3)))
    assert "1 row has no label and does not count" in remark.message


def test_a_writer_that_counts_the_other_way_round_is_no_wrong_label(remarks):
    all_rows = problem("NUMBER_CONTRADICTS_CLASS_NAME", *range(1, 21))
    assert not remarks("labels", with_problems(all_rows))


def test_harmless_defects_are_no_contradiction(remarks):
    assert not remarks("labels", with_problems(problem("ODD_SOURCE_REF", 1), problem("COLOR_SPELLING", 2)))


def test_empty_masks_and_masks_of_normal_images(remarks):
    counts = MaskCounts.of(
        [
            ImagePixels("empty.jpg", True, True, ()),
            ImagePixels("good.jpg", True, True, (PixelRow("dent", "ignore", 1, 5, 5),)),
            ImagePixels("masked.jpg", False, False, (PixelRow("dent", "ignore", 0, 5, 0),)),
            ImagePixels("clean.jpg", False, False, (PixelRow("dent", "ignore", 0, 0, 9),)),
        ],
        ["ignore"],
    )
    (remark,) = remarks("labels", build_case(evidence(evaluated(2, 2), counts=counts)))
    assert "1 image labelled anomaly with an empty mask; 1 image labelled normal with an anomaly" in remark.message
    assert remark.images == ("empty.jpg", "masked.jpg")


def test_one_picture_with_both_labels(remarks):
    case = photographs(10, 10, both_labels=True)(stream())
    (remark,) = remarks("labels", case)
    assert "one image has the same pixels under both labels" in remark.message
    assert len(remark.images) == 2
    assert not remarks("labels", photographs(10, 10)(stream()))


def test_no_manifest_no_judgement(silence):
    assert "no manifest" in silence("labels", build_case(evidence(evaluated(0, 0))))


# label mix
def test_a_label_that_was_never_trained(remarks):
    case = manifests(60, 36, new_label=True)(stream())
    first = remarks("label_mix", case)[0]
    assert first.severity == "warning"
    assert "chip (6 test, 0 training images)" in first.message
    assert first.label == "chip"
    assert len(first.images) == 6


def test_another_mix_is_told_with_both_shares(remarks):
    training = np.arange(60) < 30
    test = np.arange(100) < 10
    sets = (Dataset(uri="t", role=DatasetRole.TRAINING, images=rows(training)),)
    (remark,) = remarks("label_mix", build_case(evidence(rows(test, test, np.where(test, 0.9, 0.1)), sets)))
    assert "anomalous images 0.10 (10/100) of the test set, 0.50 (30/60) of the training set" in remark.message
    assert remark.severity == "info"


def test_one_mix_passes(rate):
    assert rate("label_mix", manifests(60, 40), 50, ("info", "warning")) <= 0.02


def test_without_training_manifest_it_says_so(silence):
    assert "no dataset manifest" in silence("label_mix", build_case(evidence(evaluated(10, 10))))


def test_maps_that_list_all_labels_tell_nothing():
    images = evaluated(3, 1, masks=[mask("a", "b"), mask("b", "a"), mask("a", "b"), None])
    assert image_labels(images) == [frozenset()] * 4
    own = evaluated(3, 1, masks=[mask(" Dent "), mask("dent", "scratch"), mask(), None])
    assert image_labels(own) == [{"dent"}, {"dent", "scratch"}, frozenset(), frozenset()]


# quotas
def test_too_few_test_images(remarks):
    (remark,) = remarks("quotas", build_case(evidence(evaluated(9, 10))))
    assert "9 anomalous test images, at least 10 were demanded" in remark.message
    assert "normal test image" not in remark.message
    assert not remarks("quotas", build_case(evidence(evaluated(10, 10))))


def test_a_label_needs_images_of_its_own(remarks):
    single = [mask("dent")] * 10 + [mask("dent", "scratch")] * 9 + [mask("scratch")] * 4 + [None] * 10
    (remark,) = remarks("quotas", build_case(evidence(evaluated(23, 10, masks=single))))
    assert "one label alone: scratch 4; 10 of each label" in remark.message


def test_a_single_dataset_has_other_demands(remarks):
    anomalous = np.arange(29) < 10
    single = (Dataset(uri="all", role=DatasetRole.SINGLE, images=rows(anomalous)),)
    (remark,) = remarks("quotas", build_case(evidence(evaluated(3, 5), single)))
    assert "19 normal single dataset images, at least 20" in remark.message
    assert "test image" not in remark.message


def test_too_many_test_images_with_masks(remarks):
    many = evaluated(400, 401, masks=[mask("dent")] * 400 + [None] * 401)
    (remark,) = remarks("quotas", build_case(evidence(many)))
    assert "801 test images, at most 800 were allowed" in remark.message
    assert not remarks("quotas", build_case(evidence(evaluated(400, 401))))


# tiles and small anomalies: worked numbers
def test_tiles_of_worked_examples():
    small = suggest_tiling(1280, 960, (0.0004035 * 1280 * 960) ** 0.5, 60)
    assert small == Tiling(tile_px=416, overlap_px=60, columns=4, rows=3)
    large = suggest_tiling(4096, 3000, (0.0001 * 4096 * 3000) ** 0.5, 80)
    assert large == Tiling(tile_px=672, overlap_px=80, columns=7, rows=5)
    assert (large.n_tiles, 4000 // small.n_tiles, 800 // small.n_tiles, 4000 // large.n_tiles) == (35, 333, 66, 114)
    assert suggest_tiling(640, 640, 200, 300) is None
    assert suggest_tiling(60, 60, 1, 1) is None
    long_scratch = suggest_tiling(1280, 960, 10, 5000)
    assert (long_scratch.tile_px, long_scratch.overlap_px) == (192, 96)  # never more than half a tile


@pytest.mark.parametrize(
    ("width", "height", "side", "extent"), [(1280, 960, 22, 60), (900, 900, 10, 33), (4096, 70, 3, 9)]
)
def test_tiles_cover_the_image_and_hold_every_anomaly(width, height, side, extent):
    tiling = suggest_tiling(width, height, side, extent)
    for length, n in ((width, tiling.columns), (height, tiling.rows)):
        starts = np.linspace(0, max(0, length - tiling.tile_px), n)
        assert n == 1 or starts[1] - starts[0] <= tiling.tile_px - tiling.overlap_px
        held = [
            any(start <= at and at + extent <= start + tiling.tile_px for start in starts)
            for at in range(0, max(1, length - extent), 7)
        ]
        assert all(held)


def test_small_anomalies_are_told_with_tiles(remarks):
    case = masks(60, (0.012, 0.02), size_matters=True)(stream(3))
    (remark,) = remarks("small_anomalies", case)
    assert remark.label == "scratch"
    assert "half of the 60 images have none larger than 1." in remark.message
    assert "Of the smallest third" in remark.message
    assert "tiles of" in remark.message
    assert "Cut images of 1280 x 960 px" in remark.message


def test_large_anomalies_pass(rate):
    assert rate("small_anomalies", masks(30, (0.06, 0.3)), 20, ("info", "warning")) == 0


def test_size_that_does_not_matter_is_no_warning(rate):
    assert rate("small_anomalies", masks(60, (0.015, 0.04)), 100) <= 0.08


def test_the_largest_region_of_an_image_counts(remarks):
    specks = [
        Region(image=f"{i}.jpg", label="dent", area_px=area, extent_px=2, width_px=640, height_px=480)
        for i in range(10)
        for area in (1, 1, 1, 90 * 90)
    ]
    assert not remarks("small_anomalies", build_case(evidence(evaluated(10, 10)), regions=specks))


def test_without_masks_it_says_so(silence):
    case = build_case(evidence(evaluated(10, 10)))
    assert "not looked at" in silence("small_anomalies", case)
    assert "no truth mask" in silence("small_anomalies", replace(case, regions=()))
