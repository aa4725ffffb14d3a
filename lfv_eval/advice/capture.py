"""Images taken under other conditions than the rest: lighting, exposure, focus, colour cast.

Statistic: modified z, .6745 (x - median) / MAD, of six statistics of each image among the images of its set and class,
where there are 20 or more. The customary limit is 3.5; as six statistics of up to four groups are looked at, the limit
here is 6, and the image must also differ by an amount that matters (see ``image_wording``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..image_records import ImageSet, ImageStatistics
from ..metrics.two_sample import modified_z
from ..registry import Examination, Remark, Rule
from .case import Case
from .image_wording import TRAITS, Trait, title
from .wording import MAX_NAMED_IMAGES, counted

MIN_IMAGES = 20
LIMIT = 6.0
_MAX_KINDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """One image that lies far from its group in one statistic.

    Attributes:
        group: Such as ``normal test images``.
        trait: The statistic.
        uri: The image.
        z: Its modified z.
        value: Its value.
        median: The group's median.
    """

    group: str
    trait: Trait
    uri: str
    z: float
    value: float
    median: float


def examine(case: Case) -> Examination:
    """All outliers of all sets in one remark, those of one kind and direction told together."""
    sets = [
        (name, images) for name, images in (("test", case.test_images), ("training", case.training_images)) if images
    ]
    if not sets:
        return Examination(cannot_tell=(f"no images: {case.images_missing}",))
    groups = [group for name, images in sets for group in _groups(name, images)]
    large = [(name, images) for name, images in groups if len(images) >= MIN_IMAGES]
    if not large:
        return Examination(cannot_tell=(f"needs {MIN_IMAGES} images of a class to know what is usual",))
    outliers = [outlier for name, images in large for outlier in _outliers(name, images)]
    if not outliers:
        return Examination()
    return Examination([_remark(outliers, sum(len(images) for _, images in large))])


def _groups(name: str, images: ImageSet) -> list[tuple[str, list[ImageStatistics]]]:
    classes = ("normal", "anomaly")
    by_class = {known: [image for image in images.images if image.class_name == known] for known in classes}
    if any(len(found) >= MIN_IMAGES for found in by_class.values()):
        return [(f"{'anomalous' if known == 'anomaly' else known} {name}", found) for known, found in by_class.items()]
    return [(name, list(images.images))]


def _outliers(group: str, images: list[ImageStatistics]) -> list[Outlier]:
    found = []
    for trait in TRAITS:
        values = trait.values(images)
        z = modified_z(values)
        if z is None:
            continue
        median = float(np.median(values))
        far = (np.abs(z) > LIMIT) & (np.abs(values - median) >= trait.matters)
        found += [
            Outlier(group=group, trait=trait, uri=images[i].uri, z=float(z[i]), value=float(values[i]), median=median)
            for i in np.flatnonzero(far).tolist()
        ]
    return found


def _remark(outliers: list[Outlier], n_images: int) -> Remark:
    kinds: dict[tuple[str, str, bool], list[Outlier]] = {}
    for outlier in outliers:
        kinds.setdefault((outlier.group, outlier.trait.name, outlier.z > 0), []).append(outlier)
    # An image that is far off in one way mostly is so in others too: tell each image once, where it is farthest off.
    ordered = sorted(kinds.values(), key=lambda found: -max(abs(outlier.z) for outlier in found))
    told: set[str] = set()
    sentences: list[str] = []
    for found in ordered:
        new = [outlier for outlier in found if outlier.uri not in told]
        if new and len(sentences) < _MAX_KINDS:
            sentences.append(_sentence(new))
            told.update(outlier.uri for outlier in new)
    images = sorted(
        {outlier.uri for outlier in outliers},
        key=lambda uri: (-max(abs(outlier.z) for outlier in outliers if outlier.uri == uri), uri),
    )
    by_itself = any(outlier.group.startswith("anomalous") for outlier in outliers)
    doubt = ", unless the anomaly itself makes it so" if by_itself else ""
    message = (
        f"{'; '.join(sentences)}{doubt}. Look whether light, exposure, focus or camera changed there: take such images "
        "again, or keep them in training and test sets both if production has them too."
    )
    return Remark(
        severity="warning",
        message=message,
        benefit=len(images) / n_images,
        images=tuple(images[:MAX_NAMED_IMAGES]),
    )


def _sentence(found: list[Outlier]) -> str:
    first = max(found, key=lambda outlier: abs(outlier.z))
    trait = first.trait
    be = "is" if len(found) == 1 else "are"
    who = counted(len(found), f"{first.group} image")
    return (
        f"{who} {be} far {trait.word(first.z)} than the rest ({title(trait.name)} {trait.show(first.value)} against "
        f"a median of {trait.show(first.median)}, {abs(first.z):.0f} times the usual spread)"
    )


RULE = Rule("variability-of-capture", "Improving your model: consistent images", examine)
