"""Pixel memory is shared with the decoder and used again; neither may ever show in a result."""

import gc
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lfv_eval.errors import MaskError
from lfv_eval.formats.masks.pairs import pair
from lfv_eval.formats.masks.pixels import decode
from lfv_eval.formats.masks.png_file import open_png

COLORS = np.array([(255, 255, 255), (0x23, 0xA4, 0x36), (0x14, 0xA3, 0xB3)])
MAP = {"#23a436": "cracked", "#14a3b3": "dent"}


def random_labels(seed, shape=(120, 97)):
    return np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA"])
def test_pixels_stay_what_they_were_while_others_are_decoded(mode, pillow_png):
    kept = []
    for seed in range(12):
        pixels = decode(open_png(pillow_png(random_labels(seed), COLORS, mode)))
        kept.append((pixels, pixels.codes.copy(), pixels.codes[5:9]))
        if seed % 3 == 0:
            kept.pop(0)  # frees memory for the next ones
            gc.collect()
    for pixels, copied, part in kept:
        assert np.array_equal(pixels.codes, copied)
        assert np.array_equal(part, copied[5:9])


@pytest.mark.parametrize(("color_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("height", [16, 17])
@pytest.mark.parametrize("sample", [0xA5, 0x5A])
def test_a_truncated_stream_never_shows_the_pixels_of_another_mask(
    color_type, channels, interlaced, height, sample, png, png_chunk
):
    whole = png(np.full((height, 16, channels), sample), color_type, 8, interlaced=interlaced)
    head, rest = whole.split(b"IDAT")
    inflated = zlib.decompress(rest)
    for missing_bytes in (1, 1 + 16 * channels, 2 + 32 * channels):  # Pillow does not notice whole rows
        data = zlib.compress(inflated[:-missing_bytes])
        damaged = head[:-4] + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
        assert decode(open_png(whole)).codes.size == height * 16
        with pytest.raises(MaskError, match="cannot be decoded"):
            decode(open_png(damaged))


def test_threads_count_the_same(pillow_png):
    jobs = []
    for seed in range(40):
        mode, other = ("P", "RGB", "RGBA")[seed % 3], ("RGB", "P")[seed % 2]
        shape = ((120, 97), (64, 64))[seed % 4 // 2]
        bodies = (
            pillow_png(random_labels(seed, shape), COLORS, mode),
            pillow_png(random_labels(-seed % 97, shape), COLORS, other),
        )
        jobs.append(bodies)
    one_by_one = [pair(*bodies, MAP, MAP) for bodies in jobs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda bodies: pair(*bodies, MAP, MAP), jobs * 3)) == one_by_one * 3
