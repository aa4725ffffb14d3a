"""Images that are there more than once: in both sets, so that the test was seen in training, or again and again in one.

The same pixels or the same reference need no statistic; near copies are told where they stand apart from other pairs,
see ``copies``. Within a set they are told from a share of 20 % of the images on.
"""

from __future__ import annotations

import numpy as np

from ..images import Images
from ..metrics.intervals import wilson
from ..registry import Examination, Remark, Rule
from .case import NO_MANIFEST, Case
from .copies import MIN_IMAGES, Copies, exact_copies, near_copies
from .wording import MAX_NAMED_IMAGES, counted, interval_text

MIN_NEAR_SHARE = 0.2

_WHAT_TO_DO = {
    "test": "Test each part once, or take the numbers as those of fewer images.",
    "training": "Copies add nothing to learn from: add images of other parts, places and days instead.",
}


def examine(case: Case) -> Examination:
    """Copies across the sets are one remark, copies within each set another."""
    remarks = [_leakage(case)]
    silent = []
    if case.training_rows is None and case.training_images is None:
        silent.append(f"{NO_MANIFEST} for the training images")
    for name, images in (("test", case.test_images), ("training", case.training_images)):
        if images is None or not images.images:
            silent.append(f"{name} images: {case.images_missing}")
            continue
        copies = Copies.within(images)
        remarks.append(_within(case, name, copies))
        if not copies.tells_near and copies.n_images >= MIN_IMAGES:
            silent.append(f"near copies do not stand apart from other pairs of {name} images")
    return Examination([remark for remark in remarks if remark], silent)


def _leakage(case: Case) -> Remark | None:
    exact: dict[str, None] = {}
    near: list[str] = []
    if case.training_rows is not None:
        known = set(_used(case.training_rows))
        exact = {uri: None for uri in _used(case.tested) if uri in known}
    test, training = case.test_images, case.training_images
    if test is not None and training is not None and test.images and training.images:
        exact |= dict.fromkeys(exact_copies(test, training))
        near = [uri for uri in near_copies(test, training) if uri not in exact]
    n, n_test = len(exact) + len(near), max(len(case.tested), 0 if test is None else len(test.images))
    if not n:
        return None
    parts = [f"{len(exact)} of {n_test} are the same"] if exact else []
    parts += [f"{len(near)} of {n_test} are near copies"] if near else []
    all_of_them = "Unless these are the folds of a cross-validation, or the dataset before it was split, the"
    message = (
        f"Test images are among the training images: {', '.join(parts)}. {all_of_them if n >= n_test else 'The'} model "
        "was tested on what it was trained on, and the numbers are too good. Take them out of the training set and "
        "train again, or out of the test."
    )
    images = (*exact, *near)[:MAX_NAMED_IMAGES]
    return Remark(severity="warning", message=message, benefit=min(1.0, n / n_test), images=images)


def _used(images: Images) -> list[str]:
    return [images.uri[index] for index in np.flatnonzero(images.used).tolist()]


def _within(case: Case, name: str, copies: Copies) -> Remark | None:
    n, n_groups = copies.n_images, copies.n_images - copies.n_surplus
    told = [f"{counted(copies.n_surplus, f'{name} image')} repeat others pixel by pixel"] if copies.n_surplus else []
    if copies.n_near > MIN_NEAR_SHARE * n:
        n_groups = copies.n_groups
        told.append(f"{n} {name} images form {n_groups} groups of near copies")
    if not told:
        return None
    message = f"{'; '.join(told)}.{_narrower(case, n_groups / n) if name == 'test' else ''} {_WHAT_TO_DO[name]}"
    return Remark(
        severity="warning" if name == "test" else "info",
        message=message,
        benefit=(n - n_groups) / n * (1.0 if name == "test" else 0.5),
        images=copies.images[:MAX_NAMED_IMAGES],
    )


def _narrower(case: Case, share: float) -> str:
    """What recall's interval would be if it came from the different images only."""
    recall = case.value("recall")
    if recall is None or recall.ratio is None or recall.interval is None:
        return ""
    honest = wilson(recall.ratio[0] * share, recall.ratio[1] * share, recall.interval.level)
    return (
        f" So intervals are too narrow: recall could be {interval_text(honest)} rather than "
        f"{interval_text(recall.interval)}."
    )


RULE = Rule("diversity", "Improving your model: different images", examine)
