"""A small PNG writer for what Pillow cannot write: every colour type and depth, interlacing, any row filter, damage."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed_rows(samples, depth):
    """Each row of samples (height, width, channels) as bytes."""
    if depth == 16:
        flat = samples.astype(">u2").reshape(len(samples), -1)
        return [row.tobytes() for row in flat]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in samples]
    bits = (samples[:, :, 0, None] >> np.arange(depth - 1, -1, -1)) & 1
    return [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in bits]


def paeth(a, b, c):
    p = a + b - c
    return min((a, b, c), key=lambda value: (abs(p - value), (a, b, c).index(value)))


def filtered(rows, step, choose):
    above, out = bytes(len(rows[0]) if rows else 0), b""
    for number, row in enumerate(rows):
        kind = choose(number)
        left = bytes(step) + row
        corner = bytes(step) + above
        guess = {
            0: lambda i, left, up, corner: 0,
            1: lambda i, left, up, corner: left[i],
            2: lambda i, left, up, corner: up[i],
            3: lambda i, left, up, corner: (left[i] + up[i]) // 2,
            4: lambda i, left, up, corner: paeth(left[i], up[i], corner[i]),
        }[kind]
        out += bytes([kind, *((value - guess(i, left, above, corner)) % 256 for i, value in enumerate(row))])
        above = row
    return out


def write_png(
    samples, color_type, depth, *, palette=b"", trns=b"", interlaced=False, choose_filter=lambda row: 0, extra=b""
):
    """A PNG file of samples, an integer array of shape (height, width, channels)."""
    height, width, channels = samples.shape
    assert channels == CHANNELS[color_type]
    step = max(1, channels * depth // 8)
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    raw = b""
    for x, y, dx, dy in passes:
        part = samples[y::dy, x::dx]
        if part.size:
            raw += filtered(packed_rows(part, depth), step, choose_filter)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlaced)
    body = chunk(b"IHDR", header)
    body += chunk(b"PLTE", palette) if palette else b""
    body += chunk(b"tRNS", trns) if trns else b""
    return b"\x89PNG\r\n\x1a\n" + body + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def png():
    return write_png


@pytest.fixture(scope="session")
def png_chunk():
    return chunk


@pytest.fixture(scope="session")
def rgb_png():
    def write(rgb):
        return write_png(np.asarray(rgb), 2, 8)

    return write


@pytest.fixture(scope="session")
def rgba_png():
    def write(rgba):
        return write_png(np.asarray(rgba), 6, 8)

    return write


@pytest.fixture(scope="session")
def shared():
    folder = Path(__file__).resolve().parents[2].parent / "shared"
    if not (folder / "data" / "cookies").is_dir():
        pytest.skip("the real masks are not here")
    return folder


@pytest.fixture(scope="session")
def pillow_png():
    """Writes a label image with one colour a label, as Pillow does (palettes of few colours at 1, 2 or 4 bits)."""

    def write(labels, colors, mode):
        if mode == "P":
            image = Image.fromarray(labels, "L")
            image.putpalette(np.asarray(colors, np.uint8).tobytes())
        else:
            image = Image.fromarray(np.asarray(colors, np.uint8)[labels]).convert(mode)
        file = io.BytesIO()
        image.save(file, "png")
        return file.getvalue()

    return write
