"""Files that are damaged, huge, or no masks at all are refused with one clear error, and nothing else ever escapes."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lfv_eval.errors import LfvEvalError, MaskError
from lfv_eval.formats.masks import png_file
from lfv_eval.formats.masks.pairs import pair

CRACKED = {"#23a436": "cracked"}
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read(body):
    return pair(body, None, CRACKED, {}, unknown_tolerance=1)


def refused(body, message):
    with pytest.raises(MaskError, match=message):
        read(body)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def sound(rgb_png):
    return rgb_png(np.random.default_rng(0).integers(0, 256, (9, 7, 3)))


@pytest.mark.parametrize("name", ["JPEG", "GIF", "BMP", "TIFF", "WebP"])
def test_other_image_formats(name):
    refused(saved(Image.new("RGB", (8, 8)), name.lower()), f"must be a PNG image, got a {name} image")


def test_jpeg_says_why():
    with pytest.raises(MaskError) as caught:
        read(saved(Image.new("RGB", (8, 8)), "jpeg"))
    assert "lossy compression changes colours" in caught.value.hint


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x89PNG", bytes(100)])
def test_no_images(body):
    refused(body, "must be a PNG image, got ")


def test_every_truncation(sound):
    for size in range(len(sound)):
        refused(sound[:size], "cut short|must be a PNG|no header")


def test_every_flipped_bit_outside_the_signature_is_noticed(sound):
    for at in range(len(SIGNATURE), len(sound)):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << at % 8
        refused(bytes(damaged), "damaged|cut short|chunks|extension")


@pytest.mark.parametrize(
    ("width", "height"), [(5000, 5000), (4097, 1), (1, 4097), (0, 1), (1, 0), (2**31 - 1, 2**31 - 1)]
)
def test_sizes(width, height, png_chunk):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 100)) + png_chunk(b"IEND", b"")
    refused(SIGNATURE + body, f"{width} x {height} px, expected 1 to 4096")


def test_the_largest_size_is_read():
    body = saved(Image.new("1", (4096, 4096)), "png")
    assert (read(body).width, read(body).height) == (4096, 4096)


def test_a_bomb_in_the_pixels_is_not_inflated(png_chunk):
    bomb = zlib.compress(bytes(200 * 2**20), 9)
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", bomb) + png_chunk(b"IEND", b"")
    assert read(SIGNATURE + body).width == 4  # the decoder stops where the image is complete


def test_a_bomb_in_the_text_is_not_looked_at(png, png_chunk):
    bomb = b"Comment\0\0" + zlib.compress(bytes(200 * 2**20), 9)
    extra = png_chunk(b"zTXt", bomb) + png_chunk(b"iCCP", b"x\0\0" + bomb)
    assert read(png(np.full((4, 4, 3), 255), 2, 8, extra=extra)).width == 4


def test_too_little_pixel_data(png_chunk):
    header = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    for data in (b"", b"no zlib", zlib.compress(b""), zlib.compress(bytes(121 * 39)), zlib.compress(bytes(4840))[:-20]):
        body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
        refused(SIGNATURE + body, "cannot be decoded")


def test_a_file_above_the_limit(monkeypatch, sound):
    monkeypatch.setattr(png_file, "MAX_FILE_BYTES", len(sound) - 1)
    refused(sound, "at most")


def test_a_large_file_is_read_and_reported(png, png_chunk):
    body = png(np.full((4, 4, 3), 255), 2, 8, extra=png_chunk(b"tEXt", bytes(6 * 2**20)))
    assert [problem.code for problem in read(body).problems] == ["MASK_FILE_LARGE"]


def test_bytes_after_the_end_are_reported(sound):
    found = pair(sound + b"more", None, CRACKED, {}, unknown_tolerance=1)
    assert found.problems[0].code == "MASK_TRAILING_BYTES"
    assert "4 bytes" in found.problems[0].message


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([(b"acTL", bytes(8))], "animated"),
        ([(b"IHDR", bytes(13))], "several IHDR"),
        ([(b"QQQQ", b"")], "unknown extension"),
        ([(b"tEXt", b"")] * 70_000, "more than 65536 chunks"),
    ],
)
def test_odd_chunks(extra, message, png, png_chunk):
    chunks = b"".join(png_chunk(kind, body) for kind, body in extra)
    refused(png(np.full((4, 4, 3), 255), 2, 8, extra=chunks), message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((4, 4, 3, 2, 0, 0, 0), "not a valid PNG header"),
        ((4, 4, 8, 5, 0, 0, 0), "not a valid PNG header"),
        ((4, 4, 8, 2, 1, 0, 0), "not a valid PNG header"),
        ((4, 4, 8, 2, 0, 0, 2), "not a valid PNG header"),
        ((4, 4, 8, 3, 0, 0, 0), "without a palette"),
    ],
)
def test_impossible_headers(fields, message, png_chunk):
    body = png_chunk(b"IHDR", struct.pack(">IIBBBBB", *fields)) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    refused(SIGNATURE + body, message)


def test_palettes(png):
    index = np.array([[[0], [2]]])
    refused(png(index, 3, 8, palette=bytes(6)), "palette entry 2, the palette has 2")
    refused(png(index, 3, 8, palette=bytes(7)), "7 bytes")
    refused(png(index, 3, 8, palette=bytes(771)), "771 bytes")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    depth=st.sampled_from([1, 2, 4, 8, 16, 0, 3]),
    color_type=st.sampled_from([0, 2, 3, 4, 6, 1, 7]),
    interlace=st.integers(0, 2),
    palette=st.binary(max_size=30),
    trns=st.binary(max_size=10),
    pixels=st.binary(max_size=300),
)
def test_nothing_but_our_own_errors(png_chunk, size, depth, color_type, interlace, palette, trns, pixels):
    header = struct.pack(">IIBBBBB", *size, depth, color_type, 0, 0, interlace)
    parts = [(b"IHDR", header), (b"PLTE", palette), (b"tRNS", trns), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    body = SIGNATURE + b"".join(png_chunk(kind, content) for kind, content in parts)
    try:
        found = read(body)
    except LfvEvalError:
        return
    assert (found.width, found.height) == size
