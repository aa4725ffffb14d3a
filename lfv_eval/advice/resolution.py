"""Image sizes that the service did not take, or that may be too small to show an anomaly.

Limits of the developer guide: sides of 64 to 4096 px, at most 8 MB, PNG or JPEG, all images of one project of the same
dimensions. A side below 256 px is a matter of judgement: common networks take inputs of about that size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..image_records import ImageStatistics
from ..registry import Examination, Remark, Rule
from .case import Case
from .wording import MAX_NAMED_IMAGES, counted

MIN_SIDE_PX, MAX_SIDE_PX, MAX_SIZE_BYTES = 64, 4096, 8_000_000
SMALL_SIDE_PX = 256


def examine(case: Case) -> Examination:
    """What breaks a limit is one remark, small images are another."""
    images = [image for one in (case.test_images, case.training_images) if one is not None for image in one.images]
    if not images:
        return Examination(cannot_tell=(f"no images: {case.images_missing}",))
    remarks = []
    broken = list(_broken(images))
    if broken:
        named = tuple(dict.fromkeys(image.uri for _, found in broken for image in found))
        message = (
            f"{'; '.join(told for told, _ in broken)}. The service refused such images. Bring all images of the "
            "project to one size within the limits before training again."
        )
        remarks.append(
            Remark(
                severity="warning",
                message=message,
                benefit=len(named) / len(images),
                images=named[:MAX_NAMED_IMAGES],
            )
        )
    small = [image for image in images if MIN_SIDE_PX <= _short(image) < SMALL_SIDE_PX]
    if small:
        least = min(small, key=lambda image: (_short(image), image.uri))
        message = (
            f"{counted(len(small), 'image')} of {len(images)} have a side below {SMALL_SIDE_PX} px (down to "
            f"{least.width_px} x {least.height_px}): a small anomaly may cover too few pixels to be seen. Take larger "
            "images if the camera can."
        )
        uris = tuple(image.uri for image in small[:MAX_NAMED_IMAGES])
        remarks.append(Remark(severity="info", message=message, benefit=len(small) / len(images) / 10, images=uris))
    return Examination(remarks)


def _short(image: ImageStatistics) -> int:
    return min(image.width_px, image.height_px)


def _broken(images: list[ImageStatistics]) -> Iterator[tuple[str, list[ImageStatistics]]]:
    too_small = [image for image in images if _short(image) < MIN_SIDE_PX]
    too_large = [image for image in images if max(image.width_px, image.height_px) > MAX_SIDE_PX]
    heavy = [image for image in images if image.size_bytes > MAX_SIZE_BYTES]
    if too_small:
        yield f"{counted(len(too_small), 'image')} with a side below {MIN_SIDE_PX} px", too_small
    if too_large:
        yield f"{counted(len(too_large), 'image')} with a side above {MAX_SIDE_PX} px", too_large
    if heavy:
        yield f"{counted(len(heavy), 'image')} of more than 8 MB", heavy
    sizes = Counter((image.width_px, image.height_px) for image in images)
    if len(sizes) > 1:
        (usual, n), *_ = sizes.most_common(1)
        odd = [image for image in images if (image.width_px, image.height_px) != usual]
        yield f"{len(sizes)} different sizes: {n} images of {usual[0]} x {usual[1]} px, {len(odd)} of others", odd


RULE = Rule("resolution", "Improving your model: image size", examine)
