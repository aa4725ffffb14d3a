"""Rules that look at measured images: planted faults are found and named, images without a fault pass."""

from dataclasses import replace

import numpy as np
import pytest

from lfv_eval.advice.case import build_case
from lfv_eval.advice.copies import Copies, stands_apart
from lfv_eval.metrics.similarity import hash_array
from lfv_eval.testing.advice_cases import evidence, rows
from lfv_eval.testing.advice_images import (
    fixture,
    hashes,
    image,
    image_set,
    leaked,
    photographs,
    positions,
    two_sets,
)

RULES = ("capture", "content", "conditions", "resolution", "diversity")


def stream(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


def with_images(test, training=None):
    anomalous = np.array([one.class_name == "anomaly" for one in test])
    images = rows(anomalous, anomalous, np.where(anomalous, 0.9, 0.1), [one.uri for one in test])
    measured = None if training is None else image_set(training)
    return build_case(evidence(images), test_images=image_set(test), training_images=measured)


def normal_images(n, **changes):
    rng = stream(9)
    return [image(rng, index, "normal", **changes) for index in range(n)]


@pytest.mark.parametrize("rule", RULES)
def test_without_images_each_rule_says_so(rule, silence):
    case = build_case(evidence(rows(np.array([True, False]))), images_missing="the bucket is gone")
    assert "the bucket is gone" in silence(rule, case)


# capture
def test_dark_images_are_named(remarks):
    images = normal_images(30)
    for index in (3, 17):
        images[index] = replace(images[index], luminance=0.1)
    (remark,) = remarks("capture", with_images(images))
    assert set(remark.images) == {images[3].uri, images[17].uri}
    assert "2 normal test images are far darker than the rest" in remark.message
    assert "luminance 0.10 against a median of 0.4" in remark.message
    assert "unless the anomaly" not in remark.message
    assert remark.benefit == pytest.approx(2 / 30)


def test_an_image_that_is_off_in_several_ways_is_told_once(remarks):
    images = normal_images(30)
    images[5] = replace(images[5], luminance=0.9, contrast=0.01, saturation=0.9, red_green=0.4)
    (remark,) = remarks("capture", with_images(images))
    assert remark.message.count("1 normal test image") == 1
    assert remark.images == (images[5].uri,)


def test_rare_but_tiny_differences_do_not_matter(remarks):
    images = [replace(one, luminance=0.45 + index * 1e-6) for index, one in enumerate(normal_images(30))]
    images[0] = replace(images[0], luminance=0.451)  # hundreds of spreads away, and invisible
    assert not remarks("capture", with_images(images))


def test_usual_images_pass(rate):
    for n in (20, 60):
        assert rate("capture", photographs(n, n), 100) <= 0.06


def test_dark_images_are_found(rate):
    assert rate("capture", photographs(30, 30, n_dark=2), 50) >= 0.85


# conditions
def test_other_light_is_told_with_its_size(remarks):
    case = two_sets(60, 40, shift=3)(stream())
    (remark,) = remarks("conditions", case)
    assert "are darker (luminance 0.39 against 0.45" in remark.message
    assert "δ=-" in remark.message
    assert remark.severity == "warning"
    assert len(remark.images) == 10


def test_equal_conditions_pass(rate):
    assert rate("conditions", two_sets(33, 17), 100) <= 0.03


def test_a_shift_is_found(rate):
    assert rate("conditions", two_sets(100, 50, shift=1.2), 40) >= 0.9


def test_few_images_are_no_proof_of_equality(silence):
    assert "no difference was found, but with 5 images" in silence("conditions", two_sets(30, 5)(stream(1)))


# content
def test_a_busy_border_is_told(remarks):
    (remark,) = remarks("content", positions(25, 2.0)(stream()))
    assert "varies 2.0 times as much" in remark.message
    assert remark.severity == "info"


def test_even_variation_passes(rate):
    assert rate("content", positions(20, 1.0), 20, ("info", "warning")) == 0


# resolution
def test_limits_of_sizes(remarks):
    images = normal_images(6)
    images[1] = replace(images[1], width_px=63)
    images[2] = replace(images[2], height_px=4097)
    images[3] = replace(images[3], size_bytes=8_000_001)
    warning, *_ = remarks("resolution", with_images(images))
    for told in ("1 image with a side below 64 px", "1 image with a side above 4096 px", "1 image of more than 8 MB"):
        assert told in warning.message
    assert "3 different sizes: 4 images of 640 x 480 px, 2 of others" in warning.message
    assert set(warning.images) == {images[1].uri, images[2].uri, images[3].uri}


def test_sizes_at_the_limits_pass(remarks):
    for width, height in ((4096, 4096), (256, 256)):
        images = normal_images(4, width_px=width, height_px=height, size_bytes=8_000_000)
        assert not remarks("resolution", with_images(images))
    (small,) = remarks("resolution", with_images(normal_images(4, width_px=64, height_px=64)))
    assert small.severity == "info"
    assert "4 images of 4" in small.message


# diversity
def test_copies_across_the_sets_are_named(remarks):
    case = leaked(40, 20)(stream())
    warning = remarks("diversity", case)[0]
    assert "20 of 40 are the same" in warning.message
    assert warning.benefit == 0.5
    assert set(warning.images) <= {one.uri for one in case.test_images.images[:20]}
    assert "cross-validation" not in warning.message


def test_equal_references_are_enough(remarks):
    anomalous = np.array([True, False] * 6)
    both = rows(anomalous, anomalous, np.where(anomalous, 0.9, 0.1))
    case = replace(build_case(evidence(both)), training_rows=rows(anomalous))
    (remark,) = remarks("diversity", case)
    assert "12 of 12 are the same" in remark.message
    assert "Unless these are the folds of a cross-validation" in remark.message


def test_groups_of_near_copies(remarks):
    (remark,) = remarks("diversity", hashes(34, 19)(stream(2)))
    assert "34 test images form 19 groups of near copies" in remark.message


def test_intervals_are_those_of_the_different_images(remarks):
    rng = stream(4)
    images = [image(rng, index, "anomaly", pixel_sha256=f"{index // 2:064x}") for index in range(40)]
    (remark,) = remarks("diversity", with_images(images))
    assert "20 test images repeat others pixel by pixel" in remark.message
    assert "recall could be 0.84 to 1.00 (95%) rather than 0.91 to 1.00" in remark.message  # 20/20 and 40/40


def test_parts_in_a_fixture_are_no_copies(rate):
    for flips in (0.02, 0.05, 0.1, 0.15):
        assert rate("diversity", fixture(40, flips), 20, ("info", "warning")) == 0


def test_stands_apart_by_hand():
    far = hash_array(["0000000000000000", "00000000ffffffff", "ffffffff00000000", "ffffffffffffffff"])
    assert not stands_apart(far)  # no near pair at all
    assert stands_apart(np.append(far, far[0] ^ np.uint64(1)))
    assert not stands_apart(far[:1])
    assert stands_apart(far, far[:1])  # one of another set is near


def test_copies_of_a_set_by_hand():
    rng = stream(5)
    images = [image(rng, index, "normal") for index in range(12)]
    images[7] = replace(images[7], pixel_sha256=images[2].pixel_sha256, dhash=images[2].dhash)
    copies = Copies.within(image_set(images))
    assert (copies.n_images, copies.n_surplus, copies.n_near, copies.n_groups) == (12, 1, 2, 11)
    assert set(copies.images) == {images[2].uri, images[7].uri}
