"""A PNG file to one array of pixel codes, without copying the decoded image where Pillow allows it.

Pillow hands out the memory of a loaded image through the Arrow C data interface
(https://arrow.apache.org/docs/format/CDataInterface.html); ``ctypes`` is enough to read it. Copying a large image
into numpy costs nearly as much as decoding it.
"""

from __future__ import annotations

import ctypes
import io
import weakref
import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from ...errors import MaskError
from .png_file import PALETTE, PngFile

Codes = NDArray[np.uint8] | NDArray[np.uint32]

_core: Any = Image.core  # type: ignore[attr-defined]  # Pillow's C part has no public types

_RGBA_MODES = ("RGB", "RGBA", "LA")
_spare: deque[tuple[str, tuple[int, int], Any]] = deque(maxlen=2)  # fresh memory costs a page fault for every 4 KiB
_UNWRITTEN = 0xA5  # a sample that hardly any mask ends with
_INFLATE_BYTES = 2**18
_GRAY_LEVELS = (np.arange(256, dtype=np.uint32) * 0x010101) | np.uint32(0xFF000000)
_RGB_BITS = np.uint32(0x00FFFFFF)
_ALPHA_BITS = np.uint32(0xFF000000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """The decoded pixels of one mask, row by row.

    Attributes:
        width: Pixels a row.
        height: Rows.
        codes: One a pixel: uint8 indices into ``colors``, or uint32 colours themselves where ``colors`` is ``None``.
            A colour is ``R | G << 8 | B << 16 | A << 24``. Read-only by agreement: it may be the decoder's own memory.
        colors: uint32, the colour of each code; ``None`` where the codes are colours.
        has_alpha: Whether alpha may be anything but 255; if not, bits 24 and up of uint32 codes mean nothing.
    """

    width: int
    height: int
    codes: Codes
    colors: NDArray[np.uint32] | None
    has_alpha: bool


def decode(png: PngFile, *, where: str = "") -> Pixels:
    """Decode all pixels. 16-bit samples are read by their high byte.

    Args:
        png: A file with a sound envelope.
        where: Its URI, for messages.

    Raises:
        MaskError: The compressed pixels are damaged or incomplete, or use palette entries that do not exist.
    """
    image = _load(png, where)
    if image.mode in _RGBA_MODES:
        return _true_color(png, image.mode, _memory(image, 4).view("<u4"))
    if image.mode == "I;16":
        codes: NDArray[np.uint8] = (np.asarray(image).ravel() >> 8).astype(np.uint8)
    else:
        codes = _memory(image, 1)
    if png.color_type == PALETTE:
        return _indexed(png, codes, where)
    colors = _GRAY_LEVELS.copy()
    if len(png.transparency) >= 2:
        colors[_eight_bits(int.from_bytes(png.transparency[:2], "big"), png.bit_depth)] &= _RGB_BITS
    return Pixels(width=png.width, height=png.height, codes=codes, colors=colors, has_alpha=bool(png.transparency))


def _load(png: PngFile, where: str) -> Image.Image:
    """Let Pillow decode, and make sure that it wrote every pixel: a stream that ends early is no error to it."""
    try:
        image = PngImageFile(io.BytesIO(png.pixels))
        memory = _take_memory(image.mode, image.size)
        last = (png.width - 1, png.height - 1)
        n_bands = len(image.getbands())
        memory.putpixel(last, _UNWRITTEN if n_bands == 1 else (_UNWRITTEN,) * n_bands)
        unwritten = memory.getpixel(last)
        image.im = memory
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError) as error:
        raise MaskError(f"the pixels of the PNG file cannot be decoded: {error}", where=where) from error
    if png.interlaced or memory.getpixel(last) == unwritten:
        _require_complete(png, where)
    return image


def _take_memory(mode: str, size: tuple[int, int]) -> Any:
    """Memory for an image, if possible that of a mask that nobody looks at any more.

    In one block instead of Pillow's usual 16 MiB pieces, so that large images can be handed out without a copy.
    """
    for _ in range(len(_spare)):
        try:
            spare = _spare.popleft()
        except IndexError:  # another thread was faster
            break
        if spare[:2] == (mode, size):
            return spare[2]
        _spare.append(spare)
    return getattr(_core, "new_block", _core.new)(mode, size)


def _require_complete(png: PngFile, where: str) -> None:
    missing = png.inflated_bytes
    inflate = zlib.decompressobj()
    try:
        for piece in (*png.data, b""):
            compressed: Any = piece
            while missing > 0:
                inflated = inflate.decompress(compressed, _INFLATE_BYTES)
                missing -= len(inflated)
                compressed = inflate.unconsumed_tail
                if not compressed and len(inflated) < _INFLATE_BYTES:
                    break
    except zlib.error as error:
        raise MaskError(f"the pixels of the PNG file cannot be decoded: {error}", where=where) from error
    if missing > 0:
        raise MaskError(f"the pixels of the PNG file cannot be decoded: {missing} bytes are missing", where=where)


def _true_color(png: PngFile, mode: str, codes: NDArray[np.uint32]) -> Pixels:
    has_alpha = mode != "RGB"
    if not has_alpha and len(png.transparency) >= 6:
        samples = (int.from_bytes(png.transparency[at : at + 2], "big") for at in (0, 2, 4))
        red, green, blue = (_eight_bits(sample, png.bit_depth) for sample in samples)
        codes = codes | _ALPHA_BITS
        codes[codes == np.uint32(red | green << 8 | blue << 16 | 0xFF000000)] &= _RGB_BITS
        has_alpha = True
    return Pixels(width=png.width, height=png.height, codes=codes, colors=None, has_alpha=has_alpha)


def _indexed(png: PngFile, codes: NDArray[np.uint8], where: str) -> Pixels:
    n_colors = len(png.palette) // 3
    if n_colors < 1 << png.bit_depth and int(codes.max()) >= n_colors:
        raise MaskError(f"a pixel uses palette entry {codes.max()}, the palette has {n_colors}", where=where)
    rgba = np.full((256, 4), 255, np.uint8)
    rgba[:n_colors, :3] = np.frombuffer(png.palette, np.uint8).reshape(-1, 3)
    alpha = np.frombuffer(png.transparency[:n_colors], np.uint8)
    rgba[: alpha.size, 3] = alpha
    return Pixels(
        width=png.width,
        height=png.height,
        codes=codes,
        colors=rgba.view("<u4").ravel(),
        has_alpha=bool((alpha < 255).any()),
    )


def _eight_bits(sample: int, bit_depth: int) -> int:
    """A sample as the decoder scales it to eight bits."""
    highest = (1 << bit_depth) - 1
    return sample >> 8 if bit_depth == 16 else (sample & highest) * 255 // highest


class _ArrowArray(ctypes.Structure):
    """``struct ArrowArray`` of the Arrow C data interface."""


_ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]

_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


def _memory(image: Image.Image, pixel_bytes: int) -> NDArray[np.uint8]:
    """The bytes of a loaded image, row by row: its own memory if Pillow can hand it out in one piece, else a copy."""
    shared = _shared_memory(image, image.width * image.height * pixel_bytes)
    if shared is not None:
        return shared
    copied = np.asarray(
        image if pixel_bytes == 1 and image.mode != "1" else image.convert("L" if pixel_bytes == 1 else "RGBA")
    )
    return np.ascontiguousarray(copied).ravel()


def _shared_memory(image: Any, size_bytes: int) -> NDArray[np.uint8] | None:
    try:
        _, capsule = image.__arrow_c_array__()
    except (AttributeError, ValueError):  # Pillow before 11.2; rows not in one piece
        return None
    array = _ArrowArray.from_address(_capsule_pointer(capsule, b"arrow_array"))
    if array.n_children:  # a fixed-size list of four samples a pixel
        array = array.children[0].contents
    if array.length != size_bytes or array.offset or array.n_buffers != 2:
        return None
    memory = (ctypes.c_uint8 * size_bytes).from_address(array.buffers[1])
    memory.owner = capsule  # type: ignore[attr-defined]  # the pixels live as long as the array that looks at them
    weakref.finalize(memory, _spare.append, (image.mode, image.size, image.im)).atexit = False
    shared: NDArray[np.uint8] = np.frombuffer(memory, np.uint8)  # type: ignore[call-overload]
    return shared
