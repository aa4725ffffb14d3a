"""The envelope of a PNG file: what it is, how large it claims to be, and the chunks that carry pixels.

Masks come from buckets that others can write to, so nothing reaches the image decoder before the signature, every
chunk's length and checksum, and the claimed size have been checked. Text, colour profiles and other ancillary chunks
never do.
Layout: Portable Network Graphics (PNG) Specification (Third Edition), W3C, chapters 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ...errors import MaskError

MAX_SIDE_PX = 4096
"""Largest image side Amazon Lookout for Vision accepts, and so the largest mask."""

MAX_FILE_BYTES = 64 * 2**20
"""Hard limit of a mask file; an uncompressed 4096 x 4096 RGB image has 50 million bytes."""

MAX_CHUNKS = 65_536
"""A 4096 x 4096 image in the smallest usual pieces (8 KiB) needs a quarter of these."""

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""PNG colour types."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BIT_DEPTHS = {GRAY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GRAY_ALPHA: (8, 16), RGBA: (8, 16)}
_CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_OTHER_FORMATS = {
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"RIFF": "WebP",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PngFile:
    """A PNG file whose envelope is sound; its compressed pixels have not been touched.

    Attributes:
        width: Pixels a row, 1..4096.
        height: Rows, 1..4096.
        bit_depth: Bits a sample.
        color_type: ``GRAY``, ``RGB``, ``PALETTE``, ``GRAY_ALPHA`` or ``RGBA``.
        interlaced: Whether the rows come in Adam7 order.
        palette: R, G, B, R, G, B ... of the palette; empty without one.
        transparency: Body of the tRNS chunk: alpha by palette entry, or one transparent colour; empty without one.
        pixels: A complete PNG file of only the chunks that carry pixels.
        data: The zlib stream of the pixels, in pieces.
        trailing_bytes: How many bytes follow the end of the image.
    """

    width: int
    height: int
    bit_depth: int
    color_type: int
    interlaced: bool
    palette: bytes
    transparency: bytes
    pixels: bytes
    data: tuple[memoryview, ...]
    trailing_bytes: int

    @property
    def pixel_bits(self) -> int:
        """Bits a pixel."""
        return self.bit_depth * _CHANNELS[self.color_type]

    @property
    def inflated_bytes(self) -> int:
        """How long the inflated pixels must be: every row of every pass is preceded by its filter type."""
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for x, y, step_x, step_y in passes:
            columns, rows = -(-(self.width - x) // step_x), -(-(self.height - y) // step_y)
            total += rows * (1 + (columns * self.pixel_bits + 7) // 8) if columns > 0 else 0
        return total


def open_png(body: bytes, *, where: str = "") -> PngFile:
    """Check the envelope of a PNG file and take it apart.

    Args:
        body: The whole file.
        where: Its URI, for messages.

    Raises:
        MaskError: It is not a PNG, is damaged or cut short, animated, or larger than ``MAX_SIDE_PX`` or
            ``MAX_FILE_BYTES``.
    """
    _require_png(body, where)
    chunks: dict[bytes, list[memoryview]] = {}
    end = len(_SIGNATURE)
    for kind, raw in _chunks(body, where):
        chunks.setdefault(kind, []).append(raw)
        end += len(raw)
    _require_known(chunks, where)
    width, height, bit_depth, color_type, interlaced = _header(_body(chunks, b"IHDR"), where)
    palette = _body(chunks, b"PLTE")
    if color_type == PALETTE and not palette:
        raise MaskError("a palette PNG without a palette", where=where)
    if len(palette) % 3 or len(palette) > 768:
        raise MaskError(
            f"the palette has {len(palette)} bytes, expected 3 for each of at most 256 entries", where=where
        )
    kept = [b"IHDR", b"PLTE", b"IDAT", b"IEND"] if color_type == PALETTE else [b"IHDR", b"IDAT", b"IEND"]
    return PngFile(
        width=width,
        height=height,
        bit_depth=bit_depth,
        color_type=color_type,
        interlaced=interlaced,
        palette=palette,
        transparency=_body(chunks, b"tRNS"),
        pixels=b"".join([_SIGNATURE, *(raw for kind in kept for raw in chunks[kind])]),
        data=tuple(raw[8:-4] for raw in chunks[b"IDAT"]),
        trailing_bytes=len(body) - end,
    )


def _require_png(body: bytes, where: str) -> None:
    if len(body) > MAX_FILE_BYTES:
        raise MaskError(f"the mask file has {len(body)} bytes, at most {MAX_FILE_BYTES} are read", where=where)
    if body.startswith(_SIGNATURE):
        return
    other = next((name for magic, name in _OTHER_FORMATS.items() if body.startswith(magic)), None)
    got = "an empty file" if not body else f"a {other} image" if other else f"bytes {body[:8].hex(' ')}"
    hint = "lossy compression changes colours, so only PNG masks can be read" if other in ("JPEG", "WebP") else ""
    raise MaskError(f"a mask must be a PNG image, got {got}", where=where, hint=hint)


def _chunks(body: bytes, where: str) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk up to IEND as type and raw bytes (length, type, body, CRC), checked."""
    at = len(_SIGNATURE)
    view = memoryview(body)
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(body):
            raise MaskError(f"the PNG file is cut short after {len(body)} bytes", where=where)
        (length,) = struct.unpack_from(">I", body, at)
        stop = at + 12 + length
        if stop > len(body):
            raise MaskError(f"the PNG file is cut short after {len(body)} bytes", where=where)
        kind = body[at + 4 : at + 8]
        if zlib.crc32(view[at + 4 : stop - 4]) != struct.unpack_from(">I", body, stop - 4)[0]:
            raise MaskError(f"the PNG file is damaged: wrong checksum of the {kind!r} chunk at byte {at}", where=where)
        yield kind, view[at:stop]
        if kind == b"IEND":
            return
        at = stop
    raise MaskError(f"the PNG file has more than {MAX_CHUNKS} chunks", where=where)


def _require_known(chunks: dict[bytes, list[memoryview]], where: str) -> None:
    if next(iter(chunks)) != b"IHDR" or b"IDAT" not in chunks:
        raise MaskError("the PNG file has no header or no pixels", where=where)
    for once in (b"IHDR", b"PLTE", b"tRNS"):
        if len(chunks.get(once, ())) > 1:
            raise MaskError(f"the PNG file has several {once.decode()} chunks", where=where)
    critical = [kind for kind in chunks if kind[0] < ord("a") and kind not in (b"IHDR", b"PLTE", b"IDAT", b"IEND")]
    if critical:
        raise MaskError(f"the PNG file needs an unknown extension, chunk {critical[0]!r}", where=where)
    if b"acTL" in chunks:
        raise MaskError("an animated PNG is not a mask", where=where)


def _body(chunks: dict[bytes, list[memoryview]], kind: bytes) -> bytes:
    return bytes(chunks[kind][0][8:-4]) if kind in chunks else b""


def _header(body: bytes, where: str) -> tuple[int, int, int, int, bool]:
    if len(body) != 13:
        raise MaskError(f"the PNG header has {len(body)} bytes, expected 13", where=where)
    width, height, bit_depth, color_type, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if not (1 <= width <= MAX_SIDE_PX and 1 <= height <= MAX_SIDE_PX):
        raise MaskError(f"the mask is {width} x {height} px, expected 1 to {MAX_SIDE_PX} px a side", where=where)
    if bit_depth not in _BIT_DEPTHS.get(color_type, ()) or compression or filtering or interlace > 1:
        raise MaskError(f"not a valid PNG header: colour type {color_type}, {bit_depth} bits", where=where)
    return width, height, bit_depth, color_type, bool(interlace)
