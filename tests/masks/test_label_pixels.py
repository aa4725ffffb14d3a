"""The pixels of each label agree with the counts, in every alpha policy, swapped masks included."""

import io
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
    assert set(found) == {"cracked", "dent"}
    assert np.array_equal(found["cracked"], kinds == 1)
    assert np.array_equal(found["dent"], kinds == 2)


@pytest.mark.parametrize("policy", ["ignore", "threshold:128", "opaque"])
def test_alpha_policies(policy):
    kinds, pixels = drawn()
    alpha = np.random.default_rng(4).integers(0, 256, kinds.shape, np.uint8)
    alpha[::3] = 255
    minimum = {"ignore": 0, "threshold:128": 128, "opaque": 255}[policy]
    found = label_pixels(png(np.dstack([pixels, alpha])), COLORS, policy, HERE)
    assert np.array_equal(found["cracked"], (kinds == 1) & (alpha >= minimum))


@pytest.mark.skipif(not REAL.is_dir(), reason="the public masks are not on this machine")
@pytest.mark.parametrize("policy", ["ignore", "threshold:128", "opaque"])
def test_real_masks(policy):
    for path in sorted(REAL.glob("*.png"))[:6]:
        body = path.read_bytes()
        counted = pair(body, None, {"#23a436": "cracked"}, {}, (policy,))
        expected = next(row.truth_px for row in counted.counts if row.policy == policy)
        assert label_pixels(body, {"#23a436": "cracked"}, policy, HERE)["cracked"].sum() == expected
