"""Why two definitions agree on these images: which kind of image would separate them, and is there one?

No table of special cases: an image of each kind is added to the counts, and whether the definitions still agree shows
what that kind is worth. So the answer also holds for definitions that are registered later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...metrics.labels.mask_counts import LabelTable
from .identified import FamilyName
from .values import all_quantities, same_values

MAX_NAMED = 4
"""How many definitions a sentence names before it says how many more there are."""

# Truth, predicted and common pixels: IoU 1, above one half, below it.
_PERFECT, _GOOD, _POOR = (1013, 1013, 1013), (1013, 901, 803), (1013, 701, 211)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of image.

    Attributes:
        absent: What is true of images among which there is none.
        present: Whether there is one.
        sample: Truth, predicted and common pixels of one.
        detected: Whether the sample was detected as anomalous.
        anomalous: Whether the sample is anomalous by truth.
    """

    absent: str
    present: Callable[[LabelTable], bool]
    sample: tuple[int, int, int]
    detected: bool = True
    anomalous: bool = True


def _empty(table: LabelTable) -> NDArray[np.bool_]:
    return ~((table.truth_px > 0) | (table.predicted_px > 0))


KINDS = (
    Kind("every image was detected as anomalous", lambda t: not t.detected.all(), _PERFECT, detected=False),
    Kind(
        "no image that was classified as normal has a predicted mask",
        lambda t: bool((~t.detected & (t.predicted_px > 0)).any()),
        _PERFECT,
        detected=False,
    ),
    Kind(
        "no image with a truth mask was classified as normal",
        lambda t: bool((~t.detected & (t.truth_px > 0)).any()),
        (1013, 0, 0),
        detected=False,
    ),
    Kind(
        "no image that was classified as normal is without a mask on either side",
        lambda t: bool((~t.detected & _empty(t)).any()),
        (0, 0, 0),
        detected=False,
        anomalous=False,
    ),
    Kind("at most one image has a mask", lambda t: int((t.union_px > 0).sum()) > 1, _GOOD),
    Kind(
        "no image has a predicted mask without truth",
        lambda t: bool(((t.truth_px == 0) & (t.predicted_px > 0)).any()),
        (0, 701, 0),
    ),
    Kind(
        "no image has a truth mask without prediction",
        lambda t: bool(((t.truth_px > 0) & (t.predicted_px == 0)).any()),
        (1013, 0, 0),
    ),
    Kind(
        "truth and predicted mask overlap in every image that has both",
        lambda t: bool(((t.truth_px > 0) & (t.predicted_px > 0) & (t.intersection_px == 0)).any()),
        (1013, 701, 0),
    ),
    Kind(
        "no two masks overlap by less than half",
        lambda t: bool(((t.intersection_px > 0) & (2 * t.intersection_px < t.union_px)).any()),
        _POOR,
    ),
    Kind(
        "no two masks overlap only in part",
        lambda t: bool(((t.intersection_px > 0) & (t.intersection_px < t.union_px)).any()),
        _GOOD,
    ),
    Kind(
        "every image that is anomalous by truth has a mask",
        lambda t: bool((t.anomalous & _empty(t)).any()),
        (0, 0, 0),
    ),
    Kind(
        "no image that is normal by truth has a truth mask",
        lambda t: bool((~t.anomalous & (t.truth_px > 0)).any()),
        _PERFECT,
        anomalous=False,
    ),
    Kind(
        "no image that is normal by truth has a predicted mask",
        lambda t: bool((~t.anomalous & (t.predicted_px > 0)).any()),
        (0, 701, 0),
        anomalous=False,
    ),
    Kind(
        "no image that is normal by truth is without a mask on either side",
        lambda t: bool((~t.anomalous & _empty(t)).any()),
        (0, 0, 0),
        anomalous=False,
    ),
)
"""The kinds of images that definitions treat differently, the most telling first."""

Image = tuple[int, int, int, bool, bool]
"""Truth, predicted and common pixels; detected as anomalous; anomalous by truth."""

_SHAPES = ((0, 0, 0), (0, 701, 0), (1013, 0, 0), (1013, 701, 0), _POOR, _GOOD, _PERFECT)
_ALL_SORTS: list[Image] = [
    (scale * truth_px, scale * predicted_px, scale * intersection_px, bool(scale & 1), bool(scale & 2))
    for scale in (1, 2, 3, 4, 5, 6, 7)
    for truth_px, predicted_px, intersection_px in _SHAPES
]

Parts = list[list[str]]


def missing_evidence(family: FamilyName, tables: Sequence[LabelTable], members: Sequence[str]) -> tuple[str, ...]:
    """Sentences that say why some definitions have equal values, and what would separate them.

    Args:
        family: The family.
        tables: The labels concerned, under one alpha policy; at least one.
        members: Ids of definitions with equal values of every label.
    """
    parts: Parts = [list(members)]
    told = []
    for kind in KINDS:
        if any(kind.present(table) for table in tables):
            continue
        parts, split = _divide(family, tables[0], parts, [(*kind.sample, kind.detected, kind.anomalous)])
        if split:
            told.append(f"{kind.absent}, so {name_some(split[0])} cannot be told apart")
    parts, split = _divide(family, tables[0], parts, _ALL_SORTS)
    if split:
        told.append(f"{'; '.join(map(name_some, split))} happen to agree on these images; others would tell them apart")
    if left := [name_some(part) for part in parts if len(part) > 1]:
        told.append(f"{'; '.join(left)} agree on any images")
    return tuple(told)


def name_some(names: Sequence[str]) -> str:
    """Names as people list them, the first few of many.

    >>> name_some(["a", "b"]), name_some(["a", "b", "c", "d", "e", "f"])
    ('a and b', 'a, b, c, d and 2 more')
    """
    shown = list(names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        return f"{', '.join(shown)} and {len(names) - MAX_NAMED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _divide(
    family: FamilyName, table: LabelTable, parts: Parts, images: Sequence[Image]
) -> tuple[Parts, list[list[str]]]:
    """The parts as more images divide them, and of each part that they do divide one definition of every piece."""
    if all(len(part) == 1 for part in parts):
        return parts, []
    found = all_quantities(family, _with(table, images))
    values = np.array([[q.value for q in quantities] for quantities in found.values()], np.float64)  # None is NaN
    same = dict(zip(found, zip(*(same_values(column).tolist() for column in values.T), strict=True), strict=True))
    divided: Parts = []
    split = []
    for part in parts:
        pieces: dict[tuple[int, ...], list[str]] = {}
        for name in part:
            pieces.setdefault(same[name], []).append(name)
        divided += pieces.values()
        if len(pieces) > 1:
            split.append([piece[0] for piece in pieces.values()])
    return divided, split


def _with(table: LabelTable, images: Sequence[Image]) -> LabelTable:
    truth_px, predicted_px, intersection_px, detected, anomalous = zip(*images, strict=True)
    return LabelTable(
        truth_px=np.append(table.truth_px, truth_px),
        predicted_px=np.append(table.predicted_px, predicted_px),
        intersection_px=np.append(table.intersection_px, intersection_px),
        detected=np.append(table.detected, detected),
        anomalous=np.append(table.anomalous, anomalous),
    )
