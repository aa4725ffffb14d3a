"""Training and test images taken under different conditions, so that the test says little about the model.

Statistic: Kolmogorov and Smirnov's exact test for each class and statistic, with Holm's correction at .01 over all of
them, and Cliff's delta of .33 or more, so that a difference is both certain and not small. With few images only a
large difference is found: silence does not mean that the sets are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..image_records import ImageSet, ImageStatistics
from ..metrics.two_sample import cliff_delta, holm, kolmogorov_smirnov
from ..registry import Examination, Remark, Rule
from .case import Case
from .image_wording import TRAITS, Trait, title
from .wording import MAX_NAMED_IMAGES

ALPHA = 0.01
MIN_DELTA = 0.33
FEW = 20
"""Below so many images in a set and class only large differences are found."""

_MAX_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One statistic of one class in both sets.

    Attributes:
        class_name: ``anomaly`` or ``normal``.
        trait: The statistic.
        p_value: Of the test.
        delta: Cliff's delta, positive where the test images have more.
        test_median: Of the test images.
        training_median: Of the training images.
    """

    class_name: str
    trait: Trait
    p_value: float
    delta: float
    test_median: float
    training_median: float


def examine(case: Case) -> Examination:
    """Every difference is told in one remark, the largest first."""
    test, training = case.test_images, case.training_images
    if test is None or training is None or not test.images or not training.images:
        lacking = " and ".join(
            name for name, one in (("test", test), ("training", training)) if one is None or not one.images
        )
        return Examination(cannot_tell=(f"{lacking} images are not at hand: {case.images_missing}",))
    differences = compare(test, training)
    if not differences:
        return Examination(cannot_tell=("no class has images in both sets",))
    sure = [
        d for d, rejected in zip(differences, holm([d.p_value for d in differences], ALPHA), strict=True) if rejected
    ]
    found = sorted((d for d in sure if abs(d.delta) >= MIN_DELTA), key=lambda d: -abs(d.delta))
    if found:
        return Examination([_remark(found, test)])
    few = min(
        min(len(_of(images, name)) for images in (test, training)) for name in {d.class_name for d in differences}
    )
    if few < FEW:
        return Examination(cannot_tell=(f"no difference was found, but with {few} images of a class few would be",))
    return Examination()


def compare(test: ImageSet, training: ImageSet) -> list[Difference]:
    """Each statistic of each class that has images in both sets."""
    found = []
    for class_name in ("normal", "anomaly"):
        tested, trained = _of(test, class_name), _of(training, class_name)
        for trait in TRAITS:
            a, b = trait.values(tested), trait.values(trained)
            judged, delta = kolmogorov_smirnov(a, b), cliff_delta(a, b)
            if judged is not None and delta is not None:
                found.append(
                    Difference(
                        class_name=class_name,
                        trait=trait,
                        p_value=judged.p_value,
                        delta=delta,
                        test_median=float(np.median(a)),
                        training_median=float(np.median(b)),
                    )
                )
    return found


def _of(images: ImageSet, class_name: str) -> list[ImageStatistics]:
    return [image for image in images.images if image.class_name == class_name]


def _remark(found: list[Difference], test: ImageSet) -> Remark:
    first = found[0]
    told = "; ".join(_sentence(difference) for difference in found[:_MAX_TOLD])
    more = f" and {len(found) - _MAX_TOLD} more differences" if len(found) > _MAX_TOLD else ""
    message = (
        f"Test images differ from training images: {told}{more}. By chance alone less than one comparison in 100 shows "
        "any of this. Take the training images under the conditions of production, or the numbers of this test speak "
        "of the conditions, not of the model."
    )
    affected = {difference.class_name for difference in found}
    share = sum(image.class_name in affected for image in test.images) / len(test.images)
    side = 1 if first.delta > 0 else -1
    named = _of(test, first.class_name)
    values = first.trait.values(named)
    order = np.argsort(-side * values, kind="stable").tolist()
    return Remark(
        severity="warning",
        message=message,
        benefit=abs(first.delta) * share,
        images=tuple(named[index].uri for index in order[:MAX_NAMED_IMAGES]),
    )


def _sentence(difference: Difference) -> str:
    trait = difference.trait
    kind = "anomalous" if difference.class_name == "anomaly" else "normal"
    medians = f"{trait.show(difference.test_median)} against {trait.show(difference.training_median)}"
    return f"{kind} ones are {trait.word(difference.delta)} ({title(trait.name)} {medians}, δ={difference.delta:+.2f})"


RULE = Rule("train-test-conditions", "Improving your model: representative training images", examine)
