"""Which images are worth looking at, and which ones stand behind a statement of the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..images import label_key
from ..results import ImageOutcome, ModelAudit
from ..verdicts import Check
from .tone import verdict_tone

_Wanted = Callable[[ImageOutcome], bool]
_Rank = Callable[[ImageOutcome], float]

_OUTCOMES = {"precision": ("FP",), "specificity": ("FP",), "recall": ("FN",)}


def outcomes_behind(metric: str) -> tuple[str, ...]:
    """The cells of the confusion matrix whose images lower a metric.

    >>> outcomes_behind("recall")
    ('FN',)
    """
    return _OUTCOMES.get(metric, ("FP", "FN"))


def images_behind(audit: ModelAudit, check: Check) -> list[int]:
    """Positions of the images that a check of a number rests on and that lower it, the most telling first.

    For a label these are its images, worst overlap first; for the image level the wrongly judged ones; for a count of
    images those left out. A check of another kind has none.
    """
    if check.kind == "count":
        return [i for i, image in enumerate(audit.images) if image.outcome is None]
    if check.kind != "recomputed":
        return []
    if check.label is not None:
        key = label_key(check.label)
        overlap = [
            (o.iou, i) for i, image in enumerate(audit.images) for o in image.overlaps if label_key(o.label) == key
        ]
        return [i for _, i in sorted(overlap)]
    return [i for i, image in enumerate(audit.images) if image.outcome in outcomes_behind(check.name)]


def images_of_problems(audit: ModelAudit) -> list[list[int]]:
    """For each problem, the positions of the images whose manifest lines it names."""
    at: dict[tuple[str, int | None], int] = {(image.document, image.line): i for i, image in enumerate(audit.images)}
    places = (
        dict.fromkeys((problem.where.uri, line) for line in (problem.where.line, *problem.lines))
        for problem in audit.problems
    )
    return [[at[place] for place in named if place in at] for named in places]


def by_uri(audit: ModelAudit) -> dict[str, int]:
    """Position of the image that a reference means: the first row that enters the numbers, else the first row."""
    found: dict[str, int] = {}
    for i, image in enumerate(audit.images):
        if image.outcome is not None:
            found.setdefault(image.uri, i)
    for i, image in enumerate(audit.images):
        found.setdefault(image.uri, i)
    return found


def by_interest(audit: ModelAudit, n_shown: int) -> list[int]:
    """Positions of all images, those to look at first in front.

    Kinds of interest, in this order: behind a disagreement, named by a finding, on a line with a problem, wrongly
    judged (most confident first), worst overlap, least confident. Each kind gets at most half of the places that are
    left among the first ``n_shown``, so that none crowds out the others; the rest goes to rightly judged images.

    Args:
        audit: The audit.
        n_shown: How many images will be shown, at least 0.
    """
    position = by_uri(audit)
    disagreements = [check for check in audit.checks if verdict_tone(check.verdict) == "bad"]
    named = sorted(audit.findings, key=lambda finding: finding.severity != "warning")
    kinds = [
        _in_turn([images_behind(audit, check) for check in disagreements]),
        _in_turn([[position[uri] for uri in finding.images if uri in position] for finding in named]),
        _in_turn(images_of_problems(audit)),
        _ranked(audit, lambda image: image.outcome in ("FP", "FN"), lambda image: -(image.confidence or 0.0)),
        _ranked(audit, lambda image: bool(image.overlaps), lambda image: min(o.iou for o in image.overlaps)),
        _ranked(audit, lambda image: image.confidence is not None, lambda image: image.confidence or 0.0),
    ]
    chosen: dict[int, None] = {}
    for kind in kinds:
        places = (n_shown - len(chosen) + 1) // 2
        fresh = [i for i in dict.fromkeys(kind) if i not in chosen]
        chosen.update(dict.fromkeys(fresh[:places]))
    found = [i for i, image in enumerate(audit.images) if image.outcome == "TP"]
    passed = [i for i, image in enumerate(audit.images) if image.outcome == "TN"]
    rest = (*_in_turn([found, passed]), *(i for kind in kinds for i in kind), *range(len(audit.images)))
    chosen.update(dict.fromkeys(rest))
    return list(chosen)


def _ranked(audit: ModelAudit, wanted: _Wanted, rank: _Rank) -> list[int]:
    images = [(rank(image), i) for i, image in enumerate(audit.images) if wanted(image)]
    return [i for _, i in sorted(images)]


def _in_turn(lists: Sequence[Iterable[int]]) -> list[int]:
    """The first of each list, then the second of each, and so on."""
    numbered = [(rank, turn, i) for turn, items in enumerate(lists) for rank, i in enumerate(items)]
    return [i for _, _, i in sorted(numbered)]
