"""Several rows of one image: which of them counts, and whether they say the same."""

from __future__ import annotations

import math

from ...images import Exclusion, Images
from ...records import Severity
from ...settings import Duplicates
from ..problem_log import ProblemLog


def exclude_duplicates(images: Images, keep: Duplicates, log: ProblemLog) -> None:
    """Mark all rows but one of each ``source-ref`` as duplicates, in place.

    Args:
        images: The rows; their ``exclusion`` is changed.
        keep: Which row counts.
        log: Where duplicates are noted.

    Raises:
        DocumentError: There are duplicates and ``keep`` is ``REFUSE``.
    """
    if len(set(images.uri)) == len(images):
        return
    order = list(range(len(images)) if keep != Duplicates.LAST else range(len(images) - 1, -1, -1))
    order.sort(key=lambda index: images.exclusion[index] != Exclusion.USED)  # a row that can count comes first
    kept: dict[str, int] = {}
    repeated = [(index, first) for index in order if (first := kept.setdefault(images.uri[index], index)) != index]
    for index, first in sorted(repeated):
        line, other = int(images.line[index]), int(images.line[first])
        same = _says(images, index) == _says(images, first)
        told = f"repeats the source-ref of line {other}"
        if keep == Duplicates.REFUSE:
            raise log.refusal(
                f"{told}{'' if same else ' and contradicts it'}", line=line, hint="--duplicates first or last chooses"
            )
        images.exclusion[index] = Exclusion.DUPLICATE
        if same:
            log.add("EXACT_DUPLICATE", f"{told} and says the same; the {keep} row counts", line=line)
        else:
            message = f"{told} and contradicts it; the {keep} row counts"
            log.add("CONFLICTING_DUPLICATE", message, line=line, severity=Severity.ERROR)


def _says(images: Images, index: int) -> tuple[object, ...]:
    confidence = float(images.confidence[index])
    return (
        int(images.truth[index]),
        int(images.predicted[index]),
        None if math.isnan(confidence) else confidence,
        images.truth_mask[index],
        images.predicted_mask[index],
    )
