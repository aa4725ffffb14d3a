"""Surroundings that vary more than the object: the model may learn the background.

Statistic: the standard deviation over the images at each position, its mean over the border ring (10 % of each side)
divided by its mean over the rest. Above 1 the border varies more; as images that vary everywhere alike come out at 1
give or take some, the limit is 1.25. A heuristic of low confidence: an object may well fill the picture.
"""

from __future__ import annotations

from ..image_records import ImageSet
from ..registry import Examination, Remark, Rule
from .case import Case

LIMIT = 1.25
MIN_IMAGES = 20


def examine(case: Case) -> Examination:
    """Normal images are judged, for in those nothing but the surroundings and the object varies."""
    sets = [
        (name, images) for name, images in (("training", case.training_images), ("test", case.test_images)) if images
    ]
    if not sets:
        return Examination(cannot_tell=(f"no images: {case.images_missing}",))
    ratios = [(name, *found) for name, images in sets if (found := _ratio(images)) is not None]
    if not ratios:
        return Examination(cannot_tell=(f"needs {MIN_IMAGES} normal images of one set that are not all the same",))
    name, n, ratio = max(ratios, key=lambda entry: entry[2])
    if ratio <= LIMIT:
        return Examination()
    message = (
        f"Over {n} normal {name} images the border of the picture varies {ratio:.1f} times as much as its middle: the "
        "surroundings may vary more than the object. This is a rough hint. Look whether the images can be cropped to "
        "the object or taken before a plain background."
    )
    return Examination([Remark(severity="info", message=message, benefit=min(1.0, ratio - 1) / 10)])


def _ratio(images: ImageSet) -> tuple[int, float] | None:
    positions = images.positions.get("normal")
    if positions is None or positions.n_images < MIN_IMAGES:
        return None
    ratio = positions.border_to_centre()
    return None if ratio is None else (positions.n_images, ratio)


RULE = Rule("required-content", "Improving your model: only the required content", examine)
