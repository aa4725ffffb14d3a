"""Alpha policies, missing masks, and masks of different sizes."""

import numpy as np
import pytest

from lfv_eval.errors import MaskError, UsageError
from lfv_eval.formats.masks.alpha_policies import alpha_minimum
from lfv_eval.formats.masks.pairs import pair
from lfv_eval.records import Severity

GREEN = (0x23, 0xA4, 0x36)
CRACKED = {"#ffffff": "BACKGROUND", "#23a436": "cracked"}


def areas(found, side="truth_px"):
    return {row.policy: getattr(row, side) for row in found.counts}


def alpha_ramp(rgba_png):
    """256 class-coloured pixels, one of each alpha."""
    rgba = np.zeros((16, 16, 4), int)
    rgba[:, :, :3] = GREEN
    rgba[:, :, 3] = np.arange(256).reshape(16, 16)
    return rgba_png(rgba)


def test_policies_are_counted_side_by_side(rgba_png):
    found = pair(alpha_ramp(rgba_png), None, CRACKED, {}, ["threshold:200"])
    assert areas(found) == {"threshold:200": 56, "ignore": 256, "threshold:1": 255, "threshold:128": 128, "opaque": 1}
    assert found.policies[0] == "threshold:200"
    assert found.truth.area_px == areas(found)


@pytest.mark.parametrize("n", range(256))
def test_every_threshold(n, rgba_png):
    found = pair(alpha_ramp(rgba_png), alpha_ramp(rgba_png), CRACKED, CRACKED, [f"threshold:{n}"])
    (row,) = (row for row in found.counts if row.policy == f"threshold:{n}")
    assert (row.intersection_px, row.truth_px, row.predicted_px) == (256 - n, 256 - n, 256 - n)


def test_the_policy_applies_to_each_mask_by_its_own_alpha(rgba_png, rgb_png):
    rgb = rgb_png(np.full((16, 16, 3), GREEN))
    found = pair(alpha_ramp(rgba_png), rgb, CRACKED, CRACKED)
    assert {row.policy: (row.intersection_px, row.predicted_px) for row in found.counts} == {
        "ignore": (256, 256),
        "threshold:1": (255, 256),
        "threshold:128": (128, 256),
        "opaque": (1, 256),
    }


def test_partial_alpha_is_reported_with_the_area_under_every_policy(rgba_png):
    partial, invisible = pair(alpha_ramp(rgba_png), None, CRACKED, {}).problems
    assert (partial.code, invisible.code) == ("PARTIAL_ALPHA", "INVISIBLE_CLASS_PIXELS")
    assert "254 class-coloured px are partly transparent" in partial.message
    assert "ignore 256, threshold:1 255, threshold:128 128, opaque 1" in partial.message
    assert "1 class-coloured px are fully transparent; counted under alpha policy ignore" in invisible.message


def test_transparent_background_is_not_reported(rgba_png):
    rgba = np.zeros((4, 4, 4), int)
    rgba[0] = (*GREEN, 255)
    assert pair(rgba_png(rgba), None, CRACKED, {}).problems == ()


@pytest.mark.parametrize(
    "policy", ["", "Ignore", "threshold", "threshold:", "threshold:256", "threshold:-1", "threshold:1e2", "threshold:٣"]
)
def test_unknown_policies(policy):
    with pytest.raises(UsageError, match="unknown alpha policy"):
        alpha_minimum(policy)


def test_a_missing_mask_is_all_background(rgb_png):
    body = rgb_png(np.full((3, 4, 3), GREEN))
    found = pair(body, None, CRACKED, {})
    assert (found.width, found.height, found.predicted) == (4, 3, None)
    assert areas(found, "truth_px")["ignore"] == 12
    assert areas(found, "predicted_px")["ignore"] == 0
    assert areas(pair(None, body, {}, CRACKED), "predicted_px")["ignore"] == 12


def test_no_mask_at_all():
    found = pair(None, None, {}, {})
    assert (found.width, found.height, found.counts, found.problems) == (None, None, (), ())


@pytest.mark.parametrize("dummy_is_truth", [True, False])
@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize("side_px", [16, 64])
def test_a_uniform_background_of_another_size_is_background(dummy_is_truth, color, side_px, rgb_png):
    dummy, real = rgb_png(np.full((side_px, side_px, 3), color)), rgb_png(np.full((20, 30, 3), GREEN))
    found = pair(*((dummy, real) if dummy_is_truth else (real, dummy)), CRACKED, CRACKED)
    assert (found.width, found.height) == (30, 20)
    assert areas(found, "predicted_px" if dummy_is_truth else "truth_px")["ignore"] == 600
    assert areas(found, "truth_px" if dummy_is_truth else "predicted_px")["ignore"] == 0
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("BACKGROUND_OTHER_SIZE", Severity.NOTE)


def test_two_empty_masks_of_different_sizes(rgb_png):
    small, large = rgb_png(np.full((16, 16, 3), 255)), rgb_png(np.full((20, 30, 3), 255))
    found = pair(small, large, CRACKED, CRACKED)
    assert (found.width, found.height) == (30, 20)


@pytest.mark.parametrize("color", [GREEN, (1, 2, 3)])
def test_other_differences_in_size_are_refused(color, rgb_png):
    small = np.full((16, 16, 3), 255)
    small[0, 0] = color
    with pytest.raises(MaskError, match=r"differ in size, 16 x 16 px and 30 x 20 px") as caught:
        pair(rgb_png(small), rgb_png(np.full((20, 30, 3), GREEN)), CRACKED, CRACKED, unknown_tolerance=1)
    assert "never resized" in caught.value.hint


def test_invisible_class_pixels_are_no_background_of_another_size(rgba_png, rgb_png):
    with pytest.raises(MaskError, match="differ in size"):
        pair(rgba_png(np.full((2, 2, 4), (*GREEN, 0))), rgb_png(np.full((20, 30, 3), GREEN)), CRACKED, CRACKED)
