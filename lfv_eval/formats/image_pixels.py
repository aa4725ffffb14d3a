"""An image file to pixels of a bounded size, with its facts: what measuring an image needs and no more.

The service takes PNG and JPEG images; other formats are refused unread. A JPEG file of at least twice ``WORKING_PX`` a
side is decoded at a half, a quarter or an eighth of its size, which its format makes cheap.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from ..errors import LfvEvalError

WORKING_PX = 512
"""Images are measured at no more than so many pixels a side."""

MAX_PIXELS = 2**25
"""Twice the pixels of the largest image that the service takes (4096 x 4096); more is not decoded."""

_HASHED_ROWS = 256
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_DAMAGE = (  # what Pillow's readers let escape on damaged files
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    MemoryError,
    OverflowError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImagePixels:
    """One image, decoded.

    Attributes:
        width_px: Width as stored; an orientation note is not applied.
        height_px: Height, likewise.
        format: ``PNG`` or ``JPEG``.
        rgb: uint8 of shape (height, width, 3), at most ``WORKING_PX`` a side; transparency is dropped.
        luminance: uint8 of shape (height, width), .299 R + .587 G + .114 B.
        pixel_sha256: See ``ImageStatistics.pixel_sha256``.
        hash_cells: int64 of shape (8, 9), mean luminance in 0..255 of so many cells, for the difference hash.
        grid_cells: int64 of shape (grid side, grid side), likewise for positions.
    """

    width_px: int
    height_px: int
    format: str
    rgb: NDArray[np.uint8]
    luminance: NDArray[np.uint8]
    pixel_sha256: str | None
    hash_cells: NDArray[np.int64]
    grid_cells: NDArray[np.int64]


def read_pixels(body: bytes, *, grid_side: int, where: str = "") -> ImagePixels:
    """Decode an image.

    Args:
        body: The file.
        grid_side: How many cells a side ``grid_cells`` has.
        where: Its URI, for messages.

    Raises:
        LfvEvalError: It is no PNG or JPEG file, damaged, or has more than ``MAX_PIXELS`` pixels.
    """
    if not body.startswith((_JPEG, _PNG)):
        raise LfvEvalError(
            f"expected a PNG or JPEG image, got a file that begins with {body[:8]!r}",
            where=where,
            hint="the service takes no other formats",
        )
    try:
        image = JpegImageFile(io.BytesIO(body)) if body.startswith(_JPEG) else PngImageFile(io.BytesIO(body))
        return _decoded(image, grid_side, where)
    except _DAMAGE as error:
        raise LfvEvalError(f"the image cannot be decoded: {error}", where=where, hint="copy it again") from error


def _decoded(image: ImageFile, grid_side: int, where: str) -> ImagePixels:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise LfvEvalError(
            f"the image is {width} x {height} px, expected at most {MAX_PIXELS} pixels",
            where=where,
            hint="the service takes images of 64 to 4096 px a side",
        )
    deep = any(";16" in str(tile) for tile in image.tile)  # colour samples of 16 bits are cut to 8 while decoding
    image.draft(image.mode, _fitted(width, height))  # does nothing to a PNG file
    reduced = image.size != (width, height)
    image.load()
    eight_bits = _eight_bits(image)
    digest = None if reduced or deep or image.mode not in _EIGHT_BIT_MODES else _pixel_sha256(eight_bits)
    rgb = eight_bits.convert("RGB").resize(_fitted(width, height), Image.Resampling.BOX)
    gray = rgb.convert("L")
    return ImagePixels(
        width_px=width,
        height_px=height,
        format="JPEG" if isinstance(image, JpegImageFile) else "PNG",
        rgb=np.asarray(rgb),
        luminance=np.asarray(gray),
        pixel_sha256=digest,
        hash_cells=_cells(gray, 9, 8),
        grid_cells=_cells(gray, grid_side, grid_side),
    )


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The working size: the longer side at most ``WORKING_PX``, the proportions kept, nothing enlarged."""
    longer = max(width, height)
    if longer <= WORKING_PX:
        return width, height
    return max(1, round(width * WORKING_PX / longer)), max(1, round(height * WORKING_PX / longer))


def _eight_bits(image: Image.Image) -> Image.Image:
    """The image as gray, RGB or RGBA with 8 bits a sample; RGBA only where something is transparent."""
    if image.mode.startswith("I"):
        samples = np.asarray(image)
        return Image.fromarray((np.clip(samples, 0, 65_535) >> 8).astype(np.uint8))
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        whole = image.convert("RGBA")
        lowest_alpha, _ = whole.getchannel("A").getextrema()
        return whole if lowest_alpha != 255 else whole.convert("RGB")
    return image.convert("RGB")


def _pixel_sha256(image: Image.Image) -> str:
    """SHA-256 of mode, size and samples; strip by strip, as a copy of all samples would double the memory."""
    width, height = image.size
    mode = image.mode if image.mode == "RGBA" else "RGB"
    digest = hashlib.sha256(f"{mode} {width} {height}\n".encode())
    for top in range(0, height, _HASHED_ROWS):
        strip = image.crop((0, top, width, min(height, top + _HASHED_ROWS)))
        digest.update(strip.convert(mode).tobytes())
    return digest.hexdigest()


def _cells(gray: Image.Image, n_columns: int, n_rows: int) -> NDArray[np.int64]:
    return np.asarray(gray.resize((n_columns, n_rows), Image.Resampling.BOX)).astype(np.int64)
