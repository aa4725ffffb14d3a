"""Look at everything that advice rests on: images and truth masks are read here, and nowhere in the rules."""

from __future__ import annotations

from collections.abc import Sequence

from .advice.case import Case, build_case
from .datasets import training_images
from .image_records import ImageSet
from .images import Images
from .pixels.image_statistics import measure_images
from .pixels.mask_regions import measure_regions
from .records import Reader
from .registry import Evidence
from .verdicts import Check


def gather_case(
    evidence: Evidence, reader: Reader, checks: Sequence[Check] = (), *, look_at_images: bool = True
) -> Case:
    """Make a case, reading images and masks where they can be.

    Args:
        evidence: The evaluation, its datasets with settled roles, the values and the counts.
        reader: Reads images and masks.
        checks: What became of the reported numbers.
        look_at_images: Whether to read photographs and masks; without them most rules on images stay silent.
    """
    if not look_at_images:
        return build_case(evidence, checks)
    evaluation = evidence.evaluation
    test = _measured(evaluation.images, reader, "looking at test images")
    training = _measured(training_images(evaluation), reader, "looking at training images")
    regions = measure_regions(evaluation.images, reader, evidence.settings)
    return build_case(
        evidence,
        checks,
        test_images=test,
        training_images=training,
        images_missing="they could not be read",
        regions=regions,
    )


def _measured(images: Images | None, reader: Reader, stage: str) -> ImageSet | None:
    """``None`` where there is no image to look at."""
    return measure_images(images, reader, stage=stage) if images is not None and len(images) else None
