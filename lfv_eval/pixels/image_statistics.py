"""Measure images in one streaming pass: bytes are fetched ahead, a few threads decode, and only numbers stay."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from ..errors import AccessError, LfvEvalError
from ..image_records import GRID_SIDE, ImageSet, ImageStatistics, PositionSums
from ..images import ANOMALY, NORMAL, Exclusion, ImageRecord, Images
from ..metrics.appearance import color_casts, difference_hash, luminance_moments, saturation, sharpness
from ..records import MAX_PROBLEM_LINES, Problem, Reader, Severity, Where
from ..threads import map_in_order

MAX_WORKERS = 8
FIRST_IMAGES = 20
"""After so many images without a single usable one, the images count as out of reach and reading stops."""

_CLASS_NAMES = {ANOMALY: "anomaly", NORMAL: "normal"}
_UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """An image of a row, as fetched."""

    image: ImageRecord
    body: bytes | LfvEvalError


def measure_images(images: Images, reader: Reader, *, stage: str = "looking at images") -> ImageSet:
    """Measure the images that rows of a manifest name, but not those of rows excluded as duplicates.

    Images far beyond the service's limits are not decoded. Memory holds a few images at a time.

    Args:
        images: Rows of an evaluation manifest or of a dataset.
        reader: Reads the images.
        stage: What progress is reported as.

    Returns:
        What was measured. An image that cannot be used is a problem; when none of the first ``FIRST_IMAGES`` can be,
        the rest is not tried.
    """
    rows = [image for image in images if image.exclusion != Exclusion.DUPLICATE]
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    measured: list[ImageStatistics] = []
    positions: dict[str, PositionSums] = {}
    failures: list[tuple[ImageRecord, LfvEvalError]] = []
    with closing(map_in_order(_measure, _tasks(rows, reader, stage), max_workers=workers)) as outcomes:
        for n_seen, (task, outcome) in enumerate(outcomes, start=1):
            if isinstance(outcome, LfvEvalError):
                failures.append((task.image, outcome))
            else:
                statistics, cells = outcome
                measured.append(statistics)
                name = statistics.class_name or _UNLABELLED
                positions[name] = positions.get(name, PositionSums()) + cells
            if n_seen == FIRST_IMAGES and not measured:
                break
    return ImageSet(
        images=tuple(measured),
        positions=positions,
        n_images=len(rows),
        problems=tuple(_problems(failures, n_untried=len(rows) - len(measured) - len(failures))),
    )


def _tasks(rows: list[ImageRecord], reader: Reader, stage: str) -> Iterator[_Task]:
    bodies = reader.read_many([image.uri for image in rows], stage)
    return (_Task(image=image, body=body) for image, body in zip(rows, bodies, strict=True))


def _measure(task: _Task) -> tuple[ImageStatistics, PositionSums] | LfvEvalError:
    from ..formats.image_pixels import read_pixels  # and Pillow, which an audit without images never needs

    if isinstance(task.body, LfvEvalError):
        return task.body
    try:
        pixels = read_pixels(task.body, grid_side=GRID_SIDE, where=task.image.uri)
    except LfvEvalError as error:
        return error
    luminance, contrast = luminance_moments(pixels.luminance)
    red_green, blue_green = color_casts(pixels.rgb)
    statistics = ImageStatistics(
        uri=task.image.uri,
        class_name=_CLASS_NAMES.get(task.image.truth),
        width_px=pixels.width_px,
        height_px=pixels.height_px,
        size_bytes=len(task.body),
        format=pixels.format,
        luminance=luminance,
        contrast=contrast,
        saturation=saturation(pixels.rgb),
        sharpness=sharpness(pixels.luminance),
        red_green=red_green,
        blue_green=blue_green,
        pixel_sha256=pixels.pixel_sha256,
        file_sha256=hashlib.sha256(task.body).hexdigest(),
        dhash=difference_hash(pixels.hash_cells),
    )
    return statistics, PositionSums.of_image(pixels.grid_cells.ravel().tolist())


def _problems(failures: list[tuple[ImageRecord, LfvEvalError]], *, n_untried: int) -> Iterator[Problem]:
    """Images out of reach are no defect of the data, others may be: one problem of each kind and manifest."""
    grouped: dict[tuple[str, str], list[tuple[ImageRecord, LfvEvalError]]] = {}
    for image, error in failures:
        code = "IMAGE_NOT_READ" if isinstance(error, AccessError) else "IMAGE_UNUSABLE"
        grouped.setdefault((code, image.document), []).append((image, error))
    for (code, document), group in grouped.items():
        first, error = group[0]
        yield Problem(
            code=code,
            where=Where(uri=document, line=first.line),
            message=f"{first.uri} is left out of the advice on images: {error}",
            severity=Severity.NOTE if code == "IMAGE_NOT_READ" else Severity.WARNING,
            count=len(group),
            lines=tuple(image.line for image, _ in group[:MAX_PROBLEM_LINES]),
        )
    if n_untried:
        told = f"none of the first {FIRST_IMAGES} images could be used; the other {n_untried} were not tried"
        where = Where(uri=failures[-1][0].document, line=failures[-1][0].line)
        yield Problem(code="IMAGES_OUT_OF_REACH", where=where, message=told, severity=Severity.NOTE)
