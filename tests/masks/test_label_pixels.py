"""The pixels of each label agree with the counts, in every alpha policy, swapped masks included."""

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lfv_eval.formats.masks.label_pixels import label_pixels
from lfv_eval.formats.masks.pairs import pair
from lfv_eval.records import Where

COLORS = {"#ffffff": "BACKGROUND", "#23a436": "cracked", "#14a3b3": "Dent "}
HERE = Where(uri="mask.png")
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "cookies" / "mask-images"


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def drawn(*, swapped=False):
    generator = np.random.default_rng(3)
    kinds = generator.integers(0, 3, (40, 50))
    palette = np.array([(255, 255, 255), (0x23, 0xA4, 0x36), (0x14, 0xA3, 0xB3)], np.uint8)
    pixels = palette[:, ::-1][kinds] if swapped else palette[kinds]
    return kinds, pixels


@pytest.mark.parametrize("swapped", [False, True])
def test_pixels_are_where_they_were_drawn(swapped):
    kinds, pixels = drawn(swapped=swapped)
    found = label_pixels(png(pixels), COLORS, "ignore", HERE)
    assert found.labels == ("cracked", "dent")
    assert found.shape == kinds.shape
    assert np.array_equal(found.pixels("cracked"), kinds == 1)
    assert np.array_equal(found.pixels("dent"), kinds == 2)


@pytest.mark.parametrize("policy", ["ignore", "threshold:128", "opaque"])
def test_alpha_policies(policy):
    kinds, pixels = drawn()
    alpha = np.random.default_rng(4).integers(0, 256, kinds.shape, np.uint8)
    alpha[::3] = 255
    minimum = {"ignore": 0, "threshold:128": 128, "opaque": 255}[policy]
    found = label_pixels(png(np.dstack([pixels, alpha])), COLORS, policy, HERE)
    assert np.array_equal(found.pixels("cracked"), (kinds == 1) & (alpha >= minimum))


@pytest.mark.skipif(not REAL.is_dir(), reason="the public masks are not on this machine")
@pytest.mark.parametrize("policy", ["ignore", "threshold:128", "opaque"])
def test_real_masks(policy):
    for path in sorted(REAL.glob("*.png"))[:6]:
        body = path.read_bytes()
        counted = pair(body, None, {"#23a436": "cracked"}, {}, (policy,))
        expected = next(row.truth_px for row in counted.counts if row.policy == policy)
        assert label_pixels(body, {"#23a436": "cracked"}, policy, HERE).pixels("cracked").sum() == expected


def test_one_label_s_image_at_a_time():
    """A colour map of a hundred labels must not cost a hundred images."""
    colors = {f"#{n:02x}2030": f"label {n}" for n in range(100)}
    pixels = np.zeros((1000, 1000, 3), np.uint8)
    pixels[:] = (0, 0x20, 0x30)
    pixels[0, :100, 0] = np.arange(100)
    body = png(pixels)
    label_pixels(body, colors, "ignore", HERE)  # whatever is imported or cached comes first
    tracemalloc.start()
    found = label_pixels(body, colors, "ignore", HERE)
    sums = [int(found.pixels(label).sum()) for label in found.labels]
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sums == [1_000_000 - 99] + [1] * 99
    assert peak_bytes < 30 * pixels[..., 0].size
    assert not found.pixels("no label").any()
