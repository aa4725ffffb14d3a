"""Labels that cannot be right: they contradict each other, their masks, or the pixels.

No statistic: each of these is an error of logic. What manifests say of themselves was noted while they were read;
masks and equal images are compared here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..image_records import ImageStatistics
from ..metrics.similarity import equal_groups
from ..records import Problem
from ..registry import Examination, Remark, Rule
from .case import Case
from .wording import MAX_NAMED_IMAGES, counted, listed, shortened

_TOLD = {
    "CONFLICTING_DUPLICATE": "{rows} repeat an image with another label",
    "UNLABELLED_ROW": "{rows} have no label and do not count",
    "UNKNOWN_CLASS_NAME": "{rows} have a class-name other than normal and anomaly and do not count",
    "CLASS_NAME_SPELLING": "{rows} have a class-name in capitals, which the service did not know",
    "UNKNOWN_COLORS": "{masks} have colours that no label has",
    "MASK_WITHOUT_COLOR_MAP": "{rows} name a mask without a colour map",
    "CLASS_WITHOUT_COLOR": "{rows} have a label without a colour in their map",
    "COLOR_SHARED": "{rows} have one colour for two labels",
}
_NUMBER = "NUMBER_CONTRADICTS_CLASS_NAME"
_MAX_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contradiction:
    """One kind of error: in words, how many images or rows it is about, and which images are known."""

    told: str
    n: int
    images: tuple[str, ...] = ()


def examine(case: Case) -> Examination:
    """All contradictions in one remark, in the order of how much they matter."""
    images = case.evaluation.images
    if not len(images):
        return Examination(cannot_tell=("there is no manifest to look at",))
    found = [*_of_pixels(case), *_of_masks(case), *_of_rows(case)]
    if not found:
        return Examination()
    named = tuple(dict.fromkeys(uri for contradiction in found for uri in contradiction.images))
    message = (
        f"Labels contradict themselves: {'; '.join(contradiction.told for contradiction in found)}. Correct them in "
        "the dataset: wrong labels teach the model wrong things, and make its test wrong."
    )
    n_rows = max(1, len(images) + (len(case.training_rows) if case.training_rows is not None else 0))
    share = min(1.0, sum(contradiction.n for contradiction in found) / n_rows)
    return Examination([Remark(severity="warning", message=message, benefit=share, images=named[:MAX_NAMED_IMAGES])])


def _of_rows(case: Case) -> Iterator[_Contradiction]:
    """What was noted while manifests and masks were read."""
    state = case.evidence.states.get("segmentation")
    problems = [*case.evaluation.problems, *getattr(state, "problems", ())]
    for code, words in _TOLD.items():
        of_code = [problem for problem in problems if problem.code == code]
        if of_code:
            n = sum(problem.count for problem in of_code)
            told = words.format(rows=counted(n, "row"), masks=counted(n, "mask"))
            yield _Contradiction(told=f"{told if n > 1 else _singular(told)} ({_places(of_code)})", n=n)
    for problem in problems:
        # Where all rows do so, the writer counts the other way round, as two of AWS's own do; the integer is not used.
        if problem.code == _NUMBER and 2 * problem.count < _n_rows(case, problem.where.uri):
            rows = counted(problem.count, "row")
            told = f"{rows} {'has' if problem.count == 1 else 'have'} an integer that contradicts the class-name"
            yield _Contradiction(told=f"{told} ({_places([problem])}); the class-name counts", n=problem.count)


def _singular(told: str) -> str:
    return (
        told.replace(" have ", " has ")
        .replace(" repeat ", " repeats ")
        .replace(" name ", " names ")
        .replace(" do not count", " does not count")
    )


def _n_rows(case: Case, document: str) -> int:
    sets = (case.evaluation.images, case.test_rows, case.training_rows)
    return max(one.document.count(document) for one in sets if one is not None)


def _places(problems: list[Problem]) -> str:
    """Such as ``m.json line 3 and 7``."""
    told = []
    for problem in problems[:2]:
        lines = [str(line) for line in problem.lines or (() if problem.where.line is None else (problem.where.line,))]
        name = shortened(problem.where.uri.rpartition("/")[2])
        told.append(f"{name} line {listed(lines, _MAX_LINES)}" if lines else name)
    return "; ".join(told) + (" and more" if len(problems) > 2 else "")


def _of_masks(case: Case) -> Iterator[_Contradiction]:
    """Anomalous images whose truth mask is empty, normal ones whose is not."""
    counts = case.mask_counts
    if not counts.policies:
        return
    chosen = counts.policy == counts.policies.index(case.settings.alpha_policy)
    truth_px = np.bincount(counts.image[chosen], counts.truth_px[chosen], minlength=len(counts))
    for wrong, told in (
        (counts.anomalous & (truth_px == 0), "{} labelled anomaly with an empty mask"),
        (~counts.anomalous & (truth_px > 0), "{} labelled normal with an anomaly in the mask"),
    ):
        uris = tuple(counts.images[index] for index in np.flatnonzero(wrong).tolist())
        if uris:
            yield _Contradiction(told=told.format(counted(len(uris), "image")), n=len(uris), images=uris)


def _of_pixels(case: Case) -> Iterator[_Contradiction]:
    """Equal images with different labels, within and across the sets."""
    sets = [one for one in (case.test_images, case.training_images) if one is not None]
    images: list[ImageStatistics] = [image for one in sets for image in one.images if image.class_name is not None]
    groups = equal_groups([image.identity for image in images])
    wrong = [group for group in groups if len({images[index].class_name for index in group}) > 1]
    if wrong:
        uris = tuple(dict.fromkeys(images[index].uri for group in wrong for index in group))
        be = "one image has" if len(wrong) == 1 else f"{len(wrong)} images have"
        yield _Contradiction(
            told=f"{be} the same pixels under both labels", n=sum(len(group) for group in wrong), images=uris
        )


RULE = Rule("label-contradictions", "Improving your model: properly labeled images", examine)
