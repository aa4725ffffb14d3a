"""The bounded set of pictures that a report shows: the most telling test images, scaled once, with their masks.

Files come from outside: their size is looked at before anything is decoded, and one that cannot be shown becomes a
picture with a note.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import LfvEvalError, MaskError, ReportError, UsageError
from ..images import ImageRecord, MaskRef, label_key
from ..records import Evaluation, Reader, Where
from ..results import ModelAudit
from .interest import by_interest
from .overlays import overlay
from .printable import printable

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_IMAGE_PX = 64_000_000
"""Largest image that is decoded; the service's own limit is 4096 x 4096."""

_FORMATS = ("JPEG", "PNG", "BMP", "WEBP")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """How many pictures a report may hold.

    Attributes:
        max_images: Most pictures.
        max_bytes: Most bytes of all encoded pictures and masks together.
        side_px: Longer side of a picture; a smaller image is not enlarged.

    Raises:
        UsageError: A limit is negative, or ``side_px`` is outside of 16..2048.
    """

    max_images: int = 100
    max_bytes: int = 8_000_000
    side_px: int = 320

    def __post_init__(self) -> None:
        if self.max_images < 0 or self.max_bytes < 0 or not 16 <= self.side_px <= 2048:
            raise UsageError(
                f"expected limits of at least 0 and a side of 16..2048 px, got {self.max_images} images, "
                f"{self.max_bytes} bytes, {self.side_px} px"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One test image, scaled down, and its masks in the same scale.

    Attributes:
        position: Which of ``ModelAudit.images`` it is.
        width: Pixels a row; 0 where the image cannot be shown.
        height: Rows; likewise.
        photo: A JPEG file; ``None`` where the image cannot be shown.
        truth: An indexed PNG file of the same size, labels filled, background transparent; ``None`` without a mask.
        predicted: Likewise, labels outlined and hatched.
        colors: ``#rrggbb`` by label key (folded and stripped), of the colour maps of its own manifest row.
        note: What could not be shown, and why; empty where all could.
    """

    position: int
    width: int
    height: int
    photo: bytes | None
    truth: bytes | None
    predicted: bytes | None
    colors: Mapping[str, str]
    note: str = ""

    @property
    def size_bytes(self) -> int:
        """The encoded size of the picture and its masks."""
        return sum(len(file) for file in (self.photo, self.truth, self.predicted) if file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The pictures of one audit, most telling first."""

    pictures: tuple[Picture, ...]


def choose_pictures(
    audit: ModelAudit, evaluation: Evaluation, reader: Reader, limits: PictureLimits | None = None
) -> Pictures:
    """Read and scale the images that are worth looking at, with their masks.

    Args:
        audit: The audit.
        evaluation: What it was made from; it knows the masks.
        reader: Reads images and masks.
        limits: How many and how large.

    Raises:
        ReportError: The evaluation is not the one that was audited.
    """
    limits = limits or PictureLimits()
    images = evaluation.images
    if images.uri != [image.uri for image in audit.images]:
        raise ReportError("expected the evaluation that was audited, got another one")
    chosen = by_interest(audit, limits.max_images)[: limits.max_images]
    policy = next((part[6:] for part in audit.signature.split("|") if part.startswith("alpha:")), "ignore")
    pictures: list[Picture] = []
    size_bytes = 0
    with closing(_files([images[i] for i in chosen], reader)) as files:
        for position, (record, bodies) in zip(chosen, files, strict=True):
            picture = _picture(position, record, bodies, limits.side_px, policy)
            size_bytes += picture.size_bytes
            if size_bytes > limits.max_bytes:
                break
            pictures.append(picture)
    return Pictures(pictures=tuple(pictures))


_Bodies = list[bytes | LfvEvalError | None]


def _files(records: list[ImageRecord], reader: Reader) -> Generator[tuple[ImageRecord, _Bodies], None, None]:
    """Each image with its file, its truth mask and its predicted mask, read ahead as far as the reader does."""
    wanted = [
        [record.uri, *(mask.uri if mask else None for mask in (record.truth_mask, record.predicted_mask))]
        for record in records
    ]
    bodies = iter(reader.read_many([uri for uris in wanted for uri in uris if uri is not None], "pictures"))
    for record, uris in zip(records, wanted, strict=True):
        yield record, [None if uri is None else next(bodies) for uri in uris]


def _picture(position: int, record: ImageRecord, bodies: _Bodies, side_px: int, policy: str) -> Picture:
    notes: list[str] = []
    try:
        photo, width, height = _scaled(bodies[0], side_px)
    except LfvEvalError as error:
        return Picture(
            position=position,
            width=0,
            height=0,
            photo=None,
            truth=None,
            predicted=None,
            colors={},
            note=f"The image cannot be shown: {printable(error.message)}",
        )
    colors: dict[str, str] = {}
    layers: list[bytes | None] = []
    masks = (("truth", record.truth_mask), ("predicted", record.predicted_mask))
    for (name, mask), body in zip(masks, bodies[1:], strict=True):
        try:
            layers.append(_layer(mask, body, (width, height), policy, filled=name == "truth"))
        except LfvEvalError as error:
            layers.append(None)
            notes.append(f"The {name} mask cannot be shown: {printable(error.message)}")
        if mask is not None:
            colors = {label_key(label): color for color, label in mask.label_by_color.items()} | colors
    return Picture(
        position=position,
        width=width,
        height=height,
        photo=photo,
        truth=layers[0],
        predicted=layers[1],
        colors=colors,
        note=". ".join(notes),
    )


def _layer(
    mask: MaskRef | None, body: bytes | LfvEvalError | None, size: tuple[int, int], policy: str, *, filled: bool
) -> bytes | None:
    if mask is None or body is None:
        return None
    if isinstance(body, LfvEvalError):
        raise body
    return overlay(body, mask.label_by_color, size, policy, Where(uri=mask.uri), filled=filled)


def _scaled(body: bytes | LfvEvalError | None, side_px: int) -> tuple[bytes, int, int]:
    """The image as a JPEG file, and its size.

    Raises:
        LfvEvalError: It cannot be read, decoded, or is too large.
    """
    if isinstance(body, LfvEvalError):
        raise body
    from PIL import Image as PillowImage
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PillowImage.DecompressionBombWarning)
            with PillowImage.open(io.BytesIO(body or b""), formats=_FORMATS) as image:
                return _encoded(image, side_px)
    except LfvEvalError:
        raise
    except UnidentifiedImageError:
        raise ReportError("it is no JPEG, PNG, BMP or WebP file") from None
    except Exception as error:  # noqa: BLE001 - decoders of damaged files raise whatever they stumble on
        raise ReportError(f"it cannot be decoded: {type(error).__name__}") from None


def _encoded(image: Image, side_px: int) -> tuple[bytes, int, int]:
    full_width, full_height = image.size
    if full_width * full_height > MAX_IMAGE_PX:
        raise MaskError(f"{full_width} x {full_height} px is more than {MAX_IMAGE_PX} px")
    scale = min(1.0, side_px / max(full_width, full_height))
    size = (max(1, round(full_width * scale)), max(1, round(full_height * scale)))
    image.draft("RGB", (2 * size[0], 2 * size[1]))  # a JPEG decodes to a fraction of its size at a fraction of the cost
    small = _rgb(image).resize(size, reducing_gap=3.0)
    file = io.BytesIO()
    small.save(file, format="JPEG", quality=82)
    return file.getvalue(), *size


def _rgb(image: Image) -> Image:
    if image.mode.startswith("I"):  # 16-bit grey; a plain conversion would clip it to white
        return image.convert("I").point(lambda grey: grey / 256).convert("L").convert("RGB")
    return image.convert("RGB")
